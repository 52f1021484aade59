package paging_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/paging"
)

func itself(key string) string { return key }

// readAll reads a list that changes before each page.
func readAll(list *[]string, limit int, totalKnown bool, change func()) (map[string]bool, error) {
	const mostRequests = 2000
	seen := map[string]bool{}
	var at paging.Position
	for range mostRequests {
		change()
		start := min(at.Offset, len(*list))
		page := (*list)[start:min(start+limit, len(*list))]
		total := -1
		if totalKnown {
			total = len(*list)
		}
		step, err := paging.Advance(at, page, itself, total, limit)
		if err != nil {
			return seen, err
		}
		for _, key := range step.Fresh {
			seen[key] = true
		}
		if step.Last {
			return seen, nil
		}
		at = step.Next
	}
	return seen, errors.New("the reading does not end")
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
	at := paging.Position{Offset: 2, Tail: []string{"a", "b"}}
	_, err := paging.Advance(at, []string{"b", "a", "c", "d"}, itself, 9, 4)
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err))
}

func TestASourceThatIgnoresWhereToGoOnIsNoticed(t *testing.T) {
	t.Parallel()
	first := []string{"a", "b", "c", "d"}
	var at paging.Position
	var err error
	for range 50 {
		var step paging.Step[string]
		if step, err = paging.Advance(at, first, itself, 100, 4); err != nil {
			break
		}
		at = step.Next
	}
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err))
}

func TestASourceThatNeverShowsTheSameTwiceIsGivenUp(t *testing.T) {
	t.Parallel()
	var at paging.Position
	var err error
	for i := range 5000 {
		n := strconv.Itoa(i)
		var step paging.Step[string]
		if step, err = paging.Advance(at, []string{n + "a", n + "b", n + "c", n + "d"}, itself, 1_000_000_000, 4); err != nil {
			break
		}
		at = step.Next
		at.Offset += 1_000_000 // far from the start, so that stepping back does not save it
	}
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err))
}

func TestAListIsReadToItsEndAndEachItemGivenOnce(t *testing.T) {
	t.Parallel()
	list := []string{"a", "b", "c", "d", "e", "f", "g"}
	var offsets []int
	read := func(offset int) ([]string, int, error) {
		offsets = append(offsets, offset)
		if len(offsets) == 2 {
			list = list[4:] // what was read is gone, and the rest has moved up
		}
		at := min(offset, len(list))
		return list[at:min(at+4, len(list))], len(list), nil
	}
	all, err := paging.All(4, itself, read)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b", "c", "d", "e", "f", "g"}, all)
	require.Equal(t, []int{0, 2, 0}, offsets)

	_, err = paging.All(4, itself, func(int) ([]string, int, error) { return nil, 0, errors.New("cut off") })
	require.EqualError(t, err, "cut off")
	_, err = paging.All(4, itself, func(int) ([]string, int, error) { return []string{"a", "a"}, 2, nil })
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err))
}

func TestAPositionFromOutsideIsChecked(t *testing.T) {
	t.Parallel()
	require.True(t, paging.Position{}.Valid())
	for name, p := range map[string]paging.Position{
		"before the start": {Offset: -1}, "fewer than no strikes": {Strikes: -1}, "too many strikes": {Strikes: 99},
		"a tail that is too long": {Tail: make([]string, 21)},
	} {
		require.False(t, p.Valid(), name)
	}
}
