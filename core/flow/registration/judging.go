package registration

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// trade is a transaction with all its events.
type trade struct {
	*ledger
	method payment.Method
	events []ports.EventRecord
	// order is the number of the order that any of the events names, or empty.
	order string
}

// judgeAll judges transactions anew and books what follows.
func (l *ledger) judgeAll(ctx context.Context, transactions []string) error {
	for _, transaction := range transactions {
		t, err := l.trade(ctx, transaction)
		if err != nil {
			return err
		}
		if err := t.judge(ctx); err != nil {
			return err
		}
	}
	return nil
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
		if t.order == "" {
			t.order = e.Order
		}
	}
	t.method, err = l.method(ctx, events[0].Method)
	return t, err
}

// judge settles the standing of every event of the transaction and acts on it:
// sales before what builds on them.
func (t *trade) judge(ctx context.Context) error {
	verdicts := t.verdicts()
	for _, kind := range []payment.Kind{payment.Prepare, payment.Payment, payment.Cancel, payment.Refund, payment.Deposit, payment.Credit} {
		for i := range t.events {
			if t.events[i].Kind != kind {
				continue
			}
			if err := t.act(ctx, &t.events[i], verdicts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// verdicts judges the events. What a payout proves of a side that the shop itself
// registers is the same money told twice: the shop's word counts, because it is
// the one that is booked.
func (t *trade) verdicts() []payment.Verdict {
	told := map[payment.Kind]bool{}
	for _, e := range t.events {
		if e.Origin == payment.FromShop {
			told[e.Kind] = true
		}
	}
	var counted []payment.Event
	var places []int
	verdicts := make([]payment.Verdict, len(t.events))
	for i, e := range t.events {
		verdicts[i] = payment.Verdict{Event: e.Event, Standing: payment.Accepted}
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
	switch v.Standing {
	case payment.Accepted:
		if err := t.stand(ctx, e); err != nil {
			return err
		}
	case payment.Pending:
		if err := t.fall(ctx, e, ports.EventPending, v.Fault); err != nil {
			return err
		}
	case payment.Flagged:
		if err := t.fall(ctx, e, ports.EventFlagged, v.Fault); err != nil {
			return err
		}
	}
	if same(before, *e) {
		return nil
	}
	if err := t.tx.Events().Save(ctx, *e); err != nil {
		return err
	}
	return t.tell(ctx, *e)
}

func same(a, b ports.EventRecord) bool {
	sameFault := a.Fault == nil && b.Fault == nil || a.Fault != nil && b.Fault != nil && a.Fault.Code == b.Fault.Code && a.Fault.Reason == b.Fault.Reason
	return a.State == b.State && sameFault && a.Bookings == b.Bookings && slices.Equal(a.Steps, b.Steps)
}

// stand books an event that stands, unless it is booked already.
func (t *trade) stand(ctx context.Context, e *ports.EventRecord) error {
	silent := e.Origin == payment.FromPayout || e.Kind == payment.Prepare || e.Kind == payment.Cancel
	switch {
	case silent:
		e.State, e.Fault = ports.EventRecorded, nil
	case e.State != ports.EventBooked && e.State != ports.EventDue:
		return t.book(ctx, e)
	}
	return nil
}

// fall takes back whatever was booked of an event that does not stand.
func (t *trade) fall(ctx context.Context, e *ports.EventRecord, state ports.EventState, why *fault.Error) error {
	if e.State == ports.EventBooked {
		if err := t.takeBack(ctx, e, why); err != nil {
			return err
		}
	}
	e.State, e.Fault, e.Taken = state, ports.Recorded(why, t.clock.Now()), nil
	return nil
}

// tell opens an exception for what a person must look at, and closes it when
// nobody must.
func (t *trade) tell(ctx context.Context, e ports.EventRecord) error {
	now := t.clock.Now().UTC()
	if e.State != ports.EventFlagged && e.State != ports.EventParked {
		return t.tx.Exceptions().ResolveEvent(ctx, e.ID, "the event is "+string(e.State), "kvitt", now)
	}
	t.log.Warn("a person must look", "merchant", t.merchant.ID, "event", e.ID, "key", e.Key, "transaction", e.Transaction,
		"state", e.State, "code", e.Fault.Code, "reason", e.Fault.Reason)
	return t.tx.Exceptions().Raise(ctx, ports.Exception{
		ID:         identify("ex-", e.ID, string(e.Fault.Code), strconv.Itoa(e.Bookings), t.machine().UTC().Format(time.RFC3339Nano)),
		MerchantID: t.merchant.ID, EventID: e.ID, Code: e.Fault.Code, Reference: e.Transaction, Reason: e.Fault.Reason, Remedy: e.Fault.Remedy,
		Amount: e.Amount, State: ports.ExceptionOpen, RaisedAt: now,
	})
}
