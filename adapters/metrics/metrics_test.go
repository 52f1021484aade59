package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/metrics"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// scene is a hub of which something is known.
type scene struct {
	versions []sight.Version
	lanes    []sight.Lane
	swaps    []ports.Swap
	backlog  ports.Backlog
	broken   error
}

func (s scene) Versions(context.Context) ([]sight.Version, error) { return s.versions, nil }

func (s scene) Lanes(_ context.Context, connector string, fn func(sight.Lane) error) error {
	for _, l := range s.lanes {
		if l.Connection.Connector == connector {
			if err := fn(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s scene) Swaps(context.Context, string, int) ([]ports.Swap, error) { return s.swaps, nil }
func (s scene) Backlog(context.Context) (ports.Backlog, error)           { return s.backlog, s.broken }

func aScene() scene {
	connection := func(id string, state merchant.ConnectionState) ports.ConnectionRecord {
		c := ports.ConnectionRecord{}
		c.ID, c.Connector, c.State, c.MerchantID, c.Label = id, "klarna", state, "merchant-secret", "Blåbär AB"
		return c
	}
	paused := connection("c-3", merchant.Verified)
	paused.Pause.Since = time.Unix(1, 0)
	return scene{
		versions: []sight.Version{
			{
				InstalledVersion: ports.InstalledVersion{Connector: "klarna", Version: "1.0.0"}, Wanted: true, Pinned: []string{"c-1"},
				Status: &ports.VersionStatus{
					ConnectorStatus: ports.ConnectorStatus{State: ports.ConnectorReady, Restarts: 2}, Serves: true, Uptime: 90 * time.Second, Memory: 1 << 20, MemoryLimit: 1 << 30,
					Calls: ports.CallCounts{
						Total: 5, Failed: 2, Refused: 3, InFlight: 1, TookAll: 6 * time.Second,
						Faults: []ports.FaultCount{{Class: fault.RateLimited, Source: fault.Upstream, Count: 2}},
						Took:   []ports.DurationCount{{AtMost: time.Second, Count: 3}, {AtMost: 5 * time.Second, Count: 4}},
					},
				},
			},
			{InstalledVersion: ports.InstalledVersion{Connector: "klarna", Version: "1.0.1"}, Missing: "its file is gone"},
		},
		lanes: []sight.Lane{
			{Connection: connection("c-1", merchant.Verified), State: &lane.State{Running: 2, Waiting: 7, Calls: 25, Left: 4, Paused: time.Unix(9, 0)}},
			{Connection: connection("c-2", merchant.Unverified)},
			{Connection: paused},
		},
		swaps:   []ports.Swap{{Connector: "klarna", From: "1.0.0", To: "1.0.1", State: ports.SwapReturned}},
		backlog: ports.Backlog{Runs: 4, RunsWaiting: 1, Exceptions: 9, Callbacks: 3},
	}
}

func scrape(t *testing.T, s scene) string {
	t.Helper()
	answer := httptest.NewRecorder()
	metrics.New(s, "1.2.3", hclog.NewNullLogger()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestWhatIsScrapedIsWhatIsThere(t *testing.T) {
	t.Parallel()
	text := scrape(t, aScene())
	for _, line := range []string{
		`kvitt_info{version="1.2.3"} 1`,
		`kvitt_connector_state{connector="klarna",state="ready",version="1.0.0"} 1`,
		`kvitt_connector_state{connector="klarna",state="quarantined",version="1.0.0"} 0`,
		`kvitt_connector_state{connector="klarna",state="missing",version="1.0.1"} 1`,
		`kvitt_connector_serves{connector="klarna",version="1.0.0"} 1`,
		`kvitt_connector_serves{connector="klarna",version="1.0.1"} 0`,
		`kvitt_connector_wanted{connector="klarna",version="1.0.0"} 1`,
		`kvitt_connector_pinned{connector="klarna",version="1.0.0"} 1`,
		`kvitt_connector_uptime_seconds{connector="klarna",version="1.0.0"} 90`,
		`kvitt_connector_restarts_total{connector="klarna",version="1.0.0"} 2`,
		`kvitt_connector_calls_total{connector="klarna",version="1.0.0"} 5`,
		`kvitt_connector_calls_refused_total{connector="klarna",version="1.0.0"} 3`,
		`kvitt_connector_calls_in_flight{connector="klarna",version="1.0.0"} 1`,
		`kvitt_connector_call_failures_total{class="rate_limited",connector="klarna",source="upstream",version="1.0.0"} 2`,
		`kvitt_connector_call_duration_seconds_bucket{connector="klarna",version="1.0.0",le="1"} 3`,
		`kvitt_connector_call_duration_seconds_bucket{connector="klarna",version="1.0.0",le="+Inf"} 5`,
		`kvitt_connector_call_duration_seconds_sum{connector="klarna",version="1.0.0"} 6`,
		`kvitt_connector_memory_bytes{connector="klarna",version="1.0.0"} 1.048576e+06`,
		`kvitt_connector_memory_limit_bytes{connector="klarna",version="1.0.0"} 1.073741824e+09`,
		`kvitt_lane_in_flight{connection="c-1",connector="klarna"} 2`,
		`kvitt_lane_waiting{connection="c-1",connector="klarna"} 7`,
		`kvitt_lane_calls_left{connection="c-1",connector="klarna"} 4`,
		`kvitt_lane_resting{connection="c-1",connector="klarna"} 1`,
		`kvitt_connections{connector="klarna",state="verified"} 1`,
		`kvitt_connections{connector="klarna",state="unverified"} 1`,
		`kvitt_connections{connector="klarna",state="paused"} 1`,
		`kvitt_swap_state{connector="klarna",from="1.0.0",state="returned",to="1.0.1"} 1`,
		`kvitt_runs{state="working"} 3`,
		`kvitt_runs{state="waiting"} 1`,
		`kvitt_exceptions_open 9`,
		`kvitt_callbacks_waiting 3`,
	} {
		require.Contains(t, text, line+"\n")
	}
	require.Contains(t, text, "go_goroutines ")
	require.NotContains(t, text, "c-2", "a lane that was never used has no series")
	for _, private := range []string{"merchant-secret", "Blåbär"} {
		require.NotContains(t, text, private)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	for name, family := range families {
		require.NotEmpty(t, family.GetHelp(), name)
	}
}

func TestWhatCanBeToldIsToldThoughTheStoreFails(t *testing.T) {
	t.Parallel()
	s := aScene()
	s.broken = errors.New("the disk is full")
	text := scrape(t, s)
	require.Contains(t, text, "kvitt_connector_calls_total")
	require.NotContains(t, text, "kvitt_runs")
}
