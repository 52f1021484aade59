package porttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func aRun(id string, days int) ports.Run {
	return ports.Run{
		ID: id, FlowID: theFlow, MerchantID: theMerchant, Trigger: "api", State: ports.RunRunning, StartedAt: day(days),
		Report: ports.RunReport{PayoutsSeen: 1, Calls: map[string]int64{"klarna": 2}},
	}
}

func aFault() *ports.FaultRecord {
	return &ports.FaultRecord{
		Code: "erp.period_locked", Class: fault.Conflict, Field: "date", Reason: "låst", Remedy: "open it", At: day(3),
	}
}

func runs(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
				w.fails(ports.CodeExists, tx.Runs().Create(ctx, aRun("run-1", 0)))
				r, err := tx.Runs().Get(ctx, "run-1")
				w.ok(err)
				require.Equal(w, aRun("run-1", 0), r)
				_, err = tx.Runs().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"a run keeps its scope, and the whole run of a flow is the one without": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				scoped := aRun("run-1", 0)
				scoped.Scope = &ports.RunScope{Payouts: []string{"P1"}, From: civil.Date{Year: 2026, Month: 1, Day: 1}, To: civil.Date{Year: 2026, Month: 1, Day: 31}, Trial: true}
				w.ok(tx.Runs().Create(ctx, scoped))
				got, err := tx.Runs().Get(ctx, "run-1")
				w.ok(err)
				require.Equal(w, scoped, got)
				_, err = tx.Runs().Whole(ctx, theFlow)
				w.missing(err)
				w.ok(tx.Runs().Create(ctx, aRun("run-2", 1)))
				got, err = tx.Runs().Whole(ctx, theFlow)
				w.ok(err)
				require.Equal(w, "run-2", got.ID)
				got, err = tx.Runs().Current(ctx, theFlow)
				w.ok(err)
				require.Equal(w, "run-1", got.ID)
			})
		},
		"adding adds every count": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
				delta := ports.RunReport{
					PayoutsSeen: 2, PayoutsNew: 1,
					Created: map[ports.StepKind]int64{ports.StepVoucher: 1, ports.StepPayment: 5},
					Found:   map[ports.StepKind]int64{ports.StepPayment: 1},
					Calls:   map[string]int64{"klarna": 3, "fortnox": 7}, RateLimited: map[string]int64{"fortnox": 1},
				}
				w.ok(tx.Runs().Add(ctx, "run-1", delta))
				w.ok(tx.Runs().Add(ctx, "run-1", delta))
				w.missing(tx.Runs().Add(ctx, "nobody", delta))
				r, err := tx.Runs().Get(ctx, "run-1")
				w.ok(err)
				require.Equal(w, ports.RunReport{
					PayoutsSeen: 5, PayoutsNew: 2,
					Created: map[ports.StepKind]int64{ports.StepVoucher: 2, ports.StepPayment: 10},
					Found:   map[ports.StepKind]int64{ports.StepPayment: 2},
					Calls:   map[string]int64{"klarna": 8, "fortnox": 14}, RateLimited: map[string]int64{"fortnox": 2},
				}, r.Report)
			})
		},
		"finishing closes the run": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
				w.ok(tx.Runs().Finish(ctx, "run-1", ports.RunFailed, day(3), aFault()))
				w.missing(tx.Runs().Finish(ctx, "nobody", ports.RunDone, day(3), nil))
				want := aRun("run-1", 0)
				want.State, want.FinishedAt, want.Fault = ports.RunFailed, day(3), aFault()
				r, err := tx.Runs().Get(ctx, "run-1")
				w.ok(err)
				require.Equal(w, want, r)
			})
		},
		"a run that waits says why and goes on running": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				want := aRun("run-1", 0)
				w.ok(tx.Runs().Create(ctx, want))
				w.missing(tx.Runs().Wait(ctx, "nobody", nil))
				for _, why := range []*ports.FaultRecord{aFault(), nil} {
					w.ok(tx.Runs().Wait(ctx, "run-1", why))
					want.Fault = why
					r, err := tx.Runs().Current(ctx, theFlow)
					w.ok(err)
					require.Equal(w, want, r)
				}
			})
		},
		"the current run of a flow is its oldest running one": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				_, err := tx.Runs().Current(ctx, theFlow)
				w.missing(err)
				for id, days := range map[string]int{"run-1": 1, "run-2": 2, "run-3": 3} {
					w.ok(tx.Runs().Create(ctx, aRun(id, days)))
				}
				w.ok(tx.Runs().Finish(ctx, "run-1", ports.RunDone, day(3), nil))
				r, err := tx.Runs().Current(ctx, theFlow)
				w.ok(err)
				require.Equal(w, "run-2", r.ID)
			})
		},
		"runs can be narrowed by flow, state, trigger and whether they wait": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Flows().Create(ctx, aFlow("flow-2", theERP, thePSP), "anna"))
				for i, id := range []string{"a", "b", "c", "d"} {
					r := aRun(id, i)
					if id == "b" {
						r.FlowID, r.Trigger = "flow-2", ports.TriggerSchedule
					}
					w.ok(tx.Runs().Create(ctx, r))
				}
				w.ok(tx.Runs().Wait(ctx, "c", aFault()))
				w.ok(tx.Runs().Finish(ctx, "d", ports.RunFailed, day(5), aFault()))
				for _, c := range []struct {
					filter ports.RunFilter
					want   []string
				}{
					{ports.RunFilter{FlowID: theFlow}, []string{"d", "c", "a"}},
					{ports.RunFilter{State: ports.RunRunning}, []string{"c", "b", "a"}},
					{ports.RunFilter{State: ports.RunFailed}, []string{"d"}},
					{ports.RunFilter{Trigger: ports.TriggerSchedule}, []string{"b"}},
					{ports.RunFilter{Waiting: true}, []string{"c"}},
					{ports.RunFilter{FlowID: "flow-2", Waiting: true}, nil},
				} {
					pages(w, c.want, func(r ports.Run) string { return r.ID },
						func(p ports.Page) ([]ports.Run, error) { return tx.Runs().List(ctx, theMerchant, c.filter, p) })
				}
			})
		},
		"runs are listed newest first": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, id := range []string{"b", "d", "a", "c"} {
					days := map[string]int{"a": 1, "b": 2, "c": 3, "d": 4}[id]
					w.ok(tx.Runs().Create(ctx, aRun(id, days)))
				}
				pages(w, []string{"d", "c", "b", "a"}, func(r ports.Run) string { return r.ID },
					func(p ports.Page) ([]ports.Run, error) { return tx.Runs().List(ctx, theMerchant, ports.RunFilter{}, p) })
				_, err := tx.Runs().List(ctx, theMerchant, ports.RunFilter{}, ports.Page{After: "nobody", Limit: 1})
				w.missing(err)
			})
		},
	})
}
