package pluginhost_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/wire"
)

// debugged is a connector that a person has started, as under a debugger.
type debugged struct {
	cmd     *exec.Cmd
	id      string
	address string
}

// debug starts the hostile connector by hand and reads the line that it prints.
func debug(t *testing.T, folder string) debugged {
	t.Helper()
	cmd := exec.Command(executable(t), sdk.Debugging)
	cmd.Env = append(os.Environ(), envHostile+"=", "TMPDIR="+folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	id, address, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "--attach ")), "=")
	require.True(t, ok, line)
	return debugged{cmd: cmd, id: id, address: address}
}

func inDevelopment(c *pluginhost.Config) { c.AllowAttach = true }

func TestAConnectorThatRunsUnderADebuggerIsCalledAndOutlivesTheHub(t *testing.T) {
	t.Parallel()
	d := debug(t, shortDir(t))
	h := newHub(t, inDevelopment)
	connector, err := h.Attach(t.Context(), d.id, d.address)
	require.NoError(t, err)
	require.Equal(t, pluginhost.Attached, connector.Status().State)
	require.Equal(t, "1.2.3", connector.Status().Version)
	require.Same(t, connector, h.load(t, ""), "what is attached takes the place of what is installed")
	h.Route(d.id, "", "1.0.0") // which is what is wanted of those that are installed
	serving, ok := h.Serving(d.id, "c1")
	require.True(t, ok)
	require.Same(t, connector, serving)

	pid, err := ask(connector, "pid")
	require.NoError(t, err)
	require.Equal(t, []string{fmt.Sprint(d.cmd.Process.Pid)}, pid)

	require.NoError(t, h.Stop(t.Context()))
	require.Equal(t, pluginhost.Stopped, connector.Status().State)
	_, err = ask(connector, "pid")
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	again, err := newHub(t, inDevelopment).Attach(t.Context(), d.id, d.address)
	require.NoError(t, err, "the process is still there")
	same, err := ask(again, "pid")
	require.NoError(t, err)
	require.Equal(t, pid, same)
}

func TestABreakpointOutlivesEveryDeadline(t *testing.T) {
	t.Parallel()
	d := debug(t, shortDir(t))
	h := newHub(t, inDevelopment, func(c *pluginhost.Config) { c.CallTimeout = time.Millisecond })
	connector, err := h.Attach(t.Context(), d.id, d.address)
	require.NoError(t, err)
	gate := filepath.Join(t.TempDir(), "open")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	type result struct {
		names []string
		err   error
	}
	answered := make(chan result, 1)
	go func() {
		names, err := askUntil(ctx, connector, "wait:"+gate)
		answered <- result{names, err}
	}()
	<-ctx.Done()
	require.Equal(t, 1, connector.Status().InFlight)
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	got := <-answered
	require.NoError(t, got.err)
	require.Equal(t, []string{"waited"}, got.names)
	require.Zero(t, connector.Status().Restarts)
}

func TestACallerThatGivesUpEndsTheCallOfAnAttachedConnector(t *testing.T) {
	t.Parallel()
	d := debug(t, shortDir(t))
	connector, err := newHub(t, inDevelopment).Attach(t.Context(), d.id, d.address)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := askUntil(ctx, connector, "hang")
		answered <- err
	}()
	eventually(t, "the call to be under way", func() bool { return connector.Status().InFlight == 1 })
	cancel()
	require.Equal(t, fault.Unknown, fault.ClassOf(<-answered))
}

func TestAHubThatStopsAtABreakpointLetsGo(t *testing.T) {
	t.Parallel()
	d := debug(t, shortDir(t))
	h := newHub(t, inDevelopment)
	connector, err := h.Attach(t.Context(), d.id, d.address)
	require.NoError(t, err)
	answered := make(chan error, 1)
	go func() {
		_, err := ask(connector, "hang")
		answered <- err
	}()
	eventually(t, "the call to be under way", func() bool { return connector.Status().InFlight == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, h.Stop(ctx))
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(<-answered))
	require.True(t, alive(d.cmd.Process.Pid))
}

func TestAConnectorThatIsStartedAgainIsFoundAgain(t *testing.T) {
	t.Parallel()
	folder := shortDir(t)
	d := debug(t, folder)
	connector, err := newHub(t, inDevelopment).Attach(t.Context(), d.id, d.address)
	require.NoError(t, err)
	require.NoError(t, d.cmd.Process.Kill()) // as debuggers end programs: the socket stays
	_ = d.cmd.Wait()
	require.FileExists(t, d.address)
	eventually(t, "the end of the process to be seen", func() bool { return connector.Status().LastExit != "" })
	_, err = ask(connector, "pid")
	require.Equal(t, pluginhost.CodeUnavailable, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Contains(t, err.Error(), "nobody serves it at "+d.address)

	again := debug(t, folder)
	require.Equal(t, d.address, again.address)
	pid, err := ask(connector, "pid")
	require.NoError(t, err)
	require.Equal(t, []string{fmt.Sprint(again.cmd.Process.Pid)}, pid)
	require.Empty(t, connector.Status().LastExit)
}

func TestAttachingIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	d := debug(t, shortDir(t))
	abandoned := filepath.Join(shortDir(t), "hostile")
	listener, err := net.Listen("unix", abandoned)
	require.NoError(t, err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, listener.Close())
	open := shortDir(t)
	require.NoError(t, os.Chmod(open, 0o777)) //nolint:gosec // that is the case
	exposed, err := net.Listen("unix", filepath.Join(open, "hostile"))
	require.NoError(t, err)
	defer exposed.Close()
	cases := map[string]struct {
		id, address, says, remedy string
		production                bool
	}{
		"outside development":   {id: d.id, address: d.address, production: true, says: "in development only", remedy: "--dev"},
		"over a network":        {id: d.id, address: "127.0.0.1:9000", says: "through sockets of this machine only", remedy: "paste the line"},
		"nothing there":         {id: d.id, address: d.address + "x", says: "there is no socket", remedy: sdk.Debugging},
		"a file":                {id: d.id, address: executable(t), says: "is not a socket", remedy: "paste the line"},
		"nobody there":          {id: d.id, address: abandoned, says: "nobody serves the connector hostile", remedy: sdk.Debugging},
		"a folder open to all":  {id: d.id, address: exposed.Addr().String(), says: "is open to other users", remedy: "no other user may enter"},
		"another than expected": {id: "acme", address: d.address, says: "is hostile, not acme", remedy: "attach it as hostile="},
	}
	for name, c := range cases {
		h := newHub(t, func(config *pluginhost.Config) { config.AllowAttach = !c.production })
		_, err := h.Attach(t.Context(), c.id, c.address)
		require.Equal(t, pluginhost.CodeAttach, fault.CodeOf(err), name)
		require.Contains(t, fault.Of(err).Reason, c.says, name)
		require.Contains(t, fault.Of(err).Remedy, c.remedy, name)
	}
}

func TestTwoProcessesDoNotServeOneConnectorForDebugging(t *testing.T) {
	t.Parallel()
	folder := shortDir(t)
	d := debug(t, folder)
	second := exec.Command(executable(t), sdk.Debugging)
	second.Env = append(os.Environ(), envHostile+"=", "TMPDIR="+folder)
	said, err := second.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "another process of this connector serves at "+d.address)
}
