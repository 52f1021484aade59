package settlement

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// trial reports whether the run writes what it names whatever the mode.
func (w *work) trial() bool { return w.run.Scope != nil && w.run.Scope.Trial }

// writesNothing reports whether the run may write nothing at all.
func (w *work) writesNothing() bool { return w.flow.Mode == merchant.Shadow && !w.trial() }

// plans reports whether the run may plan a payout. One that lies before the flow's
// first moment is another system's to book.
func (w *work) plans(p ports.PayoutRecord) bool {
	return !w.writesNothing() && !p.Date.Before(w.flow.Since)
}

// names reports whether the run is about a payout.
func (w *work) names(p payout.Payout) bool {
	return w.run.Scope == nil || w.run.Scope.Names(p.Reference, civil.In(p.Date, w.zone))
}

// listFrom is the moment from which the run lists payouts. One that is about a range
// of days begins a day early, as a provider may cut days in another zone.
func (w *work) listFrom() time.Time {
	from := w.flow.Since
	if w.run.Scope != nil {
		if day := w.run.Scope.From; !day.IsZero() {
			if early := time.Date(day.Year, day.Month, day.Day-1, 0, 0, 0, 0, time.UTC); early.After(from) {
				from = early
			}
		}
		return from
	}
	if behind := w.progress.Newest.Add(-w.options.Lookback); !w.progress.Newest.IsZero() && behind.After(from) {
		from = behind
	}
	return from
}

// shelve gives up the plan of a payout of which nothing was written, in a flow that
// writes nothing: its claims go back to the documents, and it is planned anew, under
// new keys and by what the accounting system shows then, once the flow may write
// again. A payout of which something was written is left as it is.
func (w *work) shelve(ctx context.Context, p ports.PayoutRecord) error {
	after := w.succeeded()
	after.Payout, after.Line = p.ID, 0
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		now, err := tx.Payouts().Get(ctx, p.ID)
		if err != nil || now.State != p.State {
			return err
		}
		steps, err := stepsOf(ctx, tx, p.ID)
		if err != nil || !unwritten(steps) {
			return err
		}
		if err := w.withdraw(ctx, tx, now, steps); err != nil {
			return err
		}
		now.State, now.PlannedTo, now.UpdatedAt = payout.Fetched, 0, w.clock.Now().UTC()
		now.Generation++
		w.log.Info("the plan of a payout was given up, as the flow writes nothing", "payout", p.ID, "provider_reference", p.Reference)
		return tx.Payouts().Save(ctx, now)
	})
}

// unwritten reports whether it is certain that none of the steps is in the accounting
// system.
func unwritten(steps []ports.Step) bool {
	for _, s := range steps {
		if !s.Unwritten() {
			return false
		}
	}
	return true
}

// withdraw gives up what is planned for a payout, with its claims, and forgets what
// became of its lines.
func (w *work) withdraw(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, steps []ports.Step) error {
	for _, s := range steps {
		if !droppable(s) {
			continue
		}
		if err := w.drop(ctx, tx, s); err != nil {
			return err
		}
	}
	u := casefile{work: w, payout: p, by: "kvitt"}
	if err := u.closeExceptions(ctx, tx, "the plan is given up"); err != nil {
		return err
	}
	return tx.Lines().Reset(ctx, p.ID)
}
