package paging_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/sdk/paging"
)

func TestMarksSurviveTheirCursor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mark := rapid.OneOf(rapid.Uint64Range(0, 1<<48-1), rapid.Uint64Range(0, 3))
		var m paging.Marks
		counts := map[uint64]int{}
		for range rapid.IntRange(0, 4).Draw(t, "pages") {
			page := rapid.SliceOfN(mark, 0, 20).Draw(t, "page")
			for _, shown := range page {
				counts[shown]++
			}
			text, err := json.Marshal(m.With(page))
			require.NoError(t, err)
			m = nil
			require.NoError(t, json.Unmarshal(text, &m))
		}
		require.True(t, slices.IsSorted(m))
		for shown, n := range counts {
			require.Equal(t, n, m.Count(shown))
		}
		absent := mark.Draw(t, "absent")
		require.Equal(t, counts[absent], m.Count(absent))
	})
}

func TestAsManyMarksAsAreRememberedFitIntoACursor(t *testing.T) {
	t.Parallel()
	var page []uint64
	for i := range paging.MaxMarks + 500 {
		page = append(page, paging.Mark(sha256.Sum256([]byte(strconv.Itoa(i)))))
	}
	m := paging.Marks{}.With(page)
	require.Len(t, m, paging.MaxMarks)
	require.Len(t, m.With(page), paging.MaxMarks)
	codec := paging.Codec[struct{ Seen paging.Marks }]{Name: "rows.1"}
	cursor, err := codec.Write(struct{ Seen paging.Marks }{m})
	require.NoError(t, err)
	require.Less(t, len(cursor), paging.MaxCursor-4<<10, "there is room for more than the marks")
	read, err := codec.Read(cursor, struct{ Seen paging.Marks }{})
	require.NoError(t, err)
	require.Equal(t, m, read.Seen)
}

func TestAMarkIsTheBeginningOfAHash(t *testing.T) {
	t.Parallel()
	require.Equal(t, uint64(0x0102030405_06), paging.Mark([32]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}))
}

func FuzzMarks(f *testing.F) {
	for _, seed := range []string{"", "AQ", "gA", "////////////AQ", "=", "AQEB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m paging.Marks
		if m.UnmarshalText([]byte(text)) == nil && !slices.IsSorted(m) {
			t.Fatal("marks are in order")
		}
	})
}
