package client

import (
	"context"
	"net/url"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Page is one answer of a list.
type Page[T any] struct {
	Items     []jsonpage.Item[T]
	Announced paging.Announced
	Raw       ports.RawPage
}

// list reads a page of a list, which has its name in the path and in the answer.
func list[T any](
	ctx context.Context, c *Client, name string, query url.Values, offset int64, read func(jsonpage.Value, string) (T, error),
) (Page[T], error) {
	answer, err := c.Do(ctx, upstream.Get(upstream.Address(c.access.Settlements, query, "settlements", "v1", name)))
	if err != nil {
		return Page[T]{}, err
	}
	return readPage(answer, name, offset, read)
}

// readPage reads a list. In faults its items are counted from offset on, as in the
// whole list. Of what Klarna says about a page only the count is guaranteed.
func readPage[T any](answer upstream.Answer, name string, offset int64, read func(jsonpage.Value, string) (T, error)) (Page[T], error) {
	page := Page[T]{Raw: answer.Raw()}
	var err error
	if page.Items, err = jsonpage.List(answer.Body, name, offset, read); err != nil {
		return Page[T]{}, err
	}
	var said struct {
		Count, Total, Offset *int64
		Next                 *string
	}
	if err := upstream.Decode(upstream.Request{}, answer, &said, "pagination"); err != nil {
		return Page[T]{}, err
	}
	page.Announced = paging.Announced{
		Count: said.Count, Total: said.Total, Offset: said.Offset, More: said.Next != nil && *said.Next != "",
	}
	return page, nil
}
