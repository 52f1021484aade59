// Package schedule says at which moments a flow runs by itself: a cron expression
// on the wall clock of a zone, put off a little so that not all flows run at once.
//
// The clock that is put forward and back in a year decides nothing of it. A time
// that the wall clock leaps over comes once, at the first moment after the gap; a
// time that it shows twice comes once, the first time. Where every hour counts
// ("*"), both hours do that bear the same name.
package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
)

// CodeInvalid is the fault of a schedule that makes no sense; its field is cron, zone
// or jitter.
const CodeInvalid fault.Code = "flow.schedule_invalid"

const (
	// MostJitter is the longest that runs may be put off.
	MostJitter = time.Hour
	// DefaultJitter is that of a schedule which names none: it spreads some hundreds
	// of merchants who run at the same time.
	DefaultJitter = 5 * time.Minute
)

// Default gives the schedule of a new flow. Payouts are looked for when the day is
// nearly over; a shop is asked each hour; orders of a provider are read each half hour
// (klarna.md 11.2); and what callers register is looked at once the day is over, for
// summaries of it.
func Default(f merchant.Flow, zone string) merchant.Schedule {
	s := merchant.Schedule{Cron: "0 23 * * *", Zone: zone, Jitter: DefaultJitter}
	switch {
	case f.FromShop():
		s.Cron = "0 * * * *"
	case f.Kind.MakesDocuments():
		s.Cron = "*/30 * * * *"
	case f.Kind == merchant.Events:
		s.Cron = "30 0 * * *"
	}
	return s
}

// Plan is a schedule that has been understood.
type Plan struct {
	every *cron.SpecSchedule
	// hourly says that the expression leaves no hour out.
	hourly bool
	zone   *time.Location
	offset time.Duration
}

// Parse understands the schedule of a flow, whose id decides by how much it is put
// off. It fails with CodeInvalid.
func Parse(s merchant.Schedule, flowID string) (Plan, error) {
	every, err := parseCron(s.Cron)
	if err != nil {
		return Plan{}, err
	}
	// "" and "Local" are the machine's own ideas.
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" || s.Zone == "Local" {
		return Plan{}, fault.Invalid(CodeInvalid, "zone", "this is not an IANA time zone, such as Europe/Stockholm")
	}
	if s.Jitter < 0 || s.Jitter > MostJitter || s.Jitter%time.Second != 0 {
		return Plan{}, fault.Invalid(CodeInvalid, "jitter", "runs are put off by 0s to 1h, in whole seconds")
	}
	return Plan{every: every, hourly: strings.Fields(s.Cron)[1] == "*", zone: zone, offset: offset(flowID, s.Jitter)}, nil
}

// parseCron checks the number of fields itself: the library also takes a zone in
// front of them.
func parseCron(text string) (*cron.SpecSchedule, error) {
	invalid := fault.Invalid(CodeInvalid, "cron", "this is not a cron expression").
		WithRemedy("write minute, hour, day of month, month and day of week, such as \"0 23 * * *\" for each day at 23:00")
	fields := strings.Fields(text)
	if len(fields) != 5 || len(text) > 200 {
		invalid.Reason = "a cron expression has five fields"
		return nil, invalid
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(fields, " "))
	if err != nil {
		invalid.Reason += ": " + err.Error()
		return nil, invalid
	}
	every, ok := parsed.(*cron.SpecSchedule)
	if ok && (every.Minute == 0 || every.Hour == 0 || every.Dom == 0 || every.Month == 0 || every.Dow == 0) {
		invalid.Reason = "a field of this cron expression names nothing" // as "," does, which the library takes
		return nil, invalid
	}
	if !ok || every.Next(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		invalid.Reason = "no day fits this cron expression"
		return nil, invalid
	}
	return every, nil
}

// offset is by how much a flow is put off: always the same, less than the jitter.
func offset(flowID string, jitter time.Duration) time.Duration {
	seconds := uint64(jitter / time.Second)
	if seconds == 0 {
		return 0
	}
	sum := sha256.Sum256([]byte(flowID))
	return time.Duration(binary.BigEndian.Uint64(sum[:8])%seconds) * time.Second //nolint:gosec // less than MostJitter
}

// Next gives the first moment after another at which the flow runs. It is zero if
// there is none in the next five years, as for 29 February before a year 2100.
func (p Plan) Next(after time.Time) time.Time {
	after = after.Add(-p.offset).In(p.zone)
	next := p.nextNamed(after)
	if p.hourly {
		// The library goes by elapsed hours, so that it meets each of two hours of one
		// name, and misses what the clock leaps over.
		if elapsed := p.every.Next(after); !elapsed.IsZero() && elapsed.Before(next) {
			next = elapsed
		}
	}
	if next.IsZero() {
		return time.Time{}
	}
	return next.Add(p.offset).UTC()
}

// nextNamed goes by what the wall clock shows.
func (p Plan) nextNamed(after time.Time) time.Time {
	for wall := shown(after); ; {
		wall = p.every.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if moment := p.moment(wall); moment.After(after) {
			return moment
		}
	}
}

// shown gives what the wall clock shows at a moment, as if it stood in UTC, where no
// hour is missing and none comes twice.
func shown(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// moment gives when the wall clock shows a time: for the first time, or if it never
// does, when it has leapt over it.
func (p Plan) moment(wall time.Time) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), p.zone)
	start, end := t.ZoneBounds()
	switch there := shown(t); {
	case there.After(wall):
		return start
	case there.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	_, now := t.Zone()
	if earlier := t.Add(time.Duration(now-before) * time.Second); earlier.Before(start) {
		return earlier
	}
	return t
}
