package settlement

import (
	"context"
	"slices"
	"sync"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// calendar is what a slice has learnt of the accounting system's financial years.
// It is forgotten with the slice, because a person may lock or open a period at any
// moment. Batches that are read ahead use it too.
type calendar struct {
	mu    sync.Mutex
	years []booking.Year
	// none are the dates for which there is no year.
	none []civil.Date
	// tells says that the accounting system was asked and tells its years.
	tells bool
}

// learn asks the accounting system for the years of the dates, each year once, and
// for those after a year that is locked to its end. It asks nothing of a system
// that cannot tell.
func (w *work) learn(ctx context.Context, dates ...civil.Date) error {
	source, err := remote.Capability[ports.Books](w.target, ports.CapabilityBooks)
	w.calendar.mu.Lock()
	defer w.calendar.mu.Unlock()
	if w.calendar.tells = err == nil; !w.calendar.tells {
		return nil // a system without this capability is booked in as it comes
	}
	for _, date := range dates {
		for unknown := true; unknown; {
			if date, unknown = w.calendar.next(date); !unknown {
				break
			}
			if err := w.learnYear(ctx, source, date); err != nil {
				return err
			}
		}
	}
	return nil
}

// next gives the day about which the system must be asked before the booking date
// of an event can be told, or false if there is none.
func (c *calendar) next(event civil.Date) (day civil.Date, unknown bool) {
	for day = event; ; {
		at := slices.IndexFunc(c.years, func(y booking.Year) bool { return !day.Before(y.From) && !y.To.Before(day) })
		switch {
		case at < 0:
			return day, !slices.Contains(c.none, day)
		case c.years[at].LockedUntil.Before(c.years[at].To):
			return day, false
		}
		day = c.years[at].To.AddDays(1)
	}
}

func (w *work) learnYear(ctx context.Context, source ports.Books, date civil.Date) error {
	if w.rehearsal != nil {
		w.rehearsal.days = append(w.rehearsal.days, date)
		return errAside
	}
	var period ports.Period
	err := w.target.Do(remote.WithTally(ctx, w.tally), "Period", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		period, err = source.Period(ctx, ports.PeriodRequest{Call: call, On: date})
		return period.Usage, err
	})
	if err != nil {
		return err
	}
	if period.Year == "" || date.Before(period.From) || period.To.Before(date) {
		w.calendar.none = append(w.calendar.none, date)
		return nil
	}
	w.calendar.years = append(w.calendar.years, booking.Year{From: period.From, To: period.To, LockedUntil: period.LockedUntil})
	return nil
}

// learnFor asks for the years of all dates that a batch of lines may be booked on.
// A payment is dated as the payout, as the line, or as a document that is younger.
func (w *work) learnFor(ctx context.Context, p ports.PayoutRecord, b batch) error {
	dates := []civil.Date{w.date(p)}
	if w.settings.PaymentMoment == booking.AtCapture {
		for _, l := range b.lines {
			if day := w.occurred(l); !day.IsZero() {
				dates = append(dates, day)
			}
		}
	}
	for _, d := range b.documents {
		if dates[0].Before(d.Date) {
			dates = append(dates, d.Date)
		}
	}
	return w.learn(ctx, dates...)
}

// bookingDay gives the day on which an event is booked, by the years that were
// learnt and the setting period.locked; it fails as booking.BookingDate does. Where
// the accounting system does not tell its years it is the event's own.
func (w *work) bookingDay(event civil.Date) (day civil.Date, moved bool, err error) {
	w.calendar.mu.Lock()
	defer w.calendar.mu.Unlock()
	if !w.calendar.tells {
		return event, false, nil
	}
	return booking.BookingDate(event, w.calendar.years, w.settings.Period.Locked)
}

// planOrWait plans a payout. One whose period is closed, or of which no rate is
// known, waits with an exception until a run finds that it is no longer so.
func (w *work) planOrWait(ctx context.Context, p ports.PayoutRecord) error {
	err := w.plan(ctx, p)
	if f := fault.Of(err); f != nil && w.mayPass(p, f.Code) {
		return w.wait(ctx, p, f)
	}
	return err
}

// mayPass tells faults that concern this payout alone and that a person can mend
// outside of it.
func (w *work) mayPass(p ports.PayoutRecord, code fault.Code) bool {
	if code == booking.CodeLocked || code == booking.CodeNoYear {
		return true
	}
	return w.foreign(p) && foreignMayPass(code)
}

// wait raises the exception of a payout that cannot be planned now, and goes on to
// the next payout.
func (w *work) wait(ctx context.Context, p ports.PayoutRecord, f *fault.Error) error {
	after := w.succeeded()
	after.Payout, after.Line = p.ID, 0
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		known, err := w.waits(ctx, tx, p)
		if err != nil {
			return err
		}
		return w.raise(ctx, tx, p, about{amount: p.Net, known: known}, f)
	})
}

// waits reports whether an exception concerns the payout as a whole, so that nothing
// more can be done for it in this run.
func (w *work) waits(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (bool, error) {
	open, err := tx.Exceptions().List(ctx, p.MerchantID, ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionOpen}, ports.Page{Limit: 1000})
	return slices.ContainsFunc(open, func(e ports.Exception) bool { return e.LineID == 0 && e.StepID == 0 }), err
}
