package porttest

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// aLine is a sale with everything that a line can have.
func aLine(key string, gross int64) payout.Line {
	return payout.Line{
		Key: key, Kind: payout.Sale, RawType: "SALE", Gross: sek(gross), FeeExVAT: sek(0), FeeVAT: sek(0), FeeVATRate: "25",
		OccurredAt: start(), Group: "g-" + key,
		References: map[payout.Reference]string{
			payout.MerchantReference1: "Ö\"rder\\ " + key, payout.OrderID: "o-" + key, payout.ShortOrderID: "",
		},
		Raw: payout.Raw{Page: "page-1", Offset: 10, Length: 20},
	}
}

func aFee(key, group string, fee, vat int64) payout.Line {
	return payout.Line{
		Key: key, Kind: payout.Fee, RawType: "FEE", Gross: sek(0), FeeExVAT: sek(fee), FeeVAT: sek(vat), Group: group,
		OccurredAt: start(), Raw: payout.Raw{Page: "page-1"},
	}
}

// appended stores one line in the payout of the world.
func appended(w *world, l payout.Line) ports.LineRecord {
	w.Helper()
	var record ports.LineRecord
	w.update(func(ctx context.Context, tx ports.Tx) {
		appendLines(ctx, w, tx, l)
		all, err := tx.Lines().After(ctx, thePayout, 0, ports.MaxBatch)
		w.ok(err)
		record = all[len(all)-1]
	})
	return record
}

func appendLines(ctx context.Context, w *world, tx ports.Tx, lines ...payout.Line) {
	w.Helper()
	added, known, err := tx.Lines().Append(ctx, thePayout, lines)
	w.ok(err)
	require.Equal(w, len(lines), added)
	require.Zero(w, known)
}

func keysOf(records []ports.LineRecord) []string {
	keys := []string{}
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return keys
}

func lines(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"lines come back as they were, counted from 1 in the order received": func(w *world) {
			bare := payout.Line{Key: "totals/tax", Kind: payout.Tax, Gross: sek(-5), Synthesised: true}
			foreign := payout.Line{Key: "jpy", Kind: payout.Adjustment, Gross: money.New(7, "JPY"), FeeExVAT: money.New(-1, "JPY")}
			converted, stated := aLine("k3", 1120), aFee("f3", "g-k3", 8, 2)
			converted.Original, converted.Rate = money.New(100, "EUR"), decimal.RequireFromString("11.2034")
			stated.FeeVATLocal = money.New(23, "NOK")
			want := []payout.Line{aLine("k2", 200), aFee("f1", "g-k2", 5, 1), bare, foreign, converted, stated, aLine("k1", 100)}
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, want[:2]...)
				appendLines(ctx, w, tx, want[2:]...)
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Len(w, got, len(want))
				for i, record := range got {
					require.Equal(w, want[i], record.Line)
					require.Equal(w, int64(i+1), record.Ordinal)
					require.Equal(w, thePayout, record.PayoutID)
					require.Equal(w, ports.LinePending, record.State)
					byID, err := tx.Lines().Get(ctx, record.ID)
					w.ok(err)
					require.Equal(w, record, byID)
				}
				_, err = tx.Lines().Get(ctx, 1<<60)
				w.missing(err)
			})
		},
		"equal lines are skipped and counted, wherever they were read": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, aLine("k1", 100), aLine("k2", 200))
				again := aLine("k2", 200)
				again.Raw = payout.Raw{Page: "page-2", Offset: 1, Length: 1}
				added, known, err := tx.Lines().Append(ctx, thePayout, []payout.Line{again, aLine("k3", 300), aLine("k1", 100), aLine("k3", 300)})
				w.ok(err)
				require.Equal(w, 1, added)
				require.Equal(w, 3, known)
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"k1", "k2", "k3"}, keysOf(got))
				require.Equal(w, int64(3), got[2].Ordinal)
				require.Equal(w, "page-1", got[1].Raw.Page)
			})
		},
		"a known key with other content is refused, whatever differs": func(w *world) {
			appended(w, aLine("k1", 100))
			for name, change := range map[string]func(l *payout.Line){
				"kind":        func(l *payout.Line) { l.Kind = payout.Adjustment },
				"raw type":    func(l *payout.Line) { l.RawType = "SALE2" },
				"gross":       func(l *payout.Line) { l.Gross = sek(101) },
				"fee":         func(l *payout.Line) { l.FeeExVAT = sek(1) },
				"fee VAT":     func(l *payout.Line) { l.FeeVAT = sek(1) },
				"rate":        func(l *payout.Line) { l.FeeVATRate = "" },
				"local VAT":   func(l *payout.Line) { l.FeeVATLocal = money.New(0, "NOK") },
				"original":    func(l *payout.Line) { l.Original = money.New(1, "EUR") },
				"exchange":    func(l *payout.Line) { l.Rate = decimal.NewFromInt(11) },
				"moment":      func(l *payout.Line) { l.OccurredAt = l.OccurredAt.Add(time.Second) },
				"reference":   func(l *payout.Line) { l.References[payout.OrderID] = "x" },
				"one more":    func(l *payout.Line) { l.References[payout.CaptureID] = "x" },
				"one less":    func(l *payout.Line) { delete(l.References, payout.ShortOrderID) },
				"group":       func(l *payout.Line) { l.Group = "" },
				"synthesised": func(l *payout.Line) { l.Synthesised = true },
				"currency": func(l *payout.Line) {
					l.Gross, l.FeeExVAT, l.FeeVAT = money.New(100, "NOK"), money.Amount{}, money.Amount{}
				},
			} {
				changed := aLine("k1", 100)
				change(&changed)
				w.Log(name)
				err := w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error {
					_, _, err := tx.Lines().Append(ctx, thePayout, []payout.Line{aLine("k2", 200), changed})
					return err
				})
				w.fails(payout.CodeContentChanged, err)
			}
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"k1"}, keysOf(got))
			})
		},
		"the same key in one batch with other content is refused": func(w *world) {
			err := w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error {
				_, _, err := tx.Lines().Append(ctx, thePayout, []payout.Line{aLine("k1", 1), aLine("k1", 2)})
				return err
			})
			w.fails(payout.CodeContentChanged, err)
		},
		"keys and groups of different payouts have nothing to do with each other": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				appendLines(ctx, w, tx, aLine("k1", 100), aFee("f1", "g", 5, 1))
				added, _, err := tx.Lines().Append(ctx, "payout-2", []payout.Line{aLine("k1", 200), aFee("f1", "g", 7, 2)})
				w.ok(err)
				require.Equal(w, 2, added)
				fees, err := tx.Lines().GroupFees(ctx, "payout-2", []string{"g"})
				w.ok(err)
				require.Len(w, fees["g"], 1)
				require.Equal(w, sek(7), fees["g"][0].FeeExVAT)
				got, err := tx.Lines().After(ctx, "payout-2", 0, 10)
				w.ok(err)
				require.Equal(w, []int64{1, 2}, []int64{got[0].Ordinal, got[1].Ordinal})
			})
		},
		"more lines than a batch may have, mixed currencies and an unknown payout are refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				_, _, err := tx.Lines().Append(ctx, thePayout, make([]payout.Line, ports.MaxBatch+1))
				w.fails(ports.CodeInvalid, err)
				mixed := aLine("k1", 100)
				mixed.FeeVAT = money.New(1, "NOK")
				_, _, err = tx.Lines().Append(ctx, thePayout, []payout.Line{mixed})
				w.fails(money.CodeMixed, err)
				_, _, err = tx.Lines().Append(ctx, "nobody", []payout.Line{aLine("k1", 1)})
				w.missing(err)
			})
		},
		"a whole batch fits": func(w *world) {
			batch := make([]payout.Line, ports.MaxBatch)
			for i := range batch {
				batch[i] = aLine("k"+strconv.Itoa(i), int64(i))
			}
			w.update(func(ctx context.Context, tx ports.Tx) { appendLines(ctx, w, tx, batch...) })
			w.update(func(ctx context.Context, tx ports.Tx) {
				added, known, err := tx.Lines().Append(ctx, thePayout, batch)
				w.ok(err)
				require.Equal(w, []int{0, len(batch)}, []int{added, known})
				got, err := tx.Lines().After(ctx, thePayout, 4990, ports.MaxBatch)
				w.ok(err)
				require.Len(w, got, 10)
				require.Equal(w, int64(4991), got[0].Ordinal)
			})
		},
		"clearing removes all lines, and reading starts again from 1": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				_, _, err := tx.Lines().Append(ctx, "payout-2", []payout.Line{aLine("other", 1)})
				w.ok(err)
				appendLines(ctx, w, tx, aLine("k1", 1), aLine("k2", 2))
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				w.ok(tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: got[0].ID, State: ports.LineMatched, Document: "1"}}))
				w.ok(tx.Lines().Clear(ctx, thePayout))
				counts, err := tx.Lines().States(ctx, thePayout)
				w.ok(err)
				require.Empty(w, counts)
				appendLines(ctx, w, tx, aLine("k2", 22))
				got, err = tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"k2"}, keysOf(got))
				require.Equal(w, int64(1), got[0].Ordinal)
				require.Equal(w, ports.LinePending, got[0].State)
				got, err = tx.Lines().After(ctx, "payout-2", 0, 10)
				w.ok(err)
				require.Equal(w, []string{"other"}, keysOf(got))
			})
		},
		"a payout that has steps is not cleared": func(w *world) {
			line := appended(w, aLine("k1", 1))
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", line.ID)}))
				w.fails(ports.CodeConflict, tx.Lines().Clear(ctx, thePayout))
				got, err := tx.Lines().After(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Len(w, got, 1)
			})
		},
	})
}
