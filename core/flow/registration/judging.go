package registration

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// deal is what is judged together: all transactions of one order, or a single
// transaction that names none.
type deal struct {
	*ledger
	number string
	order  order.Order
	known  bool
	trades []*trade
	// shares are what accepted sales and refunds consist of, by the event's id.
	shares map[string]share
	// strict shares by moment alone, whatever is booked already.
	strict bool
}

// trade is a transaction with all its events.
type trade struct {
	*ledger
	deal     *deal
	method   payment.Method
	events   []ports.EventRecord
	verdicts []payment.Verdict
	// order is the number of the order that any of the events names, or empty.
	order string
}

// judgeAll judges transactions, and those that share their orders, anew and books
// what follows.
func (l *ledger) judgeAll(ctx context.Context, transactions []string) error {
	judged := map[string]bool{}
	for _, transaction := range transactions {
		if judged[transaction] {
			continue
		}
		d, err := l.deal(ctx, transaction)
		if err != nil {
			return err
		}
		for _, t := range d.trades {
			judged[t.events[0].Transaction] = true
		}
		if err := d.judge(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) deal(ctx context.Context, transaction string) (*deal, error) {
	first, err := l.trade(ctx, transaction)
	if err != nil {
		return nil, err
	}
	d := &deal{ledger: l, number: first.order, trades: []*trade{first}}
	if d.number != "" {
		named, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{Order: d.number}, 0, ports.MaxBatch)
		if err != nil {
			return nil, err
		}
		for _, other := range transactionsOf(named) {
			if other == transaction {
				continue
			}
			t, err := l.trade(ctx, other)
			if err != nil {
				return nil, err
			}
			d.trades = append(d.trades, t)
		}
	}
	for _, t := range d.trades {
		t.deal = d
	}
	d.order, d.known, err = l.order(ctx, d.number)
	return d, err
}

func (l *ledger) trade(ctx context.Context, transaction string) (*trade, error) {
	t := &trade{ledger: l}
	events, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{Transaction: transaction}, 0, ports.MaxBatch)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fault.New(ports.CodeNotFound, fault.NotFound, "there is no such transaction").WithField("transaction")
	}
	t.events = events
	for _, e := range events {
		if t.order == "" && e.State != ports.EventWithdrawn {
			t.order = e.Order
		}
		if err := l.loadSettings(ctx, e.SettingsVersion); err != nil {
			return nil, err
		}
	}
	t.method, err = l.method(ctx, events[0].Method)
	return t, err
}

// judge settles the standing of every event and acts on it: sales before what
// builds on them. Where one of them stands and cannot be booked, the sum of those
// that are depends on how the order is shared, so that nothing is kept as it is.
func (d *deal) judge(ctx context.Context) error {
	for _, t := range d.trades {
		t.verdicts = t.judged()
	}
	d.strict = d.parked()
	if err := d.settle(ctx); err != nil {
		return err
	}
	if d.strict || !d.parked() {
		return nil
	}
	d.strict = true
	return d.settle(ctx)
}

// parked reports whether a sale or refund stands and cannot be booked.
func (d *deal) parked() bool {
	for _, t := range d.trades {
		for i, e := range t.events {
			if e.State == ports.EventParked && t.verdicts[i].Standing == payment.Accepted {
				return true
			}
		}
	}
	return false
}

// settle shares the order and brings every event in line with its verdict.
func (d *deal) settle(ctx context.Context) error {
	d.share()
	for _, kind := range []payment.Kind{payment.Prepare, payment.Payment, payment.Cancel, payment.Refund, payment.Deposit, payment.Credit} {
		for _, t := range d.trades {
			for i := range t.events {
				if t.events[i].Kind != kind {
					continue
				}
				if err := t.act(ctx, &t.events[i], t.verdicts[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// standing gives the accepted events of a kind that the shop registered, by moment
// and key, in all transactions of the deal.
func (d *deal) standing(kind payment.Kind) []*ports.EventRecord {
	var all []*ports.EventRecord
	for _, t := range d.trades {
		all = append(all, t.standing(kind)...)
	}
	sortCanonically(all)
	return all
}

func (t *trade) standing(kind payment.Kind) []*ports.EventRecord {
	var all []*ports.EventRecord
	for i := range t.events {
		e := &t.events[i]
		if e.Kind == kind && e.Origin == payment.FromShop && t.verdicts[i].Standing == payment.Accepted {
			all = append(all, e)
		}
	}
	sortCanonically(all)
	return all
}

func sortCanonically(events []*ports.EventRecord) {
	slices.SortFunc(events, func(a, b *ports.EventRecord) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key))
	})
}

// judged gives a verdict on each event. What a payout proves of a side that the
// shop itself registers is the same money told twice: the shop's word counts,
// because it is the one that is booked.
func (t *trade) judged() []payment.Verdict {
	told := map[payment.Kind]bool{}
	for _, e := range t.events {
		if e.Origin == payment.FromShop && e.State != ports.EventWithdrawn {
			told[e.Kind] = true
		}
	}
	var counted []payment.Event
	var places []int
	verdicts := make([]payment.Verdict, len(t.events))
	for i, e := range t.events {
		verdicts[i] = payment.Verdict{Event: e.Event, Standing: payment.Accepted}
		if e.State == ports.EventWithdrawn {
			verdicts[i].Standing = "" // no verdict: it counts for nothing
			continue
		}
		if e.Origin == payment.FromPayout && told[e.Kind] {
			continue
		}
		counted, places = append(counted, e.Event), append(places, i)
	}
	method := t.method
	if !told[payment.Prepare] && !told[payment.Payment] {
		method.Authorised = false // the payout proves captures whose authorisation nobody tells
	}
	for i, v := range payment.Judge(method, counted) {
		verdicts[places[i]] = v
	}
	return verdicts
}

// act brings what has become of an event in line with its verdict.
func (t *trade) act(ctx context.Context, e *ports.EventRecord, v payment.Verdict) error {
	before := *e
	var err error
	switch v.Standing {
	case payment.Accepted:
		err = t.stand(ctx, e)
	case payment.Pending:
		err = t.fall(ctx, e, ports.EventPending, v.Fault)
	case payment.Flagged:
		err = t.fall(ctx, e, ports.EventFlagged, v.Fault)
	}
	if err != nil || same(before, *e) {
		return err
	}
	if err := t.tx.Events().Save(ctx, *e); err != nil {
		return err
	}
	return t.tell(ctx, *e)
}

// same reports whether nothing has become of an event; the moment of a fault does
// not count.
func same(a, b ports.EventRecord) bool {
	if (a.Fault == nil) != (b.Fault == nil) || a.Fault != nil && (a.Fault.Code != b.Fault.Code || a.Fault.Reason != b.Fault.Reason) {
		return false
	}
	return a.State == b.State && a.Bookings == b.Bookings && a.Market == b.Market && slices.Equal(a.Steps, b.Steps) && reflect.DeepEqual(a.Taken, b.Taken)
}

func isBooked(e *ports.EventRecord) bool {
	return e.State == ports.EventBooked || e.State == ports.EventDue
}

// stand books an event that stands. One that is booked already is left alone, as
// long as the books would say the same if it were booked now.
func (t *trade) stand(ctx context.Context, e *ports.EventRecord) error {
	if e.Origin == payment.FromPayout || e.Kind == payment.Prepare || e.Kind == payment.Cancel {
		e.State, e.Fault = ports.EventRecorded, nil
		return nil
	}
	if isBooked(e) {
		why := t.outdated(*e)
		if why == nil {
			return nil
		}
		if err := t.unbook(ctx, e, why.Reason); err != nil {
			return err
		}
	}
	return t.book(ctx, e)
}

// outdated says why the booking of an event is no longer what all events of the
// order come to, or gives nil.
func (t *trade) outdated(e ports.EventRecord) *fault.Error {
	moved := fault.New(payment.CodeEventOutOfBounds, fault.Conflict, "an event that came later changes what it comes to")
	switch e.Kind {
	case payment.Payment, payment.Refund:
		s := t.deal.shares[e.ID]
		if s.fault != nil {
			return s.fault
		}
		if !reflect.DeepEqual(s.taken, e.Taken) {
			return moved
		}
		if e.Kind == payment.Refund {
			return t.deal.refundable(t, e.Taken)
		}
	case payment.Deposit:
		if !slices.Equal(t.feesBookedBy(e), t.feesOf(e)) {
			return moved
		}
	case payment.Credit, payment.Prepare, payment.Cancel:
	}
	return nil
}

// fall takes back whatever was booked of an event that does not stand.
func (t *trade) fall(ctx context.Context, e *ports.EventRecord, state ports.EventState, why *fault.Error) error {
	if isBooked(e) {
		if err := t.unbook(ctx, e, why.Reason); err != nil {
			return err
		}
	}
	e.State, e.Fault, e.Taken = state, ports.Recorded(why, t.clock.Now()), nil
	return nil
}

// tell opens an exception for what a person must look at, and closes it when
// nobody must.
func (l *ledger) tell(ctx context.Context, e ports.EventRecord) error {
	now := l.clock.Now().UTC()
	if e.State != ports.EventFlagged && e.State != ports.EventParked {
		return l.tx.Exceptions().ResolveEvent(ctx, e.ID, "the event is "+string(e.State), "kvitt", now)
	}
	l.log.Warn("a person must look", "merchant", l.merchant.ID, "event", e.ID, "key", e.Key, "transaction", e.Transaction,
		"state", e.State, "code", e.Fault.Code, "reason", e.Fault.Reason)
	return l.tx.Exceptions().Raise(ctx, ports.Exception{
		ID:         identify("ex-", e.ID, string(e.Fault.Code), strconv.Itoa(e.Bookings), l.machine().UTC().Format(time.RFC3339Nano)),
		MerchantID: l.merchant.ID, EventID: e.ID, Code: e.Fault.Code, Reference: e.Transaction, Reason: e.Fault.Reason, Remedy: e.Fault.Remedy,
		Amount: e.Amount, State: ports.ExceptionOpen, RaisedAt: now,
	})
}
