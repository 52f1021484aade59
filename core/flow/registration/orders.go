package registration

import (
	"context"
	"reflect"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// RegisterOrder keeps what a customer ordered and judges anew the transactions that
// waited for it. The same order again changes nothing; another one of its number
// fails with CodeOrderChanged, because vouchers may rest on it.
func (s *Service) RegisterOrder(ctx context.Context, merchantID string, o order.Order, by string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	return s.update(ctx, merchantID, func(ctx context.Context, l *ledger) error {
		known, found, err := l.order(ctx, o.Number)
		if err != nil {
			return err
		}
		if found && !reflect.DeepEqual(known, o) {
			return fault.New(CodeOrderChanged, fault.Duplicate, "order "+o.Number+" is registered with other content").
				WithField("number").WithRemedy("register what changed as a refund or as an order of another number")
		}
		if found {
			return nil
		}
		return l.createOrder(ctx, o, by)
	})
}

// createOrder keeps an order whose number is new.
func (l *ledger) createOrder(ctx context.Context, o order.Order, by string) error {
	if err := l.taxable(o); err != nil {
		return err
	}
	if err := l.tx.Orders().Create(ctx, l.merchant.ID, o, l.clock.Now().UTC()); err != nil {
		return err
	}
	if err := l.audit(ctx, by, "order.registered", o.Number, ""); err != nil {
		return err
	}
	events, err := l.eventsOf(ctx, o.Number)
	if err != nil {
		return err
	}
	if err := l.judgeAll(ctx, transactionsOf(events)); err != nil {
		return err
	}
	return l.wake(ctx)
}

// replaceOrder puts an order in the place of the one of its number. What is booked
// of that one is taken back and booked by what is now sold.
func (l *ledger) replaceOrder(ctx context.Context, o order.Order, by string) error {
	if err := l.taxable(o); err != nil {
		return err
	}
	events, err := l.eventsOf(ctx, o.Number)
	if err != nil {
		return err
	}
	if err := l.takeBack(ctx, events); err != nil {
		return err
	}
	if err := l.tx.Orders().Replace(ctx, l.merchant.ID, o, l.clock.Now().UTC()); err != nil {
		return err
	}
	l.orders[o.Number] = o
	if err := l.audit(ctx, by, "order.replaced", o.Number, ""); err != nil {
		return err
	}
	if err := l.judgeAll(ctx, transactionsOf(events)); err != nil {
		return err
	}
	return l.wake(ctx)
}

// takeBack undoes the bookings of an order's sales and refunds, and forgets where
// they were taxed.
func (l *ledger) takeBack(ctx context.Context, events []ports.EventRecord) error {
	changed := fault.New(CodeOrderChanged, fault.Conflict, "the order is another one now")
	for _, transaction := range transactionsOf(events) {
		d, err := l.deal(ctx, transaction)
		if err != nil {
			return err
		}
		t := d.trades[0]
		for i := range t.events {
			e := &t.events[i]
			if !isBooked(e) || e.Kind != payment.Payment && e.Kind != payment.Refund {
				continue
			}
			if err := t.fall(ctx, e, ports.EventPending, changed); err != nil {
				return err
			}
			e.Market = tax.Market{}
			if err := l.tx.Events().Save(ctx, *e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *ledger) eventsOf(ctx context.Context, number string) ([]ports.EventRecord, error) {
	return l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{Order: number}, 0, ports.MaxBatch)
}

// taxable refuses an order that no market can tax: its country is none, or one of
// its rates is neither that country's nor the merchant's own.
func (l *ledger) taxable(o order.Order) error {
	home := l.settings.Of("").VAT.Home
	// What else the decision lacks is a setting: it parks the events, not the order.
	_, err := tax.Decide(tax.Seller{Country: home}, tax.Customer{Country: o.Country, Postcode: o.Postcode, VATNumberValid: o.VATNumberValid}, false)
	if fault.CodeOf(err) == tax.CodeCountry {
		return fault.Invalid(tax.CodeCountry, "country", fault.Of(err).Reason).WithRemedy(fault.Of(err).Remedy)
	}
	for i, p := range o.Parts {
		if p.Rate.IsZero() || l.rates.Valid(home, p.Rate, o.Date) || l.rates.Valid(o.Country, p.Rate, o.Date) {
			continue
		}
		return fault.Invalid(CodeRateInvalid, "parts["+strconv.Itoa(i)+"].rate",
			"neither "+home+" nor "+o.Country+" has a rate of "+p.Rate.String()+" % on "+o.Date.String()).
			WithRemedy("correct the rate, or replace the table of VAT rates if it is out of date")
	}
	return nil
}

// Order gives an order.
func (s *Service) Order(ctx context.Context, merchantID, number string) (order.Order, error) {
	var o order.Order
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		o, err = tx.Orders().Get(ctx, merchantID, number)
		return err
	})
	return o, err
}
