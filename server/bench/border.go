package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
	"github.com/kvitt/kvitt/server/bench/source"
)

// How often what is short is done, so that its median says something.
const (
	starts     = 9
	calls      = 5000
	borderSize = 200_000 // lines
)

// started is how a connector starts in one way, and what its process then weighs.
type started struct {
	Connector string
	PlainText bool
	Ready     time.Duration // median
	RSS, PSS  int64         // KiB of the process that started last, idle
}

// crossed is what crossing the border in one way costs.
type crossed struct {
	Way         string
	Median, P99 time.Duration // of one call that carries nothing
	Pages       int
	Lines       int
	Took        time.Duration // for the pages
	RSS, PSS    int64         // KiB of the process after that, 0 if there is none
}

// measureStarts starts a program again and again, each time in a host of its own.
// What is measured begins when the program lies in its place.
func measureStarts(ctx context.Context, folder, program string, plainText bool, starts int) (started, error) {
	s := started{Connector: filepath.Base(program), PlainText: plainText}
	took := make([]time.Duration, 0, starts)
	for range starts {
		err := inHost(ctx, folder, program, plainText, func(connector *pluginhost.Instance) error {
			began := time.Now()
			if err := connector.Start(ctx); err != nil {
				return err
			}
			took = append(took, time.Since(began))
			s.RSS, s.PSS = weight(connector.Status().PID)
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	s.Ready, _ = medianAndP99(took)
	return s, nil
}

// inHost loads a program into a host that is stopped afterwards.
func inHost(ctx context.Context, folder, program string, plainText bool, work func(*pluginhost.Instance) error) error {
	host, err := pluginhost.New(pluginhost.Config{Dir: folder})
	if err != nil {
		return err
	}
	connector, err := host.Load(ctx, pluginhost.Source{Path: program, PlainText: plainText})
	if err == nil {
		err = work(connector)
	}
	return errors.Join(err, host.Stop(ctx))
}

// measureBorder crosses the border to a process with and without TLS, and to the
// same connector in this process, over the same protocol in memory.
func measureBorder(ctx context.Context, folder, generator string, calls, lines int) ([]crossed, error) {
	var all []crossed
	for _, plainText := range []bool{false, true} {
		err := inHost(ctx, folder, generator, plainText, func(connector *pluginhost.Instance) error {
			way := "process, TLS"
			if plainText {
				way = "process, plain"
			}
			c, err := cross(ctx, way, connector.Client, calls, lines)
			c.RSS, c.PSS = weight(connector.Status().PID)
			all = append(all, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	c, err := inMemory(ctx, calls, lines)
	return append(all, c), err
}

func inMemory(ctx context.Context, calls, lines int) (crossed, error) {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(wire.ServerOptions()...)
	wire.Register(server, source.New("generator", "1.0.0"))
	go func() { _ = server.Serve(listener) }() // until it is stopped
	defer server.Stop()
	conn, err := grpc.NewClient("passthrough:///memory", append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))...)
	if err != nil {
		return crossed{}, err
	}
	defer conn.Close()
	return cross(ctx, "in process", wire.NewClient(conn, wire.Describe(source.New("generator", "1.0.0"))), calls, lines)
}

// cross makes many small calls, one after the other, and then reads a payout.
func cross(ctx context.Context, way string, connector *wire.Client, calls, lines int) (crossed, error) {
	c := crossed{Way: way}
	call := ports.Call{Connection: ports.Connection{ID: "bench", Settings: []byte(`{"lines":` + strconv.Itoa(lines) + `}`)}, Grant: 1}
	took := make([]time.Duration, 0, calls)
	for i := range calls + calls/10 {
		began := time.Now()
		if _, err := connector.Verify(ctx, ports.VerifyRequest{Call: call, Today: began}); err != nil {
			return c, err
		}
		if i >= calls/10 { // the first ones set buffers and windows up
			took = append(took, time.Since(began))
		}
	}
	c.Median, c.P99 = medianAndP99(took)
	began := time.Now()
	for cursor := ""; ; c.Pages++ {
		page, err := connector.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: payoutReference, Cursor: cursor})
		if err != nil {
			return c, err
		}
		c.Lines += len(page.Lines)
		if cursor = page.Next; cursor == "" {
			c.Pages++
			break
		}
	}
	c.Took = time.Since(began)
	return c, nil
}

func medianAndP99(all []time.Duration) (median, p99 time.Duration) {
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

// borders is the whole part.
func (o options) borders(ctx context.Context, folder, generator string, report func([]started, []crossed) error) error {
	programs := []string{generator}
	for _, name := range []string{"klarna", "fortnox"} {
		place := filepath.Join(folder, "border")
		if err := os.MkdirAll(place, 0o700); err != nil {
			return err
		}
		program, err := build(ctx, place, "plugins/"+name)
		if err != nil {
			return err
		}
		programs = append(programs, program)
	}
	var all []started
	for _, program := range programs {
		for _, plainText := range []bool{true, false} {
			s, err := measureStarts(ctx, folder, program, plainText, starts)
			if err != nil {
				return err
			}
			all = append(all, s)
		}
	}
	ways, err := measureBorder(ctx, folder, generator, calls, borderSize)
	if err != nil {
		return err
	}
	return report(all, ways)
}
