package settlement

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// stepsAtOnce is how many steps are taken up in one unit of work.
const stepsAtOnce = 40

// book carries out what is planned for a payout, then looks again at the lines
// that wait, and closes the payout when nothing is left.
func (w *work) book(ctx context.Context, p ports.PayoutRecord) (Next, error) {
	var steps []ports.Step
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		steps, err = tx.Steps().Pending(ctx, p.ID, 0, stepsAtOnce)
		return err
	})
	if err != nil {
		return Next{}, err
	}
	if len(steps) > 0 {
		return w.carryOut(ctx, p, steps)
	}
	last, err := w.rematchBatch(ctx, p)
	if err != nil || !last {
		return Next{}, err
	}
	return Next{}, w.conclude(ctx, p)
}

// carryOut makes a group of steps, several at a time but those of one document,
// and those of the payout itself, one after the other.
func (w *work) carryOut(ctx context.Context, p ports.PayoutRecord, steps []ports.Step) (Next, error) {
	if p.State == payout.Planned {
		p.State, p.UpdatedAt = payout.Booking, w.clock.Now().UTC()
		if err := w.update(ctx, w.progress, func(ctx context.Context, tx ports.Tx) error { return tx.Payouts().Save(ctx, p) }); err != nil {
			return Next{}, err
		}
	}
	queues := map[string][]ports.Step{}
	var order []string
	for _, s := range steps {
		if queues[s.Document] == nil {
			order = append(order, s.Document)
		}
		queues[s.Document] = append(queues[s.Document], s)
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, w.target.InFlight())
	failures := make([]error, len(order))
	for i, document := range order {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			for _, s := range queues[document] {
				if failures[i] = w.take(ctx, p, s); failures[i] != nil {
					return
				}
			}
		})
	}
	running.Wait()
	return w.weigh(failures)
}

// weigh turns what happened to a group of steps into what to do next: the first
// failure decides, as the others will come up again.
func (w *work) weigh(failures []error) (Next, error) {
	for _, err := range failures {
		if err != nil {
			return Next{}, err
		}
	}
	w.progress.Failures = 0
	return Next{}, nil
}

// take makes one step: it stores the intent, makes the call and stores the result.
// It returns an error if the step must be tried again.
func (w *work) take(ctx context.Context, p ports.PayoutRecord, s ports.Step) error {
	s, err := w.openStep(ctx, s)
	if err != nil {
		return err
	}
	number, result, err := w.write(remote.WithTally(ctx, w.tally), s)
	if err != nil {
		return w.failed(ctx, p, s, err)
	}
	s.State, s.Number, s.Outcome, s.ClosedAt, s.Fault = ports.StepDone, number, result, w.clock.Now().UTC(), nil
	return w.closeStep(ctx, p, s)
}

// openStep stores the intent before anything is sent. A step that is open already
// gets its next attempt: its outcome is unknown and will be looked up.
func (w *work) openStep(ctx context.Context, s ports.Step) (ports.Step, error) {
	err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		current, err := tx.Steps().Get(ctx, s.ID)
		if err != nil {
			return err
		}
		s = current
		if s.State == ports.StepPlanned {
			if s.Intent, err = w.intend(ctx, tx, s); err != nil {
				return err
			}
			s.State, s.OpenedAt = ports.StepOpen, w.clock.Now().UTC()
		}
		s.Attempt++
		s.RunID, s.ConnectorVersion = w.run.ID, w.target.Description().Version
		return tx.Steps().Save(ctx, s)
	})
	return s, err
}

// intend notes what is known of the document now, so that a later attempt can tell
// this payment from any other.
func (w *work) intend(ctx context.Context, tx ports.Tx, s ports.Step) (json.RawMessage, error) {
	if s.Kind != ports.StepPayment {
		return nil, nil
	}
	document, err := tx.Documents().Get(ctx, w.flow.Target, s.Document)
	if err != nil {
		return nil, err
	}
	known := intent{BalanceBefore: document.Balance}
	others, err := tx.Steps().OfDocument(ctx, w.flow.Target, s.Document)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if other.State == ports.StepDone && other.Number != "" {
			known.Known = append(known.Known, other.Number)
		}
	}
	return json.Marshal(known)
}

// closeStep stores the result together with what it means for the document.
func (w *work) closeStep(ctx context.Context, p ports.PayoutRecord, s ports.Step) error {
	report := ports.RunReport{Created: map[ports.StepKind]int64{}, Found: map[ports.StepKind]int64{}}
	if s.Outcome == ports.Found {
		report.Found[s.Kind] = 1
	} else {
		report.Created[s.Kind] = 1
	}
	report.Calls, report.RateLimited = w.tally.Drain()
	err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Steps().Save(ctx, s); err != nil {
			return err
		}
		if s.Kind == ports.StepPayment {
			if err := tx.Documents().Settle(ctx, w.flow.Target, ports.Claim{Number: s.Document, Amount: s.Amount}); err != nil {
				return err
			}
		}
		return tx.Runs().Add(ctx, w.run.ID, report)
	})
	if err != nil {
		w.tally.Return(report.Calls, report.RateLimited)
	}
	return err
}

// failed stores what is known after a failure. Only a fault that proves that
// nothing happened takes the step back to planned or to a person; in any other
// case it stays open.
func (w *work) failed(ctx context.Context, p ports.PayoutRecord, s ports.Step, cause error) error {
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
		if s.Attempt >= w.options.Attempts {
			s.State, again = ports.StepParked, nil
			f = fault.New(CodeOutcomeOpen, fault.Unknown, "after "+strconv.Itoa(s.Attempt)+" attempts it is still not known whether the write took effect").
				WithRemedy("look in the accounting system; if nothing is there, retry the exception").Wrap(f)
		}
	}
	s.Fault = w.record(f)
	w.log.Warn("a write did not succeed", "payout", p.ID, "step", s.ID, "key", s.Key, "kind", s.Kind, "attempt", s.Attempt, "state", s.State,
		"connection", w.flow.Target, "source", f.Source, "class", f.Class, "error", f)
	err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Steps().Save(ctx, s); err != nil {
			return err
		}
		if s.State != ports.StepParked {
			return nil
		}
		return w.park(ctx, tx, p, s, f)
	})
	if err != nil {
		return err
	}
	return again
}

// park raises the exception of a step that a person must look at.
func (w *work) park(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, s ports.Step, f *fault.Error) error {
	what := about{line: s.LineID, step: s.ID, document: s.Document, amount: s.Amount}
	if s.LineID != 0 {
		line, err := tx.Lines().Get(ctx, s.LineID)
		if err != nil {
			return err
		}
		what.reference = caption(line)
		parked := ports.LineDecision{LineID: line.ID, State: ports.LineException, Document: line.Document, Decision: line.Decision, WaitingSince: line.WaitingSince}
		if err := tx.Lines().Decide(ctx, []ports.LineDecision{parked}); err != nil {
			return err
		}
	}
	return w.raise(ctx, tx, p, what, f)
}

// conclude decides the state of a payout for which nothing can be done now.
func (w *work) conclude(ctx context.Context, p ports.PayoutRecord) error {
	after := w.succeeded()
	after.Payout, after.Line = p.ID, 0
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		steps, err := tx.Steps().Counts(ctx, p.ID)
		if err != nil {
			return err
		}
		lines, err := tx.Lines().States(ctx, p.ID)
		if err != nil {
			return err
		}
		state := payout.Closed
		switch {
		case steps[ports.StepPlanned]+steps[ports.StepOpen] > 0:
			state = payout.Booking
		case steps[ports.StepParked]+lines[ports.LineWaiting]+lines[ports.LineException] > 0:
			state = payout.Booked
		}
		if state == p.State {
			return nil
		}
		p.State, p.UpdatedAt = state, w.clock.Now().UTC()
		w.log.Info("payout "+string(state), "payout", p.ID, "provider_reference", p.Reference,
			"waiting", lines[ports.LineWaiting], "exceptions", lines[ports.LineException], "parked", steps[ports.StepParked])
		return tx.Payouts().Save(ctx, p)
	})
}
