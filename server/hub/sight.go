package hub

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/ports"
)

// nodeName names this hub, also in the lanes that it holds.
var nodeName = sync.OnceValue(func() string { //nolint:gochecknoglobals // a constant that the system knows
	host, err := os.Hostname()
	if err != nil {
		host = "hub"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
})

// Node implements rest.Fleet.
func (fleet) Node() string { return nodeName() }

// VersionStatus implements rest.Fleet.
func (f fleet) VersionStatus(connector, version string) (ports.VersionStatus, error) {
	instance, err := f.instance(connector, version)
	if err != nil {
		return ports.VersionStatus{}, err
	}
	s := instance.Status()
	return ports.VersionStatus{
		ConnectorStatus: statusOf(instance), Serves: f.Serves(connector, version), Draining: s.State == pluginhost.Draining,
		Uptime: s.Uptime, RetryAt: s.RetryAt, LastExitAt: s.LastExitAt, Memory: s.MemoryBytes, MemoryLimit: s.MemoryLimit,
		Calls: callCounts(instance.Calls()),
	}, nil
}

func callCounts(c pluginhost.Calls) ports.CallCounts {
	counts := ports.CallCounts{
		Total: c.Total, Failed: c.Failed, Refused: c.Refused, InFlight: c.InFlight,
		Median: c.Took.Quantile(0.5), Slow: c.Took.Quantile(0.99), Slowest: c.Took.Max, TookAll: c.Took.Sum,
	}
	for blame, n := range c.Faults {
		counts.Faults = append(counts.Faults, ports.FaultCount{Class: blame.Class, Source: blame.Source, Count: n})
	}
	slices.SortFunc(counts.Faults, func(a, b ports.FaultCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Source, b.Source))
	})
	total := int64(0)
	for i, bound := range pluginhost.LatencyBounds() {
		total += c.Took.Counts[i]
		counts.Took = append(counts.Took, ports.DurationCount{AtMost: bound, Count: total})
	}
	return counts
}

// Log implements rest.Fleet.
func (f fleet) Log(connector, version string) ([]ports.LogEntry, error) {
	instance, err := f.instance(connector, version)
	if err != nil {
		return nil, err
	}
	var list []ports.LogEntry
	for _, l := range instance.Log() {
		list = append(list, ports.LogEntry{At: l.At, Level: l.Level, Message: l.Message, Fields: l.Fields})
	}
	return list, nil
}

// Failures implements rest.Fleet.
func (f fleet) Failures(connector, version string) ([]ports.CallFailure, error) {
	instance, err := f.instance(connector, version)
	if err != nil {
		return nil, err
	}
	var list []ports.CallFailure
	for _, e := range instance.Errors() {
		list = append(list, ports.CallFailure{
			At: e.At, Method: e.Method, ConnectionID: e.Connection, Work: e.Work, Took: e.Took, Code: e.Code, Class: e.Class, Source: e.Source, Reason: e.Reason,
		})
	}
	return list, nil
}
