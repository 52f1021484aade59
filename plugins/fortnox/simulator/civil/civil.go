// Package civil holds dates and Swedish local time. The API of Fortnox knows no
// time zone: every date and every time is meant as the company's own.
package civil

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the simulator must know Swedish time on any machine
)

// Date is a calendar date written YYYY-MM-DD, so that dates compare as texts.
// The empty Date means "none".
type Date string

// ErrNotADate says that a text is no calendar date.
var ErrNotADate = errors.New("not a date")

const (
	dateLayout  = "2006-01-02"
	stampLayout = "2006-01-02 15:04:05"
)

// Parse reads a date written YYYY-MM-DD.
func Parse(text string) (Date, error) {
	if _, err := time.Parse(dateLayout, text); err != nil {
		return "", fmt.Errorf("%w: %q", ErrNotADate, text)
	}
	return Date(text), nil
}

// Compact is the date as SIE files write it: YYYYMMDD.
func (d Date) Compact() string {
	if len(d) != len(dateLayout) {
		return ""
	}
	return string(d[0:4] + d[5:7] + d[8:10])
}

// Zone is the time zone of every company.
type Zone struct{ location *time.Location }

// Sweden loads the Swedish time zone.
func Sweden() (Zone, error) {
	location, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		return Zone{}, fmt.Errorf("loading Swedish time: %w", err)
	}
	return Zone{location: location}, nil
}

// Date is the Swedish calendar date of a moment.
func (z Zone) Date(at time.Time) Date { return Date(at.In(z.location).Format(dateLayout)) }

// Stamp is the Swedish local time of a moment, YYYY-MM-DD HH:MM:SS.
func (z Zone) Stamp(at time.Time) string { return at.In(z.location).Format(stampLayout) }

// ParseStamp reads a moment given as date, date and minute, or date and second,
// and returns it as a stamp that compares with those of Stamp.
func ParseStamp(text string) (string, error) {
	for _, layout := range []string{dateLayout, "2006-01-02 15:04", stampLayout} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(stampLayout), nil
		}
	}
	return "", fmt.Errorf("%w: %q", ErrNotADate, text)
}
