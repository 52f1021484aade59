package sdk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
)

// envRole has the test binary become a connector, or the parent of one.
const envRole = "KVITT_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(envRole) {
	case "connector":
		sdk.Main(chatty{})
	case "parent":
		beParent()
	default:
		os.Exit(m.Run())
	}
}

// chatty prints where it should not.
type chatty struct{}

func (chatty) Describe() ports.Description {
	fmt.Fprintln(os.Stdout, "describing myself")
	return ports.Description{
		ID: "chatty", Name: "Chatty & co", Version: "0.1.0",
		Capabilities: []ports.Capability{"coffee"}, Settings: json.RawMessage(`{}`), Credentials: json.RawMessage(`{}`),
	}
}

func (chatty) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{}, nil
}

func (chatty) ListPayouts(context.Context, ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return ports.PayoutPage{}, nil
}

func (chatty) ListPayoutLines(context.Context, ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return ports.LinePage{}, nil
}

func connectorCommand(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cookie := sdk.Handshake()
	cmd.Env = append(os.Environ(), envRole+"=connector", cookie.MagicCookieKey+"="+cookie.MagicCookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=1")
	return cmd
}

func TestDescribePrintsTheDescriptionAndNothingElse(t *testing.T) {
	t.Parallel()
	cmd := connectorCommand("describe")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var d ports.Description
	require.NoError(t, json.Unmarshal(out, &d), "%s", out)
	require.Equal(t, "chatty", d.ID)
	require.Equal(t, ports.ProtocolVersion, d.Protocol)
	require.Equal(t, []ports.Capability{ports.CapabilityPayouts}, d.Capabilities, "what it does, not what it says")
	require.Contains(t, stderr.String(), "describing myself")
}

func TestOtherArgumentsAreAnError(t *testing.T) {
	t.Parallel()
	out, err := connectorCommand("install", "me").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "describe  ")
}

func TestHelpIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, help := range []string{"--help", "-h", "help"} {
		out, err := connectorCommand(help).Output()
		require.NoError(t, err)
		require.Contains(t, string(out), "This is a connector of kvitt")
	}
}

func TestAConnectorStartedByHandSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	cmd := connectorCommand()
	cmd.Env = append(os.Environ(), envRole+"=connector")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "This is a connector of kvitt. A hub starts it and calls it")
	require.Contains(t, string(out), " describe ")
	require.Contains(t, string(out), " "+sdk.Debugging+" ")
	require.NotContains(t, string(out), "plugin")
}

func TestOnlyTheHandshakeReachesStandardOutput(t *testing.T) {
	t.Parallel()
	shake := "1|1|unix|/tmp/plugin-dir1/plugin2|grpc|MIICMTCC"
	cases := map[string]struct{ printed, want string }{
		"alone":                      {shake + "\n", shake + "\n"},
		"after other lines":          {"hello\nworld\n" + shake + "\n", shake + "\n"},
		"behind text without an end": {"loading... " + shake + "\n", shake + "\n"},
		"of a newer library":         {shake + "|true\n", shake + "|true\n"},
		"without a certificate":      {"1|1|unix|/tmp/p|grpc|\n", "1|1|unix|/tmp/p|grpc|\n"},
		"never":                      {"1|2|3\nunix|/tmp|grpc\n", ""},
	}
	for name, c := range cases {
		var out, log bytes.Buffer
		sdk.FilterHandshake(strings.NewReader(c.printed), &out, hclog.New(&hclog.LoggerOptions{Output: &log}))
		require.Equal(t, c.want, out.String(), name)
		for _, stray := range []string{"hello", "loading...", "1|2|3"} {
			require.Equal(t, strings.Contains(c.printed, stray), strings.Contains(log.String(), stray), name)
		}
	}
}

// beParent starts a connector, says its process id and waits to be killed.
func beParent() {
	cmd := connectorCommand()
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, cmd.Process.Pid)
	select {}
}

func TestAConnectorEndsWhenItsParentIsGoneAndIgnoresSIGTERM(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("needs /proc")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), envRole+"=parent")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	var text string
	_, err = fmt.Fscanln(out, &text)
	require.NoError(t, err)
	pid, err := strconv.Atoi(text)
	require.NoError(t, err)
	waitUntil(t, "the connector to ignore SIGTERM", func() bool { return ignoresTerm(pid) })
	require.NoError(t, syscall.Kill(pid, syscall.SIGTERM))

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	waitUntil(t, "the connector to end", func() bool { return gone(pid) })
}

// ignoresTerm reads the mask of ignored signals that Linux shows.
func ignoresTerm(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if mask, ok := strings.CutPrefix(line, "SigIgn:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return err == nil && bits&(1<<(syscall.SIGTERM-1)) != 0
		}
	}
	return false
}

// gone counts a process that only waits to be reaped as gone.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestOutsideACallTheLoggerLogsNothing(t *testing.T) {
	t.Parallel()
	require.False(t, sdk.Logger(context.Background()).IsError())
	var log bytes.Buffer
	ctx := sdk.WithLogger(context.Background(), hclog.New(&hclog.LoggerOptions{Output: &log}))
	sdk.Logger(ctx).Info("inside")
	require.Contains(t, log.String(), "inside")
}
