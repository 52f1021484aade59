package simulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// outcome is what a client in the background has got.
type outcome struct {
	status int
	err    error
}

func (b *bench) sendInBackground(ctx context.Context, path string) <-chan outcome {
	done := make(chan outcome, 1)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+path, strings.NewReader("body"))
	require.NoError(b.t, err)
	go func() {
		response, err := b.client.Do(request)
		if err != nil {
			done <- outcome{err: err}
			return
		}
		_ = response.Body.Close()
		done <- outcome{status: response.StatusCode}
	}()
	return done
}

func TestAHeldRequestGoesOnWhenReleased(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind    simulator.Kind
		phase   string
		effects int // while held
		letGo   [2]string
	}{
		"held before handling, by release":          {"hold_before", "before", 0, [2]string{"POST", "/_sim/release"}},
		"held after handling, by release":           {"hold_after", "after", 1, [2]string{"POST", "/_sim/release"}},
		"held before handling, by removing faults":  {"hold_before", "before", 0, [2]string{"DELETE", "/_sim/faults"}},
		"held after handling, by removing of fault": {"hold_after", "after", 1, [2]string{"DELETE", "/_sim/faults"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.fault(simulator.Fault{Kind: c.kind, Times: 1})
			done := b.sendInBackground(context.Background(), "/things")
			b.eventually(func() bool { return len(b.held()) == 1 }, "the request is held")
			require.Equal(t, []simulator.Held{{Fault: id, Number: 1, Method: "POST", Path: "/things", Phase: c.phase}}, b.held())
			require.Len(t, b.effects(), c.effects)
			require.Zero(t, b.log().Requests[0].Status)

			require.Equal(t, http.StatusOK, b.control(c.letGo[0], c.letGo[1], nil, nil))
			require.Equal(t, outcome{status: http.StatusCreated}, <-done)
			require.Equal(t, []string{"POST /things body"}, b.effects())
			require.Empty(t, b.held())
			require.Equal(t, http.StatusCreated, b.log().Requests[0].Status)
		})
	}
}

func TestAHeldRequestWhoseClientHasGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind    simulator.Kind
		effects []string
	}{
		"is never handled if held before":   {"hold_before", []string{}},
		"has been handled if held after it": {"hold_after", []string{"POST /things body"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault(simulator.Fault{Kind: c.kind, Times: 1})
			ctx, leave := context.WithCancel(context.Background())
			done := b.sendInBackground(ctx, "/things")
			b.eventually(func() bool { return len(b.held()) == 1 }, "the request is held")
			leave()
			require.ErrorIs(t, (<-done).err, context.Canceled)
			b.eventually(func() bool { return len(b.held()) == 0 }, "the simulator notices")

			var released map[string]int
			b.control(http.MethodPost, "/_sim/release", nil, &released)
			require.Equal(t, map[string]int{"released": 0}, released)
			b.mustSend(http.MethodPost, "/next", "")
			require.Equal(t, append(c.effects, "POST /next "), b.effects())
			require.Zero(t, b.log().Requests[0].Status)
		})
	}
}

func TestOtherRequestsPassAHeldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault(simulator.Fault{Kind: "hold_before", Path: "^/held"})
	first := b.sendInBackground(context.Background(), "/held/1")
	second := b.sendInBackground(context.Background(), "/held/2")
	b.eventually(func() bool { return len(b.held()) == 2 }, "both are held")
	b.mustSend(http.MethodPost, "/free", "")
	require.Equal(t, []string{"POST /free "}, b.effects())
	b.control(http.MethodPost, "/_sim/release", nil, nil)
	require.Equal(t, http.StatusCreated, (<-first).status)
	require.Equal(t, http.StatusCreated, (<-second).status)
}
