package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// mostRounds bounds how often a run goes over its payouts again, so that a payout on
// which nothing can be done does not keep it from ending.
const mostRounds = 3

// leftBehind ends the run, unless a person has given work meanwhile to a payout that
// the run was through with: then it goes over the payouts once more.
func (w *work) leftBehind(ctx context.Context) (Next, error) {
	found, err := w.anyPending(ctx)
	if err != nil {
		return Next{}, err
	}
	if !found || w.progress.Rounds == mostRounds {
		if err := w.warnOverdue(ctx); err != nil {
			return Next{}, err
		}
		return Next{Done: true}, w.finish(ctx, ports.RunDone, nil)
	}
	after := w.succeeded()
	after.Payout, after.Line, after.Rounds = "", 0, after.Rounds+1
	return Next{}, w.update(ctx, after, func(context.Context, ports.Tx) error { return nil })
}

// anyPending reports whether a payout of the flow is still to be read, planned or
// written.
func (w *work) anyPending(ctx context.Context) (bool, error) {
	pending := false
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for after := ""; ; {
			records, err := tx.Payouts().Unfinished(ctx, w.flow.ID, ports.Page{After: after, Limit: 1000})
			if err != nil || len(records) == 0 {
				return err
			}
			for _, p := range records {
				after = p.ID
				if !w.names(p.Payout) {
					continue
				}
				steps, err := posting.WritableOf(ctx, tx, p, w.run.ID, 1)
				if pending = len(steps) > 0 || p.State == payout.Fetching; pending || err != nil {
					return err
				}
				if p.State != payout.Fetched || !w.plans(p) {
					continue
				}
				waits, err := w.waits(ctx, tx, p)
				if pending = !waits; pending || err != nil {
					return err
				}
			}
		}
	})
	return pending, err
}
