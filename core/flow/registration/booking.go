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
	books "github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// book plans the vouchers of an event that stands. What cannot be booked is
// parked with the reason; everything else goes on.
func (t *trade) book(ctx context.Context, e *ports.EventRecord) error {
	happening, vouchers, known, err := t.bookable(ctx, e)
	if f := fault.Of(err); f != nil && f.Class != fault.Temporary {
		e.State, e.Fault, e.Taken = ports.EventParked, ports.Recorded(f, t.clock.Now()), nil
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.countAbroad(ctx, *e, happening); err != nil {
		return err
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
	for _, s := range steps {
		e.Steps = append(e.Steps, s.Key)
	}
	e.State = ports.EventBooked
	if err := t.tx.Steps().Plan(ctx, steps); err != nil {
		return err
	}
	return t.linkFees(ctx, known, e.Steps)
}

// bookable works out what an event comes to in the books. Known are the captures
// whose fee it books.
func (t *trade) bookable(ctx context.Context, e *ports.EventRecord) (booking.Happening, []books.Voucher, []*ports.EventRecord, error) {
	h := booking.Happening{Event: e.Event, Method: t.method.Kind, Date: t.day(*e)}
	h.Event.Order = t.order
	var known []*ports.EventRecord
	var err error
	if e.Kind == payment.Payment || e.Kind == payment.Refund {
		if err = t.sold(ctx, e); err != nil {
			return h, nil, nil, err
		}
		h.Market, h.Shares = e.Market, sharesOf(e.Taken)
	}
	if e.Kind == payment.Deposit {
		if known, h.KnownFee, h.KnownFeeVAT, err = t.knownFees(*e); err != nil {
			return h, nil, nil, err
		}
	}
	vouchers, err := booking.EventVouchers(h, t.settings.Of(e.Method))
	return h, vouchers, known, err
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

// knownFees gives the accepted captures whose stated fee no deposit has booked, and
// the sum of those fees. A capture whose fee is booked is linked to the step of
// the deposit that booked it.
func (t *trade) knownFees(deposit ports.EventRecord) (captures []*ports.EventRecord, fee, vat money.Amount, err error) {
	var taken []string
	for _, e := range t.events {
		if e.Kind == payment.Deposit && e.State == ports.EventBooked && e.ID != deposit.ID {
			taken = append(taken, e.Steps...)
		}
	}
	for i := range t.events {
		e := &t.events[i]
		booked := e.State == ports.EventBooked || e.State == ports.EventDue
		if e.Kind != payment.Payment || !booked || e.Fee.IsZero() ||
			slices.ContainsFunc(e.Steps, func(key string) bool { return slices.Contains(taken, key) }) {
			continue
		}
		if fee, err = fee.Add(e.Fee); err != nil {
			return nil, fee, vat, err
		}
		if vat, err = vat.Add(e.FeeVAT); err != nil {
			return nil, fee, vat, err
		}
		captures = append(captures, e)
	}
	return captures, fee, vat, nil
}

func (t *trade) linkFees(ctx context.Context, captures []*ports.EventRecord, keys []string) error {
	for _, e := range captures {
		e.Steps = append(e.Steps, keys...)
		if err := t.tx.Events().Save(ctx, *e); err != nil {
			return err
		}
	}
	return nil
}

// takeBack undoes the booking of an event that no longer stands. A voucher of its
// own that nobody has tried to write is dropped. Anything else is corrected by a
// voucher that swaps its sides (BFL 5 kap. 5 §), for its part of a summary alone.
func (t *trade) takeBack(ctx context.Context, e *ports.EventRecord, why *fault.Error) error {
	own := stepKey(e.ID, "B"+strconv.Itoa(e.Bookings)+"V")
	own = strings.TrimSuffix(own, ";")
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

func (t *trade) reverseStep(ctx context.Context, e *ports.EventRecord, key string, why *fault.Error) error {
	s, err := t.tx.Steps().ByKey(ctx, key)
	if err != nil {
		return err
	}
	if s.State == ports.StepPlanned {
		s.State = ports.StepDropped
		return t.tx.Steps().Save(ctx, s)
	}
	series, voucher, err := posting.ReadVoucher(s)
	if err != nil {
		return err
	}
	name := s.Number
	if name == "" {
		name = key
	}
	return t.planReversal(ctx, e, key, series, booking.Correction(voucher, name, t.today(), why.Reason))
}

// reverseShare undoes an event's part of a summary.
func (t *trade) reverseShare(ctx context.Context, e *ports.EventRecord, why *fault.Error) error {
	h := booking.Happening{Event: e.Event, Method: t.method.Kind, Market: e.Market, Shares: sharesOf(e.Taken), Date: t.day(*e)}
	settings := t.settings.Of(e.Method)
	vouchers, err := booking.EventVouchers(h, settings)
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
		if err := t.planReversal(ctx, e, summary, settings.VoucherSeries, booking.Correction(v, summary, t.today(), why.Reason)); err != nil {
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
	e.Steps = append(e.Steps, s.Key)
	return t.tx.Steps().Plan(ctx, []ports.Step{s})
}

func (l *ledger) today() civil.Date { return civil.In(l.clock.Now(), l.zone) }
