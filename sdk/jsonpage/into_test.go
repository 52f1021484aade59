package jsonpage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

type entry struct {
	ID     string `json:"id"`
	Amount string `json:"amount"`
}

func TestItemsAreReadIntoStructs(t *testing.T) {
	t.Parallel()
	items, err := jsonpage.List([]byte(`{"rows":[{"id":"a","amount":"1.00"},{"id":"b","new":true}]}`), "rows", 0, jsonpage.Into[entry])
	require.NoError(t, err)
	require.Len(t, items, 2)
	require.Equal(t, entry{"a", "1.00"}, items[0].Value)
	require.Equal(t, entry{ID: "b"}, items[1].Value)
}

func TestAnItemThatDoesNotFitNamesItsMember(t *testing.T) {
	t.Parallel()
	for page, member := range map[string]string{
		`{"rows":[{"id":"a"},{"id":7}]}`:                "rows[1].id",
		`{"rows":[{"id":"a","amount":"1","amount":2}]}`: "rows[0].amount",
		`{"rows":["a"]}`:                                "rows[0]",
	} {
		_, err := jsonpage.List([]byte(page), "rows", 0, jsonpage.Into[entry])
		require.Equal(t, upstream.CodeUnreadable, fault.CodeOf(err), page)
		require.ErrorContains(t, fault.Of(err), "documents", page)
		require.Contains(t, err.Error()+unwrapped(err), member, page)
	}
}

// unwrapped is the text of a fault's cause, which is not shown to people.
func unwrapped(err error) string {
	if cause := fault.Of(err).Unwrap(); cause != nil {
		return cause.Error()
	}
	return ""
}
