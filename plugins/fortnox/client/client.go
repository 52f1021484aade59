package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Base is where the API lives.
const Base = "https://api.fortnox.se"

// CodeUnreadable: an answer of Fortnox is not what its documentation promises.
const CodeUnreadable fault.Code = "fortnox.answer_unreadable"

// AccessToken is the credential that holds the short-lived token.
const AccessToken = "access_token"

const typeJSON = "application/json"

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
type Client struct {
	http *upstream.Client
}

// New gives a client for one call of the hub.
func New(call ports.Call, options Options) *Client {
	token := call.Connection.Credentials[AccessToken]
	return &Client{http: upstream.New(upstream.Config{
		Hosts:     []string{Base},
		UserAgent: options.UserAgent,
		Transport: options.Transport,
		MaxBody:   options.MaxBody,
		Authorize: func(h http.Header) { h.Set("Authorization", "Bearer "+token) },
		Classify:  classifier(token),
	}, call)}
}

// Usage says what has been spent so far.
func (c *Client) Usage() ports.Usage { return c.http.Usage() }

// Failed joins to err what the call has cost; nil stays nil.
func (c *Client) Failed(err error) error { return c.http.Failed(err) }

// Left is how many requests the grant still allows.
func (c *Client) Left() int { return c.http.Left() }

// address gives the URL of a resource. Segments come from settings and documents,
// so each is escaped.
func address(query url.Values, segments ...string) string {
	text := Base + "/3"
	for _, segment := range segments {
		text += "/" + url.PathEscape(segment)
	}
	if len(query) > 0 {
		text += "?" + query.Encode()
	}
	return text
}

// get reads one resource out of its wrapper.
func (c *Client) get(ctx context.Context, target, wrapper string, into any) error {
	return c.exchange(ctx, upstream.Request{Method: http.MethodGet, URL: target, Header: accepting(typeJSON)}, wrapper, into)
}

// send makes a request that changes something. Fortnox demands a content type
// even where there is nothing to say, so an action has the body {}.
func (c *Client) send(ctx context.Context, method, target, wrapper string, body, into any) error {
	content := []byte("{}")
	if body != nil {
		var err error
		if content, err = json.Marshal(map[string]any{wrapper: body}); err != nil {
			return fault.New(upstream.CodeRequest, fault.NotSent, "the request cannot be written as JSON").From(fault.Connector)
		}
	}
	header := accepting(typeJSON)
	header.Set("Content-Type", typeJSON)
	return c.exchange(ctx, upstream.Request{Method: method, URL: target, Header: header, Body: content}, wrapper, into)
}

func (c *Client) exchange(ctx context.Context, req upstream.Request, wrapper string, into any) error {
	answer, err := c.http.Do(ctx, req)
	if err != nil {
		return err
	}
	return unwrap(req, answer, wrapper, into)
}

// unwrap takes the value out of {"Wrapper": value}.
func unwrap(req upstream.Request, answer upstream.Answer, wrapper string, into any) error {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(answer.Body, &body); err != nil {
		return unreadable(req, "the answer is not JSON")
	}
	content, found := body[wrapper]
	if !found || string(content) == "null" {
		return unreadable(req, "the answer holds no "+wrapper)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return unreadable(req, "the "+wrapper+" of the answer cannot be read")
	}
	return nil
}

// unreadable never quotes the answer, which may name customers. After a write it
// leaves open what has happened.
func unreadable(req upstream.Request, reason string) error {
	class := fault.Temporary
	if req.Writes() {
		class = fault.Unknown
	}
	return fault.New(CodeUnreadable, class, reason).From(fault.Upstream).
		WithRemedy("if it lasts, install a newer version of the connector")
}

func accepting(mediaType string) http.Header { return http.Header{"Accept": {mediaType}} }
