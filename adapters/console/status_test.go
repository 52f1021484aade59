package console_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// scene is a hub of which something is known.
type scene struct {
	versions []sight.Version
	failures []ports.CallFailure
	lanes    []sight.Lane
	swaps    []ports.Swap
}

func (scene) Node() string                                               { return "hub/1" }
func (s scene) Versions(context.Context) ([]sight.Version, error)        { return s.versions, nil }
func (s scene) Failures(sight.Version) ([]ports.CallFailure, error)      { return s.failures, nil }
func (s scene) Swaps(context.Context, string, int) ([]ports.Swap, error) { return s.swaps, nil }

func (s scene) Lanes(_ context.Context, _ string, fn func(sight.Lane) error) error {
	for _, l := range s.lanes {
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

func (scene) Backlog(context.Context) (ports.Backlog, error) {
	return ports.Backlog{Runs: 3, RunsWaiting: 2, Exceptions: 11, Callbacks: 7}, nil
}

func statusOf(t *testing.T, s scene) string {
	t.Helper()
	page, err := console.NewStatus(s, "1.2.3", func() time.Time { return time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC) })
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, page.Render(t.Context(), &out))
	text := out.String()
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "href=", "it links to nothing")
	require.NotContains(t, text, "ZgotmplZ")
	return text
}

func aVersion(version string, state ports.ConnectorState, wanted bool) sight.Version {
	v := sight.Version{
		InstalledVersion: ports.InstalledVersion{Connector: "klarna", Version: version}, Wanted: wanted,
		Status: &ports.VersionStatus{ConnectorStatus: ports.ConnectorStatus{State: state}, Serves: wanted},
	}
	v.Description.Name = "Klarna"
	return v
}

func TestAHubThatIsWellSaysSo(t *testing.T) {
	t.Parallel()
	text := statusOf(t, scene{versions: []sight.Version{aVersion("1.0.0", ports.ConnectorReady, true)}})
	for _, want := range []string{"All is well", "hub/1", "Version 1.2.3", "<b>3</b> runs under way<small>2 of them waiting</small>", "<b>11</b> open exceptions", "<b>7</b> callbacks"} {
		require.Contains(t, text, want)
	}
}

func TestASickVersionIsTheHeadline(t *testing.T) {
	t.Parallel()
	sick := aVersion("1.0.1", ports.ConnectorQuarantined, true)
	sick.Status.LastExit, sick.Status.Restarts, sick.Status.Memory, sick.Status.MemoryLimit = "exit status 2 <b>", 11, 90<<20, 100<<20
	sick.Status.Calls = ports.CallCounts{Total: 200, Refused: 4, Slow: 1500 * time.Millisecond, Faults: []ports.FaultCount{{Class: fault.Unknown, Source: fault.Connector, Count: 5}}}
	text := statusOf(t, scene{
		versions: []sight.Version{aVersion("1.0.0", ports.ConnectorStopped, false), sick},
		failures: []ports.CallFailure{{Method: "Oldest", Reason: "1"}, {Method: "B"}, {Method: "C"}, {Method: "Newest", Reason: "row 3 has no type", Code: "klarna.report_invalid", Source: fault.Connector}},
	})
	for _, want := range []string{
		"<h1>Klarna 1.0.1 is in quarantine</h1>", "<title>1 down – kvitt status</title>", "exit status 2 &lt;b&gt;", "2.5 % connector, 4 not made", "1.5 s",
		`style="width:90%"`, "90 MiB of 100 MiB", "row 3 has no type", "klarna.report_invalid", "It rests; the first call starts it.",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "Oldest", "the last errors are shown")
	require.Less(t, bytes.Index([]byte(text), []byte(">1.0.1<")), bytes.Index([]byte(text), []byte(">1.0.0<")), "the newest version stands first")
}

func TestConnectionsInTroubleSayWhy(t *testing.T) {
	t.Parallel()
	connection := func(id string, state merchant.ConnectionState) ports.ConnectionRecord {
		c := ports.ConnectionRecord{}
		c.ID, c.State = id, state
		return c
	}
	paused := connection("c-paused", merchant.Verified)
	paused.Pause = merchant.Pause{By: "Help", Reason: "the year is closed", Since: time.Unix(0, 0)}
	failing := connection("c-failing", merchant.Failing)
	failing.Checks = []ports.Check{{Name: "access", State: ports.CheckFailed, Detail: "no right to read invoices"}}
	text := statusOf(t, scene{versions: []sight.Version{aVersion("1", ports.ConnectorReady, true)}, lanes: []sight.Lane{
		{Connection: paused, Running: "1"},
		{Connection: failing, Running: "1"},
		{Connection: connection("c-consent", merchant.ConsentNeeded), Running: "1"},
		{Connection: connection("c-waits", merchant.Verified), Running: "1", State: &lane.State{Running: 4, Waiting: 9}},
		{Connection: connection("c-rests", merchant.Verified), Running: "1", State: &lane.State{Paused: time.Date(2026, 11, 30, 2, 1, 0, 0, time.UTC)}},
		{Connection: connection("c-nobody", merchant.Verified)},
		{Connection: connection("c-fine", merchant.Verified), Running: "1"},
		{Connection: connection("c-gone", merchant.Disconnected)},
	}})
	for _, want := range []string{
		"Connectors are well, 6 connections need a look", "the year is closed", "access, no right to read invoices", "give consent anew", "9 waiting for their turn",
		"left alone until 02:01:00Z", "No version of the connector serves it",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "c-fine")
	require.NotContains(t, text, "c-gone")
}

func TestASwapUnderWayShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	text := statusOf(t, scene{versions: []sight.Version{aVersion("1", ports.ConnectorReady, true)}, swaps: []ports.Swap{
		{ID: "swap-2", Connector: "klarna", From: "1", To: "2", State: ports.SwapHandingOver, Moved: 3, Lanes: 8, InFlight: 2, By: "Ops", Reason: "fees"},
		{ID: "swap-1", Connector: "klarna", From: "1", To: "2", State: ports.SwapReturned, Fault: &ports.FaultRecord{Code: "swap.crashed", Reason: "it went down"}},
	}})
	for _, want := range []string{
		"Swap under way: klarna 1 → 2", `<li class="done">Comparing</li>`, `<li class="now">Handing over</li>`, `<li class="next">Draining</li>`,
		"3 of 8 lane(s) moved; 2 call(s) under way are waited for", "kvitt connector cancel swap-2", "it went down", "swap.crashed",
	} {
		require.Contains(t, text, want)
	}
}

func TestAVersionThatIsNotLoadedSaysWhy(t *testing.T) {
	t.Parallel()
	text := statusOf(t, scene{versions: []sight.Version{{InstalledVersion: ports.InstalledVersion{Connector: "klarna", Version: "1"}, Wanted: true, Missing: "its program is gone"}}})
	require.Contains(t, text, "klarna 1 is wanted and not loaded")
	require.Contains(t, text, "its program is gone")
}
