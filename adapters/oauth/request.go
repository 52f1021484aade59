package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/kvitt/kvitt/core/fault"
)

// failure says why there is no token.
func failure(err error) *fault.Error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return errUnreachable()
	}
	if passing(refused.Response.StatusCode) {
		unreachable := errUnreachable()
		unreachable.RetryAfter = retryAfter(refused.Response.Header)
		return unreachable
	}
	// The body may quote the request; its error code alone is safe to repeat.
	return errRefused(describe(refused))
}

func errUnreachable() *fault.Error {
	return fault.New(CodeUnreachable, fault.NotSent, "the authorisation server gave no answer that can be used").
		From(fault.Upstream).WithRemedy("wait; kvitt tries again by itself")
}

func errRefused(code string) *fault.Error {
	return fault.New(CodeRefused, fault.Auth, "the authorisation server refused the credentials: "+code).
		From(fault.Upstream).WithRemedy("check client id, client secret and consent, then enter the credentials again")
}

// passing says whether a status may be another one later.
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError
}

// retryAfter reads how many seconds the server asks to be left alone, an hour at
// most. Servers that give a date are tried again like those that say nothing.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour) //nolint:gosec // 16 bits fit
}

// describe gives the error code of RFC 6749 §5.2. The body is read whatever its
// content type says: Fortnox sends refusals as text/plain and text/html.
func describe(refused *oauth2.RetrieveError) string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(refused.Body, &body) == nil && body.Error != "" {
		return body.Error
	}
	return refused.Response.Status
}

// replaceHost points the URL at the base URL that the operator has set for its
// host, if any.
func replaceHost(address string, hosts map[string]string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	for declared, base := range hosts {
		d, errDeclared := url.Parse(declared)
		b, errBase := url.Parse(base)
		if errDeclared == nil && errBase == nil && d.Host == u.Host {
			u.Scheme, u.Host = b.Scheme, b.Host
			u.Path = strings.TrimSuffix(b.Path, "/") + u.Path
			return u.String()
		}
	}
	return address
}

type headers struct {
	extra map[string]string
	next  http.RoundTripper
}

func (h headers) RoundTrip(req *http.Request) (*http.Response, error) {
	if len(h.extra) > 0 {
		req = req.Clone(req.Context())
		for name, value := range h.extra {
			req.Header.Set(name, value)
		}
	}
	return h.next.RoundTrip(req)
}
