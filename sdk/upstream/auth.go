package upstream

import (
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/kvitt/kvitt/core/fault"
)

// Outgoing is a request that is about to leave, as Config.Sign sees it. Only the
// header may be changed; the rest is what will be sent.
type Outgoing struct {
	Method string
	// URL is the one that is called, with the operator's host in the place of the
	// declared one.
	URL    url.URL
	Header http.Header
	Body   []byte
}

// Basic authorizes by user and password (RFC 7617).
func Basic(user, password string) func(http.Header) {
	return HeaderKey("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// Bearer authorizes by a token (RFC 6750), such as the "access_token" that the hub
// puts into the credentials of a connection with OAuth.
func Bearer(token string) func(http.Header) { return HeaderKey("Authorization", "Bearer "+token) }

// HeaderKey authorizes by a header of its own: X-API-Key, or a bare key as
// Authorization.
func HeaderKey(name, value string) func(http.Header) {
	return func(h http.Header) { h.Set(name, value) }
}

// authorize adds the credentials to a request and gives the header values that
// they are made of, which are secrets from then on.
func (c *Client) authorize(r *http.Request, body []byte) ([]string, error) {
	before := r.Header.Clone()
	if c.config.Authorize != nil {
		c.config.Authorize(r.Header)
	}
	if c.config.Sign != nil {
		err := c.config.Sign(Outgoing{Method: r.Method, URL: *r.URL, Header: r.Header, Body: body})
		if f := fault.Of(err); f != nil {
			return nil, f
		}
		if err != nil { // its text is left out: it may be about the key
			return nil, fault.New(CodeRequest, fault.NotSent, "the connector cannot sign the request").From(fault.Connector)
		}
	}
	var added []string
	for name, values := range r.Header {
		for i, value := range values {
			if i >= len(before[name]) || before[name][i] != value {
				added = append(added, value)
			}
		}
	}
	return added, nil
}
