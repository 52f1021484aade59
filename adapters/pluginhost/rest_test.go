package pluginhost_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

// gate is a call that is under way until it is opened.
type gate struct {
	path   string
	answer chan error
}

// enter begins a call that waits, and returns when the connector has it.
func enter(t *testing.T, connector *pluginhost.Instance) gate {
	t.Helper()
	g := gate{path: filepath.Join(t.TempDir(), "open"), answer: make(chan error, 1)}
	before := connector.Status().InFlight
	go func() {
		_, err := ask(connector, "wait:"+g.path)
		g.answer <- err
	}()
	eventually(t, "the call to be under way", func() bool { return exists(g.path + ".entered") })
	require.Equal(t, before+1, connector.Status().InFlight)
	return g
}

func (g gate) open(t *testing.T) error {
	t.Helper()
	require.NoError(t, os.WriteFile(g.path, nil, 0o600))
	return <-g.answer
}

func rest(ctx context.Context, connector *pluginhost.Instance) <-chan error {
	rested := make(chan error, 1)
	go func() { rested <- connector.Rest(ctx) }()
	return rested
}

func TestAConnectorRestsOnceItsCallsHaveEnded(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	first, second := enter(t, connector), enter(t, connector)
	pid := connector.Status().PID
	rested := rest(t.Context(), connector)
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })
	require.Equal(t, 2, connector.Status().InFlight)
	require.NoError(t, first.open(t))
	eventually(t, "one call to have ended", func() bool { return connector.Status().InFlight == 1 })
	require.Equal(t, pluginhost.Draining, connector.Status().State)
	require.Equal(t, pid, connector.Status().PID)
	require.NoError(t, second.open(t))
	require.NoError(t, <-rested)

	require.False(t, alive(pid))
	status := connector.Status()
	require.Equal(t, pluginhost.Idle, status.State)
	require.Zero(t, status.Restarts)
	require.Empty(t, status.LastExit)
	require.Zero(t, connector.Calls().Failed)

	names, err := ask(connector, "pid")
	require.NoError(t, err, "the next call starts it anew")
	require.NotEmpty(t, names)
	require.Zero(t, connector.Status().Restarts)
}

func TestACallThatComesWhileAConnectorGoesToRestWaitsForTheNextProcess(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	under := enter(t, connector)
	pid := connector.Status().PID
	rested := rest(t.Context(), connector)
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })
	late := make(chan error, 1)
	go func() {
		_, err := ask(connector, "pid")
		late <- err
	}()
	impatient, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := askUntil(impatient, connector, "pid")
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Equal(t, 1, connector.Status().InFlight, "those that wait are not under way")
	require.NoError(t, under.open(t))
	require.NoError(t, <-rested)
	require.NoError(t, <-late)
	require.NotEqual(t, pid, connector.Status().PID)
	require.Zero(t, connector.Status().Restarts)
}

func TestARestWhoseDeadlinePassesCutsOffWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	under := enter(t, connector)
	pid := connector.Status().PID
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, connector.Rest(ctx))
	err := <-under.answer
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(err))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	require.False(t, alive(pid))
	require.Equal(t, pluginhost.Idle, connector.Status().State)
	require.Zero(t, connector.Status().Restarts)
	eventually(t, "the call to be counted", func() bool { return connector.Calls().Failed == 1 })
	require.EqualValues(t, 1, connector.Calls().FailedBy(fault.Hub), "the hub has cut it off, not the connector")
	_, err = ask(connector, "pid")
	require.NoError(t, err)
}

func TestARestThatIsCancelledLeavesTheProcessServing(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	under := enter(t, connector)
	pid := connector.Status().PID
	ctx, cancel := context.WithCancelCause(t.Context())
	rested := rest(ctx, connector)
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })
	waiting := make(chan error, 1)
	go func() {
		_, err := ask(connector, "pid")
		waiting <- err
	}()
	undone := errors.New("the swap was undone")
	cancel(undone)
	err := <-rested
	require.ErrorIs(t, err, pluginhost.ErrRestCancelled)
	require.ErrorIs(t, err, undone)
	require.NoError(t, <-waiting, "calls that waited are made of the same process")
	require.Equal(t, pluginhost.Ready, connector.Status().State)
	require.Equal(t, pid, connector.Status().PID)
	require.NoError(t, under.open(t))
	require.Equal(t, pid, connector.Status().PID)
	require.Zero(t, connector.Status().Restarts)
}

func TestAConnectorThatIsStartingRestsOnceItHasStarted(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	started := make(chan error, 1)
	go func() { started <- connector.Start(t.Context()) }()
	eventually(t, "the start", func() bool { return connector.Status().State != pluginhost.Idle })
	require.NoError(t, connector.Rest(t.Context()))
	require.NoError(t, <-started)
}

func TestRestIsNoPardon(t *testing.T) {
	t.Parallel()
	connector := newHub(t, func(c *pluginhost.Config) { c.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour} }).load(t, "")
	require.NoError(t, connector.Rest(t.Context()))
	require.Equal(t, pluginhost.Idle, connector.Status().State, "one that never ran rests already")
	_, err := ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the exit", func() bool { return connector.Status().State == pluginhost.Backoff })
	require.NoError(t, connector.Rest(t.Context()))
	require.Equal(t, pluginhost.Backoff, connector.Status().State)
}

func TestAConnectorThatCrashesOnItsWayToRestCountsAsCrashed(t *testing.T) {
	t.Parallel()
	connector := newHub(t, func(c *pluginhost.Config) { c.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour} }).load(t, "")
	under := enter(t, connector)
	rested := rest(t.Context(), connector)
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })
	kill(t, connector.Status().PID)
	require.NoError(t, <-rested)
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(<-under.answer))
	eventually(t, "the crash", func() bool { return connector.Status().Restarts == 1 })
	require.Equal(t, pluginhost.Backoff, connector.Status().State)
}

func TestAHubThatStopsDoesNotWaitForARest(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	under := enter(t, connector)
	rested := rest(t.Context(), connector)
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.NoError(t, h.Stop(ctx))
	require.Error(t, <-rested)
	require.Error(t, <-under.answer)
	require.Equal(t, pluginhost.Stopped, connector.Status().State)
}
