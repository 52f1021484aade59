// Package civil holds calendar dates without a time or a zone, as accounting
// systems use them. Only the hub turns a moment into a date, because only it
// knows the merchant's zone.
package civil

import (
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeDate is the fault of a text that is not a calendar date.
const CodeDate fault.Code = "date.invalid"

// Date is a day of the Gregorian calendar. The zero Date means "none".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const layout = "2006-01-02"

// Parse reads a date written YYYY-MM-DD.
func Parse(s string) (Date, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return Date{}, fault.Invalid(CodeDate, "", "\""+s+"\" is not a date written YYYY-MM-DD")
	}
	return Of(t), nil
}

// Of gives the date of t in t's own zone.
func Of(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// In cuts the moment t to a date in the given zone.
func In(t time.Time, zone *time.Location) Date { return Of(t.In(zone)) }

// IsZero reports whether d is "none".
func (d Date) IsZero() bool { return d == Date{} }

// Compare gives -1, 0 or +1 as d lies before, on or after e.
func (d Date) Compare(e Date) int { return d.midnight().Compare(e.midnight()) }

// Before reports whether d lies before e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// AddDays gives the date n days later.
func (d Date) AddDays(n int) Date { return Of(d.midnight().AddDate(0, 0, n)) }

// Since counts the days from another date to this one, negative if that is later.
func (d Date) Since(e Date) int { return int(d.midnight().Sub(e.midnight()) / (24 * time.Hour)) }

// String gives YYYY-MM-DD, or "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight().Format(layout)
}

// MarshalText gives the form of String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the form of String; an empty text is "none".
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func (d Date) midnight() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
