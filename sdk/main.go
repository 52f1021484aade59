package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Main is the whole main function of a connector. Without arguments it serves
// the connector to the hub that started the process, until the hub stops it or
// dies; with the argument "describe" it prints the connector's description as
// JSON; with the argument Debugging it waits for a hub to attach to it, as
// ServeForDebugging does; started in any other way it says so. It does not return.
func Main(connector ports.Connector) {
	cookie := Handshake()
	switch {
	case len(os.Args) == 1 && os.Getenv(cookie.MagicCookieKey) != cookie.MagicCookieValue:
		usage(os.Stderr)
		os.Exit(1)
	case len(os.Args) == 1:
		Serve(connector)
		os.Exit(0)
	case len(os.Args) == 2 && os.Args[1] == "describe":
		os.Exit(describe(connector))
	case len(os.Args) == 2 && os.Args[1] == Debugging:
		os.Exit(debug(connector))
	case len(os.Args) == 2 && slices.Contains([]string{"--help", "-h", "help"}, os.Args[1]):
		usage(os.Stdout)
		os.Exit(0)
	default:
		usage(os.Stderr)
		os.Exit(2)
	}
}

// usage says what somebody has before them who starts a connector by hand.
func usage(out io.Writer) {
	_, _ = fmt.Fprintf(out, "This is a connector of kvitt. A hub starts it and calls it; by hand it does two things:\n\n"+
		"  %[1]s describe             print what it is, as JSON\n"+
		"  %[1]s %[2]s  wait for kvitt to attach to it, for a debugger\n", filepath.Base(os.Args[0]), Debugging)
}

// Serve serves the connector to the hub until the hub ends it. The process is
// the hub's: Serve takes over standard output and standard error, ignores
// SIGTERM, which a service manager sends to hub and connectors alike while the
// hub still wants to finish its calls, and exits when the hub is gone.
func Serve(connector ports.Connector) {
	log := newLogger(os.Stderr)
	guardStdout(log)
	signal.Ignore(syscall.SIGTERM)
	go watchParent(log)
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: Handshake(),
		VersionedPlugins: map[int]goplugin.PluginSet{
			ports.ProtocolVersion: {PluginName: Plugin{Connector: connector}},
		},
		Logger: log,
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, serverOptions(log)...)...)
		},
	})
}

func serverOptions(log hclog.Logger) []grpc.ServerOption {
	return append(wire.ServerOptions(), grpc.ChainUnaryInterceptor(logCalls(log), wire.Recovery(reportPanic(log))))
}

// debug serves until the process is interrupted. The log is for people.
func debug(connector ports.Connector) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := hclog.New(&hclog.LoggerOptions{Level: logLevel(hclog.Debug), Output: os.Stderr})
	if err := ServeForDebugging(ctx, connector, os.Stdout, log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// describe prints the description alone: what the connector itself prints
// meanwhile goes to standard error.
func describe(connector ports.Connector) int {
	out := os.Stdout
	os.Stdout = os.Stderr
	text, err := json.MarshalIndent(wire.Describe(connector), "", "  ")
	if err != nil {
		fmt.Fprintln(os.Stderr, "describing the connector:", err)
		return 1
	}
	if _, err := fmt.Fprintf(out, "%s\n", text); err != nil {
		fmt.Fprintln(os.Stderr, "describing the connector:", err)
		return 1
	}
	return 0
}
