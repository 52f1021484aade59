// Package posting makes planned documents in an accounting system exactly once.
//
// A step is taken in three acts, each of which may be the last before a crash: its
// intent is stored, the call is made, the result is stored. A step that was open
// when its next attempt begins has an unknown outcome, so the connector looks for
// the document before it makes one.
package posting

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// Faults of writes.
const (
	// CodeOutcomeOpen: nobody could find out whether a write took effect.
	CodeOutcomeOpen fault.Code = "erp.outcome_open"
	// CodeVoucherMissing: a file belongs to a voucher that is not booked.
	CodeVoucherMissing fault.Code = "step.voucher_missing"
	// CodeContentUnreadable: what was planned cannot be read by this version.
	CodeContentUnreadable fault.Code = "step.content_unreadable"
)

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Warn(message string, pairs ...any)
}

// Owner knows what a step is part of. Each method runs in the unit of work that
// stores the step.
type Owner interface {
	// Intend gives what is known now and lets a later attempt recognise its own
	// document among others, or nil.
	Intend(ctx context.Context, tx ports.Tx, step ports.Step) (json.RawMessage, error)
	// Done follows from a document that exists now.
	Done(ctx context.Context, tx ports.Tx, step ports.Step) error
	// Parked follows from a step that a person must look at.
	Parked(ctx context.Context, tx ports.Tx, step ports.Step, why *fault.Error) error
}

// Clerk takes the steps of one run. All fields are required.
type Clerk struct {
	Store  ports.Store
	Target *remote.Account
	Clock  ports.BusinessClock
	Tally  *remote.Tally
	Log    Log
	Owner  Owner
	RunID  string
	// Attempts is how often a step whose outcome is open is tried.
	Attempts int
}

// TakeAll takes steps, several at a time, but those of one document, and those of
// no document, one after the other. The first failure decides what happens next,
// as the others will come up again; none stops the steps of other documents.
func (c *Clerk) TakeAll(ctx context.Context, steps []ports.Step) error {
	queues := map[string][]ports.Step{}
	var order []string
	for _, s := range steps {
		if queues[s.Document] == nil {
			order = append(order, s.Document)
		}
		queues[s.Document] = append(queues[s.Document], s)
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, c.Target.InFlight())
	failures := make([]error, len(order))
	for i, document := range order {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			for _, s := range queues[document] {
				if failures[i] = c.take(ctx, s); failures[i] != nil {
					return
				}
			}
		})
	}
	running.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// take makes one step. It returns an error if the step must be tried again.
func (c *Clerk) take(ctx context.Context, s ports.Step) error {
	s, err := c.open(ctx, s)
	if err != nil || s.State != ports.StepOpen {
		return err
	}
	var served remote.Served
	done, err := c.write(ports.WithWork(remote.WithServed(remote.WithTally(ctx, c.Tally), &served), s.Key), s)
	s.ConnectorVersion = cmp.Or(served.Version(), s.ConnectorVersion)
	if err != nil {
		return c.failed(ctx, s, err)
	}
	s.State, s.Number, s.Outcome, s.Result, s.ClosedAt, s.Fault = ports.StepDone, done.number, done.outcome, done.shown, c.Clock.Now().UTC(), nil
	return c.close(ctx, s)
}

// open stores the intent before anything is sent. A step that is open already
// gets its next attempt: its outcome is unknown and will be looked up. One that was
// dropped or settled since it was listed is given back as it is. It fails with
// CodeNotPermitted, and nothing is stored, if the flow's mode forbids the write.
func (c *Clerk) open(ctx context.Context, s ports.Step) (ports.Step, error) {
	err := c.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		current, err := tx.Steps().Get(ctx, s.ID)
		if err != nil {
			return err
		}
		s = current
		if s.State != ports.StepPlanned && s.State != ports.StepOpen {
			return nil
		}
		if err := permitted(ctx, tx, c.RunID, s); err != nil {
			return err
		}
		if s.State == ports.StepPlanned {
			if s.Intent, err = c.Owner.Intend(ctx, tx, s); err != nil {
				return err
			}
			s.State, s.OpenedAt = ports.StepOpen, c.Clock.Now().UTC()
		}
		s.Attempt++
		s.RunID, s.ConnectorVersion = c.RunID, c.Target.Description().Version
		return tx.Steps().Save(ctx, s)
	})
	return s, err
}

// close stores the result together with all that follows from it.
func (c *Clerk) close(ctx context.Context, s ports.Step) error {
	report := ports.RunReport{Created: map[ports.StepKind]int64{}, Found: map[ports.StepKind]int64{}}
	if s.Outcome == ports.Found {
		report.Found[s.Kind] = 1
	} else {
		report.Created[s.Kind] = 1
	}
	report.Calls, report.RateLimited = c.Tally.Drain()
	err := c.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Steps().Save(ctx, s); err != nil {
			return err
		}
		if err := c.Owner.Done(ctx, tx, s); err != nil {
			return err
		}
		return tx.Runs().Add(ctx, c.RunID, report)
	})
	if err != nil {
		c.Tally.Return(report.Calls, report.RateLimited)
	}
	return err
}

// failed stores what is known after a failure. Only a fault that proves that
// nothing happened takes the step back to planned or to a person; in any other
// case it stays open.
func (c *Clerk) failed(ctx context.Context, s ports.Step, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := fault.Of(cause)
	if f == nil {
		f = fault.New(CodeOutcomeOpen, fault.Unknown, "the write ended without an answer").Wrap(cause)
	}
	again := error(f)
	switch f.Class {
	case fault.NotSent, fault.RateLimited, fault.Auth:
		if s.Attempt == 1 {
			s.State = ports.StepPlanned
		}
		s.Attempt--
	case fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate:
		s.State, again = ports.StepParked, nil
	case fault.Temporary, fault.Unknown:
		if s.Attempt >= c.Attempts {
			s.State, again = ports.StepParked, nil
			f = fault.New(CodeOutcomeOpen, fault.Unknown, "after "+strconv.Itoa(s.Attempt)+" attempts it is still not known whether the write took effect").
				WithRemedy("look in the accounting system; if nothing is there, retry the exception").Wrap(f)
		}
	}
	s.Fault = ports.Recorded(f, c.Clock.Now())
	c.Log.Warn("a write did not succeed", "payout", s.PayoutID, "step", s.ID, "key", s.Key, "kind", s.Kind, "attempt", s.Attempt, "state", s.State,
		"connection", c.Target.Record().ID, "source", f.Source, "class", f.Class, "error", f)
	err := c.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Steps().Save(ctx, s); err != nil {
			return err
		}
		if s.State != ports.StepParked {
			return nil
		}
		return c.Owner.Parked(ctx, tx, s, f)
	})
	if err != nil {
		return err
	}
	return again
}
