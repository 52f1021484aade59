package main

import (
	"context"
	"net/url"
	"strconv"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// list is a page of one of SamplePay's lists. They are in an order that never
// changes, and a page begins behind an item that is named: nothing can slip between
// two pages.
type list[T any] struct {
	items []jsonpage.Item[T]
	raw   ports.RawPage
	next  string
}

// read reads the page of a list that a cursor stands for. The name is that of the
// list, and of what its cursors mean.
func read[T interface{ id() string }](ctx context.Context, remote *upstream.Client, name, cursor string, limit int, query url.Values, path ...string) (list[T], error) {
	codec := paging.Codec[paging.Chain]{Name: name}
	at, err := codec.Read(cursor, paging.Chain{})
	if err != nil {
		return list[T]{}, err
	}
	query.Set("limit", strconv.Itoa(limit))
	if at.Next != "" {
		query.Set("after", at.Next)
	}
	req := upstream.Get(upstream.Address(host, query, path...))
	answer, err := remote.Do(ctx, req)
	if err != nil {
		return list[T]{}, err
	}
	var page struct{ More bool }
	if err := upstream.Decode(req, answer, &page); err != nil {
		return list[T]{}, err
	}
	out := list[T]{raw: answer.Raw()}
	if out.items, err = jsonpage.List(answer.Body, "items", 0, jsonpage.Into[T]); err != nil || !page.More {
		return out, err
	}
	if len(out.items) == 0 {
		return list[T]{}, upstream.Unreadable(req, "a page is empty and says that more follows")
	}
	at, _, err = at.Follow(out.items[len(out.items)-1].Value.id())
	if err != nil {
		return list[T]{}, err
	}
	out.next, err = codec.Write(at)
	return out, err
}
