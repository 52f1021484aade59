package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults that a status alone tells.
const (
	// CodeUnauthorized: the remote system does not accept the credentials.
	CodeUnauthorized fault.Code = "upstream.unauthorized"
	// CodeForbidden: the credentials lack a right.
	CodeForbidden fault.Code = "upstream.forbidden"
	// CodeNotFound: the remote system does not know what the request names.
	CodeNotFound fault.Code = "upstream.not_found"
	// CodeConflict: the state at the remote system forbids the request.
	CodeConflict fault.Code = "upstream.conflict"
	// CodeRateLimited: the remote system wants fewer calls.
	CodeRateLimited fault.Code = "upstream.rate_limited"
	// CodeRefused: the remote system finds the request wrong.
	CodeRefused fault.Code = "upstream.refused"
	// CodeRedirected: the remote system points elsewhere; nothing was followed.
	CodeRedirected fault.Code = "upstream.redirected"
	// CodeServerError: the remote system failed.
	CodeServerError fault.Code = "upstream.server_error"
)

// Classify tells the fault of an answer by its status, nil for 2xx. A connector
// that knows its remote system's error bodies calls it for the rest.
func Classify(req Request, answer Answer) *fault.Error {
	status := answer.Status
	reason := "the remote system answered " + strconv.Itoa(status) + " " + http.StatusText(status)
	is := func(code fault.Code, class fault.Class) *fault.Error {
		return fault.New(code, class, strings.TrimSpace(reason)).From(fault.Upstream)
	}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized:
		return is(CodeUnauthorized, fault.Auth).WithRemedy("check the credentials of the connection")
	case status == http.StatusForbidden:
		return is(CodeForbidden, fault.Auth).WithRemedy("give the credentials the rights that the connector needs")
	case status == http.StatusNotFound, status == http.StatusGone:
		return is(CodeNotFound, fault.NotFound)
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return is(CodeConflict, fault.Conflict)
	case status == http.StatusTooManyRequests:
		return is(CodeRateLimited, fault.RateLimited)
	case status == http.StatusRequestTimeout, status >= 500:
		return is(CodeServerError, openClass(req))
	case status >= 400:
		return is(CodeRefused, fault.Validation)
	}
	return is(CodeRedirected, openClass(req))
}

// openClass is the class of a failure that does not say what has happened.
func openClass(req Request) fault.Class {
	if req.Writes() {
		return fault.Unknown
	}
	return fault.Temporary
}

// longestWait is more than anybody means; a larger number would park a merchant
// for ever.
const longestWait = 24 * time.Hour

// wait is how long the answer asks to be left alone. Only two statuses ask.
func (c *Client) wait(answer Answer) time.Duration {
	switch answer.Status {
	case http.StatusTooManyRequests:
		return c.asked(answer)
	case http.StatusServiceUnavailable:
		return retryAfter(answer.Header, time.Now())
	}
	return 0
}

// asked is the wait of an answer that limits calls.
func (c *Client) asked(answer Answer) time.Duration {
	if answer.Header.Get("Retry-After") != "" || c.config.Wait == nil {
		return retryAfter(answer.Header, time.Now())
	}
	return min(max(c.config.Wait(answer.Header), 0), longestWait)
}

// Seconds gives a Config.Wait that reads a header which holds whole seconds, such
// as X-Ratelimit-Reset at some systems. Of a list the first counts.
func Seconds(header string) func(http.Header) time.Duration {
	return func(h http.Header) time.Duration {
		first, _, _ := strings.Cut(h.Get(header), ",")
		seconds, err := strconv.ParseInt(strings.TrimSpace(first), 10, 32)
		if err != nil {
			return 0
		}
		return time.Duration(seconds) * time.Second
	}
}

// retryAfter reads the header Retry-After (RFC 9110): seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return min(max(time.Duration(seconds)*time.Second, 0), longestWait)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestWait)
	}
	return 0
}
