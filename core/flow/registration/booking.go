package registration

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/walk"
	books "github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// book plans the vouchers of an event that stands. What cannot be booked is
// parked with the reason; everything else goes on.
func (t *trade) book(ctx context.Context, e *ports.EventRecord) error {
	vouchers, captures, err := t.bookable(ctx, e)
	if f := fault.Of(err); f != nil && f.Class != fault.Temporary {
		e.State, e.Fault, e.Taken = ports.EventParked, ports.Recorded(f, t.clock.Now()), nil
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.countAbroad(ctx, *e, +1); err != nil {
		return err
	}
	if e.Kind == payment.Payment && !e.Delivered.IsZero() {
		delivery, err := t.delivery(*e)
		if err != nil {
			return err
		}
		vouchers = append(vouchers, delivery...)
	}
	e.Fault, e.SettingsVersion = nil, t.flow.SettingsVersion
	if summarised(e.Kind, t.settings.Of(e.Method)) {
		e.State = ports.EventDue
		return nil
	}
	e.Bookings++
	steps, err := t.steps(*e, vouchers)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(steps))
	for _, s := range steps {
		keys = append(keys, s.Key)
	}
	e.State, e.Steps = ports.EventBooked, append(slices.Clone(e.Steps), keys...)
	if err := t.tx.Steps().Plan(ctx, steps); err != nil {
		return err
	}
	return t.linkFees(ctx, captures, keys)
}

// bookable works out what an event comes to in the books, and the captures whose
// stated fee it books. It settles market and parts of a sale or refund.
func (t *trade) bookable(ctx context.Context, e *ports.EventRecord) ([]books.Voucher, []*ports.EventRecord, error) {
	settings := t.settings.Of(e.Method)
	var captures []*ports.EventRecord
	var fee, vat money.Amount
	var err error
	switch e.Kind {
	case payment.Payment, payment.Refund:
		if err = t.sold(ctx, e); e.Kind == payment.Refund {
			e.Delivered = t.deliveredUntil()
		}
	case payment.Deposit:
		captures, fee, vat, err = t.knownFees(*e)
		settings.FeeMoment = booking.FeeAtDeposit // what its captures did not book, whatever applies by now
	case payment.Credit, payment.Prepare, payment.Cancel:
	}
	if err != nil {
		return nil, nil, err
	}
	h := t.happening(*e)
	h.KnownFee, h.KnownFeeVAT = fee, vat
	vouchers, err := booking.EventVouchers(h, settings)
	return vouchers, captures, err
}

// happening gives an event as the booking rules take it.
func (t *trade) happening(e ports.EventRecord) booking.Happening {
	h := booking.Happening{Event: e.Event, Method: t.method.Kind, Market: e.Market, Shares: sharesOf(e.Taken), Date: t.day(e)}
	h.Event.Order = t.order
	h.Delivered = e.Kind == payment.Refund && !e.Delivered.IsZero()
	return h
}

func (t *trade) day(e ports.EventRecord) civil.Date { return civil.In(e.At, t.zone) }

// sharesOf gives the parts of an order as the booking rules take them.
func sharesOf(parts []order.Part) []booking.Share {
	shares := make([]booking.Share, len(parts))
	for i, p := range parts {
		shares[i] = booking.Share{Supply: p.Supply, Rate: p.Rate, Gross: p.Gross, VAT: p.VAT}
	}
	return shares
}

// summarised reports whether events of a kind wait for the voucher of their day or
// payout.
func summarised(kind payment.Kind, s booking.Settings) bool {
	if kind != payment.Payment && kind != payment.Refund {
		return false
	}
	return s.SalesShape == booking.DaySales || s.SalesShape == booking.PayoutSales
}

// steps plans vouchers under keys that no other booking of the event has.
func (t *trade) steps(e ports.EventRecord, vouchers []books.Voucher) ([]ports.Step, error) {
	steps := make([]ports.Step, 0, len(vouchers))
	for i, v := range vouchers {
		part := "B" + strconv.Itoa(e.Bookings) + "V" + strconv.Itoa(i+1)
		s, err := t.step(ports.StepVoucher, stepKey(e.ID, part), t.settings.Of(e.Method).VoucherSeries, v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func (l *ledger) step(kind ports.StepKind, key, series string, v books.Voucher) (ports.Step, error) {
	content, err := posting.VoucherContent(series, v.Text(), v)
	if err != nil {
		return ports.Step{}, err
	}
	sum, err := v.Sum()
	return ports.Step{
		FlowID: l.flow.ID, Kind: kind, Key: key, State: ports.StepPlanned, Content: content, Amount: sum, SettingsVersion: l.flow.SettingsVersion,
	}, err
}

// stepKey names a planned voucher for ever. Its end sign keeps one key from being a
// part of another where systems search for substrings.
func stepKey(id, part string) string {
	return "kv:" + strings.TrimPrefix(id, "ev-") + ":" + part + ";"
}

// bookingPrefix begins the keys of the vouchers of an event's latest booking.
func bookingPrefix(e ports.EventRecord) string {
	return strings.TrimSuffix(stepKey(e.ID, "B"+strconv.Itoa(e.Bookings)+"V"), ";")
}

// unbook undoes the booking of an event. A voucher of its own that was certainly
// never written is dropped. Anything else is corrected by a voucher that swaps its
// sides (BFL 5 kap. 5 §), for its part of a summary alone.
func (t *trade) unbook(ctx context.Context, e *ports.EventRecord, why string) error {
	if err := t.countAbroad(ctx, *e, -1); err != nil {
		return err
	}
	if e.State == ports.EventDue {
		return nil
	}
	own := bookingPrefix(*e)
	var alone bool
	for _, key := range slices.Clone(e.Steps) {
		if !strings.HasPrefix(key, own) {
			continue
		}
		alone = true
		if err := t.reverseStep(ctx, e, key, why); err != nil {
			return err
		}
	}
	if alone {
		return nil
	}
	return t.reverseShare(ctx, e, why)
}

func (t *trade) reverseStep(ctx context.Context, e *ports.EventRecord, key, why string) error {
	s, err := t.tx.Steps().ByKey(ctx, key)
	if err != nil {
		return err
	}
	if s.Unwritten() {
		return t.drop(ctx, s)
	}
	series, voucher, err := posting.ReadVoucher(s)
	if err != nil {
		return err
	}
	name := s.Number
	if name == "" {
		name = key
	}
	return t.planReversal(ctx, e, key, series, booking.Correction(voucher, name, t.today(), why))
}

// drop gives up a voucher that was never written, and what a person was to decide
// about it.
func (t *trade) drop(ctx context.Context, s ports.Step) error {
	refused := s.State == ports.StepParked
	s.State = ports.StepDropped
	if err := t.tx.Steps().Save(ctx, s); err != nil || !refused {
		return err
	}
	open := ports.ExceptionFilter{State: ports.ExceptionOpen}
	return walk.Exceptions(ctx, t.tx, t.merchant.ID, open, func(e ports.Exception) error {
		if e.StepID != s.ID {
			return nil
		}
		return t.tx.Exceptions().Resolve(ctx, e.ID, "the voucher is given up", "kvitt", t.clock.Now().UTC())
	})
}

// reverseShare undoes an event's part of a summary, by the settings that booked it.
func (t *trade) reverseShare(ctx context.Context, e *ports.EventRecord, why string) error {
	settings := t.settingsAt(e.SettingsVersion).Of(e.Method)
	vouchers, err := booking.EventVouchers(t.happening(*e), settings)
	if err != nil {
		return err
	}
	var summary string
	for _, key := range e.Steps {
		if strings.HasSuffix(key, summaryPart) {
			summary = key
		}
	}
	for _, v := range vouchers {
		if err := t.planReversal(ctx, e, summary, settings.VoucherSeries, booking.Correction(v, summary, t.today(), why)); err != nil {
			return err
		}
	}
	return nil
}

func (t *trade) planReversal(ctx context.Context, e *ports.EventRecord, reverses, series string, v books.Voucher) error {
	part := "B" + strconv.Itoa(e.Bookings) + "R" + strconv.Itoa(len(e.Steps))
	s, err := t.step(ports.StepCorrection, stepKey(e.ID, part), series, v)
	if err != nil {
		return err
	}
	s.Reverses = reverses
	e.Steps = append(slices.Clone(e.Steps), s.Key)
	return t.tx.Steps().Plan(ctx, []ports.Step{s})
}

func (l *ledger) today() civil.Date { return civil.In(l.clock.Now(), l.zone) }
