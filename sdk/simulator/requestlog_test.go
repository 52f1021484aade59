package simulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestRequestsAreNumberedInOrderOfArrival(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := time.Now()
	b.mustSend(http.MethodGet, "/3/invoices?page=2", "")
	b.control(http.MethodGet, "/_sim/clock", nil, nil) // not counted
	b.mustSend(http.MethodPost, "/3/vouchers", "abc")
	got := b.log()
	require.Equal(t, 2, got.Total)
	for i := range got.Requests {
		require.False(t, got.Requests[i].Started.Before(before.Truncate(time.Microsecond)))
		got.Requests[i].Started = time.Time{}
	}
	// The hashes are the well-known SHA-256 of "" and "abc" (FIPS 180-4 examples).
	require.Equal(t, []simulator.Request{
		{Number: 1, Method: "GET", Path: "/3/invoices", Query: "page=2", Status: 201, BodySHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{Number: 2, Method: "POST", Path: "/3/vouchers", Status: 201, BodySHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	}, got.Requests)
}

func TestRateLimitedAnswersAreCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "status", Status: 429, Nth: 2, Times: 2})
	for range 4 {
		b.mustSend(http.MethodGet, "/", "")
	}
	require.Equal(t, 2, b.log().RateLimited)
}

func TestAResetStartsAtNumberOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mustSend(http.MethodGet, "/before", "")
	b.control(http.MethodDelete, "/_sim/requests", nil, nil)
	require.Equal(t, simulator.RequestLog{Requests: []simulator.Request{}}, b.log())
	b.mustSend(http.MethodGet, "/after", "")
	require.Equal(t, 1, b.log().Requests[0].Number)
	require.Equal(t, "/after", b.log().Requests[0].Path)
}

func TestTheLogKeepsTheLastTenThousand(t *testing.T) {
	t.Parallel()
	control := simulator.New(time.Now())
	handler := control.Wrap(http.NotFoundHandler())
	const sent = 20_500
	for i := range sent {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/%d", i+1), nil))
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	got := (&bench{t: t, url: server.URL, client: server.Client()}).log()
	require.Equal(t, sent, got.Total)
	require.Len(t, got.Requests, 10_000)
	require.Equal(t, sent-10_000+1, got.Requests[0].Number)
	require.Equal(t, sent, got.Requests[9_999].Number)
}

func TestConcurrentRequestsGetDifferentNumbers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "status", Status: 409, Request: 7})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { _, _, _ = b.send(http.MethodPost, "/", "x") })
	}
	wg.Wait()
	struck := 0
	for i, request := range b.log().Requests {
		require.Equal(t, i+1, request.Number)
		if request.Status == http.StatusConflict {
			struck++
			require.Equal(t, 7, request.Number)
		}
	}
	require.Equal(t, 1, struck)
}
