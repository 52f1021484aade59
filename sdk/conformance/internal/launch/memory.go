package launch

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Source makes connectors in the suite's own process.
type Source struct {
	New func() ports.Connector
	// Tiny makes them with small pages; nil if they cannot.
	Tiny func() ports.Connector
}

func (s Source) make(o Options) ports.Connector {
	if o.Small && s.Tiny != nil {
		return s.Tiny()
	}
	return s.New()
}

// Small implements part of Way.
func (s Source) Small() bool { return s.Tiny != nil }

// Process implements part of Way.
func (Source) Process() bool { return false }

// Direct gives connectors as the values that they are.
type Direct struct{ Source }

var _ Way = Direct{}

// Start implements Way.
func (d Direct) Start(_ context.Context, o Options) (*Connector, error) {
	return &Connector{Connector: d.make(o), log: &book{}, stray: &book{}, stop: func() {}}, nil
}

// Wire gives the hub's end of connectors that are served in memory.
type Wire struct{ Source }

var _ Way = Wire{}

// Start implements Way.
func (w Wire) Start(ctx context.Context, o Options) (*Connector, error) {
	const buffer = 1 << 20
	own := &Connector{log: &book{}, stray: &book{}}
	listener := bufconn.Listen(buffer)
	server := grpc.NewServer(append(wire.ServerOptions(), grpc.UnaryInterceptor(
		func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			return handle(own.Context(ctx), req)
		}))...)
	wire.Register(server, w.make(o))
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
		server.Stop()
		return nil, fmt.Errorf("connecting to the connector: %w", err)
	}
	own.stop = func() {
		_ = conn.Close()
		server.Stop()
		<-served
	}
	description, err := wire.FetchDescription(ctx, conn)
	if err != nil {
		own.stop()
		return nil, fmt.Errorf("asking the connector what it is: %w", err)
	}
	own.Connector = wire.NewClient(conn, description)
	return own, nil
}
