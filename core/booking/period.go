package booking

import (
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
)

// Faults of periods.
const (
	// CodeNoYear: the accounting system has no financial year for a date.
	CodeNoYear fault.Code = "period.no_year"
	// CodeLocked: the period of a date is closed for postings.
	CodeLocked fault.Code = "period.locked"
)

// Year is a financial year of the accounting system.
type Year struct {
	From civil.Date
	To   civil.Date
	// LockedUntil is the last day of the year that is closed for postings, or none.
	LockedUntil civil.Date
}

func (y Year) holds(date civil.Date) bool { return !date.Before(y.From) && !y.To.Before(date) }

func (y Year) open(date civil.Date) bool {
	return y.LockedUntil.IsZero() || y.LockedUntil.Before(date)
}

// firstOpenDay gives the first day from date on that is open, or reports that
// the rest of the year is locked.
func (y Year) firstOpenDay(date civil.Date) (civil.Date, bool) {
	if !y.open(date) {
		date = y.LockedUntil.AddDays(1)
	}
	return date, !y.To.Before(date)
}

// BookingDate gives the day on which an event is booked: its own, or under
// FirstOpenDay the first open day after a locked period, with moved true; the
// voucher's text then names the event's day, see EventText. It never gives an
// earlier day.
//
// It fails with CodeNoYear if no year holds the event or the first open day would
// lie in a year that is not there, and with CodeLocked under RefuseLocked.
func BookingDate(event civil.Date, years []Year, policy LockedPeriodPolicy) (date civil.Date, moved bool, err error) {
	for date = event; ; {
		at := slices.IndexFunc(years, func(y Year) bool { return y.holds(date) })
		if at < 0 {
			return civil.Date{}, false, noYear(date)
		}
		if years[at].open(date) {
			return date, date != event, nil
		}
		if policy != FirstOpenDay {
			return civil.Date{}, false, fault.New(CodeLocked, fault.Conflict,
				"the period of "+event.String()+" is locked until "+years[at].LockedUntil.String()).
				WithField("date").
				WithRemedy("open the period in the accounting system, or set period.locked to first_open_day")
		}
		day, found := years[at].firstOpenDay(date)
		if found {
			return day, true, nil
		}
		date = years[at].To.AddDays(1)
	}
}

func noYear(date civil.Date) *fault.Error {
	return fault.New(CodeNoYear, fault.Conflict, "no financial year holds "+date.String()).
		WithField("date").
		WithRemedy("open the financial year of " + date.String() + " in the accounting system")
}

// EventText adds to the text of a voucher that was moved out of a locked period
// the day on which the event happened (BFL 5 kap. 7 §).
func EventText(text string, event civil.Date) string {
	return text + " (of " + event.String() + ")"
}

// CorrectionDate gives the day on which a wrong voucher is corrected: its own if
// that period is still open, else the day on which the error was found. It is
// never dated back into a locked period. It fails as BookingDate under
// RefuseLocked does if today is not open either.
func CorrectionDate(original, today civil.Date, years []Year) (civil.Date, error) {
	if date, _, err := BookingDate(original, years, RefuseLocked); err == nil {
		return date, nil
	}
	date, _, err := BookingDate(today, years, RefuseLocked)
	return date, err
}

// mostDaysWaiting leaves ten of the fifty days after the end of the month within
// which events must be booked (BFNAR 2013:2 3.6-3.9).
const mostDaysWaiting = 40

// Overdue reports whether an event that is not booked has waited too long: more
// than 40 days since the end of its month.
func Overdue(event, today civil.Date) bool {
	first := civil.Date{Year: event.Year, Month: event.Month + 1, Day: 1} // January follows month 12
	return first.AddDays(-1 + mostDaysWaiting).Before(today)
}
