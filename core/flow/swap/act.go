package swap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

var errStopping = errors.New("the hub is being stopped")

// act is one swap under way.
type act struct {
	*Service
	ctx    context.Context //nolint:containedctx // it is the swap's own, which outlives the request
	cancel context.CancelCauseFunc

	mu   sync.Mutex
	swap ports.Swap
	// before is how the new version stood before the first lane has moved; that of a hub that
	// has started since is nothing.
	before Health
	// moved are the connections that have been handed over.
	moved []string
}

// look gives the swap as it is now.
func (a *act) look() ports.Swap {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.swap
}

func (a *act) change(fn func(*ports.Swap)) ports.Swap {
	a.mu.Lock()
	defer a.mu.Unlock()
	fn(&a.swap)
	return a.swap
}

// enter stores that the swap has come to a state, and what changes with that in the same
// unit of work.
func (a *act) enter(ctx context.Context, state ports.SwapState, also ...func(context.Context, ports.Tx) error) error {
	swap := a.change(func(s *ports.Swap) {
		s.State = state
		s.Entered = append(s.Entered, ports.SwapEntry{State: state, At: a.now()})
	})
	a.parts.Log.Info("swap "+string(state), "swap", swap.ID, "connector", swap.Connector, "from", swap.From, "to", swap.To)
	return a.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, fn := range also {
			if err := fn(ctx, tx); err != nil {
				return err
			}
		}
		return tx.Catalogue().SaveSwap(ctx, swap)
	})
}

// run takes a swap from its beginning to its end.
func (a *act) run() {
	defer a.dismiss(a.swap.Connector)
	defer a.cancel(nil)
	if err := a.prepare(); err != nil {
		a.refuse(err)
		return
	}
	swap := a.look()
	a.before = a.parts.Fleet.Health(swap.Connector, swap.To) // what it did before anybody was served by it counts no more
	a.finish(a.serve(a.handOver))
}

// resume goes on with a swap whose lanes had begun to move when the hub stopped: all are
// on the new version now.
func (a *act) resume() {
	defer a.dismiss(a.swap.Connector)
	defer a.cancel(nil)
	a.finish(a.serve(func() error { return nil }))
}

// prepare does all that changes nothing.
func (a *act) prepare() error {
	swap := a.look()
	if err := a.parts.Fleet.Start(a.ctx, swap.Connector, swap.To); err != nil {
		return err
	}
	if err := a.check(); err != nil {
		return err
	}
	if swap.Undo {
		return nil // what was stored under the version to which it goes back was read by it
	}
	if err := a.enter(a.ctx, ports.SwapComparing); err != nil {
		return err
	}
	return a.compare()
}

// serve has the new version serve and watches it.
func (a *act) serve(handOver func() error) error {
	if err := handOver(); err != nil {
		return err
	}
	if err := a.drain(); err != nil {
		return err
	}
	return a.watch()
}

// why is the cause of an end: that of the context, if it has ended.
func (a *act) why(err error) error {
	if cause := context.Cause(a.ctx); cause != nil {
		return cause
	}
	return err
}

// refuse ends a swap that has changed nothing.
func (a *act) refuse(err error) {
	cause := a.why(err)
	if errors.Is(cause, errStopping) {
		return // Resume says so when the hub starts again
	}
	state := ports.SwapRefused
	if fault.CodeOf(cause) == CodeCancelled {
		state = ports.SwapCancelled
	}
	a.rest(a.look().To)
	a.end(state, cause)
}

// finish ends a swap whose lanes have begun to move: all is well, or they go back.
func (a *act) finish(err error) {
	if err == nil {
		a.end(ports.SwapDone, nil)
		return
	}
	cause := a.why(err)
	if errors.Is(cause, errStopping) {
		return
	}
	swap := a.look()
	a.parts.Log.Warn("the old version takes over again", "swap", swap.ID, "connector", swap.Connector, "version", swap.From, "reason", cause)
	// Whoever looks meanwhile sees why it goes back.
	a.change(func(s *ports.Swap) { s.Fault = recorded(cause, a.now()) })
	if _, err := a.parts.Fleet.Version(swap.Connector, swap.From); err != nil {
		a.parts.Log.Error("the old version is not there to take over, and the new one goes on", "swap", swap.ID, "connector", swap.Connector, "error", err)
		a.end(ports.SwapDone, cause)
		return
	}
	if !a.insist("the old version could not take over, and is asked again", a.tryBack) {
		return
	}
	state := ports.SwapReturned
	if fault.CodeOf(cause) == CodeCancelled {
		state = ports.SwapCancelled
	}
	a.rest(swap.To)
	a.end(state, cause)
}

// tryBack is back, and tells whoever looks at the swap what stands in the way.
func (a *act) tryBack() error {
	err := a.back()
	if err != nil {
		a.change(func(s *ports.Swap) {
			told := *s.Fault
			told.Remedy = "version " + s.From + " does not take over (" + err.Error() + "), and is asked again: release it with POST /v1/connectors/{id}/versions/{version}/reset"
			s.Fault = &told
		})
	}
	return err
}

// insist does what must be done, again and again after longer pauses; only the end of the
// hub ends that, and then it returns false.
func (a *act) insist(failed string, do func() error) bool {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		err := do()
		if err == nil {
			return true
		}
		a.parts.Log.Error(failed, "swap", a.look().ID, "connector", a.look().Connector, "error", err, "again_in", pause)
		select {
		case <-a.parts.Clock.After(pause):
		case <-a.running.Done():
			return false
		}
	}
}

// rest stops a version that serves nobody.
func (a *act) rest(version string) {
	swap := a.look()
	if a.parts.Fleet.Serves(swap.Connector, version) {
		return
	}
	ctx, cancel := context.WithTimeout(a.running, swap.Drain) // the swap itself may have been cancelled
	defer cancel()
	if err := a.parts.Fleet.Rest(ctx, swap.Connector, version); err != nil {
		a.parts.Log.Warn("a version that serves nobody was not stopped", "connector", swap.Connector, "version", version, "error", err)
	}
}

// end stores how the swap has ended, and wakes what waits for the connector. To whoever
// asks it has ended only then.
func (a *act) end(state ports.SwapState, cause error) {
	ctx := context.WithoutCancel(a.ctx)
	swap := a.look()
	swap.State, swap.EndedAt, swap.InFlight = state, a.now(), 0
	swap.Entered = append(slices.Clone(swap.Entered), ports.SwapEntry{State: state, At: swap.EndedAt})
	by, detail := swap.By, swap.ID+" "+swap.From+" to "+swap.To
	log, pairs := a.parts.Log.Info, []any{"swap", swap.ID, "connector", swap.Connector, "from", swap.From, "to", swap.To}
	if cause != nil {
		swap.Fault = recorded(cause, swap.EndedAt)
		by, detail = "hub", detail+": "+swap.Fault.Reason
		log, pairs = a.parts.Log.Warn, append(pairs, "code", string(swap.Fault.Code), "reason", swap.Fault.Reason)
	}
	log("swap "+string(state), pairs...)
	a.insist("the end of a swap could not be stored", func() error {
		if err := a.keep(ctx, swap, "connector.swap_"+string(state), detail, by); err != nil {
			return err
		}
		return a.Wake(ctx, swap.Connector)
	})
}

func recorded(err error, at time.Time) *ports.FaultRecord {
	f := fault.Of(err)
	if f == nil {
		f = fault.New("swap.failed", fault.Temporary, fmt.Sprint(err))
	}
	return ports.Recorded(f, at)
}
