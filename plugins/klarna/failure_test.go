package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func TestFailuresOfKlarnaSayWhatToDo(t *testing.T) {
	t.Parallel()
	body := func(code string) string {
		return `{"error_code":"` + code + `","error_messages":["Anna Andersson, ` + apiKey + `"],"correlation_id":"c0ffee00-0000-4000-8000-000000000001"}`
	}
	cases := map[string]struct {
		fault  object
		code   fault.Code
		class  fault.Class
		reason string
		wait   time.Duration
	}{
		"wrong credentials":      {object{"kind": "status", "status": 401}, upstream.CodeUnauthorized, fault.Auth, "401", 0},
		"no permission":          {object{"kind": "status", "status": 403, "body": body("NOT_ALLOWED")}, upstream.CodeForbidden, fault.Auth, "code NOT_ALLOWED", 0},
		"not there":              {object{"kind": "status", "status": 404, "body": body("NOT_FOUND")}, upstream.CodeNotFound, fault.NotFound, "correlation id c0ffee00-0000-4000-8000-000000000001", 0},
		"a wrong request":        {object{"kind": "status", "status": 400, "body": body("BAD_VALUE")}, upstream.CodeRefused, fault.Validation, "code BAD_VALUE", 0},
		"a concurrent change":    {object{"kind": "status", "status": 409, "body": body("CONFLICT")}, upstream.CodeConflict, fault.Temporary, "code CONFLICT", 0},
		"too much to process":    {object{"kind": "status", "status": 422, "body": body("UNPROCESSABLE_ENTITY")}, upstream.CodeRefused, fault.Validation, "422", 0},
		"an error of the server": {object{"kind": "status", "status": 500, "body": body("UNEXPECTED_ERROR")}, upstream.CodeServerError, fault.Temporary, "code UNEXPECTED_ERROR", 0},
		"a proxy's error":        {object{"kind": "status", "status": 503, "body": "<html>"}, upstream.CodeServerError, fault.Temporary, "503", 0},
		"temporarily, oddly":     {object{"kind": "status", "status": 400, "body": body("TEMPORARILY_UNAVAILABLE")}, upstream.CodeRefused, fault.Temporary, "400", 0},
		"too many requests": {
			object{"kind": "status", "status": 429, "body": body("TOO_MANY_REQUESTS"), "headers": object{"x-ratelimit-reset": "3"}},
			upstream.CodeRateLimited, fault.RateLimited, "429", 3 * time.Second,
		},
		"too many requests, politely": {
			object{"kind": "status", "status": 429, "headers": object{"Retry-After": "7", "x-ratelimit-reset": "3"}},
			upstream.CodeRateLimited, fault.RateLimited, "429", 7 * time.Second,
		},
		"too many requests, mutely":  {object{"kind": "status", "status": 429}, upstream.CodeRateLimited, fault.RateLimited, "429", 0},
		"a redirect":                 {object{"kind": "status", "status": 302, "headers": object{"Location": "https://evil.test/"}}, upstream.CodeRedirected, fault.Temporary, "302", 0},
		"cut before it was handled":  {object{"kind": "cut_before"}, upstream.CodeCutOff, fault.Temporary, "broke", 0},
		"cut after it was handled":   {object{"kind": "cut_after"}, upstream.CodeCutOff, fault.Temporary, "broke", 0},
		"cut in the midst":           {object{"kind": "truncate"}, upstream.CodeCutOff, fault.Temporary, "broke", 0},
		"an answer that is no JSON":  {object{"kind": "status", "status": 200, "body": "<html>hello</html>"}, upstream.CodeUnreadable, fault.Temporary, "documents", 0},
		"an answer of another shape": {object{"kind": "status", "status": 200, "body": `{"transactions":{}}`}, upstream.CodeUnreadable, fault.Temporary, "documents", 0},
		"an answer without pages":    {object{"kind": "status", "status": 200, "body": `{"transactions":[]}`}, upstream.CodeUnreadable, fault.Temporary, "pagination", 0},
		"something after the answer": {object{"kind": "status", "status": 200, "body": `{"transactions":[],"pagination":{"count":0}} x`}, upstream.CodeUnreadable, fault.Temporary, "documents", 0},
		"twice":                      {object{"kind": "status", "status": 200, "body": `{"transactions":[],"transactions":[],"pagination":{"count":0}}`}, upstream.CodeUnreadable, fault.Temporary, "twice", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, object{"payouts": []object{example()}})
			f.fail(with(c.fault, object{"path": "/transactions"}))
			f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
				_, err := listLines(t.Context(), source, f.call(callsPayoutLines), "XISA93DJ", "")
				got := fault.Of(err)
				require.Equal(t, c.code, got.Code)
				require.Equal(t, c.class, got.Class)
				require.Equal(t, fault.Upstream, got.Source)
				require.Contains(t, got.Reason, c.reason)
				require.Equal(t, c.wait, got.RetryAfter)
				usage, known := ports.UsageOf(err)
				require.True(t, known)
				require.GreaterOrEqual(t, usage.Calls, 2)
				require.Equal(t, c.wait, usage.RetryAfter)
				require.Equal(t, c.class == fault.RateLimited, usage.RateLimited == 1)
				for _, hidden := range []string{apiKey, username, "Andersson", "evil"} {
					require.NotContains(t, err.Error()+got.Remedy, hidden)
				}
			})
		})
	}
}

func TestTheLimitOfKlarnaIsTold(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}, "rate_limit": 1})
	_, err := listLines(t.Context(), f.connectorWith(500), f.call(3), "XISA93DJ", "")
	require.Equal(t, fault.RateLimited, fault.ClassOf(err))
	usage, _ := ports.UsageOf(err)
	require.Equal(t, ports.Usage{Calls: 2, RateLimited: 1, RetryAfter: time.Second}, usage)
}

func TestAGrantThatIsTooSmallIsNotExceeded(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	c := f.connectorWith(500)
	_, err := listLines(t.Context(), c, f.call(1), "XISA93DJ", "")
	require.Equal(t, ports.CodeGrantExhausted, fault.CodeOf(err))
	_, err = c.ListPayouts(t.Context(), ports.ListPayoutsRequest{Call: f.call(0), Since: march(1)})
	require.Equal(t, ports.CodeGrantExhausted, fault.CodeOf(err))
	require.Len(t, f.requests(), 1)
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	f.fail(object{"kind": "hold_before"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := listLines(ctx, f.connectorWith(500), f.call(3), "XISA93DJ", "")
		done <- err
	}()
	require.Eventually(t, func() bool { return strings.Contains(string(f.control(http.MethodGet, "/_sim/held", nil)), "XISA93DJ") },
		10*time.Second, time.Millisecond)
	cancel()
	require.Equal(t, fault.Temporary, fault.ClassOf(<-done))
}

func TestAnUnknownPayoutIsNotFound(t *testing.T) {
	t.Parallel()
	f := simulate(t, nil)
	_, err := listLines(t.Context(), f.connectorWith(500), f.call(3), "NO NE?/x", "")
	require.Equal(t, fault.NotFound, fault.ClassOf(err))
	require.Equal(t, []string{"/settlements/v1/payouts/NO NE?/x"}, f.requests(), "a reference stays one part of the path")
}

func TestLinksOfKlarnaAreNotFollowed(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("credentials went elsewhere") }))
	t.Cleanup(thief.Close)
	f := simulate(t, object{"base_url": thief.URL, "payouts": []object{paid("P", soldFor(500), sales(5)...)}})
	r, err := f.readLines(f.connectorWith(2), "P")
	require.NoError(t, err)
	require.Len(t, r.lines, 5)
}
