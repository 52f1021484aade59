package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASlotIsFreeOneSecondAfterItWasTaken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
	limit := newRateLimit(2, func() time.Time { return now })
	steps := []struct {
		after     time.Duration // the step before
		ok        bool
		remaining int
		reset     time.Duration
	}{
		{0, true, 1, 1000 * time.Millisecond},
		{400 * time.Millisecond, true, 0, 600 * time.Millisecond},
		{0, false, 0, 600 * time.Millisecond},
		{599 * time.Millisecond, false, 0, time.Millisecond},
		{time.Millisecond, true, 0, 400 * time.Millisecond}, // the first has left the window, the second not
		{0, false, 0, 400 * time.Millisecond},
		{time.Hour, true, 1, 1000 * time.Millisecond},
	}
	for i, s := range steps {
		now = now.Add(s.after)
		ok, remaining, reset := limit.take()
		require.Equal(t, s.ok, ok, "step %d", i)
		require.Equal(t, s.remaining, remaining, "step %d", i)
		require.Equal(t, s.reset, reset, "step %d", i)
	}
}
