package pluginhost_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

func TestEachCallIsCountedByWhoIsAtFault(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ask    string
		class  fault.Class
		source fault.Source
		code   fault.Code
		reason string
	}{
		"the remote system refuses":      {"fault:upstream", fault.Auth, fault.Upstream, "acme.refused", "the token [redacted on the wire] was refused"},
		"the hub asks for what is not":   {"fault:hub", fault.Auth, fault.Hub, "acme.refused", "refused"},
		"the connector fails":            {"fail", fault.Temporary, fault.Connector, wire.CodeUnclassified, "without saying how"},
		"the connector panics":           {"panic", fault.Unknown, fault.Connector, wire.CodePanic, "crashed in this call"},
		"the process exits":              {"exit", fault.Unknown, fault.Connector, wire.CodeCutOff, "cut off"},
		"the call outlives its deadline": {"hang", fault.Unknown, fault.Connector, wire.CodeDeadline, "did not answer in time"},
		"the answer's bytes are others":  {"wrong-hash", fault.Validation, fault.Connector, wire.CodeMessage, "raw[0].sha256"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connector := newHub(t).load(t, "")
			_, err := ask(connector, "pid")
			require.NoError(t, err)
			before := connector.Calls()
			ctx, cancel := context.WithTimeout(ports.WithWork(t.Context(), "payout-7"), patience)
			if c.code == wire.CodeDeadline {
				ctx, cancel = context.WithTimeout(ports.WithWork(t.Context(), "payout-7"), 50*time.Millisecond)
			}
			defer cancel()
			call := ports.Call{Connection: ports.Connection{ID: "c1", Credentials: map[string]string{"token": "tok-5f2a9c"}}}
			_, err = connector.ListPayouts(ctx, ports.ListPayoutsRequest{Call: call, Cursor: c.ask})
			require.Equal(t, c.code, fault.CodeOf(err))

			since := connector.Calls().Since(before)
			require.EqualValues(t, 1, since.Total)
			require.EqualValues(t, 1, since.Failed)
			require.Equal(t, map[pluginhost.Blame]int64{{Class: c.class, Source: c.source}: 1}, since.Faults)
			require.EqualValues(t, 1, since.FailedBy(c.source))
			require.EqualValues(t, 1, since.Methods["ListPayouts"].Failed)
			require.Zero(t, since.Refused)
			require.Len(t, connector.Errors(), 1)
			last := connector.Errors()[0]
			require.Equal(t, c.code, last.Code)
			require.Equal(t, c.class, last.Class)
			require.Equal(t, c.source, last.Source)
			require.Equal(t, "ListPayouts", last.Method)
			require.Equal(t, "c1", last.Connection)
			require.Equal(t, "payout-7", last.Work)
			require.Contains(t, last.Reason, c.reason)
			require.NotContains(t, last.Reason, "tok-5f2a9c")
			require.False(t, last.At.IsZero())
		})
	}
}

func TestACallThatItsCallerGivesUpIsNobodysFault(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := askUntil(ctx, connector, "hang")
		answered <- err
	}()
	eventually(t, "the call to be under way", func() bool { return connector.Calls().InFlight == 1 && connector.Status().PID != 0 })
	cancel()
	require.Error(t, <-answered)
	require.EqualValues(t, 1, connector.Calls().FailedBy(fault.Hub))
	require.Zero(t, connector.Calls().FailedBy(fault.Connector))
}

func TestCallsOfAConnectorThatIsDownAreRefusedAndNotMade(t *testing.T) {
	t.Parallel()
	connector := newHub(t, func(c *pluginhost.Config) { c.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour} }).load(t, "exit-in-init")
	for range 3 {
		_, err := ask(connector, "pid")
		require.Equal(t, fault.NotSent, fault.ClassOf(err))
	}
	calls := connector.Calls()
	require.EqualValues(t, 3, calls.Refused)
	require.Zero(t, calls.Total)
	require.Zero(t, calls.Failed)
	require.Empty(t, connector.Errors())
}

func TestCallsAreDividedByMethodAndBetweenMoments(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	for range 3 {
		_, err := ask(connector, "pid")
		require.NoError(t, err)
	}
	moment := connector.Calls()
	_, err := connector.ListPayoutLines(t.Context(), ports.ListPayoutLinesRequest{})
	require.NoError(t, err)
	calls := connector.Calls()
	require.EqualValues(t, 4, calls.Total)
	require.EqualValues(t, 3, calls.Methods["ListPayouts"].Total)
	require.EqualValues(t, 4, calls.Took.Count())
	require.Positive(t, calls.Took.Max)
	require.LessOrEqual(t, calls.Took.Quantile(0.5), calls.Took.Quantile(0.99))
	require.LessOrEqual(t, calls.Took.Quantile(0.99), calls.Took.Max)

	since := calls.Since(moment)
	require.EqualValues(t, 1, since.Total)
	require.Len(t, since.Methods, 1)
	require.EqualValues(t, 1, since.Methods["ListPayoutLines"].Took.Count())
	require.EqualValues(t, 3, moment.Methods["ListPayouts"].Total, "what was handed out stays as it was")
	require.Equal(t, calls.Total, calls.Since(pluginhost.Calls{}).Total)
}

func TestTheLastErrorsAreKeptAndNoMore(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	for range 60 {
		_, err := ask(connector, "fault:"+strings.Repeat("x", 10_000))
		require.Error(t, err)
	}
	_, err := ask(connector, "panic")
	require.Error(t, err)
	errors := connector.Errors()
	require.Len(t, errors, 50)
	require.Equal(t, wire.CodePanic, errors[49].Code)
	for _, e := range errors {
		require.LessOrEqual(t, len(e.Reason), 1100)
		require.LessOrEqual(t, len(e.Code), 150)
	}
	require.EqualValues(t, 61, connector.Calls().Failed)
}

func TestQuantilesOfLatency(t *testing.T) {
	t.Parallel()
	var none pluginhost.Latency
	require.Zero(t, none.Quantile(0.99))
	bounds := pluginhost.LatencyBounds()
	require.IsIncreasing(t, bounds)
	l := pluginhost.Latency{Max: 30 * time.Millisecond}
	require.Len(t, l.Counts, len(bounds)+1)
	l.Counts[0], l.Counts[4] = 90, 10 // at most 1 ms; 10 to 25 ms
	l.Counts[5] = 1                   // 25 to 50 ms, the longest 30 ms
	require.Less(t, l.Quantile(0.5), time.Millisecond)
	require.Greater(t, l.Quantile(0.95), 10*time.Millisecond)
	require.LessOrEqual(t, l.Quantile(0.95), 25*time.Millisecond)
	require.LessOrEqual(t, l.Quantile(1), 30*time.Millisecond)
	require.Greater(t, l.Quantile(1), 25*time.Millisecond)
	var long pluginhost.Latency
	long.Max = time.Hour
	long.Counts[len(bounds)] = 1
	require.Equal(t, time.Hour, long.Quantile(1))
}

func TestTheLongestCallBetweenMomentsIsKnownByItsBucket(t *testing.T) {
	t.Parallel()
	var earlier, later pluginhost.Calls
	earlier.Took.Max = time.Minute
	earlier.Took.Counts[15] = 1
	later.Took = earlier.Took
	later.Took.Counts[3]++ // 5 to 10 ms
	require.Equal(t, 10*time.Millisecond, later.Since(earlier).Took.Max)
	require.Zero(t, later.Since(later).Took.Max)
}
