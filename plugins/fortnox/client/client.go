package client

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Base is where the API lives.
const Base = "https://api.fortnox.se"

// AccessToken is the credential that holds the short-lived token.
const AccessToken = "access_token"

// Options are what tests and large downloads set.
type Options struct {
	// Transport carries the requests; nil means the one of the process.
	Transport http.RoundTripper
	// MaxBody is the most bytes of an answer; 0 means the usual limit.
	MaxBody int64
	// UserAgent names the connector and its version.
	UserAgent string
}

// Client makes the requests of one call of the hub, within its grant.
type Client struct{ *upstream.Client }

// New gives a client for one call of the hub.
func New(call ports.Call, options Options) *Client {
	return &Client{upstream.New(upstream.Config{
		Hosts:     []string{Base},
		UserAgent: options.UserAgent,
		Transport: options.Transport,
		MaxBody:   options.MaxBody,
		Authorize: upstream.Bearer(call.Connection.Credentials[AccessToken]),
		Classify:  refusals().Classify,
	}, call)}
}

// address gives the URL of a resource.
func address(query url.Values, segments ...string) string {
	return upstream.Address(Base+"/3", query, segments...)
}

// get reads one resource out of its wrapper.
func (c *Client) get(ctx context.Context, target, wrapper string, into any) error {
	_, err := c.JSON(ctx, upstream.Get(target), nil, into, wrapper)
	return err
}

// send makes a request that changes something. Fortnox demands a content type
// even where there is nothing to say, so an action has the body {}.
func (c *Client) send(ctx context.Context, method, target, wrapper string, body, into any) error {
	content := map[string]any{}
	if body != nil {
		content[wrapper] = body
	}
	_, err := c.JSON(ctx, upstream.Request{Method: method, URL: target}, content, into, wrapper)
	return err
}

// MaxLimit is the most items that Fortnox puts on a page.
const MaxLimit = 500

// Window is the part of a list to read.
type Window struct {
	Offset int
	// Limit is at most MaxLimit; 0 means MaxLimit.
	Limit int
}

func (w Window) into(query url.Values) url.Values {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(cmp.Or(w.Limit, MaxLimit)))
	if w.Offset > 0 {
		query.Set("offset", strconv.Itoa(w.Offset))
	}
	return query
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	// Total is how many items the whole list has at this moment, -1 if the answer
	// does not tell.
	Total int
	// Answered is Fortnox's own time, zero if the answer does not tell.
	Answered time.Time
}

// list reads one page of a list.
func list[T any](ctx context.Context, c *Client, target, wrapper string) (Page[T], error) {
	var page Page[T]
	answer, err := c.JSON(ctx, upstream.Get(target), nil, &page.Items, wrapper)
	if err != nil {
		return Page[T]{}, err
	}
	page.Total, page.Answered = total(answer.Body), answer.Date()
	return page, nil
}

// total reads MetaInformation, which the published schema leaves out of most
// lists although the API always gives it.
func total(body []byte) int {
	var meta struct {
		MetaInformation *struct {
			Total *Int `json:"@TotalResources"`
		}
	}
	if json.Unmarshal(body, &meta) != nil || meta.MetaInformation == nil || meta.MetaInformation.Total == nil {
		return -1
	}
	return int(*meta.MetaInformation.Total)
}
