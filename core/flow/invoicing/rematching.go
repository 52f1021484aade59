package invoicing

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// again is how long it takes until payouts that are busy are asked again.
const again = 5 * time.Second

// owed is the stream that says that payouts are to look again at their lines.
func (w *work) owed() string { return "rematch/" + w.flow.ID }

// rematch opens a run of the payouts flow beside this one, for lines that were there
// before their documents. One that is under way may have passed those lines, so that it
// is followed by another.
func (w *work) rematch(ctx context.Context, tx ports.Tx) error {
	payouts, on := w.beside[merchant.Payouts]
	if !on {
		return nil
	}
	_, fresh, err := start.Enabled(ctx, tx, payouts.ID, string(w.flow.Kind), w.machine())
	if err != nil || fresh {
		return w.owe(ctx, tx, "", err)
	}
	if err := w.owe(ctx, tx, "owed", nil); err != nil {
		return err
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: w.flow.ID, RunAt: w.machine().Add(again)})
}

func (w *work) owe(ctx context.Context, tx ports.Tx, what string, err error) error {
	if err != nil {
		return err
	}
	return tx.Cursors().Set(ctx, w.flow.Target, w.owed(), what)
}

// rematchLater asks again for the run that payouts were too busy for.
func (w *work) rematchLater(ctx context.Context) error {
	var owed string
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		owed, err = tx.Cursors().Get(ctx, w.flow.Target, w.owed())
		return err
	})
	if err != nil || owed == "" {
		return err
	}
	return w.store.Update(ctx, w.rematch)
}
