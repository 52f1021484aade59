package registration

import (
	"cmp"
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

// mostSummarised is how many events one summary takes. A day with more has
// several, so that no unit of work grows without bound.
const mostSummarised = 1000

// summaryPart ends the keys of summaries.
const summaryPart = ":S1;"

// bundle is what one summary is of: events of one kind, by one method, of one day
// or payout. Sales and refunds have summaries of their own, because only like
// events share a voucher (BFL 5 kap. 6 § 3 st.).
type bundle struct {
	method string
	kind   payment.Kind
	// payout is the provider's reference of the payout, empty in a summary of a day.
	payout string
	date   civil.Date
}

func (b bundle) compare(other bundle) int {
	return cmp.Or(b.date.Compare(other.date), cmp.Compare(b.method, other.method), cmp.Compare(b.payout, other.payout), cmp.Compare(b.kind, other.kind))
}

// text names the summary to the reader of the voucher.
func (b bundle) text() string {
	what := "Sales"
	if b.kind == payment.Refund {
		what = "Refunds"
	}
	if b.payout != "" {
		return what + " of payout " + b.payout + ", " + b.method
	}
	return what + " of " + b.date.String() + ", " + b.method
}

// summarise plans the summaries that are due among the events that wait above
// after: those of days that are over, and of payouts that were deposited. It gives
// the number of the last event it looked at, 0 at the end.
func (l *ledger) summarise(ctx context.Context, after int64) (int64, error) {
	due, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{State: ports.EventDue}, after, mostSummarised)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	bundles := map[bundle][]ports.EventRecord{}
	for _, e := range due {
		b, ready, err := l.bundleOf(ctx, e)
		if err != nil {
			return 0, err
		}
		if ready {
			bundles[b] = append(bundles[b], e)
		}
	}
	order := make([]bundle, 0, len(bundles))
	for b := range bundles {
		order = append(order, b)
	}
	slices.SortFunc(order, bundle.compare)
	for _, b := range order {
		if err := l.sumUp(ctx, b, bundles[b]); err != nil {
			return 0, err
		}
	}
	return due[len(due)-1].Num, nil
}

// bundleOf says which summary takes an event, and whether it is ready.
func (l *ledger) bundleOf(ctx context.Context, e ports.EventRecord) (bundle, bool, error) {
	b := bundle{method: e.Method, kind: e.Kind, date: civil.In(e.At, l.zone)}
	if l.settings.Of(e.Method).SalesShape != booking.PayoutSales {
		return b, b.date.Before(l.today()), nil
	}
	settled, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{Transaction: e.Transaction}, 0, ports.MaxBatch)
	if err != nil {
		return b, false, err
	}
	for _, other := range settled {
		if other.Kind == settlementOf(e.Kind) && (other.State == ports.EventBooked || other.State == ports.EventRecorded) {
			b.payout, b.date = other.Reference, civil.In(other.At, l.zone)
			return b, true, nil
		}
	}
	return b, false, nil
}

// settlementOf names the event by which the provider settles a sale or refund.
func settlementOf(kind payment.Kind) payment.Kind {
	if kind == payment.Refund {
		return payment.Credit
	}
	return payment.Deposit
}

// sumUp plans the voucher of a bundle.
func (l *ledger) sumUp(ctx context.Context, b bundle, events []ports.EventRecord) error {
	settings := l.settings.Of(b.method)
	method, err := l.method(ctx, b.method)
	if err != nil {
		return err
	}
	happenings := make([]booking.Happening, 0, len(events))
	for _, e := range events {
		happenings = append(happenings, booking.Happening{
			Event: e.Event, Method: method.Kind, Market: e.Market, Shares: sharesOf(e.Taken), Date: civil.In(e.At, l.zone),
		})
	}
	voucher, err := booking.SalesSummary(happenings, b.date, b.text(), settings)
	switch f := fault.Of(err); {
	case f == nil:
	case f.Code == books.CodeNoRows:
		return l.markSummarised(ctx, events, "") // they are all of 0
	case f.Class != fault.Temporary:
		return l.parkAll(ctx, events, f)
	}
	if err != nil {
		return err
	}
	// The first event and how often it was booked name the summary: together they
	// are in no other one.
	key := stepKey(identify("ev-", events[0].ID, strconv.Itoa(events[0].Bookings), b.text()), "S1")
	s, err := l.step(ports.StepVoucher, key, settings.VoucherSeries, voucher)
	if err != nil {
		return err
	}
	if err := l.tx.Steps().Plan(ctx, []ports.Step{s}); err != nil {
		return err
	}
	return l.markSummarised(ctx, events, key)
}

func (l *ledger) markSummarised(ctx context.Context, events []ports.EventRecord, key string) error {
	for _, e := range events {
		e.State, e.Bookings, e.SettingsVersion = ports.EventBooked, e.Bookings+1, l.flow.SettingsVersion
		if key != "" {
			e.Steps = append(e.Steps, key)
		}
		if err := l.tx.Events().Save(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// parkAll parks events whose summary cannot be made, so that other summaries go on.
func (l *ledger) parkAll(ctx context.Context, events []ports.EventRecord, why *fault.Error) error {
	for _, e := range events {
		d, err := l.deal(ctx, e.Transaction)
		if err != nil {
			return err
		}
		if err := d.trades[0].countAbroad(ctx, e, -1); err != nil {
			return err
		}
		e.State, e.Fault, e.Taken = ports.EventParked, ports.Recorded(why, l.clock.Now()), nil
		if err := l.tx.Events().Save(ctx, e); err != nil {
			return err
		}
		if err := l.tell(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
