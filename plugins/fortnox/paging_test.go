package main

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
)

// readAll reads a list that changes before each page.
func readAll(list *[]string, limit int, totalKnown bool, change func()) (map[string]bool, error) {
	const mostRequests = 2000
	seen := map[string]bool{}
	var at position
	for range mostRequests {
		change()
		start := min(at.Offset, len(*list))
		page := (*list)[start:min(start+limit, len(*list))]
		total := -1
		if totalKnown {
			total = len(*list)
		}
		_, next, last, err := at.advance(page, total, limit)
		if err != nil {
			return seen, err
		}
		for _, key := range page {
			seen[key] = true
		}
		if last {
			return seen, nil
		}
		at = next
	}
	return seen, unstable()
}

func TestWhatIsInAListThroughoutIsNeverSkipped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var list []string
		for i := range rapid.IntRange(0, 60).Draw(rt, "length") {
			list = append(list, strconv.Itoa(i*10))
		}
		stays := map[string]bool{}
		for _, key := range list {
			stays[key] = true
		}
		limit := rapid.IntRange(2, 12).Draw(rt, "limit")
		changes := rapid.IntRange(0, 20).Draw(rt, "changes")
		seen, err := readAll(&list, limit, rapid.Bool().Draw(rt, "total known"), func() {
			for range rapid.IntRange(0, 15).Draw(rt, "at once") {
				if changes--; changes < 0 || len(list) == 0 {
					return
				}
				at := rapid.IntRange(0, len(list)-1).Draw(rt, "where")
				if rapid.IntRange(0, 3).Draw(rt, "what") > 0 {
					delete(stays, list[at])
					list = slices.Delete(list, at, at+1)
				} else {
					list = slices.Insert(list, at, list[at]+"x"+strconv.Itoa(changes))
				}
			}
		})
		require.NoError(t, err)
		for key := range stays {
			require.True(t, seen[key], "%s was skipped", key)
		}
	})
}

func TestAListReadInPeaceIsReadInTheFewestRequests(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 1400 {
		list = append(list, strconv.Itoa(i))
	}
	requests := 0
	seen, err := readAll(&list, 500, true, func() { requests++ })
	require.NoError(t, err)
	require.Len(t, seen, 1400)
	require.Equal(t, 3, requests)
}

func TestASourceThatReordersIsNoticed(t *testing.T) {
	t.Parallel()
	at := position{Offset: 2, Tail: []string{"a", "b"}}
	_, _, _, err := at.advance([]string{"b", "a", "c", "d"}, 9, 4)
	require.Equal(t, CodeListUnstable, fault.CodeOf(err))
}

func TestASourceThatIgnoresWhereToGoOnIsNoticed(t *testing.T) {
	t.Parallel()
	first := []string{"a", "b", "c", "d"}
	var at position
	var err error
	for range 50 {
		if _, at, _, err = at.advance(first, 100, 4); err != nil {
			break
		}
	}
	require.Equal(t, CodeListUnstable, fault.CodeOf(err))
}

func TestASourceThatNeverShowsTheSameTwiceIsGivenUp(t *testing.T) {
	t.Parallel()
	var at position
	var err error
	for i := range 5000 {
		n := strconv.Itoa(i)
		if _, at, _, err = at.advance([]string{n + "a", n + "b", n + "c", n + "d"}, 1_000_000_000, 4); err != nil {
			break
		}
		at.Offset += 1_000_000 // far from the start, so that stepping back does not save it
	}
	require.Equal(t, CodeListUnstable, fault.CodeOf(err))
}
