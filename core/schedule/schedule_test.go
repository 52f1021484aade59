package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones are the same on any machine

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/schedule"
)

func plan(t require.TestingT, cron, zone string) schedule.Plan {
	p, err := schedule.Parse(merchant.Schedule{Cron: cron, Zone: zone}, "flow-1")
	require.NoError(t, err, "%s", cron)
	return p
}

// following gives the next n runs as UTC.
func following(p schedule.Plan, after string, n int) []string {
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		panic(err)
	}
	var all []string
	for range n {
		at = p.Next(at)
		all = append(all, at.Format(time.RFC3339))
	}
	return all
}

// In Stockholm the clock goes from 02:00 to 03:00 on 29 March 2026 at 01:00 UTC, and
// from 03:00 back to 02:00 on 25 October at 01:00 UTC.
func TestRunsFollowTheWallClockOverBothChangesOfTheYear(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cron, after string
		want        []string
	}{
		"23:00 in the spring is an hour earlier in UTC from then on": {
			"0 23 * * *", "2026-03-27T23:30:00Z",
			[]string{"2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z", "2026-03-30T21:00:00Z"},
		},
		"23:00 in the autumn is an hour later in UTC from then on": {
			"0 23 * * *", "2026-10-23T21:00:00Z",
			[]string{"2026-10-24T21:00:00Z", "2026-10-25T22:00:00Z", "2026-10-26T22:00:00Z"},
		},
		"a time that does not exist comes right after the gap": {
			"30 2 * * *", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		},
		"several times that do not exist come once": {
			"0,15,30,45 2 * * *", "2026-03-28T01:45:00Z",
			[]string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"},
		},
		"a time that exists twice comes the first time": {
			"30 2 * * *", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		},
		"the second time is none also when one asks between the two": {
			"30 2 * * *", "2026-10-25T01:10:00Z",
			[]string{"2026-10-26T01:30:00Z"},
		},
		"each hour goes on through the gap": {
			"0 * * * *", "2026-03-28T23:30:00Z",
			[]string{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		},
		"each hour counts both hours of one name": {
			"0 * * * *", "2026-10-24T23:30:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		},
		"a day of the week": {
			"0 6 * * MON", "2026-03-28T12:00:00Z",
			[]string{"2026-03-30T04:00:00Z", "2026-04-06T04:00:00Z"},
		},
		"29 February": {"0 0 29 2 *", "2026-03-01T00:00:00Z", []string{"2028-02-28T23:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, following(plan(t, c.cron, "Europe/Stockholm"), c.after, len(c.want)))
		})
	}
}

func TestAMidnightThatDoesNotExistIsOneOClock(t *testing.T) {
	t.Parallel()
	p := plan(t, "0 0 * * *", "America/Santiago") // the clock leapt at midnight into 6 September 2026
	require.Equal(t, []string{"2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"}, following(p, "2026-09-05T12:00:00Z", 2))
}

func TestASchedulesFaultNamesFieldAndReason(t *testing.T) {
	t.Parallel()
	good := merchant.Schedule{Cron: "0 23 * * *", Zone: "Europe/Stockholm", Jitter: time.Minute}
	for name, c := range map[string]struct {
		change        func(s *merchant.Schedule)
		field, reason string
	}{
		"no cron":                   {func(s *merchant.Schedule) { s.Cron = "" }, "cron", "five fields"},
		"seconds in front":          {func(s *merchant.Schedule) { s.Cron = "0 0 23 * * *" }, "cron", "five fields"},
		"a zone in front":           {func(s *merchant.Schedule) { s.Cron = "TZ=UTC 0 23 * *" }, "cron", "not a cron expression"},
		"a zone and tabs":           {func(s *merchant.Schedule) { s.Cron = "TZ=UTC\t0\t23\t*\t*" }, "cron", "not a cron expression"},
		"a word":                    {func(s *merchant.Schedule) { s.Cron = "@daily" }, "cron", "five fields"},
		"an hour too late":          {func(s *merchant.Schedule) { s.Cron = "0 24 * * *" }, "cron", "above maximum (23)"},
		"a field of a comma":        {func(s *merchant.Schedule) { s.Cron = ", 23 * * *" }, "cron", "names nothing"},
		"a day that never comes":    {func(s *merchant.Schedule) { s.Cron = "0 0 30 2 *" }, "cron", "no day fits"},
		"no zone":                   {func(s *merchant.Schedule) { s.Zone = "" }, "zone", "IANA"},
		"the machine's zone":        {func(s *merchant.Schedule) { s.Zone = "Local" }, "zone", "IANA"},
		"a zone of no place":        {func(s *merchant.Schedule) { s.Zone = "Europe/Atlantis" }, "zone", "IANA"},
		"jitter below zero":         {func(s *merchant.Schedule) { s.Jitter = -time.Second }, "jitter", "0s to 1h"},
		"jitter above an hour":      {func(s *merchant.Schedule) { s.Jitter = time.Hour + time.Second }, "jitter", "0s to 1h"},
		"jitter of half of seconds": {func(s *merchant.Schedule) { s.Jitter = 1500 * time.Millisecond }, "jitter", "whole seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good
			c.change(&s)
			_, err := schedule.Parse(s, "flow-1")
			require.Equal(t, schedule.CodeInvalid, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Contains(t, fault.Of(err).Reason, c.reason)
		})
	}
}

func TestJitterPutsEachFlowOffByATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.April, 20, 12, 0, 0, 0, time.UTC)
	exact := time.Date(2026, time.April, 20, 21, 0, 0, 0, time.UTC)
	seconds := map[time.Time]int{}
	for n := range 200 {
		p, err := schedule.Parse(merchant.Schedule{Cron: "0 23 * * *", Zone: "Europe/Stockholm", Jitter: 5 * time.Minute}, fmt.Sprintf("flow-%d", n))
		require.NoError(t, err)
		next := p.Next(at)
		require.False(t, next.Before(exact))
		require.Less(t, next.Sub(exact), 5*time.Minute)
		require.Equal(t, 24*time.Hour, p.Next(next).Sub(next), "a flow is put off by the same each day")
		seconds[next]++
	}
	require.Greater(t, len(seconds), 120, "two hundred flows are spread over the 300 seconds")
	for second, flows := range seconds {
		require.LessOrEqual(t, flows, 5, "%s", second)
	}
}

func TestEachKindOfFlowHasADefault(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		flow merchant.Flow
		cron string
	}{
		"payouts":               {merchant.Flow{Kind: merchant.Payouts, Source: "a", Target: "b"}, "0 23 * * *"},
		"events of a shop":      {merchant.Flow{Kind: merchant.Events, Source: "a", Target: "b"}, "0 * * * *"},
		"events of its callers": {merchant.Flow{Kind: merchant.Events, Source: "b", Target: "b"}, "30 0 * * *"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := schedule.Default(c.flow, "Europe/Helsinki")
			require.Equal(t, merchant.Schedule{Cron: c.cron, Zone: "Europe/Helsinki", Jitter: 5 * time.Minute}, s)
			_, err := schedule.Parse(s, "flow-1")
			require.NoError(t, err)
		})
	}
}

// zones are on both sides of the equator, with changes at midnight, by half an hour,
// and never.
var zones = []string{
	"Europe/Stockholm", "Europe/London", "America/New_York", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
	"Australia/Sydney", "Asia/Kathmandu", "Africa/Cairo", "Asia/Beirut", "UTC",
}

// aField draws a field of a cron expression.
func aField(least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		value := rapid.IntRange(least, most)
		switch rapid.IntRange(0, 4).Draw(t, "form") {
		case 0:
			return fmt.Sprint(value.Draw(t, "value"))
		case 1:
			from := value.Draw(t, "from")
			return fmt.Sprintf("%d-%d", from, rapid.IntRange(from, most).Draw(t, "to"))
		case 2:
			return fmt.Sprintf("*/%d", rapid.IntRange(1, most).Draw(t, "step"))
		case 3:
			return fmt.Sprintf("%d,%d", value.Draw(t, "one"), value.Draw(t, "other"))
		}
		return "*"
	})
}

func TestNextIsTheFirstMomentAfter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := []string{
			aField(0, 59).Draw(t, "minute"), aField(0, 23).Draw(t, "hour"), aField(1, 28).Draw(t, "day"),
			aField(1, 12).Draw(t, "month"), aField(0, 6).Draw(t, "weekday"),
		}
		s := merchant.Schedule{
			Cron: strings.Join(fields, " "), Zone: rapid.SampledFrom(zones).Draw(t, "zone"),
			Jitter: time.Duration(rapid.IntRange(0, 3600).Draw(t, "jitter")) * time.Second,
		}
		p, err := schedule.Parse(s, rapid.String().Draw(t, "flow"))
		require.NoError(t, err)
		after := time.Unix(rapid.Int64Range(1_767_225_600, 2_082_758_400).Draw(t, "after"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		next := p.Next(after)
		require.True(t, next.After(after))
		require.Equal(t, next, p.Next(after), "the same question has the same answer")
		require.Equal(t, next, p.Next(next.Add(-1)), "it is a run by itself")
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after))-1).Draw(t, "between")))
		require.Equal(t, next, p.Next(between), "there is none in between")
	})
}

// Whatever the clocks do, a time of day comes once a day.
func TestATimeOfDayComesOnceADay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		place, err := time.LoadLocation(zone)
		require.NoError(t, err)
		p := plan(t, fmt.Sprintf("%d %d * * *", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 23).Draw(t, "hour")), zone)
		at := time.Date(rapid.IntRange(2026, 2035).Draw(t, "year"), time.January, 1, 0, 0, 0, 0, place).Add(-1)
		for day := time.Date(at.Year()+1, time.January, 1, 12, 0, 0, 0, time.UTC); day.Year() == at.Year()+1; day = day.AddDate(0, 0, 1) {
			next := p.Next(at).In(place)
			require.Equal(t, day.Format(time.DateOnly), next.Format(time.DateOnly))
			if at = next; day.YearDay() >= 365 {
				return
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"0 23 * * *", "*/5 1-3,7 ? JAN-MAR MON", "TZ=UTC\t0\t0 1 2", "@every 1s x y z", "- / , * ?", "0 0 31 2 0", "99999999999999999999 * * * *"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := schedule.Parse(merchant.Schedule{Cron: text, Zone: "Europe/Stockholm"}, "flow-1")
		if err != nil {
			require.Equal(t, schedule.CodeInvalid, fault.CodeOf(err))
			return
		}
		at := time.Date(2026, time.March, 29, 0, 59, 0, 0, time.UTC)
		if next := p.Next(at); !next.IsZero() {
			require.True(t, next.After(at))
		}
	})
}
