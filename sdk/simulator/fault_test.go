package simulator_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestAFaultStrikes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault   simulator.Fault
		path    string
		status  int // 0 = the client gets no answer
		body    string
		broken  error // of reading the body
		effects int
		logged  int
	}{
		"status answers instead of handling": {
			fault:  simulator.Fault{Kind: "status", Status: 429, Headers: map[string]string{"Retry-After": "2"}, Body: "slow down"},
			status: 429, body: "slow down", effects: 0, logged: 429,
		},
		"status without a number is 500": {
			fault: simulator.Fault{Kind: "status"}, status: 500, logged: 500,
		},
		"status_after answers falsely although the effect took place": {
			fault: simulator.Fault{Kind: "status_after", Status: 503, Body: "no"}, status: 503, body: "no", effects: 1, logged: 503,
		},
		"cut_before leaves neither effect nor answer": {
			fault: simulator.Fault{Kind: "cut_before"}, effects: 0, logged: 0,
		},
		"cut_after leaves the effect but no answer": {
			fault: simulator.Fault{Kind: "cut_after"}, effects: 1, logged: 0,
		},
		"truncate sends half of the body": {
			fault:  simulator.Fault{Kind: "truncate"},
			status: 201, body: "01234", broken: io.ErrUnexpectedEOF, effects: 1, logged: 201,
		},
		"truncate cuts where there is no body to halve": {
			fault: simulator.Fault{Kind: "truncate"}, path: "/empty", effects: 1, logged: 0,
		},
		"latency changes nothing but the time": {
			fault:  simulator.Fault{Kind: "latency", DelayMS: 1},
			status: 201, body: answerBody, effects: 1, logged: 201,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault(c.fault)
			path := "/things"
			if c.path != "" {
				path = c.path
			}
			response, body, err := b.send(http.MethodPost, path, "x")
			if c.status == 0 {
				require.Error(t, err)
				require.Nil(t, response)
			} else {
				require.ErrorIs(t, err, c.broken)
				require.Equal(t, c.status, response.StatusCode)
				require.Equal(t, c.body, body)
				for name, value := range c.fault.Headers {
					require.Equal(t, value, response.Header.Get(name))
				}
			}
			require.Len(t, b.effects(), c.effects)
			require.Equal(t, c.logged, b.log().Requests[0].Status)
			require.Equal(t, 1, b.faults()[0].Hits)
		})
	}
}

func TestLatencyIsWaitedBeforeTheEffect(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "latency", DelayMS: 60})
	b.fault(simulator.Fault{Kind: "latency", DelayMS: 40})
	started := time.Now()
	b.mustSend(http.MethodGet, "/things", "")
	require.GreaterOrEqual(t, time.Since(started), 100*time.Millisecond, "two delays add up")
}

func TestAFaultStrikesOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault simulator.Fault
		want  []int // statuses of POST /a, POST /b, GET /a, POST /a, POST /a
	}{
		"without limits every request":    {simulator.Fault{}, []int{500, 500, 500, 500, 500}},
		"one method":                      {simulator.Fault{Method: "GET"}, []int{201, 201, 500, 201, 201}},
		"a path by regular expression":    {simulator.Fault{Path: "^/b$"}, []int{201, 500, 201, 201, 201}},
		"from the nth match on":           {simulator.Fault{Method: "POST", Path: "a", Nth: 2}, []int{201, 201, 201, 500, 500}},
		"so many times":                   {simulator.Fault{Times: 2}, []int{500, 500, 201, 201, 201}},
		"the nth match alone":             {simulator.Fault{Method: "POST", Path: "a", Nth: 2, Times: 1}, []int{201, 201, 201, 500, 201}},
		"the request with this number":    {simulator.Fault{Request: 3}, []int{201, 201, 500, 201, 201}},
		"that request if it fits as well": {simulator.Fault{Request: 3, Method: "POST"}, []int{201, 201, 201, 201, 201}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.fault.Kind, c.fault.Status = "status", 500
			b.fault(c.fault)
			var got []int
			for _, request := range [][2]string{{"POST", "/a"}, {"POST", "/b"}, {"GET", "/a"}, {"POST", "/a"}, {"POST", "/a"}} {
				response, _ := b.mustSend(request[0], request[1], "")
				got = append(got, response.StatusCode)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestOfSeveralFaultsTheOldestThatIsDueStrikes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "status", Status: 500, Times: 1})
	b.fault(simulator.Fault{Kind: "status", Status: 503, Times: 1})
	var got []int
	for range 3 {
		response, _ := b.mustSend(http.MethodGet, "/", "")
		got = append(got, response.StatusCode)
	}
	require.Equal(t, []int{500, 503, 201}, got)
	require.Equal(t, 3, b.faults()[1].Matches)
	require.Equal(t, 1, b.faults()[1].Hits)
}

func TestRemovedFaultsStrikeNoMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "status"})
	var removed map[string]int
	b.control(http.MethodDelete, "/_sim/faults", nil, &removed)
	require.Equal(t, map[string]int{"removed": 1}, removed)
	response, _ := b.mustSend(http.MethodGet, "/", "")
	require.Equal(t, http.StatusCreated, response.StatusCode)
	require.Empty(t, b.faults())
}

func TestAFaultThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]any{
		"no kind":                    map[string]any{},
		"unknown kind":               map[string]any{"kind": "explode"},
		"unknown field":              map[string]any{"kind": "status", "stauts": 500},
		"broken expression":          map[string]any{"kind": "status", "path": "("},
		"negative nth":               map[string]any{"kind": "status", "nth": -1},
		"latency without delay":      map[string]any{"kind": "latency"},
		"status that HTTP has not":   map[string]any{"kind": "status", "status": 1000},
		"interim status":             map[string]any{"kind": "status", "status": 100},
		"request together with nth":  map[string]any{"kind": "status", "request": 3, "nth": 2},
		"number where a text is due": map[string]any{"kind": 7},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			var refusal map[string]string
			require.Equal(t, http.StatusBadRequest, b.control(http.MethodPost, "/_sim/faults", c, &refusal))
			require.NotEmpty(t, refusal["error"])
			require.Empty(t, b.faults())
		})
	}
}

func TestACutGetOnAUsedConnectionIsSeenTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.client = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(b.client.CloseIdleConnections)
	b.mustSend(http.MethodGet, "/", "")
	b.fault(simulator.Fault{Kind: "cut_after", Times: 1, Path: "^/cut"})
	// Go's client repeats a GET by itself; the simulator must not hide that.
	response, _ := b.mustSend(http.MethodGet, "/cut", "")
	require.Equal(t, http.StatusCreated, response.StatusCode)
	require.Equal(t, []string{"GET / ", "GET /cut ", "GET /cut "}, b.effects())
}

func TestTheEffectStandsThoughTheClientHasGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "latency", DelayMS: 50})
	ctx, leave := context.WithCancel(context.Background())
	done := b.sendInBackground(ctx, "/things")
	b.eventually(func() bool { return b.log().Total == 1 }, "the request arrives")
	leave()
	require.ErrorIs(t, (<-done).err, context.Canceled)
	b.eventually(func() bool { return len(b.effects()) == 1 }, "the effect takes place")
}
