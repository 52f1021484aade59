package main

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// place is where the reading of orders goes on. SampleShop's own cursor names the
// last order of a page and the moment of its change, so an order that changes
// meanwhile moves to the end and pushes no other one out.
type place struct {
	paging.Chain
	// Began is SampleShop's time when the first page was read: what changes after it
	// is read the next time.
	Began time.Time `json:"began,omitzero"`
}

// ListOrders gives the orders that changed since a moment, oldest change first.
func (c *Connector) ListOrders(ctx context.Context, req ports.ListOrdersRequest) (ports.OrderPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.OrderPage, error) {
		codec := paging.Codec[place]{Name: "orders.1"}
		at, err := codec.Read(req.Cursor, place{})
		if err != nil {
			return ports.OrderPage{}, err
		}
		query := url.Values{"limit": {strconv.Itoa(c.limit)}}
		if at.Next != "" {
			query.Set("cursor", at.Next)
		} else {
			query.Set("updated_since", req.Since.UTC().Format(time.RFC3339Nano))
		}
		list := upstream.Get(upstream.Address(host, query, "v1", "orders"))
		answer, err := remote.Do(ctx, list)
		if err != nil {
			return ports.OrderPage{}, err
		}
		var around struct {
			Cursor string
			AsOf   time.Time `json:"as_of"`
		}
		if err := upstream.Decode(list, answer, &around); err != nil {
			return ports.OrderPage{}, err
		}
		if around.AsOf.IsZero() {
			return ports.OrderPage{}, upstream.Unreadable(list, "the answer lacks as_of")
		}
		if at.Began.IsZero() {
			at.Began = around.AsOf
		}
		page, err := orders(answer)
		if err != nil {
			return ports.OrderPage{}, err
		}
		on, more, err := at.Follow(around.Cursor)
		if err != nil {
			return ports.OrderPage{}, err
		}
		if !more {
			// SampleShop's clock may be behind the one that Since comes from.
			page.Watermark = latest(at.Began, req.Since).UTC()
			return page, nil
		}
		page.Next, err = codec.Write(place{Chain: on, Began: at.Began})
		return page, err
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// orders reads the orders of an answer; those of testers never happened.
func orders(answer upstream.Answer) (ports.OrderPage, error) {
	page := ports.OrderPage{Raw: []ports.RawPage{answer.Raw()}}
	items, err := jsonpage.List(answer.Body, "orders", 0, jsonpage.Into[remoteOrder])
	if err != nil {
		return ports.OrderPage{}, err
	}
	for _, item := range items {
		if item.Value.Test {
			continue
		}
		order, err := item.Value.order(item.Raw(page.Raw[0]))
		if err != nil {
			return ports.OrderPage{}, err
		}
		page.Orders = append(page.Orders, order)
	}
	return page, nil
}
