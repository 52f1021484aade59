package main

import (
	"context"
	"net/url"
	"strconv"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// mostLimit is the largest page that SampleBooks gives.
const mostLimit = 100

// list is a page of one of SampleBooks' lists. They are in the order of ids that
// never change, and a page begins behind an id that is named: nothing can slip
// between two pages.
type list[T any] struct {
	items []T
	raw   ports.RawPage
	next  string
	// began is SampleBooks' time when the first page was read.
	began string
}

// place is where a list goes on.
type place struct {
	paging.Chain
	Began string `json:"began,omitempty"`
}

// read reads the page of a list that a cursor stands for. The name is that of the
// list, and of what its cursors mean.
func read[T interface{ id() string }](ctx context.Context, remote *upstream.Client, name, cursor string, limit int, query url.Values, path ...string) (list[T], error) {
	codec := paging.Codec[place]{Name: name}
	at, err := codec.Read(cursor, place{})
	if err != nil {
		return list[T]{}, err
	}
	query.Set("limit", strconv.Itoa(limit))
	if at.Next != "" {
		query.Set("after", at.Next)
	}
	var page struct {
		Items []T
		More  bool
		AsOf  string `json:"as_of"`
	}
	req := upstream.Get(upstream.Address(host, query, path...))
	answer, err := remote.JSON(ctx, req, nil, &page)
	if err != nil {
		return list[T]{}, err
	}
	if page.Items == nil || page.AsOf == "" {
		return list[T]{}, upstream.Unreadable(req, "the answer lacks items or as_of")
	}
	if at.Began == "" {
		at.Began = page.AsOf
	}
	out := list[T]{items: page.Items, raw: answer.Raw(), began: at.Began}
	if !page.More {
		return out, nil
	}
	if len(page.Items) == 0 {
		return list[T]{}, upstream.Unreadable(req, "a page is empty and says that more follows")
	}
	if at.Chain, _, err = at.Follow(page.Items[len(page.Items)-1].id()); err != nil {
		return list[T]{}, err
	}
	out.next, err = codec.Write(at)
	return out, err
}
