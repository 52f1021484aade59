package civil_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
)

func date(t *testing.T, text string) civil.Date {
	t.Helper()
	d, err := civil.Parse(text)
	require.NoError(t, err)
	return d
}

func TestParseRefusesWhatIsNotADayOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "20260101"} {
		_, err := civil.Parse(text)
		require.Equal(t, civil.CodeDate, fault.CodeOf(err), text)
	}
	require.Equal(t, civil.Date{Year: 2028, Month: time.February, Day: 29}, date(t, "2028-02-29"))
}

func TestAMomentIsCutInTheZoneOfTheMerchant(t *testing.T) {
	t.Parallel()
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	require.NoError(t, err)
	cases := map[string]struct{ moment, day string }{
		"late in the evening, summer time": {"2026-03-31T22:30:00Z", "2026-04-01"},
		"late in the evening, winter time": {"2026-03-28T22:30:00Z", "2026-03-28"},
		"new year":                         {"2026-12-31T23:00:00Z", "2027-01-01"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moment, err := time.Parse(time.RFC3339, c.moment)
			require.NoError(t, err)
			require.Equal(t, c.day, civil.In(moment, stockholm).String())
		})
	}
}

func TestDatesCompareAndCount(t *testing.T) {
	t.Parallel()
	first, last := date(t, "2026-02-28"), date(t, "2026-03-01")
	require.True(t, first.Before(last))
	require.False(t, last.Before(first))
	require.False(t, first.Before(first))
	require.Equal(t, 0, first.Compare(first))
	require.Equal(t, last, first.AddDays(1))
	require.Equal(t, first, last.AddDays(-1))
}

func TestNoDateIsAnEmptyText(t *testing.T) {
	t.Parallel()
	var none civil.Date
	require.True(t, none.IsZero())
	require.Empty(t, none.String())

	read := date(t, "2026-03-30")
	require.NoError(t, read.UnmarshalText(nil))
	require.True(t, read.IsZero())
	require.Equal(t, civil.CodeDate, fault.CodeOf(read.UnmarshalText([]byte("tomorrow"))))
}

func TestDatesSurviveText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := civil.Of(time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "second"), 0).UTC())
		text, err := day.MarshalText()
		require.NoError(t, err)
		var read civil.Date
		require.NoError(t, read.UnmarshalText(text))
		require.Equal(t, day, read)

		n := rapid.IntRange(-1000, 1000).Draw(t, "days")
		require.Equal(t, day, day.AddDays(n).AddDays(-n))
	})
}
