package porttest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func aStep(key string, lineID int64) ports.Step {
	return ports.Step{
		PayoutID: thePayout, LineID: lineID, Kind: ports.StepPayment, Key: key, State: ports.StepPlanned,
		Content: json.RawMessage(`{"a":1}`), Document: "1001", Amount: sek(100),
		ConnectorVersion: "1.0.0", SettingsVersion: 2,
	}
}

func stepKeys(steps []ports.Step) []string {
	keys := []string{}
	for _, s := range steps {
		keys = append(keys, s.Key)
	}
	return keys
}

func steps(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was planned is what one gets, by id and by key": func(w *world) {
			voucher := ports.Step{PayoutID: thePayout, Kind: ports.StepVoucher, Key: "s2", State: ports.StepPlanned, Content: json.RawMessage(`[]`)}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 7), voucher}))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				voucher.Registration = 1
				for _, want := range []ports.Step{aStep("s1", 7), voucher} {
					got, err := tx.Steps().ByKey(ctx, want.Key)
					w.ok(err)
					want.ID = got.ID
					require.NotZero(w, got.ID)
					require.Equal(w, want, got)
					got, err = tx.Steps().Get(ctx, want.ID)
					w.ok(err)
					require.Equal(w, want, got)
				}
				_, err := tx.Steps().Get(ctx, 1<<50)
				w.missing(err)
				_, err = tx.Steps().ByKey(ctx, "nobody")
				w.missing(err)
			})
		},
		"what takes a step back is found by its key, unless it was dropped": func(w *world) {
			back := aStep("s1R", 7)
			back.Kind, back.Reverses = ports.StepRelease, "s1"
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 7), back}))
				got, err := tx.Steps().Reversing(ctx, "s1")
				w.ok(err)
				require.Equal(w, "s1R", got.Key)
				require.Equal(w, "s1", got.Reverses)
				_, err = tx.Steps().Reversing(ctx, "s1R")
				w.missing(err)
				_, err = tx.Steps().Reversing(ctx, "")
				w.missing(err)
				got.State = ports.StepDropped
				w.ok(tx.Steps().Save(ctx, got))
				_, err = tx.Steps().Reversing(ctx, "s1")
				w.missing(err)
			})
		},
		"a known key is skipped, and what it stands for stays frozen": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 7)}))
				other := aStep("s1", 8)
				other.Content = json.RawMessage(`{"a":2}`)
				w.ok(tx.Steps().Plan(ctx, []ports.Step{other, aStep("s2", 9)}))
				got, err := tx.Steps().ByKey(ctx, "s1")
				w.ok(err)
				require.Equal(w, int64(7), got.LineID)
				require.JSONEq(w, `{"a":1}`, string(got.Content))
				list, err := tx.Steps().List(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"s1", "s2"}, stepKeys(list))
			})
		},
		"saving replaces the changing fields and nothing else": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 7)}))
				s, err := tx.Steps().ByKey(ctx, "s1")
				w.ok(err)
				s.State, s.Intent, s.Attempt, s.Number, s.Outcome = ports.StepDone, json.RawMessage(`{"balance":1}`), 2, "55", ports.Found
				s.Result = json.RawMessage(`{"total":"1.00"}`)
				s.RunID, s.ConnectorVersion, s.OpenedAt, s.ClosedAt, s.Fault = "run-1", "1.1.0", day(1), day(2), aFault()
				want := s
				s.PayoutID, s.LineID, s.Kind, s.Key, s.Content, s.Document, s.Amount = "x", 9, ports.StepVoucher, "x", nil, "x", sek(9)
				w.ok(tx.Steps().Save(ctx, s))
				got, err := tx.Steps().Get(ctx, s.ID)
				w.ok(err)
				require.Equal(w, want, got)
				s.ID = 1 << 50
				w.missing(tx.Steps().Save(ctx, s))
			})
		},
		"who released a step is kept once, and what nobody released is listed for the flow and its payouts": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Flows().Create(ctx, aFlow("flow-2", theERP, thePSP), "x"))
				foreign := aPayout("payout-2", "REF-2", 0)
				foreign.FlowID = "flow-2"
				w.ok(tx.Payouts().Create(ctx, foreign))
				other, own, made := aStep("s2", 0), aStep("s3", 0), aStep("s4", 0)
				other.PayoutID = "payout-2"
				own.PayoutID, own.FlowID = "", theFlow
				made.State = ports.StepDone
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 1), other, own, made, aStep("s5", 2)}))
				waiting, err := tx.Steps().Unreleased(ctx, theFlow, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"s1", "s3", "s5"}, stepKeys(waiting))
				rest, err := tx.Steps().Unreleased(ctx, theFlow, waiting[0].ID, 1)
				w.ok(err)
				require.Equal(w, []string{"s3"}, stepKeys(rest))

				w.ok(tx.Steps().Release(ctx, []int64{waiting[0].ID, waiting[1].ID}, day(1), "anna"))
				w.ok(tx.Steps().Release(ctx, []int64{waiting[0].ID}, day(2), "bo"))
				w.fails(ports.CodeInvalid, tx.Steps().Release(ctx, make([]int64, ports.MaxBatch+1), day(1), "anna"))
				released, err := tx.Steps().Get(ctx, waiting[0].ID)
				w.ok(err)
				want := waiting[0]
				want.ReleasedAt, want.ReleasedBy = day(1), "anna"
				require.Equal(w, want, released)
				waiting, err = tx.Steps().Unreleased(ctx, theFlow, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"s5"}, stepKeys(waiting))

				released.State, released.ReleasedAt, released.ReleasedBy = ports.StepOpen, day(9), "x"
				w.ok(tx.Steps().Save(ctx, released))
				released, err = tx.Steps().Get(ctx, released.ID)
				w.ok(err)
				require.Equal(w, "anna", released.ReleasedBy, "saving a step leaves who released it")
			})
		},
		"steps keep the order in which they were planned; pending ones are planned or open": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				foreign := aStep("other", 0)
				foreign.PayoutID = "payout-2"
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("e", 1), aStep("d", 2), foreign, aStep("c", 3), aStep("b", 4), aStep("a", 5)}))
				states := map[string]ports.StepState{"e": ports.StepOpen, "d": ports.StepDone, "b": ports.StepParked, "a": ports.StepOpen}
				for key, state := range states {
					s, err := tx.Steps().ByKey(ctx, key)
					w.ok(err)
					s.State = state
					w.ok(tx.Steps().Save(ctx, s))
				}
				list, err := tx.Steps().List(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"e", "d", "c", "b", "a"}, stepKeys(list))
				rest, err := tx.Steps().List(ctx, thePayout, list[1].ID, 2)
				w.ok(err)
				require.Equal(w, []string{"c", "b"}, stepKeys(rest))
				pending, err := tx.Steps().Pending(ctx, thePayout, 0, 2)
				w.ok(err)
				require.Equal(w, []string{"e", "c"}, stepKeys(pending))
				pending, err = tx.Steps().Pending(ctx, thePayout, pending[1].ID, 2)
				w.ok(err)
				require.Equal(w, []string{"a"}, stepKeys(pending))
				counts, err := tx.Steps().Counts(ctx, thePayout)
				w.ok(err)
				require.Equal(w, map[ports.StepState]int64{
					ports.StepPlanned: 1, ports.StepOpen: 2, ports.StepDone: 1, ports.StepParked: 1,
				}, counts)
			})
		},
		"the steps of a document are those of the connection that it belongs to": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Flows().Create(ctx, aFlow("flow-2", theERP, thePSP), "x"))
				p := aPayout("payout-2", "REF-2", 0)
				p.FlowID = "flow-2"
				w.ok(tx.Payouts().Create(ctx, p))
				foreign, none := aStep("s2", 0), aStep("s4", 0)
				foreign.PayoutID, none.Document = "payout-2", ""
				w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", 1), foreign, aStep("s3", 2), none}))
				got, err := tx.Steps().OfDocument(ctx, theERP, "1001")
				w.ok(err)
				require.Equal(w, []string{"s1", "s3"}, stepKeys(got))
				got, err = tx.Steps().OfDocument(ctx, theERP, "")
				w.ok(err)
				require.Empty(w, got)
			})
		},
		"a batch out of bounds, an unknown payout and an unknown state are refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				odd := aStep("s1", 0)
				odd.State = "odd"
				w.fails(ports.CodeInvalid, tx.Steps().Plan(ctx, []ports.Step{odd}))
				w.fails(ports.CodeInvalid, tx.Steps().Plan(ctx, make([]ports.Step, ports.MaxBatch+1)))
				_, err := tx.Steps().Pending(ctx, thePayout, 0, 0)
				w.fails(ports.CodeInvalid, err)
				lost := aStep("s1", 0)
				lost.PayoutID = "nobody"
				w.missing(tx.Steps().Plan(ctx, []ports.Step{lost}))
			})
		},
	})
}
