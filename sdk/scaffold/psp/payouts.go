package main

import (
	"context"
	"net/url"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// ListPayouts gives the payouts from a moment on, oldest first.
func (c *Connector) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.PayoutPage, error) {
		since := url.Values{"from": {req.Since.UTC().Format(time.RFC3339Nano)}}
		list, err := read[remotePayout](ctx, remote, "payouts.1", req.Cursor, c.limit, since, "v1", "payouts")
		if err != nil {
			return ports.PayoutPage{}, err
		}
		page := ports.PayoutPage{Raw: []ports.RawPage{list.raw}, Next: list.next}
		for _, item := range list.items {
			p, err := item.Value.payout(item.Raw(list.raw))
			if err != nil {
				return ports.PayoutPage{}, err
			}
			page.Payouts = append(page.Payouts, p)
		}
		return page, nil
	})
}

// ListPayoutLines gives the rows of a payout in SamplePay's order.
func (c *Connector) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.LinePage, error) {
		list, err := read[remoteRow](ctx, remote, "rows.1", req.Cursor, c.limit, url.Values{}, "v1", "payouts", req.Reference, "rows")
		if err != nil {
			return ports.LinePage{}, err
		}
		page := ports.LinePage{Raw: []ports.RawPage{list.raw}, Next: list.next}
		for _, item := range list.items {
			line, err := item.Value.line(item.Raw(list.raw))
			if err != nil {
				return ports.LinePage{}, err
			}
			page.Lines = append(page.Lines, line)
		}
		return page, nil
	})
}
