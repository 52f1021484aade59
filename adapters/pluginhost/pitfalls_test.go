package pluginhost_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/wire"
)

// A line of JSON whose message is no text crashes a host that leaves standard
// error to go-plugin.
func TestNothingOnStandardErrorCanCrashTheHub(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	for _, line := range []string{
		`{"@message":5,"@level":{},"@timestamp":[]}`,
		`{"@message":{"a":null},"@level":"info","@timestamp":"yesterday"}`,
		`{"@level":7}`, `{}`, `[]`, `null`, `{"a":`, strings.Repeat(`{"a":`, 5000),
		"\x00\xff\xfe\x1b[31mred\x1b[0m", strings.Repeat("long", 50_000), "",
	} {
		_, err := ask(connector, "stderr:"+strings.ToValidUTF8(line, "?")+"\n")
		require.NoError(t, err)
	}
	_, err := ask(connector, "stderr:the end\n")
	require.NoError(t, err)
	h.log.await(t, "the end")
	require.Equal(t, pluginhost.Ready, connector.Status().State)
	require.NotContains(t, h.log.String(), "\x1b")
	require.NotContains(t, h.log.String(), `\u001b`)
}

func TestAConnectorSeesAnAllowListOfTheEnvironment(t *testing.T) {
	t.Setenv("DATABASE_PASSWORD", "of the hub")
	t.Setenv("TZ", "Europe/Stockholm")
	t.Setenv("HTTPS_PROXY", "http://proxy:3128")
	connector := newHub(t).load(t, "")
	env, err := ask(connector, "env")
	require.NoError(t, err)
	require.Contains(t, env, "TZ=Europe/Stockholm")
	require.Contains(t, env, "HTTPS_PROXY=http://proxy:3128")
	allowed := append(pluginhost.DefaultEnv(), envHostile, "KVITT_HOST_PID", "KVITT_LOG_LEVEL", "KVITT_CONNECTOR", "GOMEMLIMIT", "NODE_OPTIONS",
		"PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_CLIENT_CERT", "PLUGIN_UNIX_SOCKET_DIR")
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		require.Contains(t, allowed, name)
	}
}

func TestStoppingLetsCallsUnderWayFinish(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	gate := filepath.Join(t.TempDir(), "open")
	type result struct {
		names []string
		err   error
	}
	answered := make(chan result, 1)
	go func() {
		names, err := ask(connector, "wait:"+gate)
		answered <- result{names, err}
	}()
	eventually(t, "the call to be under way", func() bool { return connector.Status().InFlight == 1 && connector.Status().PID != 0 })
	pid := connector.Status().PID
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop(context.Background()) }()
	eventually(t, "draining", func() bool { return connector.Status().State == pluginhost.Draining })

	_, err := ask(connector, "pid")
	require.Equal(t, pluginhost.CodeUnavailable, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.True(t, alive(pid))

	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	got := <-answered
	require.NoError(t, got.err)
	require.Equal(t, []string{"waited"}, got.names)
	require.NoError(t, <-stopped)
	require.False(t, alive(pid))
	require.Equal(t, pluginhost.Stopped, connector.Status().State)
}

func TestACallThatOutlivesTheDrainHasAnOpenOutcome(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	answered := make(chan error, 1)
	go func() {
		_, err := ask(connector, "hang")
		answered <- err
	}()
	eventually(t, "the call to be under way", func() bool { return connector.Status().InFlight == 1 && connector.Status().PID != 0 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, h.Stop(ctx))
	err := <-answered
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(err))
}

func TestAHangingKillDoesNotHangTheHub(t *testing.T) {
	t.Parallel()
	h := newHub(t, func(c *pluginhost.Config) { c.KillTimeout = 20 * time.Millisecond })
	release := pluginhost.HangKill(h.Host)
	connector := h.load(t, "")
	_, err := ask(connector, "pid")
	require.NoError(t, err)
	pid := connector.Status().PID
	require.NoError(t, h.Stop(context.Background()))
	require.False(t, alive(pid))
	release()
}

func TestAConnectorThatDoesNotEndIsForcedTo(t *testing.T) {
	t.Parallel()
	h := newHub(t, func(c *pluginhost.Config) { c.KillTimeout = 50 * time.Millisecond })
	connector := h.load(t, "undying")
	_, err := ask(connector, "pid")
	require.NoError(t, err)
	pid := connector.Status().PID
	require.NoError(t, h.Stop(context.Background()))
	require.False(t, alive(pid))
}

func TestAPanicInOneCallLeavesTheOthers(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	gate := filepath.Join(t.TempDir(), "open")
	other := make(chan error, 1)
	go func() {
		_, err := ask(connector, "wait:"+gate)
		other <- err
	}()
	eventually(t, "the other call", func() bool { return connector.Status().InFlight == 1 && connector.Status().PID != 0 })
	_, err := ask(connector, "panic")
	require.Equal(t, wire.CodePanic, fault.CodeOf(err))
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	require.NoError(t, <-other)
	require.Zero(t, connector.Status().Restarts)
	entry := h.log.await(t, "connector crashed in a call")
	require.Contains(t, err.Error(), entry["id"])
	require.Contains(t, entry["stack"], "ListPayouts")
}

func TestACrashedConnectorStartsAnewAgainAndAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	seen := map[string]bool{}
	for i := range 5 {
		var pid []string
		eventually(t, "the connector to be back", func() bool {
			var err error
			pid, err = ask(connector, "pid")
			return err == nil
		})
		require.False(t, seen[pid[0]], "a new process each time")
		seen[pid[0]] = true
		require.Equal(t, i, connector.Status().Restarts)
		_, err := ask(connector, "exit")
		require.Equal(t, wire.CodeCutOff, fault.CodeOf(err))
		require.Equal(t, fault.Unknown, fault.ClassOf(err))
	}
	eventually(t, "the last exit", func() bool { return connector.Status().Restarts == 5 })
	require.Contains(t, connector.Status().LastExit, "exit status 3")
}

// The kernel tells of the exit; nobody has to call to find out.
func TestAKilledConnectorIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t, func(c *pluginhost.Config) { c.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour} })
	connector := h.load(t, "")
	require.NoError(t, connector.Start(context.Background()))
	require.NoError(t, syscall.Kill(connector.Status().PID, syscall.SIGKILL))
	eventually(t, "the exit to be noticed", func() bool { return connector.Status().State == pluginhost.Backoff })
	status := connector.Status()
	require.Contains(t, status.LastExit, "signal: killed")
	if runtime.GOOS == "linux" {
		require.Contains(t, status.LastExit, "peak memory")
	}
	require.Zero(t, status.PID)

	_, err := ask(connector, "pid")
	require.Equal(t, pluginhost.CodeUnavailable, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Greater(t, fault.Of(err).RetryAfter, 30*time.Minute)

	connector.Reset()
	_, err = ask(connector, "pid")
	require.NoError(t, err)
}

func TestAConnectorThatExitsTooOftenIsPutInQuarantine(t *testing.T) {
	t.Parallel()
	h := newHub(t, func(c *pluginhost.Config) { c.Restart.Budget = 2 })
	connector := h.load(t, "exit-in-init")
	var err error
	eventually(t, "quarantine", func() bool {
		_, err = ask(connector, "pid")
		return connector.Status().State == pluginhost.Quarantined
	})
	_, err = ask(connector, "pid")
	require.Equal(t, pluginhost.CodeQuarantined, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Contains(t, err.Error(), "exit status 7")
	require.Contains(t, err.Error(), "no configuration found")
	require.Equal(t, 3, connector.Status().Restarts)
	connector.Reset()
	require.Equal(t, pluginhost.Idle, connector.Status().State)
}

func TestAHungCallEndsAtItsDeadlineWithAnOpenOutcome(t *testing.T) {
	t.Parallel()
	h := newHub(t, func(c *pluginhost.Config) { c.CallTimeout = 50 * time.Millisecond })
	connector := h.load(t, "")
	require.NoError(t, connector.Start(context.Background()))
	_, err := askUntil(context.Background(), connector, "hang") // no deadline of its own
	require.Equal(t, wire.CodeDeadline, fault.CodeOf(err))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	_, err = ask(connector, "pid")
	require.NoError(t, err, "other calls go on")
}

func TestChildrenOfAConnectorGoWithIt(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	child, err := ask(connector, "child")
	require.NoError(t, err)
	pid, err := strconv.Atoi(child[0])
	require.NoError(t, err)
	_, err = ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the child to be gone", func() bool { return !alive(pid) || zombie(pid) })
}

// zombie reports whether a process is dead and waits for its parent, which may
// be an init that reaps late.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestMessagesOfSeveralMegabytesCross(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	page, err := connector.ListPayouts(context.Background(), ports.ListPayoutsRequest{Cursor: "raw"})
	require.NoError(t, err)
	require.Len(t, page.Raw[0].Bytes, 5<<20)
	_, err = ask(connector, "ignored:"+strings.Repeat("x", 5<<20))
	require.NoError(t, err)
}

func TestAHugeAnswerIsRefusedByTheHub(t *testing.T) {
	t.Parallel()
	connector := newHub(t, func(c *pluginhost.Config) { c.Memory = -1 }).load(t, "huge") // what it takes to send that is not the point
	_, err := ask(connector, "")
	require.Equal(t, wire.CodeBroken, fault.CodeOf(err))
	require.Contains(t, err.Error(), "larger than max")
	require.Equal(t, pluginhost.Ready, connector.Status().State)
}

func TestStandardInputIsEmptyAndOutputIsLogged(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	got, err := ask(connector, "stdin")
	require.NoError(t, err)
	require.Equal(t, []string{`"" <nil>`}, got)
	_, err = ask(connector, "print:too much")
	require.NoError(t, err)
	require.Equal(t, "printed too much", h.log.await(t, sdk.StrayPrint)["text"])
	h.log.await(t, "complained too much")
}

func TestConnectorsThatDoNotBecomeReadySayWhy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		mode    string
		timeout time.Duration
		says    []string
		remedy  string
	}{
		"prints before it serves": {"print-first", 0, []string{`it printed "Welcome to the connector!"`}, "look at the connector's log"},
		"exits at once":           {"exit-in-init", 0, []string{"exited before it was ready", "exit status 7", `"no configuration found"`}, "describe"},
		"never shakes hands":      {"never-ready", 300 * time.Millisecond, []string{"was not ready within 300ms"}, "describe"},
		"shakes hands and goes deaf": {
			"deaf", 300 * time.Millisecond, []string{"the connector answers without TLS"}, "plain_text",
		},
		"speaks net/rpc":           {"net-rpc", 0, []string{`serves "netrpc", a connector of kvitt serves gRPC`}, "author"},
		"is of another go-plugin":  {"core-2", 0, []string{"version 2 of go-plugin's core protocol, this hub by 1"}, "go-plugin 1"},
		"serves a later protocol":  {"protocol-2", 0, []string{"the connector serves protocol 2, this hub speaks 1"}, "update kvitt"},
		"cannot do mutual TLS":     {"no-tls", 2 * time.Second, []string{"the connector answers without TLS, which the hub expects"}, "plain_text"},
		"is not what it described": {"liar", 0, []string{"9.9.9", "1.2.3"}, "report it"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, func(config *pluginhost.Config) {
				config.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour}
				if c.timeout > 0 {
					config.StartTimeout = c.timeout
				}
			})
			err := h.load(t, c.mode).Start(context.Background())
			require.Equal(t, pluginhost.CodeUnavailable, fault.CodeOf(err))
			require.Equal(t, fault.NotSent, fault.ClassOf(err))
			for _, text := range c.says {
				require.Contains(t, err.Error(), text)
			}
			require.Contains(t, fault.Of(err).Remedy, c.remedy)
		})
	}
}
