package porttest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func lineFates(t *testing.T, open func(t *testing.T) Opened) {
	// six lines, of which all but the first and the last are decided
	sixLines := func(w *world) []ports.LineRecord {
		var got []ports.LineRecord
		w.update(func(ctx context.Context, tx ports.Tx) {
			for i := 1; i <= 6; i++ {
				l := aLine(fmt.Sprintf("k%d", i), 100)
				if i%2 == 0 {
					l.Kind, l.Gross = payout.Refund, sek(-100)
				}
				appendLines(ctx, w, tx, l)
			}
			var err error
			got, err = tx.Lines().After(ctx, thePayout, 0, 10)
			w.ok(err)
			w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{
				{LineID: got[1].ID, State: ports.LineMatched, Document: "1001", Decision: []byte(`{"rule":"a"}`)},
				{LineID: got[2].ID, State: ports.LineWaiting, WaitingSince: day(1)},
				{LineID: got[3].ID, State: ports.LineException},
				{LineID: got[4].ID, State: ports.LineNoDocument},
			}))
		})
		return got
	}
	cases(t, open, map[string]func(w *world){
		"a decision changes what has become of a line, and can be changed": func(w *world) {
			got := sixLines(w)
			w.update(func(ctx context.Context, tx ports.Tx) {
				l, err := tx.Lines().Get(ctx, got[1].ID)
				w.ok(err)
				require.Equal(w, ports.LineMatched, l.State)
				require.Equal(w, "1001", l.Document)
				require.JSONEq(w, `{"rule":"a"}`, string(l.Decision))
				require.Equal(w, got[1].Line, l.Line)
				l, err = tx.Lines().Get(ctx, got[2].ID)
				w.ok(err)
				require.Equal(w, day(1), l.WaitingSince)
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: got[2].ID, State: ports.LineMatched, Document: "1002"}}))
				l, err = tx.Lines().Get(ctx, got[2].ID)
				w.ok(err)
				require.Equal(w, ports.LineMatched, l.State)
				require.True(w, l.WaitingSince.IsZero())
			})
		},
		"a reset takes all lines of the payout back to pending, and no others": func(w *world) {
			got := sixLines(w)
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Lines().MarkDirect(ctx, []int64{got[1].ID}))
				other := aPayout("payout-b", "B", 1)
				w.ok(tx.Payouts().Create(ctx, other))
				_, _, err := tx.Lines().Append(ctx, other.ID, []payout.Line{aLine("k", 100)})
				w.ok(err)
				lines, err := tx.Lines().After(ctx, other.ID, 0, 10)
				w.ok(err)
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineMatched, Document: "9"}}))
				w.ok(tx.Lines().Reset(ctx, thePayout))
				again, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, got, again, "they are as they were appended")
				states, err := tx.Lines().States(ctx, thePayout)
				w.ok(err)
				require.Equal(w, map[ports.LineState]int64{ports.LinePending: 6}, states)
				states, err = tx.Lines().States(ctx, other.ID)
				w.ok(err)
				require.Equal(w, map[ports.LineState]int64{ports.LineMatched: 1}, states)
				w.missing(tx.Lines().Reset(ctx, "nobody"))
			})
		},
		"lines are given by state, by ordinal, in pages": func(w *world) {
			sixLines(w)
			w.view(func(ctx context.Context, tx ports.Tx) {
				for _, c := range []struct {
					after  int64
					limit  int
					states []ports.LineState
					want   []string
				}{
					{0, 10, nil, []string{"k1", "k2", "k3", "k4", "k5", "k6"}},
					{4, 1, nil, []string{"k5"}},
					{6, 1, nil, []string{}},
					{0, 10, []ports.LineState{ports.LinePending}, []string{"k1", "k6"}},
					{1, 10, []ports.LineState{ports.LinePending}, []string{"k6"}},
					{0, 10, []ports.LineState{ports.LineException, ports.LineWaiting}, []string{"k3", "k4"}},
					{0, 3, []ports.LineState{ports.LineWaiting, ports.LinePending, ports.LineMatched}, []string{"k1", "k2", "k3"}},
					{3, 3, []ports.LineState{ports.LineWaiting, ports.LinePending, ports.LineMatched}, []string{"k6"}},
				} {
					got, err := tx.Lines().After(ctx, thePayout, c.after, c.limit, c.states...)
					w.ok(err)
					require.Equal(w, c.want, keysOf(got), "%+v", c)
				}
				_, err := tx.Lines().After(ctx, thePayout, 0, 0)
				w.fails(ports.CodeInvalid, err)
				_, err = tx.Lines().After(ctx, "nobody", 0, 1)
				w.missing(err)
			})
		},
		"people may narrow the list by state and kind": func(w *world) {
			sixLines(w)
			w.view(func(ctx context.Context, tx ports.Tx) {
				for _, c := range []struct {
					filter ports.LineFilter
					after  int64
					limit  int
					want   []string
				}{
					{ports.LineFilter{}, 2, 2, []string{"k3", "k4"}},
					{ports.LineFilter{Kind: payout.Refund}, 0, 2, []string{"k2", "k4"}},
					{ports.LineFilter{Kind: payout.Refund}, 2, 2, []string{"k4", "k6"}},
					{ports.LineFilter{State: ports.LineWaiting}, 0, 9, []string{"k3"}},
					{ports.LineFilter{State: ports.LinePending, Kind: payout.Refund}, 0, 9, []string{"k6"}},
					{ports.LineFilter{State: ports.LineMatched, Kind: payout.Sale}, 0, 9, []string{}},
				} {
					got, err := tx.Lines().List(ctx, thePayout, c.filter, c.after, c.limit)
					w.ok(err)
					require.Equal(w, c.want, keysOf(got), "%+v", c)
				}
			})
		},
		"lines are counted by state": func(w *world) {
			sixLines(w)
			w.view(func(ctx context.Context, tx ports.Tx) {
				counts, err := tx.Lines().States(ctx, thePayout)
				w.ok(err)
				require.Equal(w, map[ports.LineState]int64{
					ports.LinePending: 2, ports.LineMatched: 1, ports.LineWaiting: 1, ports.LineException: 1, ports.LineNoDocument: 1,
				}, counts)
			})
		},
		"a decision on an unknown line or with an unknown state is refused": func(w *world) {
			got := sixLines(w)
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.missing(tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: got[0].ID, State: ports.LineMatched}, {LineID: 1 << 50, State: ports.LineMatched}}))
				w.fails(ports.CodeInvalid, tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: got[0].ID, State: "odd"}}))
				w.fails(ports.CodeInvalid, tx.Lines().Decide(ctx, make([]ports.LineDecision, ports.MaxBatch+1)))
			})
		},
	})
}

func lineSums(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"sums keep positive and negative gross of one raw type apart": func(w *world) {
			up, down := aLine("a1", 700), aLine("a2", 300)
			for _, l := range []*payout.Line{&up, &down} {
				l.Kind, l.RawType = payout.Adjustment, "MANUAL"
			}
			down.Gross = sek(-300)
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, up, down)
				sums, err := tx.Lines().Sums(ctx, thePayout)
				w.ok(err)
				require.Equal(w, []ports.LineSum{
					{Kind: payout.Adjustment, RawType: "MANUAL", Lines: 1, Gross: sek(700), FeeExVAT: sek(0), FeeVAT: sek(0)},
					{Kind: payout.Adjustment, RawType: "MANUAL", Lines: 1, Gross: sek(-300), FeeExVAT: sek(0), FeeVAT: sek(0)},
				}, sums)
			})
		},
		"sums tell kinds, raw types, settled lines and returned fees apart, in a stable order": func(w *world) {
			returned := aFee("f3", "", -4, -1)
			vatOnly := aFee("f4", "", 0, -2)
			other := aFee("f5", "", 9, 2)
			other.RawType = "AFEE"
			rated := aFee("f2", "g", 6, 1)
			rated.FeeVATRate = "25"
			feeInSale := aLine("k3", 300)
			feeInSale.FeeExVAT, feeInSale.FeeVAT = sek(-3), money.Amount{}
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, aFee("f1", "g", 5, 1), rated, returned, vatOnly, other, aLine("k1", 100), aLine("k2", 200), feeInSale)
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{
					{LineID: got[5].ID, State: ports.LineMatched, Document: "1"},
					{LineID: got[6].ID, State: ports.LineException, Document: "2"},
					{LineID: got[0].ID, State: ports.LineNoDocument},
				}))
				sums, err := tx.Lines().Sums(ctx, thePayout)
				w.ok(err)
				require.Equal(w, []ports.LineSum{
					{Kind: payout.Sale, RawType: "SALE", Settled: true, Lines: 1, Gross: sek(100), FeeExVAT: sek(0), FeeVAT: sek(0)},
					{Kind: payout.Sale, RawType: "SALE", Lines: 1, Gross: sek(200), FeeExVAT: sek(0), FeeVAT: sek(0)},
					{Kind: payout.Sale, RawType: "SALE", Lines: 1, Gross: sek(300), FeeExVAT: sek(-3), FeeVAT: sek(0)},
					{Kind: payout.Fee, RawType: "AFEE", Lines: 1, Gross: sek(0), FeeExVAT: sek(9), FeeVAT: sek(2)},
					{Kind: payout.Fee, RawType: "FEE", Lines: 2, Gross: sek(0), FeeExVAT: sek(11), FeeVAT: sek(2)},
					{Kind: payout.Fee, RawType: "FEE", Lines: 2, Gross: sek(0), FeeExVAT: sek(-4), FeeVAT: sek(-3)},
				}, sums)
			})
		},
		"VAT in other currencies is added up by currency, apart from fees that state none": func(w *world) {
			lines := []payout.Line{aFee("f1", "g", 4, 1), aFee("f2", "g", 8, 2), aFee("f3", "g", 8, 2), aFee("f4", "g", 8, 2)}
			for i, local := range []money.Amount{{}, money.New(23, "NOK"), money.New(24, "NOK"), money.New(3, "DKK")} {
				lines[i].FeeVATLocal = local
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, lines...)
				want := []ports.LineSum{
					{Kind: payout.Fee, RawType: "FEE", Lines: 1, Gross: sek(0), FeeExVAT: sek(4), FeeVAT: sek(1)},
					{Kind: payout.Fee, RawType: "FEE", Lines: 1, Gross: sek(0), FeeExVAT: sek(8), FeeVAT: sek(2), FeeVATLocal: money.New(3, "DKK")},
					{Kind: payout.Fee, RawType: "FEE", Lines: 2, Gross: sek(0), FeeExVAT: sek(16), FeeVAT: sek(4), FeeVATLocal: money.New(47, "NOK")},
				}
				sums, err := tx.Lines().Sums(ctx, thePayout)
				w.ok(err)
				require.Equal(w, want, sums)
				fees, err := tx.Lines().GroupFees(ctx, thePayout, []string{"g"})
				w.ok(err)
				require.Equal(w, want, fees["g"])
			})
		},
		"a payout without lines has no sums": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				sums, err := tx.Lines().Sums(ctx, thePayout)
				w.ok(err)
				require.Empty(w, sums)
				_, err = tx.Lines().Sums(ctx, "nobody")
				w.missing(err)
			})
		},
		"fees of a group are told apart by raw type and whether they are direct": func(w *world) {
			fixed, part, free := aFee("f1", "g-k1", 5, 1), aFee("f2", "g-k1", 7, 2), aFee("f3", "g-k1", 2, 0)
			fixed.RawType, part.RawType, free.FeeVATRate = "A", "B", "0"
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, fixed, aLine("k1", 100), part, free)
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				want := func(direct bool) map[string][]ports.LineSum {
					return map[string][]ports.LineSum{"g-k1": {
						{Kind: payout.Fee, RawType: "A", Direct: direct, Lines: 1, Gross: sek(0), FeeExVAT: sek(5), FeeVAT: sek(1)},
						{Kind: payout.Fee, RawType: "B", Direct: direct, Lines: 1, Gross: sek(0), FeeExVAT: sek(7), FeeVAT: sek(2)},
						{Kind: payout.Fee, RawType: "FEE", Direct: direct, Lines: 1, Gross: sek(0), FeeExVAT: sek(2), FeeVAT: sek(0)},
					}}
				}
				fees, err := tx.Lines().GroupFees(ctx, thePayout, []string{"g-k1"})
				w.ok(err)
				require.Equal(w, want(false), fees)
				w.ok(tx.Lines().MarkDirect(ctx, []int64{got[1].ID}))
				fees, err = tx.Lines().GroupFees(ctx, thePayout, []string{"g-k1"})
				w.ok(err)
				require.Equal(w, want(true), fees)
			})
		},
		"a line marked as direct takes the fees of its group along, and stays so whatever becomes of it": func(w *world) {
			alone := aLine("k2", 200)
			alone.Group = ""
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				_, _, err := tx.Lines().Append(ctx, "payout-2", []payout.Line{aFee("f1", "g-k1", 9, 9)})
				w.ok(err)
				appendLines(ctx, w, tx, aFee("f1", "g-k1", 5, 1), aLine("k1", 100), aFee("f2", "g-k1", 7, 2), aFee("f3", "", 1, 0), alone, aLine("k3", 300))
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{
					{LineID: got[0].ID, State: ports.LineNoDocument}, {LineID: got[1].ID, State: ports.LineMatched, Document: "1"},
				}))
				w.ok(tx.Lines().MarkDirect(ctx, []int64{got[1].ID, got[4].ID}))
				w.ok(tx.Lines().MarkDirect(ctx, []int64{got[1].ID}))
				w.ok(tx.Lines().MarkDirect(ctx, nil))
				counts, err := tx.Lines().States(ctx, thePayout)
				w.ok(err)
				require.Equal(w, map[ports.LineState]int64{ports.LineNoDocument: 1, ports.LineMatched: 1, ports.LinePending: 4}, counts, "marking decides nothing")
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{
					{LineID: got[1].ID, State: ports.LineException, Document: "1"}, {LineID: got[2].ID, State: ports.LineNoDocument},
				}))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				direct := map[string]bool{}
				for _, l := range got {
					direct[l.Key] = l.Direct
				}
				require.Equal(w, map[string]bool{"f1": true, "k1": true, "f2": true, "f3": false, "k2": true, "k3": false}, direct)
				require.Equal(w, "1", got[1].Document)
				sums, err := tx.Lines().Sums(ctx, thePayout)
				w.ok(err)
				require.Equal(w, []ports.LineSum{
					{Kind: payout.Sale, RawType: "SALE", Direct: true, Lines: 2, Gross: sek(300), FeeExVAT: sek(0), FeeVAT: sek(0)},
					{Kind: payout.Sale, RawType: "SALE", Lines: 1, Gross: sek(300), FeeExVAT: sek(0), FeeVAT: sek(0)},
					{Kind: payout.Fee, RawType: "FEE", Direct: true, Lines: 2, Gross: sek(0), FeeExVAT: sek(12), FeeVAT: sek(3)},
					{Kind: payout.Fee, RawType: "FEE", Lines: 1, Gross: sek(0), FeeExVAT: sek(1), FeeVAT: sek(0)},
				}, sums)
				other, err := tx.Lines().GroupFees(ctx, "payout-2", []string{"g-k1"})
				w.ok(err)
				require.False(w, other["g-k1"][0].Direct, "groups of different payouts have nothing to do with each other")
			})
			w.update(func(ctx context.Context, tx ports.Tx) { w.missing(tx.Lines().MarkDirect(ctx, []int64{1 << 50})) })
		},
		"groups are formed across pages, whatever the size of a page": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, l := range []payout.Line{
					aLine("k1", 100), aFee("f1", "g-k1", 5, 1), aLine("k2", 200), aFee("f2", "g-k2", 7, 2),
					aFee("f3", "g-k1", 3, 1), aFee("f4", "", 100, 25), aFee("f5", "g-k2", -7, -2),
				} {
					appendLines(ctx, w, tx, l)
				}
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				fees, err := tx.Lines().GroupFees(ctx, thePayout, []string{"g-k1", "g-k2", "g-k3", "", "g-k1"})
				w.ok(err)
				sum := func(lines, fee, vat int64) ports.LineSum {
					return ports.LineSum{Kind: payout.Fee, RawType: "FEE", Lines: lines, Gross: sek(0), FeeExVAT: sek(fee), FeeVAT: sek(vat)}
				}
				require.Equal(w, map[string][]ports.LineSum{"g-k1": {sum(2, 8, 2)}, "g-k2": {sum(1, 7, 2), sum(1, -7, -2)}}, fees)
				fees, err = tx.Lines().GroupFees(ctx, thePayout, nil)
				w.ok(err)
				require.Empty(w, fees)
			})
		},
	})
}
