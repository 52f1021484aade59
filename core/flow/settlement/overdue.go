package settlement

import (
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Late is something that should be in the books by now, see booking.Overdue.
type Late struct {
	What LateKind
	// ID is that of the payout, the exception or the event.
	ID string
	// Reference is the text by which people know it.
	Reference string
	// Date is the day of what happened, Days how many days ago that is.
	Date civil.Date
	Days int
	// Code may be empty: nothing is wrong, it only is not done.
	Code   fault.Code
	Reason string
	Remedy string
}

// LateKind is what is late.
type LateKind string

// The kinds.
const (
	// LatePayout: a payout whose voucher is not booked.
	LatePayout LateKind = "payout"
	// LateException: a decision of a person without which a line, a document or an
	// event of another payout is not booked.
	LateException LateKind = "exception"
	// LateEvent: an event that waits to be booked.
	LateEvent LateKind = "event"
)

// Overdue lists what of a merchant should have been booked, oldest first. Business
// events must be in the books 50 days after the end of their month (BFNAR 2013:2
// 3.6); what is listed has waited for more than 40.
func (s *Service) Overdue(ctx context.Context, merchantID string) ([]Late, error) {
	var l late
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		owner, err := tx.Merchants().Get(ctx, merchantID)
		if err != nil {
			return err
		}
		l = late{merchant: merchantID, payouts: map[string]civil.Date{}, listed: map[string]int{}, flows: map[string]merchant.Flow{}}
		if l.zone, err = time.LoadLocation(owner.Zone); err != nil {
			return err
		}
		l.today = civil.In(s.clock.Now(), l.zone)
		for _, list := range []func(context.Context, ports.Tx) error{l.listPayouts, l.listEvents, l.listExceptions} {
			if err := list(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(l.found, func(a, b Late) int { return a.Date.Compare(b.Date) })
	return l.found, err
}

// late gathers what is overdue on a day.
type late struct {
	merchant string
	zone     *time.Location
	today    civil.Date
	found    []Late
	// payouts are the dates of payouts that are old enough, listed the places in
	// found of payouts and events.
	payouts map[string]civil.Date
	listed  map[string]int
	flows   map[string]merchant.Flow
}

func (l *late) add(item Late) {
	item.Days = l.today.Since(item.Date)
	l.listed[item.ID] = len(l.found)
	l.found = append(l.found, item)
}

// listPayouts lists payouts that are not booked. They come by date, so that the
// first one that is young enough ends the list.
func (l *late) listPayouts(ctx context.Context, tx ports.Tx) error {
	for after := ""; ; {
		page, err := tx.Payouts().List(ctx, l.merchant, ports.Page{After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, p := range page {
			day := civil.In(p.Date, l.zone)
			if !booking.Overdue(day, l.today) {
				return nil
			}
			after, l.payouts[p.ID] = p.ID, day
			others, err := l.othersBook(ctx, tx, p)
			if err != nil {
				return err
			}
			if reason := unbooked[p.State]; reason != "" && !others {
				item := Late{What: LatePayout, ID: p.ID, Reference: p.Reference, Date: day, Reason: reason, Remedy: "start a run of the flow and look at its report"}
				if p.Hold != nil {
					item.Code, item.Reason, item.Remedy = p.Hold.Code, p.Hold.Reason, p.Hold.Remedy
				}
				l.add(item)
			}
		}
		if len(page) < 1000 {
			return nil
		}
	}
}

// othersBook reports whether a payout that is not planned is not the flow's to book: it
// lies before the flow's first moment, or the flow writes nothing.
func (l *late) othersBook(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (bool, error) {
	if p.State != payout.Fetching && p.State != payout.Fetched {
		return false, nil
	}
	flow, known := l.flows[p.FlowID]
	if !known {
		var err error
		if flow, err = tx.Flows().Get(ctx, p.FlowID); err != nil {
			return false, err
		}
		l.flows[p.FlowID] = flow
	}
	return flow.Mode == merchant.Shadow || p.Date.Before(flow.Since), nil
}

// unbooked says of each state in which a payout is not in the books why.
var unbooked = map[payout.State]string{
	payout.Fetching: "its rows are not read to the end",
	payout.Fetched:  "it is not planned",
	payout.Held:     "it is held",
	payout.Planned:  "it is planned and not booked",
	payout.Booking:  "it is not booked to the end",
	payout.Undoing:  "it is being taken back",
}

// listEvents lists events that wait. They come in the order of their arrival.
func (l *late) listEvents(ctx context.Context, tx ports.Tx) error {
	for state, reason := range waiting {
		for after := int64(0); ; {
			page, err := tx.Events().List(ctx, l.merchant, ports.EventFilter{State: state}, after, 1000)
			if err != nil {
				return err
			}
			for _, e := range page {
				after = e.Num
				day := civil.In(e.At, l.zone)
				if !booking.Overdue(day, l.today) {
					continue
				}
				item := Late{What: LateEvent, ID: e.ID, Reference: e.Key, Date: day, Reason: reason, Remedy: "register what is missing, or look at the exception of the event"}
				if e.Fault != nil {
					item.Code, item.Reason, item.Remedy = e.Fault.Code, e.Fault.Reason, e.Fault.Remedy
				}
				l.add(item)
			}
			if len(page) < 1000 {
				break
			}
		}
	}
	return nil
}

// waiting says of each state in which an event is not booked why.
var waiting = map[ports.EventState]string{
	ports.EventPending: "what it builds on is not registered",
	ports.EventFlagged: "it breaks a bound of its transaction",
	ports.EventParked:  "a setting is missing",
	ports.EventDue:     "the voucher of its day is not made",
}

// listExceptions lists what a person has to decide. The exception of a payout or an
// event that is listed itself says why that is late.
func (l *late) listExceptions(ctx context.Context, tx ports.Tx) error {
	for after := ""; ; {
		page, err := tx.Exceptions().List(ctx, l.merchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, e := range page {
			after = e.ID
			whole := e.PayoutID
			if e.EventID != "" {
				whole = e.EventID
			}
			if at, there := l.listed[whole]; there {
				if e.LineID == 0 && e.StepID == 0 {
					l.found[at].Code, l.found[at].Reason, l.found[at].Remedy = e.Code, e.Reason, e.Remedy
				}
				continue
			}
			if day, old := l.payouts[e.PayoutID]; old {
				l.add(Late{What: LateException, ID: e.ID, Reference: e.Reference, Date: day, Code: e.Code, Reason: e.Reason, Remedy: e.Remedy})
			}
		}
		if len(page) < 1000 {
			return nil
		}
	}
}

// warnOverdue says once in a run what is late.
func (w *work) warnOverdue(ctx context.Context) error {
	found, err := w.Overdue(ctx, w.merchant.ID)
	if err != nil || len(found) == 0 {
		return err
	}
	oldest := found[0]
	w.log.Warn("not booked more than 40 days after the end of the month", "merchant", w.merchant.ID, "flow", w.flow.ID, "run", w.run.ID,
		"items", len(found), "oldest", oldest.What, "id", oldest.ID, "date", oldest.Date, "days", oldest.Days, "code", oldest.Code, "reason", oldest.Reason)
	return nil
}
