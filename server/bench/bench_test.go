package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The figures depend on the machine; what must hold anywhere is that the bench
// measures the whole work.
func TestAPayoutIsPlannedThroughTheProcessBorder(t *testing.T) {
	t.Parallel()
	const lines = 1000
	folder := t.TempDir()
	generator, err := build(t.Context(), folder, "server/bench/generator")
	require.NoError(t, err)
	profiled := false
	v, err := measureVolume(t.Context(), folder, generator, lines, func() error { profiled = true; return nil })
	require.NoError(t, err)
	require.True(t, profiled)
	require.Positive(t, v.Mirroring)
	require.Positive(t, v.Reading)
	require.Positive(t, v.Planning)
	// A line, its fate, its document with three keys, and its payment.
	require.Greater(t, v.Rows, int64(7*lines))
	require.Positive(t, v.Raw)
}

func TestTheBorderIsCrossedInEveryWay(t *testing.T) {
	t.Parallel()
	generator, err := build(t.Context(), t.TempDir(), "server/bench/generator")
	require.NoError(t, err)
	folder := t.TempDir()
	for _, plainText := range []bool{true, false} {
		s, err := measureStarts(t.Context(), folder, generator, plainText, 1)
		require.NoError(t, err)
		require.Positive(t, s.Ready)
	}
	const calls, lines = 10, 2500
	ways, err := measureBorder(t.Context(), folder, generator, calls, lines)
	require.NoError(t, err)
	require.Len(t, ways, 3)
	for _, c := range ways {
		require.Positive(t, c.Median, c.Way)
		require.Equal(t, 3, c.Pages, c.Way)
		require.Equal(t, lines, c.Lines, "every line arrives: %s", c.Way)
	}
}

func TestTheFortnoxSimulatorTakesThePayoutWithinItsLimit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a rate limit of 25 calls in 5 seconds")
	}
	const lines = 10
	folder := t.TempDir()
	generator, err := build(t.Context(), folder, "server/bench/generator")
	require.NoError(t, err)
	l, err := measureLimit(t.Context(), folder, generator, lines)
	require.NoError(t, err)
	require.Zero(t, l.Refused)
	require.GreaterOrEqual(t, l.Calls, l.Least, "what is called the least possible is not")
}

func TestCallersAreServedWhileVersionsChangePlaces(t *testing.T) {
	t.Parallel()
	r, err := measureSwaps(t.Context(), t.TempDir(), 3, 2)
	require.NoError(t, err)
	require.Zero(t, r.Failed)
	require.Positive(t, r.Calls)
	require.Positive(t, r.Moving)
	require.Positive(t, r.InstallToServing)
	f, err := measureFleet(t.Context(), t.TempDir(), 1)
	require.NoError(t, err)
	require.Positive(t, f.HubAfter)
	require.Positive(t, f.RSS)
}
