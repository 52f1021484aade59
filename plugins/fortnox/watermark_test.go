package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	require.NoError(tb, err)
	return parsed
}

func TestTheWatermarkIsTheEarliestStampOfWhatIsStillToCome(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answered, want string }{
		"summer time":                        {"2026-04-20T08:00:00Z", "2026-04-20 07:00"},
		"winter time":                        {"2026-01-20T08:00:00Z", "2026-01-20 06:00"},
		"seconds are cut":                    {"2026-01-20T08:00:59Z", "2026-01-20 06:00"},
		"an hour is left out":                {"2026-03-29T04:30:00Z", "2026-03-29 03:30"},
		"just before it":                     {"2026-03-29T03:59:00Z", "2026-03-29 01:59"},
		"an hour comes twice, the first":     {"2026-10-25T03:45:00Z", "2026-10-25 02:00"},
		"an hour comes twice, the second":    {"2026-10-25T04:45:00Z", "2026-10-25 02:45"},
		"an hour before the one comes twice": {"2026-10-25T02:45:00Z", "2026-10-25 01:45"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := watermark(at(t, test.answered), time.Time{})
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

// Whether Fortnox stamps by Swedish time or by UTC, nothing that happens after the
// answer is stamped before the watermark.
func TestNoLaterChangeIsStampedBeforeTheWatermark(t *testing.T) {
	t.Parallel()
	sweden, err := time.LoadLocation(zoneOfFortnox)
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		answered := time.Unix(rapid.Int64Range(1_760_000_000, 1_860_000_000).Draw(rt, "answered"), 0).UTC()
		later := answered.Add(time.Duration(rapid.IntRange(0, 6*3600).Draw(rt, "seconds later")) * time.Second)
		mark, err := watermark(answered, time.Time{})
		require.NoError(t, err)
		for _, zone := range []*time.Location{sweden, time.UTC} {
			require.GreaterOrEqual(t, later.In(zone).Format(stampLayout), mark)
		}
	})
}
