package upstream_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// failing answers with one status after the other, the last one for ever. Status 0
// is a system that cannot be reached.
type failing struct {
	statuses []int
	after    string
	served   int
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	status := f.statuses[min(f.served, len(f.statuses)-1)]
	f.served++
	if status == 0 {
		return nil, errors.New("no route")
	}
	header := http.Header{}
	if f.after != "" && status >= 400 {
		header.Set("Retry-After", f.after)
	}
	return &http.Response{StatusCode: status, Header: header, Body: http.NoBody, Request: r}, nil
}

func TestOnlyWhatDoesNothingTwiceIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request  upstream.Request
		statuses []int
		after    string
		retries  int
		grant    int
		deadline time.Duration
		served   int
		code     fault.Code
		took     time.Duration // exact where a wait is asked for
	}{
		"a read that fails for a while":             {request: get("/"), statuses: []int{503, 502, 200}, retries: 3, served: 3},
		"a read that fails for good":                {request: get("/"), statuses: []int{500}, retries: 2, served: 3, code: upstream.CodeServerError},
		"a write that may have taken effect":        {request: post("/"), statuses: []int{500, 200}, retries: 3, served: 1, code: upstream.CodeServerError},
		"a write that was never sent":               {request: post("/"), statuses: []int{0, 0, 200}, retries: 3, served: 3},
		"a refusal":                                 {request: get("/"), statuses: []int{400, 200}, retries: 3, served: 1, code: upstream.CodeRefused},
		"wrong credentials":                         {request: get("/"), statuses: []int{401, 200}, retries: 3, served: 1, code: upstream.CodeUnauthorized},
		"a limit, whose wait is kept":               {request: post("/"), statuses: []int{429, 200}, after: "7", retries: 1, served: 2, took: 7 * time.Second},
		"a limit whose wait exceeds the deadline":   {request: get("/"), statuses: []int{429, 200}, after: "7", retries: 1, deadline: 5 * time.Second, served: 1, code: upstream.CodeRateLimited},
		"a failure that asks for a wait":            {request: get("/"), statuses: []int{503, 200}, after: "3", retries: 1, served: 2, took: 3 * time.Second},
		"a failure beyond the grant":                {request: get("/"), statuses: []int{503, 200}, retries: 5, grant: 1, served: 1, code: upstream.CodeServerError},
		"a connector that leaves it all to the hub": {request: get("/"), statuses: []int{503, 200}, served: 1, code: upstream.CodeServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(c.deadline, time.Minute))
				defer cancel()
				c.grant = cmp.Or(c.grant, 10)
				transport := &failing{statuses: c.statuses, after: c.after}
				client := upstream.New(upstream.Config{Hosts: []string{declared}, Transport: transport, Retries: c.retries}, ports.Call{Grant: c.grant})
				began := time.Now()
				_, err := client.Do(ctx, c.request)
				require.Equal(t, c.code, fault.CodeOf(err))
				require.Equal(t, c.served, transport.served)
				require.Equal(t, c.served, client.Usage().Calls)
				if c.took > 0 {
					require.Equal(t, c.took, time.Since(began))
					require.Zero(t, client.Usage().RetryAfter, "the wait is over")
				}
			})
		})
	}
}

func TestACallThatEndsDuringAWaitTellsWhatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		client := upstream.New(upstream.Config{
			Hosts: []string{declared}, Transport: &failing{statuses: []int{429}, after: "20"}, Retries: 1,
		}, ports.Call{Grant: 2})
		_, err := client.Do(ctx, get("/"))
		require.Equal(t, upstream.CodeRateLimited, fault.CodeOf(err))
		require.Equal(t, ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: 20 * time.Second}, client.Usage())
	})
}

func TestAHeaderOfItsOwnSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	for reset, want := range map[string]time.Duration{
		"3": 3 * time.Second, "3, 60": 3 * time.Second, "": 0, "soon": 0, "-5": 0, "99999999": 24 * time.Hour,
	} {
		client := upstream.New(upstream.Config{
			Hosts: []string{declared}, Transport: resetting(reset), Wait: upstream.Seconds("X-Ratelimit-Reset"),
			Classify: upstream.Refusals{
				Read:  func(upstream.Answer) upstream.Said { return upstream.Said{Code: "SLOW_DOWN"} },
				Codes: map[string]upstream.Meaning{"SLOW_DOWN": {Class: fault.RateLimited}},
			}.Classify,
		}, ports.Call{Grant: 1})
		_, err := client.Do(t.Context(), get("/"))
		require.Equal(t, fault.RateLimited, fault.ClassOf(err))
		require.Equal(t, want, fault.Of(err).RetryAfter, reset)
		require.Equal(t, ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: want}, client.Usage())
	}
}

// resetting limits calls under a status that says nothing of it.
type resetting string

func (r resetting) RoundTrip(req *http.Request) (*http.Response, error) {
	header := http.Header{"X-Ratelimit-Reset": {string(r)}}
	return &http.Response{StatusCode: http.StatusBadRequest, Header: header, Body: http.NoBody, Request: req}, nil
}
