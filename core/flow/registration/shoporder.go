package registration

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what a shop tells.
const (
	// CodeMethodUnmapped: nobody has said which payment method the shop means.
	CodeMethodUnmapped fault.Code = "event.method_unmapped"
	// CodeToldTwice: a caller registers what the shop tells too.
	CodeToldTwice fault.Code = "order.told_twice"
)

// byShop stands in the audit log for what a shop told.
const byShop = "shop"

// registerNext registers the next order that the shop told, as a whole or not at
// all, and reports whether there was one.
func (in *intake) registerNext(ctx context.Context) (bool, error) {
	var told []ports.ShopOrderRecord
	err := in.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		told, err = tx.ShopOrders().List(ctx, in.flow.Source, ports.ShopOrderTold, 0, 1)
		return err
	})
	if err != nil || len(told) == 0 {
		return false, err
	}
	err = in.Service.update(ctx, in.flow.MerchantID, func(ctx context.Context, l *ledger) error {
		return l.registerShopOrder(ctx, told[0], false, byShop)
	})
	if f := fault.Of(err); f != nil && f.Class != fault.Temporary {
		return true, in.park(ctx, told[0], f)
	}
	return true, err
}

// park sets an order aside with the reason, so that others go on. Nothing of it is
// registered, and nothing of it is lost.
func (in *intake) park(ctx context.Context, told ports.ShopOrderRecord, why *fault.Error) error {
	told.State, told.Fault = ports.ShopOrderParked, ports.Recorded(why, in.clock.Now())
	in.log.Warn("a person must look", "flow", in.flow.ID, "order", told.Number, "code", why.Code, "reason", why.Reason)
	return in.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.ShopOrders().Save(ctx, told); err != nil {
			return err
		}
		return tx.Exceptions().Raise(ctx, ports.Exception{
			ID:         identify("ex-", in.flow.Source, told.Number, in.machine().UTC().Format(time.RFC3339Nano)),
			MerchantID: in.flow.MerchantID, Order: told.Number, Code: why.Code, Reference: told.Number, Reason: why.Reason, Remedy: why.Remedy,
			State: ports.ExceptionOpen, RaisedAt: in.clock.Now().UTC(),
		})
	})
}

// retryShopOrder registers the order of an exception. If its content was another
// than before, a person has now said that it counts.
func (l *ledger) retryShopOrder(ctx context.Context, e ports.Exception, by string) error {
	told, err := l.tx.ShopOrders().Get(ctx, l.flow.Source, e.Order)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return l.readAgain(ctx, e, by)
	}
	if err != nil {
		return err
	}
	return l.registerShopOrder(ctx, told, e.Code == CodeOrderChanged, by)
}

// registerShopOrder registers an order and those of its events that are new. With
// renew, other content than before takes the place of what was registered.
func (l *ledger) registerShopOrder(ctx context.Context, told ports.ShopOrderRecord, renew bool, by string) error {
	known, err := l.eventsOf(ctx, told.Number)
	if err != nil {
		return err
	}
	if len(told.Events) > 0 {
		if err := l.alone(told.Number, known); err != nil {
			return err
		}
		if err := l.keepShopOrder(ctx, withGoods(told.Order), known, renew, by); err != nil {
			return err
		}
		created, err := l.shopEvents(ctx, told.ShopOrder, known)
		if err != nil {
			return err
		}
		if err := l.keep(ctx, created, by); err != nil {
			return err
		}
	}
	told.State, told.Fault = ports.ShopOrderRegistered, nil
	if err := l.tx.ShopOrders().Save(ctx, told); err != nil {
		return err
	}
	return l.tx.Exceptions().ResolveOrder(ctx, l.merchant.ID, told.Number, "the order is registered", by, l.clock.Now().UTC())
}

// withGoods states the supply of every part, as callers' orders do.
func withGoods(o order.Order) order.Order {
	o.Parts = goods(o.Parts)
	return o
}

func goods(parts []order.Part) []order.Part {
	parts = slices.Clone(parts)
	for i := range parts {
		parts[i].Supply = parts[i].Supply.OrGoods()
	}
	return parts
}

// keepShopOrder keeps what was sold. Other content than before is taken while
// nothing rests on it; after that a person must say so.
func (l *ledger) keepShopOrder(ctx context.Context, o order.Order, events []ports.EventRecord, renew bool, by string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	known, found, err := l.order(ctx, o.Number)
	booked := slices.ContainsFunc(events, func(e ports.EventRecord) bool { return isBooked(&e) })
	switch {
	case err != nil:
		return err
	case !found:
		return l.createOrder(ctx, o, by)
	case reflect.DeepEqual(known, o):
		return nil
	case booked && !renew:
		return fault.New(CodeOrderChanged, fault.Conflict, "the shop tells order "+o.Number+" with other content than the vouchers rest on").
			WithField("number").WithRemedy("compare the two, then retry the exception to take the new content; what is booked is then corrected")
	}
	return l.replaceOrder(ctx, o, by)
}

// soldBy reports whether an event says what was sold and paid, as only one source
// may of an order. Who settles with the provider is another question.
func soldBy(kind payment.Kind) bool { return kind != payment.Deposit && kind != payment.Credit }

// alone refuses an order whose sale a caller has registered.
func (l *ledger) alone(number string, known []ports.EventRecord) error {
	for _, e := range known {
		if e.Origin == payment.FromShop && soldBy(e.Kind) && e.State != ports.EventWithdrawn && !strings.HasPrefix(e.Key, l.shopPrefix()) {
			return fault.New(CodeToldTwice, fault.Conflict, "order "+number+" was registered by a caller too, as event "+e.Key).
				WithRemedy("let only one of the two tell of sales; withdraw the caller's events of this order and retry the exception to take what the shop tells")
		}
	}
	return nil
}

// leftToCallers refuses a caller's fact about a sale of which the shop tells.
func (l *ledger) leftToCallers(ctx context.Context, f Fact) error {
	if !l.flow.FromShop() || !soldBy(f.Kind) {
		return nil
	}
	for _, filter := range []ports.EventFilter{{Transaction: f.Transaction}, {Order: f.Order}} {
		if filter == (ports.EventFilter{}) {
			continue
		}
		known, err := l.tx.Events().List(ctx, l.merchant.ID, filter, 0, ports.MaxBatch)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(known, func(e ports.EventRecord) bool { return strings.HasPrefix(e.Key, l.shopPrefix()) }) {
			return fault.New(CodeOwned, fault.Conflict, "connection "+l.flow.Source+" tells what was sold and paid of this order").
				WithField("order").WithRemedy("leave " + string(f.Kind) + " events of the order out; the flow reads them from the shop")
		}
	}
	return nil
}
