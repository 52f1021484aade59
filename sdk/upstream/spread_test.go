package upstream_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// slow answers every request after a second.
type slow struct{}

func (slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Second)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func TestWhatLiesBetweenTheAnswersToWritesIsMeasured(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		requests []upstream.Request
		spread   time.Duration
	}{
		"one write":                   {requests: []upstream.Request{post("/a")}},
		"two writes":                  {requests: []upstream.Request{post("/a"), post("/b")}, spread: time.Second},
		"readings alone":              {requests: []upstream.Request{get("/a"), get("/b")}},
		"a reading before and after":  {requests: []upstream.Request{get("/a"), post("/b"), post("/c"), get("/d")}, spread: time.Second},
		"a reading before one write":  {requests: []upstream.Request{get("/a"), post("/b")}},
		"three writes, first to last": {requests: []upstream.Request{post("/a"), post("/b"), post("/c")}, spread: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := upstream.New(upstream.Config{Hosts: []string{declared}, Transport: slow{}}, ports.Call{Grant: len(c.requests)})
				for _, request := range c.requests {
					_, err := client.Do(t.Context(), request)
					require.NoError(t, err)
				}
				require.Equal(t, ports.Usage{Calls: len(c.requests), Spread: c.spread}, client.Usage())
			})
		})
	}
}
