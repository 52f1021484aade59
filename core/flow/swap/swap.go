// Package swap puts one version of a connector in the place of another while money moves.
//
// A swap starts the new version beside the old one, checks it with every connection, has
// it read recent payouts again and compares them with what is stored, and only then hands
// the connections over, lane by lane, each between two requests. The old version ends its
// last calls and is stopped, and the new one is watched. What fails before the first lane
// has moved changes nothing; whatever happens afterwards, the lanes go back the same way.
package swap

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// Faults of swaps: why one was refused, or why the old version serves again.
const (
	// CodeInvalid: a detail of the request makes no sense.
	CodeInvalid fault.Code = "swap.invalid"
	// CodeUnderWay: another swap of the connector has not ended.
	CodeUnderWay fault.Code = "swap.under_way"
	// CodeServing: the version serves these connections already.
	CodeServing fault.Code = "swap.already_serving"
	// CodeNothingToUndo: there is no version before.
	CodeNothingToUndo fault.Code = "swap.nothing_to_undo"
	// CodeEnded: the swap has ended and cannot be cancelled.
	CodeEnded fault.Code = "swap.ended"
	// CodeCheckFailed: a connection that works with the old version does not with the new.
	CodeCheckFailed fault.Code = "swap.check_failed"
	// CodeCapabilityLost: the new version cannot do what an enabled flow needs.
	CodeCapabilityLost fault.Code = "swap.capability_lost"
	// CodeLaneShared: connections that share a lane would be served by two versions.
	CodeLaneShared fault.Code = "swap.lane_shared"
	// CodeLaneRenamed: the new version tells remote accounts apart by other credentials.
	CodeLaneRenamed fault.Code = "swap.lane_renamed"
	// CodeDiffers: the new version reads booked lines otherwise.
	CodeDiffers fault.Code = "swap.differs"
	// CodeLaneBusy: calls did not end in time, so that a lane could not be handed over.
	CodeLaneBusy fault.Code = "swap.lane_busy"
	// CodeCancelled: somebody has ended the swap.
	CodeCancelled fault.Code = "swap.cancelled"
	// CodeCrashed: the new version exited while it was watched.
	CodeCrashed fault.Code = "swap.crashed"
	// CodeFailing: too many calls of the new version failed while it was watched.
	CodeFailing fault.Code = "swap.failing"
	// CodeInterrupted: the hub stopped before the first lane had moved.
	CodeInterrupted fault.Code = "swap.interrupted"
)

// Fleet is the versions of connectors that are loaded.
type Fleet interface {
	// Version gives one version, whichever serves.
	Version(connector, version string) (ports.Connector, error)
	// Start has a version ready before it is called.
	Start(ctx context.Context, connector, version string) error
	// Rest lets a version end its calls until ctx ends, and stops its process; it starts
	// again when it is called. Cancelling ctx leaves it as it is.
	Rest(ctx context.Context, connector, version string) error
	// Route has a version serve a connection from its next call on, or all without a route
	// of their own if the connection is empty. An empty version ends the connection's own.
	Route(connector, connectionID, version string)
	// Running is the version that serves a connection now.
	Running(connector, connectionID string) string
	// Serves reports whether any route leads to a version.
	Serves(connector, version string) bool
	Health(connector, version string) Health
	// Reset releases a version from quarantine or from its pause after a crash.
	Reset(connector, version string) error
}

// Health is what a watch looks at. The counts only grow.
type Health struct {
	// Restarts is how often the process has exited or failed to start; Last says why.
	Restarts    int
	Last        string
	Quarantined bool
	// Calls were made; Failed of them failed by the connector's own fault, and Refused were
	// turned down by the remote system, as calls are that are made wrongly.
	Calls, Failed, Refused int64
	// LastError is of the last call that failed by the connector's own fault.
	LastError string
}

// Schemas checks a document against a JSON Schema.
type Schemas interface {
	Validate(schema, document json.RawMessage) error
}

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
	Error(message string, pairs ...any)
}

// Options bound swaps. All are required.
type Options struct {
	// Recent is how many payouts of each connection are compared, Payouts how many in all;
	// but one of each connection always is.
	Recent, Payouts int
	// Parallel is how many connections are checked, and lanes handed over, at a time.
	Parallel int
	// Check is how long a connection's lane is waited for that is checked: it may rest.
	Check time.Duration
	// Drain and Watch are used where a request names none.
	Drain, Watch time.Duration
	// Failures is how many calls may fail by the connector's own fault while it is watched,
	// and Share how many in a hundred; more than both, and the old version serves again. So
	// it does if as many more are turned down than of the old version.
	Failures, Share int64
	// Look is how often a watched version is looked at.
	Look time.Duration
}

// DefaultOptions are those of a hub in production.
func DefaultOptions() Options {
	return Options{
		Recent: 5, Payouts: 500, Parallel: 8, Check: 2 * time.Minute, Drain: 2 * time.Minute, Watch: 10 * time.Minute, Failures: 3, Share: 5, Look: 250 * time.Millisecond,
	}
}

// Parts are what the service is made of. All are required.
type Parts struct {
	Store   ports.Store
	Desk    *remote.Desk
	Replays *replay.Service
	Fleet   Fleet
	Schemas Schemas
	// Clock is machine time.
	Clock   lane.Clock
	Random  io.Reader
	Log     Log
	Options Options
}

// Service swaps. There is one in a hub. It is safe for concurrent use.
type Service struct {
	parts Parts
	// running outlives the requests that begin swaps; stop ends it.
	running context.Context //nolint:containedctx // swaps outlive the requests that begin them
	stop    context.CancelCauseFunc
	work    sync.WaitGroup

	mu   sync.Mutex
	live map[string]*act // by connector
}

// New makes the service.
func New(parts Parts) *Service {
	running, stop := context.WithCancelCause(context.Background())
	return &Service{parts: parts, running: running, stop: stop, live: map[string]*act{}}
}

// Stop leaves swaps as they are; Resume takes them up when the hub starts again.
func (s *Service) Stop() {
	s.stop(errStopping)
	s.work.Wait()
}

// Request asks for a swap.
type Request struct {
	Connector string
	// To is the version that shall serve.
	To string
	// Connections are pinned to it, as a canary is; none stands for all that are pinned to
	// no version.
	Connections []string
	// Live also reads the payouts of the comparison from the provider; Accept takes
	// differences of booked lines as known.
	Live, Accept bool
	// Drain and Watch are those of the options if they are zero.
	Drain, Watch time.Duration
	Reason       string
	By           string
}

// Begin begins a swap and returns once it is stored; it goes on by itself.
func (s *Service) Begin(ctx context.Context, r Request) (ports.Swap, error) {
	if err := s.valid(&r); err != nil {
		return ports.Swap{}, err
	}
	if _, err := s.parts.Fleet.Version(r.Connector, r.To); err != nil {
		return ports.Swap{}, err
	}
	from, before, err := s.from(ctx, r)
	if err != nil {
		return ports.Swap{}, err
	}
	return s.begin(ctx, ports.Swap{
		Connector: r.Connector, From: from, Before: before, To: r.To, Connections: r.Connections, Live: r.Live, Accept: r.Accept,
		Drain: r.Drain, Watch: r.Watch, By: r.By, Reason: r.Reason,
	})
}

// Undo goes back to the version before: of the swap that is under way, or of the last one.
func (s *Service) Undo(ctx context.Context, connector, reason, by string) (ports.Swap, error) {
	if current, ok := s.current(connector); ok {
		return s.Cancel(ctx, current.ID, reason, by)
	}
	last, err := s.lastDone(ctx, connector)
	if err != nil {
		return ports.Swap{}, err
	}
	if len(last.Connections) > 0 { // a canary, which has left all others where they were
		if _, err := s.parts.Fleet.Version(connector, last.From); err != nil {
			return ports.Swap{}, err
		}
		return s.begin(ctx, ports.Swap{
			Connector: connector, From: last.To, To: last.From, Connections: last.Connections, Undo: true,
			Drain: s.parts.Options.Drain, Watch: s.parts.Options.Watch, By: by, Reason: reason,
		})
	}
	wanted, err := s.wanted(ctx, connector, "")
	if err != nil {
		return ports.Swap{}, err
	}
	if wanted.Previous == "" {
		return ports.Swap{}, fault.New(CodeNothingToUndo, fault.Conflict, "the connector "+connector+" has had no other version before").
			WithRemedy("swap to the version that you want")
	}
	if _, err := s.parts.Fleet.Version(connector, wanted.Previous); err != nil {
		return ports.Swap{}, err
	}
	return s.begin(ctx, ports.Swap{
		Connector: connector, From: wanted.Version, Before: wanted.Previous, To: wanted.Previous, Undo: true,
		Drain: s.parts.Options.Drain, Watch: s.parts.Options.Watch, By: by, Reason: reason,
	})
}

// lastDone gives the last swap of a connector that has changed something, empty if none
// has.
func (s *Service) lastDone(ctx context.Context, connector string) (ports.Swap, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.Swap, error) {
		for after := ""; ; {
			page, err := tx.Catalogue().Swaps(ctx, connector, ports.Page{After: after, Limit: 50})
			if err != nil || len(page) == 0 {
				return ports.Swap{}, err
			}
			for _, swap := range page {
				if after = swap.ID; swap.State == ports.SwapDone {
					return swap, nil
				}
			}
		}
	})
}

// begin stores a swap and lets it go on.
func (s *Service) begin(ctx context.Context, swap ports.Swap) (ports.Swap, error) {
	random := make([]byte, 8)
	if _, err := io.ReadFull(s.parts.Random, random); err != nil {
		return swap, fmt.Errorf("making an id: %w", err)
	}
	swap.ID, swap.StartedAt = "swap-"+hex.EncodeToString(random), s.now()
	swap.State = ports.SwapChecking
	swap.Entered = []ports.SwapEntry{{State: swap.State, At: swap.StartedAt}}
	a, err := s.admit(swap)
	if err != nil {
		return swap, err
	}
	if err := s.still(ctx, swap); err != nil {
		s.dismiss(swap.Connector)
		return swap, err
	}
	if err := s.keep(ctx, swap, "connector.swap_started", swap.From+" to "+swap.To+scope(swap)+": "+swap.Reason, swap.By); err != nil {
		s.dismiss(swap.Connector)
		return swap, err
	}
	s.work.Go(a.run)
	return swap, nil
}

// still fails if the version that a swap comes from has ceased to serve since it was looked
// up: the swap before has ended in between.
func (s *Service) still(ctx context.Context, swap ports.Swap) error {
	var now string
	if len(swap.Connections) > 0 {
		now = s.parts.Fleet.Running(swap.Connector, swap.Connections[0])
	} else {
		wanted, err := s.wanted(ctx, swap.Connector, "")
		if err != nil {
			return err
		}
		now = wanted.Version
	}
	if now != swap.From {
		return fault.New(CodeUnderWay, fault.Conflict, "another swap of "+swap.Connector+" has ended just now, after which "+now+" serves").WithRemedy("look at that, then ask again")
	}
	return nil
}

func scope(swap ports.Swap) string {
	if n := len(swap.Connections); n > 0 {
		return fmt.Sprintf(" for %d connection(s)", n)
	}
	return ""
}

// admit takes a swap up unless the connector has one that has not ended.
func (s *Service) admit(swap ports.Swap) (*act, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other, ok := s.live[swap.Connector]; ok {
		return nil, fault.New(CodeUnderWay, fault.Conflict, "the swap "+other.swap.ID+" of "+swap.Connector+" is under way").
			WithRemedy("wait until it has ended, or cancel it")
	}
	ctx, cancel := context.WithCancelCause(s.running)
	a := &act{Service: s, ctx: ctx, cancel: cancel, swap: swap}
	s.live[swap.Connector] = a
	return a, nil
}

func (s *Service) dismiss(connector string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, connector)
}

// current gives the swap of a connector that has not ended.
func (s *Service) current(connector string) (ports.Swap, bool) {
	s.mu.Lock()
	a := s.live[connector]
	s.mu.Unlock()
	if a == nil {
		return ports.Swap{}, false
	}
	return a.look(), true
}

// Cancel ends a swap: lanes that have moved go back. It returns at once.
func (s *Service) Cancel(ctx context.Context, id, reason, by string) (ports.Swap, error) {
	swap, err := s.Get(ctx, id)
	if err != nil {
		return swap, err
	}
	s.mu.Lock()
	a := s.live[swap.Connector]
	s.mu.Unlock()
	if a == nil || swap.State.Ended() {
		return swap, fault.New(CodeEnded, fault.Conflict, "the swap has ended, it is "+string(swap.State)).
			WithRemedy("POST /v1/connectors/{id}/undo goes back to the version before")
	}
	// The swap goes on meanwhile: what is known of it here is stored by itself alone.
	err = s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return s.audit(ctx, tx, swap, "connector.swap_cancelled", id+": "+reason, by)
	})
	if err != nil {
		return swap, err
	}
	a.cancel(fault.New(CodeCancelled, fault.Conflict, "cancelled by "+by+": "+reason))
	return swap, nil
}

// Get gives a swap as it is now.
func (s *Service) Get(ctx context.Context, id string) (ports.Swap, error) {
	s.mu.Lock()
	for _, a := range s.live {
		if a.swap.ID == id {
			s.mu.Unlock()
			return a.look(), nil
		}
	}
	s.mu.Unlock()
	var swap ports.Swap
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		swap, err = tx.Catalogue().Swap(ctx, id)
		return err
	})
	return swap, err
}

// List gives the swaps of a connector, or of all if it is empty, newest first.
func (s *Service) List(ctx context.Context, connector string, page ports.Page) ([]ports.Swap, error) {
	var list []ports.Swap
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		list, err = tx.Catalogue().Swaps(ctx, connector, page)
		return err
	})
	for i := range list {
		if now, ok := s.current(list[i].Connector); ok && now.ID == list[i].ID {
			list[i] = now
		}
	}
	return list, err
}

func (s *Service) now() time.Time { return s.parts.Clock.Now().UTC() }
