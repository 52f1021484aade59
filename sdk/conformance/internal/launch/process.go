package launch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/wire"
)

// CodeStart: the program does not come up as a connector.
const CodeStart fault.Code = "conformance.connector_not_started"

const (
	startTimeout = 15 * time.Second
	killTimeout  = 5 * time.Second
)

// Program gives processes of an executable. Unlike the hub it shows what they
// write as it is: what the hub would hide from its log must not be there at all.
type Program struct {
	Path string
	// PlainText switches mutual TLS off.
	PlainText bool
}

var _ Way = Program{}

// Process implements part of Way.
func (Program) Process() bool { return true }

// Small implements part of Way: a program cannot be asked to.
func (Program) Small() bool { return false }

// Start implements Way.
func (p Program) Start(ctx context.Context, o Options) (*Connector, error) {
	sockets, err := os.MkdirTemp("", "kv") // short: sockets have short paths
	if err != nil {
		return nil, notStarted(err)
	}
	own := &Connector{log: &book{}, stray: &book{}}
	cmd := exec.Command(p.Path) //nolint:gosec,noctx // the program that the caller names; it ends with Stop
	cmd.Env = environment(o.Env)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  sdk.Handshake(),
		VersionedPlugins: map[int]goplugin.PluginSet{ports.ProtocolVersion: {sdk.PluginName: sdk.Plugin{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              cmd,
		StartTimeout:     startTimeout,
		AutoMTLS:         !p.PlainText,
		SkipHostEnv:      true,
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: sockets},
		GRPCDialOptions:  wire.DialOptions(),
		// A logger that is not off would have go-plugin parse what connectors write.
		Logger:     hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
		Stderr:     own.log,
		SyncStdout: own.stray,
		SyncStderr: own.log,
	})
	own.stop = func() {
		end(client, cmd)
		_ = os.RemoveAll(sockets)
	}
	conn, err := dispense(client)
	if err != nil {
		own.stop()
		return nil, notStarted(err)
	}
	own.PID = cmd.Process.Pid
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	description, err := wire.FetchDescription(ctx, conn)
	if err != nil {
		own.stop()
		return nil, fmt.Errorf("asking the connector what it is: %w", err)
	}
	own.Connector = wire.NewClient(conn, description)
	return own, nil
}

func dispense(client *goplugin.Client) (*grpc.ClientConn, error) {
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
	return conn, nil
}

// end ends the process politely, then by force: go-plugin's Kill has no deadline.
func end(client *goplugin.Client, cmd *exec.Cmd) {
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		client.Kill()
	}()
	select {
	case <-killed:
	case <-time.After(killTimeout):
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	}
}

func notStarted(err error) error {
	return fault.New(CodeStart, fault.Validation, "the program does not come up as a connector").Wrap(err).
		WithRemedy(`run it with the argument "describe", and see that it prints nothing before it serves`)
}

// environment is what the hub lets connectors see, with what the suite adds.
func environment(extra map[string]string) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "TZ"} {
		if _, replaced := extra[name]; replaced {
			continue
		}
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range extra {
		env = append(env, name+"="+value)
	}
	return append(env, sdk.EnvHostPID+"="+strconv.Itoa(os.Getpid()), sdk.EnvLogLevel+"=trace")
}

// Describe runs the program with the argument "describe".
func (p Program) Describe(ctx context.Context) (ports.Description, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path, "describe") //nolint:gosec // the program that the caller names
	cmd.Env = environment(nil)
	out, err := cmd.Output()
	if err != nil {
		return ports.Description{}, fmt.Errorf("running it with the argument \"describe\": %w", err)
	}
	var d ports.Description
	if err := json.Unmarshal(out, &d); err != nil {
		return ports.Description{}, fmt.Errorf("reading what it prints with the argument \"describe\": %w", err)
	}
	return d, nil
}

// SHA256 identifies the executable, in lower-case hex.
func (p Program) SHA256() (string, error) {
	file, err := os.Open(filepath.Clean(p.Path))
	if err != nil {
		return "", notStarted(err)
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", notStarted(err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
