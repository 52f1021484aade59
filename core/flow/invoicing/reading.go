package invoicing

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/purchase"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

const ordersAtOnce = 20

// readDue reads the orders that are due, and reports whether none is left.
func (w *work) readDue(ctx context.Context, end time.Time) (bool, error) {
	reader := purchase.Reader{
		Store: w.store, Desk: w.desk, Clock: w.clock, Log: w.log, Keeper: reading{w}, Source: w.flow.Source,
		Watch: time.Duration(w.settings.Documents.WatchDays) * 24 * time.Hour, Attempts: w.options.Attempts,
	}
	for w.machine().Before(end) {
		more, err := reader.Next(remote.WithTally(ctx, w.run.Tally), ordersAtOnce)
		if err != nil || !more {
			return err == nil, err
		}
	}
	return false, nil
}

// reading takes what follows from an order that was read, or could not be.
type reading struct{ *work }

func (w reading) Keep(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord) error {
	now := w.clock.Now().UTC()
	if err := tx.Exceptions().ResolveFact(ctx, w.merchant.ID, w.fact(r.ID, "", ""), "the order was read", "kvitt", now); err != nil {
		return err
	}
	if err := tx.Runs().Add(ctx, w.run.ID, ports.RunReport{OrdersSeen: 1}); err != nil {
		return err
	}
	return w.wake(ctx, tx, merchant.Orders, merchant.Invoices, merchant.Refunds)
}

func (w reading) GiveUp(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord, why *fault.Error) error {
	return w.raise(ctx, tx, about{purchase: r, fact: w.fact(r.ID, "", "")}, why)
}
