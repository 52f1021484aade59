// Package metrics shows how a hub fares in the format of Prometheus. Everything is asked for
// when it is scraped, so that there is nothing to keep in step. Labels name connectors,
// versions and connections, and never merchants, accounts or amounts.
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Sight is what is shown.
type Sight interface {
	Versions(ctx context.Context) ([]sight.Version, error)
	Lanes(ctx context.Context, connector string, fn func(sight.Lane) error) error
	Swaps(ctx context.Context, connector string, most int) ([]ports.Swap, error)
	Backlog(ctx context.Context) (ports.Backlog, error)
}

// patience is how long one scrape may ask. Prometheus itself waits 10 seconds.
const patience = 8 * time.Second

// New makes the handler; version is the hub's own.
func New(sight Sight, version string, log hclog.Logger) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "kvitt_info", Help: "The hub, always 1.", ConstLabels: prometheus.Labels{"version": version}}, func() float64 { return 1 }),
		&collector{sight: sight},
	)
	// What can be told is told although something else cannot: it is then that it is needed.
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Warn}), MaxRequestsInFlight: 4,
	})
}

var (
	version  = []string{"connector", "version"}
	perLane  = []string{"connector", "connection"}
	state    = describe("connector_state", "1 for the state in which a version of a connector is, 0 for the others.", append(version, "state")...)
	serves   = describe("connector_serves", "1 if connections are served by the version.", version...)
	wanted   = describe("connector_wanted", "1 if the version is wanted for all connections that are pinned to none.", version...)
	pinned   = describe("connector_pinned", "How many connections are pinned to the version.", version...)
	uptime   = describe("connector_uptime_seconds", "How long the process of the version has been up.", version...)
	restarts = describe("connector_restarts_total", "How often the process has exited or failed to start.", version...)
	calls    = describe("connector_calls_total", "Calls that were made.", version...)
	refused  = describe("connector_calls_refused_total", "Calls that were not made because the version was down.", version...)
	inFlight = describe("connector_calls_in_flight", "Calls under way.", version...)
	failures = describe("connector_call_failures_total", "Calls that failed, by class and by who can mend it.", append(version, "class", "source")...)
	took     = describe("connector_call_duration_seconds", "How long calls took.", version...)
	memory   = describe("connector_memory_bytes", "Memory of the process and its children.", version...)
	limit    = describe("connector_memory_limit_bytes", "The most memory it may take, 0 for no limit.", version...)

	laneFlying  = describe("lane_in_flight", "Calls of a connection's lane that are under way.", perLane...)
	laneWaiting = describe("lane_waiting", "Calls that wait for their turn in the lane.", perLane...)
	laneLeft    = describe("lane_calls_left", "How many calls the remote system takes now; missing if that is not limited.", perLane...)
	laneRests   = describe("lane_resting", "1 while the remote system wants to be left alone.", perLane...)
	connections = describe("connections", "Connections by state; one that somebody paused counts as paused.", "connector", "state")

	swapState  = describe("swap_state", "The state of the last swap of a connector, always 1.", "connector", "from", "to", "state")
	runs       = describe("runs", "Runs of flows under way, by whether they wait.", "state")
	exceptions = describe("exceptions_open", "Exceptions that wait for a person, parked ones included.")
	callbacks  = describe("callbacks_waiting", "Messages of providers that are not read yet.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("kvitt_"+name, help, append([]string{}, labels...), nil)
}

// collector asks when it is scraped.
type collector struct{ sight Sight }

// Describe implements prometheus.Collector.
func (*collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		state, serves, wanted, pinned, uptime, restarts, calls, refused, inFlight, failures, took, memory, limit,
		laneFlying, laneWaiting, laneLeft, laneRests, connections, swapState, runs, exceptions, callbacks,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	versions, err := c.sight.Versions(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(state, err)
	}
	last := ""
	for _, v := range versions {
		collectVersion(out, v)
		if v.Connector == last {
			continue
		}
		last = v.Connector
		c.collectLanes(ctx, out, v.Connector)
		c.collectSwap(ctx, out, v.Connector)
	}
	c.collectBacklog(ctx, out)
}

// missing is the state of a version that is installed and not loaded.
const missing ports.ConnectorState = "missing"

// states are all that a version can be in.
var states = []ports.ConnectorState{
	missing, ports.ConnectorStopped, ports.ConnectorStarting, ports.ConnectorReady, ports.ConnectorBackingOff, ports.ConnectorQuarantined, ports.ConnectorAttached,
}

func collectVersion(out chan<- prometheus.Metric, v sight.Version) {
	names := []string{v.Connector, v.Version}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append(names[:2:2], labels...)...)
	}
	count := func(d *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), append(names[:2:2], labels...)...)
	}
	now := missing
	if v.Status != nil {
		now = v.Status.State
	}
	for _, s := range states {
		gauge(state, truth(s == now), string(s))
	}
	gauge(wanted, truth(v.Wanted))
	gauge(pinned, float64(len(v.Pinned)))
	gauge(serves, truth(v.Status != nil && v.Status.Serves))
	if v.Status == nil {
		return
	}
	gauge(uptime, v.Status.Uptime.Seconds())
	gauge(memory, float64(v.Status.Memory))
	gauge(limit, float64(v.Status.MemoryLimit))
	gauge(inFlight, float64(v.Status.Calls.InFlight))
	count(restarts, int64(v.Status.Restarts))
	count(calls, v.Status.Calls.Total)
	count(refused, v.Status.Calls.Refused)
	for _, f := range v.Status.Calls.Faults {
		count(failures, f.Count, string(f.Class), string(f.Source))
	}
	buckets := make(map[float64]uint64, len(v.Status.Calls.Took))
	for _, b := range v.Status.Calls.Took {
		buckets[b.AtMost.Seconds()] = uint64(b.Count) //nolint:gosec // a count is not negative
	}
	out <- prometheus.MustNewConstHistogram(took, uint64(v.Status.Calls.Total), v.Status.Calls.TookAll.Seconds(), buckets, names...) //nolint:gosec // a count is not negative
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (c *collector) collectLanes(ctx context.Context, out chan<- prometheus.Metric, connector string) {
	counts := map[string]int{}
	err := c.sight.Lanes(ctx, connector, func(l sight.Lane) error {
		switch record := l.Connection; {
		case record.State != merchant.Disconnected && !record.Pause.Since.IsZero():
			counts["paused"]++
		default:
			counts[string(record.State)]++
		}
		if l.State == nil {
			return nil
		}
		gauge := func(d *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, connector, l.Connection.ID)
		}
		gauge(laneFlying, float64(l.State.Running))
		gauge(laneWaiting, float64(l.State.Waiting))
		gauge(laneRests, truth(!l.State.Paused.IsZero()))
		if l.State.Calls > 0 {
			gauge(laneLeft, float64(l.State.Left))
		}
		return nil
	})
	if err != nil {
		out <- prometheus.NewInvalidMetric(connections, err)
	}
	for name, n := range counts {
		out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(n), connector, name)
	}
}

func (c *collector) collectSwap(ctx context.Context, out chan<- prometheus.Metric, connector string) {
	last, err := c.sight.Swaps(ctx, connector, 1)
	if err != nil {
		out <- prometheus.NewInvalidMetric(swapState, err)
	}
	for _, s := range last {
		out <- prometheus.MustNewConstMetric(swapState, prometheus.GaugeValue, 1, connector, s.From, s.To, string(s.State))
	}
}

func (c *collector) collectBacklog(ctx context.Context, out chan<- prometheus.Metric) {
	open, err := c.sight.Backlog(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(exceptions, err)
		return
	}
	gauge := func(d *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	gauge(runs, open.Runs-open.RunsWaiting, "working")
	gauge(runs, open.RunsWaiting, "waiting")
	gauge(exceptions, open.Exceptions)
	gauge(callbacks, open.Callbacks)
}
