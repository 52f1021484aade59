// Package purchase reads orders at payment service providers that cannot list them: each
// by its id, when it is due, and less often the older it gets.
package purchase

import (
	"context"
	"reflect"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeUnknown: the provider does not know an order by that id.
const CodeUnknown fault.Code = "order.unknown_at_provider"

const (
	// soon, later and seldom are the pauses between readings of an order that may still
	// change, by its age (klarna.md 11.2: every 30 minutes, back off by age).
	soon   = 30 * time.Minute
	later  = 6 * time.Hour
	seldom = 24 * time.Hour
	fresh  = 2 * 24 * time.Hour
	recent = 30 * 24 * time.Hour
	// ahead makes due what is due within it, because the clock of a hub may be behind that
	// of the one which learned of an order.
	ahead = time.Minute
)

// Keeper takes what follows from a reading. Both run in the unit of work that keeps it.
type Keeper interface {
	// Keep follows from an order that was read.
	Keep(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord) error
	// GiveUp follows from one that could not be read too often.
	GiveUp(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord, why *fault.Error) error
}

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Warn(message string, pairs ...any)
}

// Reader reads the orders of one connection. All fields are required.
type Reader struct {
	Store  ports.Store
	Desk   *remote.Desk
	Clock  ports.BusinessClock
	Log    Log
	Keeper Keeper
	// Source is the connection.
	Source string
	// Watch is how long after its last capture an order is read for refunds.
	Watch time.Duration
	// Attempts is how often an order is tried that cannot be read.
	Attempts int
}

// Next reads the orders that are due, a few at most, and reports whether there were
// any. It fails with what keeps all of them from being read.
func (r Reader) Next(ctx context.Context, limit int) (bool, error) {
	var due []ports.PurchaseRecord
	err := r.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		due, err = tx.Purchases().Due(ctx, r.Source, r.Clock.Now().UTC().Add(ahead), limit)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	source, err := r.Desk.Open(ctx, r.Source)
	if err != nil {
		return false, err
	}
	for _, record := range due {
		if err := r.read(ports.WithWork(ctx, record.ID), source, record); err != nil {
			return false, err
		}
	}
	return true, nil
}

// read reads one order and keeps it with the bytes it was read from. An order that
// cannot be read is set aside.
func (r Reader) read(ctx context.Context, source *remote.Account, record ports.PurchaseRecord) error {
	orders, err := remote.Capability[ports.PurchaseSource](source, ports.CapabilityPurchases)
	if err != nil {
		return err
	}
	var result ports.PurchaseResult
	err = source.Do(ctx, "ReadPurchase", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		result, err = orders.ReadPurchase(ctx, ports.ReadPurchaseRequest{Call: call, ID: record.ID})
		return result.Usage, err
	})
	if err == nil && result.Purchase.ID != record.ID {
		err = fault.New("connector.broken_answer", fault.Validation, "the connector gave order \""+result.Purchase.ID+"\" for \""+record.ID+"\"").From(fault.Connector)
	}
	if err != nil {
		return r.unread(ctx, record, err)
	}
	now := r.Clock.Now().UTC()
	if record.ReadAt.IsZero() || changed(record.Purchase, result.Purchase) {
		record.Unplanned = []merchant.FlowKind{merchant.Invoices, merchant.Orders, merchant.Refunds}
	}
	record.Purchase, record.ReadAt, record.Failures, record.Fault = result.Purchase, now, 0, nil
	record.DueAt = due(record.Purchase, r.Watch, now)
	return r.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, raw := range result.Raw {
			if err := tx.RawPages().Put(ctx, r.Source, raw, now); err != nil {
				return err
			}
		}
		if err := tx.Purchases().Save(ctx, record); err != nil {
			return err
		}
		return r.Keeper.Keep(ctx, tx, record)
	})
}

// changed reports whether an order says something else than before, wherever it says
// so.
func changed(before, now order.Purchase) bool {
	before.Raw, now.Raw = payout.Raw{}, payout.Raw{}
	return !reflect.DeepEqual(before, now)
}

// unread keeps why an order could not be read. A provider may not know an order yet
// that was placed just now (klarna.md 3), so that it is tried some times.
func (r Reader) unread(ctx context.Context, record ports.PurchaseRecord, err error) error {
	f := fault.Of(err)
	if f == nil || ctx.Err() != nil {
		return err
	}
	switch f.Class {
	case fault.NotFound, fault.Validation, fault.Conflict, fault.Duplicate:
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown, fault.Auth:
		return err
	}
	now := r.Clock.Now().UTC()
	record.Failures++
	record.Fault = ports.Recorded(f, now)
	record.DueAt = now.Add(time.Minute << min(record.Failures, 10))
	gaveUp := record.Failures >= r.Attempts
	if gaveUp {
		record.DueAt = time.Time{}
	}
	r.Log.Warn("an order could not be read", "connection", r.Source, "order", record.ID, "failures", record.Failures, "source", f.Source, "class", f.Class, "error", f)
	return r.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Purchases().Save(ctx, record); err != nil || !gaveUp {
			return err
		}
		why := *f
		if f.Class == fault.NotFound {
			why.Code = CodeUnknown
		}
		return r.Keeper.GiveUp(ctx, tx, record, &why)
	})
}

// due says when an order is to be read again, zero if nothing can come any more.
func due(p order.Purchase, watch time.Duration, now time.Time) time.Time {
	newest, captured, refunded := p.PlacedAt, money.Zero(p.Total.Currency()), money.Zero(p.Total.Currency())
	for _, c := range p.Captures {
		captured, _ = captured.Add(c.Amount)
		if c.At.After(newest) {
			newest = c.At
		}
	}
	for _, r := range p.Refunds {
		refunded, _ = refunded.Add(r.Amount)
	}
	age := now.Sub(newest)
	if p.State == order.PurchaseComplete || p.State == order.PurchaseEnded {
		if captured == refunded || age > watch {
			return time.Time{}
		}
		age = max(age, fresh) // a refund is seldom as urgent as a capture
	}
	switch {
	case age < fresh:
		return now.Add(soon)
	case age < recent:
		return now.Add(later)
	}
	return now.Add(seldom)
}
