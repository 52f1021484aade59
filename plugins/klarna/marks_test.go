package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMarksSurviveTheirCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mark := rapid.OneOf(rapid.Uint64Range(0, 1<<48-1), rapid.Uint64Range(0, 3))
		var m marks
		counts := map[uint64]int{}
		for range rapid.IntRange(0, 4).Draw(t, "pages") {
			page := rapid.SliceOfN(mark, 0, 20).Draw(t, "page")
			for _, shown := range page {
				counts[shown]++
			}
			m = m.with(page)
			packed, err := m.MarshalBinary()
			require.NoError(t, err)
			m = nil
			require.NoError(t, m.UnmarshalBinary(packed))
		}
		require.True(t, slices.IsSorted(m))
		for shown, n := range counts {
			require.Equal(t, n, m.count(shown))
		}
		absent := mark.Draw(t, "absent")
		require.Equal(t, counts[absent], m.count(absent))
	})
}

func TestACursorHasABound(t *testing.T) {
	t.Parallel()
	var page []uint64
	for i := range uint64(remembered + 500) {
		page = append(page, identity{order: orderID(int(i))}.digest().mark())
	}
	m := marks{}.with(page)
	require.Len(t, m, remembered)
	require.Len(t, m.with(page), remembered)
	cursor, err := writeCursor(linesCursor, lineState{}, m)
	require.NoError(t, err)
	require.Less(t, len(cursor)+maxItemBytes, 1<<20, "lines and cursor fit the protocol")
	read, err := readCursor(linesCursor, cursor, &lineState{})
	require.NoError(t, err)
	require.Equal(t, m, read)
}

func FuzzCursor(f *testing.F) {
	good, _ := writeCursor(linesCursor, lineState{frame: frame{Reference: "P"}}, marks{1, 1, 500})
	for _, seed := range []string{"", "l1.e30.", good, "l1..", "p1.e30.AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		var state lineState
		seen, err := readCursor(linesCursor, cursor, &state)
		if err == nil && !slices.IsSorted(seen) {
			t.Fatal("marks are in order")
		}
	})
}
