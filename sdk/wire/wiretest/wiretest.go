// Package wiretest runs a connector behind an in-memory connection, so that a
// test speaks to it exactly as the hub does, without a process.
package wiretest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Client serves the connector in memory until the test ends and gives the hub's
// end of it.
func Client(tb testing.TB, connector ports.Connector, options ...grpc.ServerOption) *wire.Client {
	tb.Helper()
	conn := Conn(tb, func(s grpc.ServiceRegistrar) { wire.Register(s, connector) }, options...)
	description, err := wire.FetchDescription(context.Background(), conn)
	if err != nil {
		tb.Fatalf("describing the connector: %v", err)
	}
	return wire.NewClient(conn, description)
}

// Conn serves whatever register registers and gives a connection to it. Tests
// of broken connectors use it.
func Conn(tb testing.TB, register func(grpc.ServiceRegistrar), options ...grpc.ServerOption) *grpc.ClientConn {
	tb.Helper()
	const buffer = 1 << 20
	listener := bufconn.Listen(buffer)
	server := grpc.NewServer(append(wire.ServerOptions(), options...)...)
	register(server)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with Stop; there is nothing to report
	}()
	conn, err := grpc.NewClient("passthrough:///connector", append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
	)...)
	if err != nil {
		tb.Fatalf("connecting to the connector: %v", err)
	}
	tb.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		<-served
	})
	return conn
}
