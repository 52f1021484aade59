package pluginhost

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

// attached is a connection to a connector whose process is somebody else's. It is
// there again when that somebody has started the connector anew.
type attached struct {
	conn    *grpc.ClientConn
	id      string
	version string
	address string
	since   time.Time
	secrets secrets
	record  record

	mu       sync.Mutex
	stopping bool
	inFlight int
	drained  chan struct{} // closed when stopping and nothing is in flight
}

var _ keeper = (*attached)(nil)

func newAttached(conn *grpc.ClientConn, id, address string) *attached {
	return &attached{conn: conn, id: id, address: address, since: time.Now(), drained: make(chan struct{})}
}

// Invoke makes one call, which takes as long as it takes: the deadline of the
// caller is not the connector's while its author looks at a breakpoint. A caller
// that gives up for another reason ends the call.
func (a *attached) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if err := a.begin(); err != nil {
		a.record.refuse()
		return err
	}
	defer a.end()
	if err := a.reach(ctx); err != nil {
		a.record.refuse()
		return err
	}
	patient, cancel := withoutDeadline(ctx)
	defer cancel()
	a.secrets.learn(args)
	began := time.Now()
	err := a.conn.Invoke(patient, method, args, reply, opts...)
	done := call{method: method, request: args, took: time.Since(began)}
	if err != nil {
		done.fault = wire.FaultOf(args, err)
	}
	if done.cutOff() && patient.Err() != nil {
		done.fault = done.fault.From(fault.Hub)
	}
	a.record.note(patient, done, &a.secrets)
	return err
}

func withoutDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel()
		}
	})
	return patient, func() {
		unhook()
		cancel()
	}
}

// NewStream is part of the interface of a connection; no service has streams.
func (a *attached) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNoStreams
}

func (a *attached) begin() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopping {
		return unavailable("the connector is being detached", 0)
	}
	a.inFlight++
	return nil
}

func (a *attached) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inFlight--
	if a.stopping && a.inFlight == 0 {
		close(a.drained)
	}
}

// reachTime is how long a connector that is just being started is waited for.
const reachTime = 3 * time.Second

// reach fails, with the proof that nothing was sent, unless the connector is there.
func (a *attached) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	a.conn.ResetConnectBackoff()
	for {
		state := a.conn.GetState()
		if state == connectivity.Ready {
			return nil
		}
		a.conn.Connect()
		if !a.conn.WaitForStateChange(ctx, state) {
			return unavailable("the connector is attached, but nobody serves it at "+a.address, 0).
				WithRemedy("start it under the debugger again")
		}
	}
}

func (a *attached) start(ctx context.Context) error { return a.reach(ctx) }

// reset has nothing to release: an attached connector is never in quarantine.
func (a *attached) reset() {}

func (a *attached) status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := Status{ID: a.id, Version: a.version, State: Attached, InFlight: a.inFlight, Uptime: time.Since(a.since)}
	switch {
	case a.stopping:
		out.State = Stopped
	case a.conn.GetState() != connectivity.Ready:
		out.LastExit = "nobody serves it at " + a.address
	}
	return out
}

// stop lets go of the connector. Its process is not ours to end.
func (a *attached) stop(ctx context.Context) {
	a.mu.Lock()
	if !a.stopping && a.inFlight == 0 {
		close(a.drained)
	}
	a.stopping = true
	a.mu.Unlock()
	select {
	case <-a.drained:
	case <-ctx.Done():
	}
	_ = a.conn.Close() // calls under way end with an open outcome
}

// rest does nothing: the process is not ours to end.
func (a *attached) rest(context.Context) error { return nil }

func (a *attached) calls() Calls { return a.record.calls(a.status().InFlight) }

func (a *attached) errors() []CallError { return a.record.failures() }

// lines gives nothing: whoever has started the connector sees what it writes.
func (a *attached) lines() []LogLine { return nil }
