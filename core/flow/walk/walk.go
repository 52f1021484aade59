// Package walk goes through lists of the store from one end to the other, a page
// at a time, within a unit of work.
package walk

import (
	"context"
	"errors"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// page is how many items are read at a time.
const page = 1000

// ErrEnough is what a function returns to end a walk without a failure.
var ErrEnough = errors.New("enough")

// View runs fn on one consistent state of the store and gives what it found.
func View[T any](ctx context.Context, store ports.Store, fn func(ctx context.Context, tx ports.Tx) (T, error)) (T, error) {
	var found T
	err := store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		found, err = fn(ctx, tx)
		return err
	})
	return found, err
}

// Flows calls fn with every flow of a merchant, by id.
func Flows(ctx context.Context, tx ports.Tx, merchantID string, fn func(merchant.Flow) error) error {
	return pages("", fn, func(f merchant.Flow) string { return f.ID }, func(after string) ([]merchant.Flow, error) {
		return tx.Flows().List(ctx, merchantID, ports.Page{After: after, Limit: page})
	})
}

// ConnectionsTo calls fn with every connection to a connector, of all merchants, by id.
func ConnectionsTo(ctx context.Context, tx ports.Tx, connector string, fn func(ports.ConnectionRecord) error) error {
	return pages("", fn, func(c ports.ConnectionRecord) string { return c.ID }, func(after string) ([]ports.ConnectionRecord, error) {
		return tx.Catalogue().Connections(ctx, connector, ports.Page{After: after, Limit: page})
	})
}

// Payouts calls fn with every payout of a merchant, by date.
func Payouts(ctx context.Context, tx ports.Tx, merchantID string, fn func(ports.PayoutRecord) error) error {
	return pages("", fn, func(p ports.PayoutRecord) string { return p.ID }, func(after string) ([]ports.PayoutRecord, error) {
		return tx.Payouts().List(ctx, merchantID, ports.Page{After: after, Limit: page})
	})
}

// Unfinished calls fn with a flow's payouts that are not held, closed or undone.
func Unfinished(ctx context.Context, tx ports.Tx, flowID string, fn func(ports.PayoutRecord) error) error {
	return pages("", fn, func(p ports.PayoutRecord) string { return p.ID }, func(after string) ([]ports.PayoutRecord, error) {
		return tx.Payouts().Unfinished(ctx, flowID, ports.Page{After: after, Limit: page})
	})
}

// HeldPayouts calls fn with a flow's payouts that are held.
func HeldPayouts(ctx context.Context, tx ports.Tx, flowID string, fn func(ports.PayoutRecord) error) error {
	return pages("", fn, func(p ports.PayoutRecord) string { return p.ID }, func(after string) ([]ports.PayoutRecord, error) {
		return tx.Payouts().Held(ctx, flowID, ports.Page{After: after, Limit: page})
	})
}

// ShopOrders calls fn with the orders of a shop's connection in a state.
func ShopOrders(ctx context.Context, tx ports.Tx, connectionID string, state ports.ShopOrderState, fn func(ports.ShopOrderRecord) error) error {
	return pages(0, fn, func(r ports.ShopOrderRecord) int64 { return r.Num }, func(after int64) ([]ports.ShopOrderRecord, error) {
		return tx.ShopOrders().List(ctx, connectionID, state, after, page)
	})
}

// Exceptions calls fn with a merchant's exceptions, oldest first.
func Exceptions(ctx context.Context, tx ports.Tx, merchantID string, filter ports.ExceptionFilter, fn func(ports.Exception) error) error {
	return pages("", fn, func(e ports.Exception) string { return e.ID }, func(after string) ([]ports.Exception, error) {
		return tx.Exceptions().List(ctx, merchantID, filter, ports.Page{After: after, Limit: page})
	})
}

// Lines calls fn with the lines of a payout by ordinal, from the one behind after.
func Lines(ctx context.Context, tx ports.Tx, payoutID string, filter ports.LineFilter, after int64, fn func(ports.LineRecord) error) error {
	return pages(after, fn, func(l ports.LineRecord) int64 { return l.Ordinal }, func(after int64) ([]ports.LineRecord, error) {
		return tx.Lines().List(ctx, payoutID, filter, after, page)
	})
}

// Steps calls fn with the steps of a payout in the order planned.
func Steps(ctx context.Context, tx ports.Tx, payoutID string, fn func(ports.Step) error) error {
	return pages(0, fn, func(s ports.Step) int64 { return s.ID }, func(after int64) ([]ports.Step, error) {
		return tx.Steps().List(ctx, payoutID, after, page)
	})
}

// StepsOfFlow calls fn with the steps of a flow that belong to no payout.
func StepsOfFlow(ctx context.Context, tx ports.Tx, flowID string, fn func(ports.Step) error) error {
	return pages(0, fn, func(s ports.Step) int64 { return s.ID }, func(after int64) ([]ports.Step, error) {
		return tx.Steps().ListOfFlow(ctx, flowID, after, page)
	})
}

// Events calls fn with a merchant's events in the order registered.
func Events(ctx context.Context, tx ports.Tx, merchantID string, filter ports.EventFilter, fn func(ports.EventRecord) error) error {
	return pages(0, fn, func(e ports.EventRecord) int64 { return e.Num }, func(after int64) ([]ports.EventRecord, error) {
		return tx.Events().List(ctx, merchantID, filter, after, page)
	})
}

// pages lists from place to place until a page is not full.
func pages[P, T any](after P, fn func(T) error, place func(T) P, list func(after P) ([]T, error)) error {
	for {
		items, err := list(after)
		if err != nil {
			return err
		}
		for _, item := range items {
			after = place(item)
			if err := fn(item); errors.Is(err, ErrEnough) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if len(items) < page {
			return nil
		}
	}
}
