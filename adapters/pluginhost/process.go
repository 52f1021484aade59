package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/wire"
)

// program is a connector as it lies on disk, and how to run it.
type program struct {
	path        string
	sha256      string
	source      Source
	description ports.Description
}

// process is a connector that is ready to be called.
type process struct {
	child  *child
	client *goplugin.Client
	conn   *grpc.ClientConn
	began  time.Time // of the start
	since  time.Time // when it was ready
	kill   func(*goplugin.Client)
	// forced says that the hub ends the process, whatever it is doing.
	forced atomic.Bool
	// broken says that the process has cut a call off by itself.
	broken atomic.Bool
}

// starter starts processes.
type starter struct {
	config  Config
	spawner *spawner
	sockets string
	// memories watches the memory of all processes.
	memories memoryWatch
	// kill is goplugin.Client.Kill but in the test that has it hang.
	kill func(*goplugin.Client)
}

// start makes the process and waits until it answers. Client, command and
// configuration are new each time: go-plugin's can be used only once.
func (s *starter) start(p program, logs *logPump) (*process, error) {
	start := time.Now()
	if err := verify(p.path, p.sha256); err != nil {
		return nil, err
	}
	own := newChild(p.path, s.spawner, logs)
	own.plainText, own.memories = p.source.PlainText, &s.memories
	own.memory.limit = s.config.memoryFor(p.description.ID)
	client := goplugin.NewClient(s.clientConfig(p.source, own, logs))
	type ready struct {
		conn *grpc.ClientConn
		err  error
	}
	began := make(chan ready, 1)
	go func() {
		conn, err := s.connect(client, p.description)
		began <- ready{conn, err}
	}()
	timeout := time.NewTimer(s.config.StartTimeout)
	defer timeout.Stop()
	var got ready
	late := false
	select {
	case got = <-began:
	case <-timeout.C:
		// go-plugin's own timeout ends with the handshake; a process may hang later.
		late = true
		own.killGroup()
		got = <-began
	}
	made := &process{child: own, client: client, conn: got.conn, began: start, since: time.Now(), kill: s.kill}
	if got.err == nil && !late {
		return made, nil
	}
	err := s.explain(own, got.err, late)
	own.killGroup()
	made.stop(s.config.KillTimeout)
	return nil, err
}

func (s *starter) connect(client *goplugin.Client, want ports.Description) (*grpc.ClientConn, error) {
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	dispensed, err := protocol.Dispense(sdk.PluginName)
	if err != nil {
		return nil, err
	}
	conn, ok := dispensed.(*grpc.ClientConn)
	if !ok {
		return nil, fmt.Errorf("dispensing the connector gave %T", dispensed)
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.config.StartTimeout)
	defer cancel()
	got, err := wire.FetchDescription(ctx, conn)
	if err != nil {
		return nil, err
	}
	if got.ID != want.ID || got.Version != want.Version || !slices.Equal(got.Capabilities, want.Capabilities) {
		return nil, invalidDescription("", fmt.Sprintf("the running connector says that it is %s %s %v, its description %s %s %v",
			got.ID, got.Version, got.Capabilities, want.ID, want.Version, want.Capabilities))
	}
	return conn, nil
}

// clientConfig sets everything whose default would hurt: allowed protocols,
// start timeout, environment, socket folder, log parser.
func (s *starter) clientConfig(source Source, own *child, logs *logPump) *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig:  sdk.Handshake(),
		VersionedPlugins: map[int]goplugin.PluginSet{ports.ProtocolVersion: {sdk.PluginName: sdk.Plugin{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		StartTimeout:     s.config.StartTimeout,
		AutoMTLS:         !source.PlainText,
		SkipHostEnv:      true,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: s.sockets},
		GRPCDialOptions:  wire.DialOptions(),
		// A logger that is not off would have go-plugin parse what connectors write.
		Logger:     hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		SyncStdout: logs.strayOutput(),
		SyncStderr: logs.strayWriter(),
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			own.cmd.Env = append(s.environment(source, own.memory.limit), cmd.Env...)
			return own, nil
		},
	}
}

// environment gives the allowed part of the hub's environment and what the
// connector needs to know of the hub.
func (s *starter) environment(source Source, memory int64) []string {
	var env []string
	for _, name := range s.config.Env {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, memoryEnv(memory)...)
	for name, value := range source.Env {
		env = append(env, name+"="+value)
	}
	return append(env,
		fmt.Sprintf("%s=%d", sdk.EnvHostPID, os.Getpid()),
		sdk.EnvLogLevel+"="+strings.ToLower(s.config.LogLevel.String()))
}

// explain says in a sentence why a connector did not become ready. go-plugin
// has one text for a stray Print, a wrong architecture, a noexec mount and a
// missing library.
func (s *starter) explain(c *child, err error, late bool) error {
	if f := fault.Of(err); f != nil && f.Code != wire.CodeCutOff && f.Code != wire.CodeDeadline {
		return f
	}
	if c.cmd.Process == nil {
		return cannotRun(c.cmd.Path, err)
	}
	if s, ok := parseHandshake(c.stdout.beginning()); ok {
		if disagreement := s.disagreement(c.plainText); disagreement != nil {
			return disagreement
		}
	}
	reason := "the connector did not shake hands as a connector of kvitt does"
	if waitFor(c.exited, drainTime) {
		waitFor(c.logged, 2*drainTime)
		switch {
		case c.verdict != "":
			return startFailed("the connector " + c.end())
		case !c.ended:
			reason = "the connector exited before it was ready (" + c.reason + ")"
		}
	}
	if late || strings.Contains(fmt.Sprint(err), "timeout") {
		reason = "the connector was not ready within " + s.config.StartTimeout.String()
	}
	if output := c.stdout.beginning(); len(output) > 0 && !strings.Contains(string(output), "|grpc|") {
		reason += fmt.Sprintf("; it printed %q to standard output", printable(output, 200))
	}
	if said := c.logs.firstLine(); said != "" {
		reason += fmt.Sprintf("; it said %q", said)
	}
	return startFailed(reason)
}

// cannotRun says why the system does not run a file that looked like a program.
func cannotRun(path string, err error) *fault.Error {
	switch {
	case mountedNoExec(filepath.Dir(path)):
		return startFailed("the folder " + filepath.Dir(path) + " is on a file system that is mounted noexec").
			WithRemedy("put the hub's data folder on a file system from which programs may be run").Wrap(err)
	case errors.Is(err, syscall.ENOEXEC):
		return startFailed("the system cannot run a file of this format").WithRemedy("get the connector built for this machine").Wrap(err)
	}
	return startFailed("the connector could not be started").Wrap(err)
}

// stop ends the process: politely, then by force. It returns when the process is
// gone, whatever go-plugin does: its Kill takes no deadline and can hang for ever.
func (p *process) stop(timeout time.Duration) {
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		p.kill(p.client)
	}()
	if !waitFor(p.child.exited, timeout) {
		p.child.killGroup()
		waitFor(p.child.exited, timeout)
	}
	// The rest of Kill closes connections; if it hangs, it hangs alone.
	waitFor(killed, timeout)
}

// waitFor reports whether the channel was closed in time.
func waitFor(event <-chan struct{}, timeout time.Duration) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-event:
		return true
	case <-timer.C:
		return false
	}
}
