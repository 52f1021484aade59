package registration

import (
	"context"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	books "github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// Faults of deliveries.
const (
	// CodeDeliveryChanged: the sale was delivered on another day.
	CodeDeliveryChanged fault.Code = "event.delivered_before"
	// CodeNoAdvance: no advance waits for the delivery.
	CodeNoAdvance fault.Code = "event.no_advance"
)

// Deliver notes that what a payment paid for was delivered, and plans the voucher
// that turns its advance into revenue, less what was refunded before. Noting the
// same day again changes nothing.
func (s *Service) Deliver(ctx context.Context, eventID string, day civil.Date, by string) (ports.EventRecord, error) {
	e, err := s.Event(ctx, eventID)
	if err != nil {
		return e, err
	}
	err = s.update(ctx, e.MerchantID, func(ctx context.Context, l *ledger) error {
		t, err := l.trade(ctx, e.Transaction)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(t.events, func(other ports.EventRecord) bool { return other.ID == eventID })
		e = t.events[at]
		switch {
		case e.Delivered == day:
			return nil
		case !e.Delivered.IsZero():
			return fault.New(CodeDeliveryChanged, fault.Conflict, "the sale was delivered on "+e.Delivered.String()).WithField("date").
				WithRemedy("if that day is wrong, withdraw the payment and register it anew under another key")
		case e.Kind != payment.Payment || e.State != ports.EventBooked || t.settingsAt(e.SettingsVersion).Of(e.Method).Recognition != booking.RecogniseAtDelivery:
			return fault.New(CodeNoAdvance, fault.Conflict, "the event booked no advance that waits for a delivery").
				WithRemedy("only a booked payment under recognition \"delivery\" is delivered later")
		case l.today().Before(day):
			return fault.Invalid(payment.CodeEventInvalid, "date", day.String()+" has not come yet").
				WithRemedy("tell of the delivery when it has happened")
		case day.Before(t.day(e)):
			return fault.Invalid(payment.CodeEventInvalid, "date", "the delivery lies before the payment of "+t.day(e).String())
		}
		e.Delivered = day
		if err := t.planDelivery(ctx, &e); err != nil {
			return err
		}
		if err := l.audit(ctx, by, "event.delivered", e.ID, day.String()); err != nil {
			return err
		}
		return l.wake(ctx)
	})
	return e, err
}

// planDelivery plans the voucher of a delivery under a key of the event's latest
// booking, so that it is taken back with it.
func (t *trade) planDelivery(ctx context.Context, e *ports.EventRecord) error {
	vouchers, err := t.delivery(*e)
	if err != nil {
		return err
	}
	for _, v := range vouchers {
		s, err := t.step(ports.StepVoucher, stepKey(e.ID, "B"+strconv.Itoa(e.Bookings)+"VD"), t.settings.Of(e.Method).VoucherSeries, v)
		if err != nil {
			return err
		}
		if err := t.tx.Steps().Plan(ctx, []ports.Step{s}); err != nil {
			return err
		}
		e.Steps = append(slices.Clone(e.Steps), s.Key)
	}
	return t.tx.Events().Save(ctx, *e)
}

// delivery gives the voucher of a delivered payment, none if all of it was refunded
// before. Refunds booked before the delivery have taken their part of the advance.
func (t *trade) delivery(e ports.EventRecord) ([]books.Voucher, error) {
	h := t.happening(e)
	settings := t.settings.Of(e.Method)
	if early := t.refundedEarly(); len(early) > 0 {
		if t.payments() > 1 {
			return nil, fault.New(CodeNoAdvance, fault.Conflict, "the transaction has several payments and a refund before the delivery, so that nobody can say whose advance the refund took").
				WithRemedy("book what is left of the advance by hand")
		}
		left := e.Taken
		for _, refund := range early {
			var err error
			if left, err = less(left, refund.Taken); err != nil {
				return nil, err
			}
			if h.Event.Amount, err = h.Event.Amount.Sub(refund.Amount); err != nil {
				return nil, err
			}
		}
		h.Shares = sharesOf(left)
	}
	if h.Event.Amount.IsZero() {
		return nil, nil
	}
	voucher, err := booking.DeliveryVoucher(h, e.Delivered, settings)
	if fault.CodeOf(err) == books.CodeNoRows {
		return nil, nil
	}
	return []books.Voucher{voucher}, err
}

// refundedEarly gives the refunds that took their part of an advance.
func (t *trade) refundedEarly() []ports.EventRecord {
	var early []ports.EventRecord
	for _, e := range t.events {
		if e.Kind == payment.Refund && e.State == ports.EventBooked && e.Delivered.IsZero() {
			early = append(early, e)
		}
	}
	return early
}

// payments counts the booked payments of the transaction.
func (t *trade) payments() int {
	n := 0
	for _, e := range t.events {
		if e.Kind == payment.Payment && e.State == ports.EventBooked {
			n++
		}
	}
	return n
}

// deliveredUntil gives the last day of delivery if everything that the transaction
// paid for was delivered, else none. A refund then takes back revenue, not an
// advance.
func (t *trade) deliveredUntil() civil.Date {
	var last civil.Date
	for _, e := range t.events {
		if e.Kind != payment.Payment || e.State != ports.EventBooked {
			continue
		}
		if e.Delivered.IsZero() {
			return civil.Date{}
		}
		if last.Before(e.Delivered) {
			last = e.Delivered
		}
	}
	return last
}
