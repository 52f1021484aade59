package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func TestLimiterSlides(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
	l := newLimiter(world.RateLimit{}, func() time.Time { return now })
	for i := range 25 {
		require.True(t, l.allow("a"), "request %d", i)
		now = now.Add(100 * time.Millisecond)
	}
	require.False(t, l.allow("a"), "the 26th within five seconds")
	require.True(t, l.allow("b"), "another tenant has a window of its own")
	now = now.Add(2500 * time.Millisecond) // five seconds after the first
	require.True(t, l.allow("a"), "the first has left the window")
	require.False(t, l.allow("a"), "the second has not")
}

func TestLimiterMayCountRejectedRequests(t *testing.T) {
	t.Parallel()
	for name, counts := range map[string]bool{"a refused request takes no place": false, "a refused request takes a place": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
			l := newLimiter(world.RateLimit{Requests: 1, WindowMS: 1000, CountRejected: counts}, func() time.Time { return now })
			require.True(t, l.allow("a"))
			now = now.Add(600 * time.Millisecond)
			require.False(t, l.allow("a"))
			now = now.Add(600 * time.Millisecond)
			require.Equal(t, !counts, l.allow("a"))
		})
	}
}
