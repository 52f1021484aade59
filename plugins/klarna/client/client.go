// Package client speaks HTTP with Klarna's Settlements API v1 and reads orders from
// its Order Management API v1. It only reads, and does not know what the rows mean.
package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// MaxSize is the largest page that Klarna gives. Without a size it gives 20, by
// which naive clients lose rows.
const MaxSize = 500

// maxBody leaves room for a second page beside the largest one that is read; a
// row of Klarna's takes about a kilobyte.
const maxBody = 5 << 20

// Access is where and as whom Klarna is called.
type Access struct {
	// Settlements and Orders are the base URLs of the two APIs.
	Settlements string
	Orders      string
	// Username is empty when the key is sent alone.
	Username string
	APIKey   string
	// Hosts are the base URLs that may be called.
	Hosts     []string
	UserAgent string
	Transport http.RoundTripper
}

// Client makes the requests of one call of the hub.
type Client struct {
	*upstream.Client
	access Access
}

// New gives a client for one call of the hub.
func New(access Access, call ports.Call) *Client {
	return &Client{access: access, Client: upstream.New(upstream.Config{
		Hosts: access.Hosts, UserAgent: access.UserAgent, Transport: access.Transport, MaxBody: maxBody,
		Authorize: access.authorize(), Classify: refusals().Classify, Wait: upstream.Seconds("X-Ratelimit-Reset"),
	}, call)}
}

// authorize is HTTP Basic in one of the two forms of Klarna's page on
// authentication: the key as it is, not encoded again, or user and key as usual.
func (a Access) authorize() func(http.Header) {
	if a.Username == "" {
		return upstream.HeaderKey("Authorization", "Basic "+a.APIKey)
	}
	return upstream.Basic(a.Username, a.APIKey)
}

// PayoutsQuery asks for a page of payouts by the day of the transfer.
type PayoutsQuery struct {
	// Start and End are the first and the last day in UTC, or both zero for any.
	Start, End time.Time
	Size       int
	Offset     int64
}

// Payouts gives a page of payouts, in whatever order Klarna keeps them.
func (c *Client) Payouts(ctx context.Context, q PayoutsQuery) (Page[Payout], error) {
	query := window(q.Size, q.Offset)
	if !q.Start.IsZero() {
		// A bare date means midnight, as an end too: the same day twice would find
		// nothing.
		query.Set("start_date", q.Start.Format(time.DateOnly)+"T00:00:00Z")
		query.Set("end_date", q.End.Format(time.DateOnly)+"T23:59:59Z")
	}
	return list(ctx, c, "payouts", query, q.Offset, ReadPayout)
}

// Payout gives one payout.
func (c *Client) Payout(ctx context.Context, reference string) (jsonpage.Item[Payout], ports.RawPage, error) {
	answer, err := c.Do(ctx, upstream.Get(upstream.Address(c.access.Settlements, nil, "settlements", "v1", "payouts", reference)))
	if err != nil {
		return jsonpage.Item[Payout]{}, ports.RawPage{}, err
	}
	item, err := jsonpage.Object(answer.Body, ReadPayout)
	return item, answer.Raw(), err
}

// TransactionsQuery asks for a page of the rows of a payout, or of one order's
// rows within it.
type TransactionsQuery struct {
	PaymentReference string
	OrderID          string
	Size             int
	Offset           int64
}

// Transactions gives a page of rows, in whatever order Klarna keeps them.
func (c *Client) Transactions(ctx context.Context, q TransactionsQuery) (Page[Transaction], error) {
	query := window(q.Size, q.Offset)
	query.Set("payment_reference", q.PaymentReference)
	if q.OrderID != "" {
		query.Set("order_id", q.OrderID)
	}
	return list(ctx, c, "transactions", query, q.Offset, ReadTransaction)
}

func window(size int, offset int64) url.Values {
	return url.Values{"size": {strconv.Itoa(size)}, "offset": {strconv.FormatInt(offset, 10)}}
}
