package sdk

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Debugging is the argument with which a connector is started by hand, usually
// under a debugger, for a hub in development to attach to.
const Debugging = "serve-for-debugging"

// DebugAddress is where a connector of that id serves for debugging: the path of a
// socket, the same at every start, so that whoever has attached to it finds it
// again. A connector in another language serves at the same place.
func DebugAddress(id string) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("kvitt-debug-%d", os.Getuid()), id)
}

// ServeForDebugging serves the connector at its DebugAddress until ctx ends, and
// prints on out what to paste behind a command of kvitt. There is no handshake, no
// TLS and no parent to die with: the folder of the socket, which nobody else may
// enter, is the barrier. Standard output and error stay the process's own.
func ServeForDebugging(ctx context.Context, connector ports.Connector, out io.Writer, log hclog.Logger) error {
	description := wire.Describe(connector)
	address := DebugAddress(description.ID)
	listener, err := listenForDebugging(ctx, address)
	if err != nil {
		return fmt.Errorf("serving for debugging: %w", err)
	}
	server := grpc.NewServer(serverOptions(log)...)
	wire.Register(server, connector)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	log.Info("waiting to be attached: paste the line below behind \"kvitt connector call\", \"kvitt dev\" or \"kvitt serve --dev\"",
		"connector", description.ID, "version", description.Version, "pid", os.Getpid())
	if _, err := fmt.Fprintf(out, "--attach %s=%s\n", description.ID, address); err != nil {
		return fmt.Errorf("serving for debugging: %w", err)
	}
	if err := server.Serve(listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving for debugging: %w", err)
	}
	return nil
}

// listenForDebugging takes the socket over from a process that has not removed it,
// as one that a debugger has killed, but not from one that still serves.
func listenForDebugging(ctx context.Context, address string) (net.Listener, error) {
	folder := filepath.Dir(address)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s must be a folder that nobody else may enter: run chmod 700 on it, or set TMPDIR to a folder of your own", folder)
	}
	var dialer net.Dialer
	if conn, err := dialer.DialContext(ctx, "unix", address); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("another process of this connector serves at %s: end that one first", address)
	}
	if err := os.Remove(address); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var config net.ListenConfig
	return config.Listen(ctx, "unix", address)
}
