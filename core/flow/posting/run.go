package posting

import (
	"context"
	"errors"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// Run is a run of a flow at work, or the place of one that has not been opened: what it
// costs, what it stumbles over, and how it ends. All fields but the run are required.
type Run struct {
	ports.Run
	Store   ports.Store
	Clock   ports.BusinessClock
	Machine func() time.Time
	Log     Log
	Tally   *remote.Tally
	// Flow is the flow's id.
	Flow string
}

// Open reports whether there is a run.
func (r *Run) Open() bool { return r.ID != "" }

// Stumble decides what a failure means. What somebody else must do first lets the run
// wait, what a person must mend ends it; then done is true. Anything else it gives back
// for the job queue to try again.
func (r *Run) Stumble(ctx context.Context, err error) (done bool, _ error) {
	f := fault.Of(err)
	if f == nil || ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return false, err
	}
	if remote.Awaited(f) {
		return true, r.Await(ctx, f)
	}
	switch f.Class {
	case fault.Auth, fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate:
		return true, r.Finish(ctx, ports.RunFailed, f, nil)
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown:
	}
	r.Log.Warn("work stopped and goes on after a pause", "flow", r.Flow, "run", r.ID, "source", f.Source, "class", f.Class, "error", f)
	return false, err
}

// Await says why the run waits, once. What it waits for wakes the flow.
func (r *Run) Await(ctx context.Context, f *fault.Error) error {
	if !r.Open() || (r.Fault != nil && r.Fault.Code == f.Code && r.Fault.Reason == f.Reason) {
		return nil
	}
	r.Log.Warn("run waits for somebody to act", "flow", r.Flow, "run", r.ID, "source", f.Source, "class", f.Class, "error", f)
	return r.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Runs().Wait(ctx, r.ID, ports.Recorded(f, r.Clock.Now()))
	})
}

// Finish closes the run, if there is one, together with what follows from its end, if
// anything does.
func (r *Run) Finish(ctx context.Context, state ports.RunState, f *fault.Error, follow func(ctx context.Context, tx ports.Tx) error) error {
	return r.keep(ctx, func(ctx context.Context, tx ports.Tx) error {
		err := tx.Runs().Finish(ctx, r.ID, state, r.Machine().UTC(), ports.Recorded(f, r.Clock.Now()))
		if err != nil || follow == nil {
			return err
		}
		return follow(ctx, tx)
	})
}

// Pause keeps what the slice has cost.
func (r *Run) Pause(ctx context.Context) error {
	return r.keep(ctx, func(context.Context, ports.Tx) error { return nil })
}

func (r *Run) keep(ctx context.Context, also func(ctx context.Context, tx ports.Tx) error) error {
	if !r.Open() {
		return nil
	}
	calls, limited := r.Tally.Drain()
	err := r.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Runs().Add(ctx, r.ID, ports.RunReport{Calls: calls, RateLimited: limited}); err != nil {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		r.Tally.Return(calls, limited)
	}
	return err
}
