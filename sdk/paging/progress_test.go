package paging_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/paging"
)

func TestAPageIsHeldAgainstWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	n := func(n int64) *int64 { return &n }
	const size = 2
	for name, c := range map[string]struct {
		at    paging.Progress
		page  paging.Announced
		items int
		more  bool
		why   string
	}{
		"the only page":                    {paging.Progress{}, paging.Announced{Count: n(1), Total: n(1)}, 1, false, ""},
		"the first of two":                 {paging.Progress{}, paging.Announced{Total: n(3), Offset: n(0)}, 2, true, ""},
		"the last of two":                  {paging.Progress{Offset: 2, Total: n(3)}, paging.Announced{Total: n(3)}, 1, false, ""},
		"an empty list":                    {paging.Progress{}, paging.Announced{Total: n(0)}, 0, false, ""},
		"a full page and no total":         {paging.Progress{}, paging.Announced{}, 2, true, ""},
		"a short page and no total":        {paging.Progress{Offset: 2}, paging.Announced{}, 1, false, ""},
		"a short page that names another":  {paging.Progress{}, paging.Announced{More: true}, 1, true, ""},
		"nothing more, without a total":    {paging.Progress{Offset: 2}, paging.Announced{More: true}, 0, false, ""},
		"a wrong count":                    {paging.Progress{}, paging.Announced{Count: n(2)}, 1, false, "a page has another number of items than it says"},
		"another place":                    {paging.Progress{Offset: 2}, paging.Announced{Offset: n(0)}, 1, false, "a page begins elsewhere than it was asked to"},
		"a total that changed":             {paging.Progress{Offset: 2, Total: n(3)}, paging.Announced{Total: n(4)}, 1, false, "the number of items changed between two pages"},
		"a total that went":                {paging.Progress{Offset: 2, Total: n(3)}, paging.Announced{}, 1, false, "the number of items changed between two pages"},
		"more than announced":              {paging.Progress{Offset: 2, Total: n(3)}, paging.Announced{Total: n(3)}, 2, false, "there are more items than announced"},
		"an end before what was announced": {paging.Progress{Offset: 2, Total: n(3)}, paging.Announced{Total: n(3)}, 0, false, "there are fewer items than announced"},
	} {
		more, why := c.at.Accept(c.page, c.items, size)
		require.Equal(t, c.more, more, name)
		require.Equal(t, c.why, why, name)
	}
	require.True(t, paging.Progress{}.Valid())
	require.False(t, paging.Progress{Offset: -1}.Valid())
}

func TestAChainEndsWhereThePagesSaySo(t *testing.T) {
	t.Parallel()
	at, more, err := paging.Chain{}.Follow("/p2")
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, paging.Chain{Next: "/p2", Pages: 1}, at)
	_, _, err = at.Follow("/p2")
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err), "a page that names itself")
	_, more, err = at.Follow("")
	require.NoError(t, err)
	require.False(t, more)

	circle := []string{"/a", "/b"}
	for i := 0; err == nil; i++ {
		at, _, err = at.Follow(circle[i%2])
	}
	require.Equal(t, paging.CodeListUnstable, fault.CodeOf(err), "a circle")
	require.False(t, paging.Chain{Next: "/a"}.Valid())
	require.False(t, paging.Chain{Pages: -1}.Valid())
	require.True(t, paging.Chain{}.Valid())
}

func TestTheNextPageMayStandInAHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header []string
		want   string
	}{
		"alone":                  {[]string{`<https://shop.test/p?page_info=b>; rel="next"`}, "https://shop.test/p?page_info=b"},
		"behind the one before":  {[]string{`<https://shop.test/a>; rel="previous", <https://shop.test/b>; rel="next"`}, "https://shop.test/b"},
		"in a header of its own": {[]string{`<https://shop.test/a>; rel="previous"`, `<https://shop.test/b>; rel=next`}, "https://shop.test/b"},
		"with a comma in it":     {[]string{`<https://shop.test/p?ids=1,2>; rel="next"`}, "https://shop.test/p?ids=1,2"},
		"with more said of it":   {[]string{`<https://shop.test/b>; title="more, and more"; rel="next"`}, "https://shop.test/b"},
		"not at all":             {[]string{`<https://shop.test/a>; rel="previous"`}, ""},
		"broken":                 {[]string{`<https://shop.test/a; rel="next"`}, ""},
		"no header":              {nil, ""},
	} {
		require.Equal(t, c.want, paging.NextLink(http.Header{"Link": c.header}), name)
	}
}

func FuzzNextLink(f *testing.F) {
	for _, seed := range []string{`<a>; rel="next"`, "<", "<>", "<a>;;,;rel=next", "<a><b>; rel=next"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		require.NotContains(t, paging.NextLink(http.Header{"Link": {header}}), ">")
	})
}
