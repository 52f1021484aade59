package invoicing

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

const (
	ordersAtOnce = 20
	// soon, later and seldom are the pauses between readings of an order that may still
	// change, by its age (klarna.md 11.2: every 30 minutes, back off by age).
	soon   = 30 * time.Minute
	later  = 6 * time.Hour
	seldom = 24 * time.Hour
	fresh  = 2 * 24 * time.Hour
	recent = 30 * 24 * time.Hour
)

// readDue reads the orders that are due, and reports whether none is left.
func (w *work) readDue(ctx context.Context, end time.Time) (bool, error) {
	for w.machine().Before(end) {
		var due []ports.PurchaseRecord
		err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			due, err = tx.Purchases().Due(ctx, w.flow.Source, w.clock.Now().UTC(), ordersAtOnce)
			return err
		})
		if err != nil || len(due) == 0 {
			return err == nil, err
		}
		source, err := w.desk.Open(ctx, w.flow.Source)
		if err != nil {
			return false, err
		}
		for _, r := range due {
			if err := w.read(ctx, source, r); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// read reads one order and keeps it with the bytes it was read from. An order that
// cannot be read is set aside for a person; what keeps all of them from being read is
// given back.
func (w *work) read(ctx context.Context, source *remote.Account, r ports.PurchaseRecord) error {
	orders, err := remote.Capability[ports.PurchaseSource](source, ports.CapabilityPurchases)
	if err != nil {
		return err
	}
	var result ports.PurchaseResult
	err = source.Do(remote.WithTally(ctx, w.tally), "ReadPurchase", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		result, err = orders.ReadPurchase(ctx, ports.ReadPurchaseRequest{Call: call, ID: r.ID})
		return result.Usage, err
	})
	if err == nil && result.Purchase.ID != r.ID {
		err = fault.New("connector.broken_answer", fault.Validation, "the connector gave order \""+result.Purchase.ID+"\" for \""+r.ID+"\"").From(fault.Connector)
	}
	if err != nil {
		return w.unread(ctx, r, err)
	}
	now := w.clock.Now().UTC()
	if r.ReadAt.IsZero() || changed(r.Purchase, result.Purchase) {
		r.Unplanned = []merchant.FlowKind{merchant.Invoices, merchant.Orders, merchant.Refunds}
	}
	r.Purchase, r.ReadAt, r.Failures, r.Fault = result.Purchase, now, 0, nil
	r.DueAt = w.next(r.Purchase, now)
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, raw := range result.Raw {
			if err := tx.RawPages().Put(ctx, w.flow.Source, raw, now); err != nil {
				return err
			}
		}
		if err := tx.Purchases().Save(ctx, r); err != nil {
			return err
		}
		if err := tx.Exceptions().ResolveFact(ctx, w.merchant.ID, w.fact(r.ID, "", ""), "the order was read", "kvitt", now); err != nil {
			return err
		}
		if err := tx.Runs().Add(ctx, w.run.ID, ports.RunReport{OrdersSeen: 1}); err != nil {
			return err
		}
		return w.wake(ctx, tx, merchant.Orders, merchant.Invoices, merchant.Refunds)
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
func (w *work) unread(ctx context.Context, r ports.PurchaseRecord, err error) error {
	f := fault.Of(err)
	if f == nil || ctx.Err() != nil {
		return err
	}
	switch f.Class {
	case fault.NotFound, fault.Validation, fault.Conflict, fault.Duplicate:
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown, fault.Auth:
		return err
	}
	now := w.clock.Now().UTC()
	r.Failures++
	r.Fault = ports.Recorded(f, now)
	r.DueAt = now.Add(time.Minute << min(r.Failures, 10))
	gaveUp := r.Failures >= w.options.Attempts
	if gaveUp {
		r.DueAt = time.Time{}
	}
	w.log.Warn("an order could not be read", "flow", w.flow.ID, "order", r.ID, "failures", r.Failures, "source", f.Source, "class", f.Class, "error", f)
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Purchases().Save(ctx, r); err != nil || !gaveUp {
			return err
		}
		why := *f
		if f.Class == fault.NotFound {
			why.Code = CodePurchaseUnknown
		}
		return w.raise(ctx, tx, about{purchase: r, fact: w.fact(r.ID, "", "")}, &why)
	})
}

// next says when an order is to be read again, zero if nothing can come any more.
func (w *work) next(p order.Purchase, now time.Time) time.Time {
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
		watched := time.Duration(w.settings.Documents.WatchDays) * 24 * time.Hour
		if len(p.Captures) == 0 && p.State == order.PurchaseEnded || captured == refunded || age > watched {
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
