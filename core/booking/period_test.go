package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
)

func year(t require.TestingT, from, to, locked string) booking.Year {
	y := booking.Year{From: date(t, from), To: date(t, to)}
	if locked != "" {
		y.LockedUntil = date(t, locked)
	}
	return y
}

func TestBookingDate(t *testing.T) {
	t.Parallel()
	calendar := []booking.Year{
		year(t, "2025-01-01", "2025-12-31", "2025-12-31"),
		year(t, "2026-01-01", "2026-12-31", "2026-02-28"),
	}
	unlocked := []booking.Year{year(t, "2025-01-01", "2025-12-31", ""), year(t, "2026-01-01", "2026-12-31", "")}
	broken := []booking.Year{year(t, "2025-05-01", "2026-04-30", "2026-04-30")}
	cases := map[string]struct {
		years  []booking.Year
		policy booking.LockedPeriodPolicy
		event  string
		want   string
		code   fault.Code
	}{
		"an open day":                             {calendar, booking.RefuseLocked, "2026-03-01", "2026-03-01", ""},
		"an open day, moving allowed":             {calendar, booking.FirstOpenDay, "2026-03-01", "2026-03-01", ""},
		"the last locked day":                     {calendar, booking.RefuseLocked, "2026-02-28", "", booking.CodeLocked},
		"the last locked day moves":               {calendar, booking.FirstOpenDay, "2026-02-28", "2026-03-01", ""},
		"New Year's Eve, nothing locked":          {unlocked, booking.RefuseLocked, "2025-12-31", "2025-12-31", ""},
		"New Year's Day, nothing locked":          {unlocked, booking.RefuseLocked, "2026-01-01", "2026-01-01", ""},
		"New Year's Eve of a closed year":         {calendar, booking.RefuseLocked, "2025-12-31", "", booking.CodeLocked},
		"New Year's Eve moves past what is shut":  {calendar, booking.FirstOpenDay, "2025-12-31", "2026-03-01", ""},
		"New Year's Eve moves to New Year's Day":  {[]booking.Year{calendar[0], unlocked[1]}, booking.FirstOpenDay, "2025-12-31", "2026-01-01", ""},
		"no next year to move to":                 {calendar[:1], booking.FirstOpenDay, "2025-12-31", "", booking.CodeNoYear},
		"no year yet":                             {calendar, booking.FirstOpenDay, "2027-01-01", "", booking.CodeNoYear},
		"before the first year":                   {calendar, booking.FirstOpenDay, "2024-12-31", "", booking.CodeNoYear},
		"no years at all":                         {nil, booking.RefuseLocked, "2026-01-01", "", booking.CodeNoYear},
		"a broken year has no next":               {broken, booking.FirstOpenDay, "2026-04-30", "", booking.CodeNoYear},
		"years in any order":                      {[]booking.Year{calendar[1], calendar[0]}, booking.FirstOpenDay, "2025-06-15", "2026-03-01", ""},
		"a lock beyond the end of the year":       {[]booking.Year{year(t, "2025-01-01", "2025-12-31", "2026-02-28"), unlocked[1]}, booking.FirstOpenDay, "2025-12-31", "2026-01-01", ""},
		"a lock that ended before the year began": {[]booking.Year{year(t, "2026-01-01", "2026-12-31", "2025-12-31")}, booking.RefuseLocked, "2026-01-01", "2026-01-01", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, moved, err := booking.BookingDate(date(t, c.event), c.years, c.policy)
			require.Equal(t, c.code, fault.CodeOf(err))
			if c.code != "" {
				require.NotEmpty(t, fault.Of(err).Remedy)
				require.Equal(t, fault.Conflict, fault.ClassOf(err))
				return
			}
			require.Equal(t, c.want, got.String())
			require.Equal(t, c.want != c.event, moved)
		})
	}
}

func TestAMissingYearIsNamedByTheDayThatNeedsIt(t *testing.T) {
	t.Parallel()
	closed := []booking.Year{year(t, "2025-01-01", "2025-12-31", "2025-12-31")}
	_, _, err := booking.BookingDate(date(t, "2025-12-31"), closed, booking.FirstOpenDay)
	require.Equal(t, "open the financial year of 2026-01-01 in the accounting system", fault.Of(err).Remedy)
}

func TestABookingDateIsOpenAndNeverEarlier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := civil.Date{Year: 2024, Month: 1, Day: 1}
		var years []booking.Year
		for n := range 4 {
			y := year(t, civil.Date{Year: 2024 + n, Month: 1, Day: 1}.String(), civil.Date{Year: 2024 + n, Month: 12, Day: 31}.String(), "")
			if lock := rapid.IntRange(-1, 365).Draw(t, "lock"); lock >= 0 {
				y.LockedUntil = y.From.AddDays(lock)
			}
			years = append(years, y)
		}
		event := start.AddDays(rapid.IntRange(-10, 1500).Draw(t, "event"))
		got, moved, err := booking.BookingDate(event, years, booking.FirstOpenDay)
		if err != nil {
			require.Equal(t, booking.CodeNoYear, fault.CodeOf(err))
			return
		}
		require.False(t, got.Before(event))
		require.Equal(t, got != event, moved)
		again, moved, err := booking.BookingDate(got, years, booking.RefuseLocked)
		require.NoError(t, err, "the day is open")
		require.Equal(t, got, again)
		require.False(t, moved)
	})
}

func TestAMovedVoucherKeepsTheDayOfItsEvent(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Payout P1 (of 2025-12-31)", booking.EventText("Payout P1", date(t, "2025-12-31")))
}

func TestACorrectionIsNotDatedBackIntoALockedPeriod(t *testing.T) {
	t.Parallel()
	years := []booking.Year{
		year(t, "2025-01-01", "2025-12-31", "2025-12-31"),
		year(t, "2026-01-01", "2026-12-31", "2026-02-28"),
	}
	cases := map[string]struct {
		original, today, want string
		code                  fault.Code
	}{
		"its period is open":       {"2026-03-15", "2026-04-20", "2026-03-15", ""},
		"its period is locked":     {"2026-02-28", "2026-04-20", "2026-04-20", ""},
		"its year is closed":       {"2025-12-31", "2026-04-20", "2026-04-20", ""},
		"its year is gone":         {"2024-12-31", "2026-04-20", "2026-04-20", ""},
		"today is locked too":      {"2026-01-31", "2026-02-28", "", booking.CodeLocked},
		"today has no year":        {"2025-12-31", "2027-01-01", "", booking.CodeNoYear},
		"New Year's Day, year new": {"2025-12-31", "2026-03-01", "2026-03-01", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := booking.CorrectionDate(date(t, c.original), date(t, c.today), years)
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.want, got.String())
		})
	}
}

func TestFortyDaysAfterTheEndOfTheMonthItIsLate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		event, today string
		want         bool
	}{
		// 31 March + 40 days = 10 May.
		"the fortieth day":                 {"2026-03-01", "2026-05-10", false},
		"the day after":                    {"2026-03-01", "2026-05-11", true},
		"the end of the month counts":      {"2026-03-31", "2026-05-10", false},
		"the first of the next month":      {"2026-04-01", "2026-05-11", false},
		"December, 31 December + 40":       {"2025-12-31", "2026-02-09", false},
		"December, the day after":          {"2025-12-01", "2026-02-10", true},
		"January, 28 days of February":     {"2026-01-15", "2026-03-12", false},
		"January, the day after":           {"2026-01-15", "2026-03-13", true},
		"February of a leap year, 29 + 40": {"2028-02-10", "2028-04-09", false},
		"February, the day after":          {"2028-02-10", "2028-04-10", true},
		"the day itself":                   {"2026-03-15", "2026-03-15", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, booking.Overdue(date(t, c.event), date(t, c.today)))
		})
	}
}
