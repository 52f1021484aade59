package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

func (b *bench) moveClock(move map[string]string) time.Time {
	b.t.Helper()
	var shown struct{ Now time.Time }
	require.Equal(b.t, http.StatusOK, b.control(http.MethodPost, "/_sim/clock", move, &shown))
	return shown.Now
}

func TestTheClockRunsFromItsStart(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 4, 20, 10, 0, 0, 0, time.FixedZone("", 2*3600))
	control := simulator.New(start)
	first := control.Now()
	require.False(t, first.Before(start))
	require.Equal(t, time.UTC, first.Location())
	require.Eventually(t, func() bool { return control.Now().After(first) }, 10*time.Second, time.Millisecond)
}

func TestTheClockCanBeMoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	start := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
	within := func(want, got time.Time) {
		t.Helper()
		require.False(t, got.Before(want), got)
		require.True(t, got.Before(want.Add(time.Hour)), got) // real time passes too
	}
	within(start.Add(36*time.Hour), b.moveClock(map[string]string{"advance": "36h"}))
	within(start.Add(48*time.Hour), b.moveClock(map[string]string{"advance": "12h"}))
	within(start, b.moveClock(map[string]string{"set": "2026-04-20T10:00:00+02:00"}))

	var shown struct{ Now time.Time }
	b.control(http.MethodGet, "/_sim/clock", nil, &shown)
	within(start, shown.Now)
}

func TestAMoveThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]map[string]string{
		"nothing":        {},
		"both":           {"advance": "1h", "set": "2026-04-20T08:00:00Z"},
		"no duration":    {"advance": "a day"},
		"no time":        {"set": "2026-04-20"},
		"unknown member": {"forward": "1h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			require.Equal(t, http.StatusBadRequest, b.control(http.MethodPost, "/_sim/clock", move, nil))
		})
	}
}
