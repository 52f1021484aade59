package settlement

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// stepsAtOnce is how many steps are taken up in one unit of work.
const stepsAtOnce = 40

// book carries out what is planned for a payout, then looks again at the lines
// that wait, and closes the payout when nothing is left. What may not be written now
// is left as it is; a plan of which nothing may be written for long is given up.
func (w *work) book(ctx context.Context, p ports.PayoutRecord) (Next, error) {
	var steps []ports.Step
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		steps, err = posting.WritableOf(ctx, tx, p, w.run.ID, stepsAtOnce)
		return err
	})
	if err != nil {
		return Next{}, err
	}
	if len(steps) > 0 {
		return w.carryOut(ctx, p, steps)
	}
	if w.writesNothing() {
		return Next{}, w.shelve(ctx, p)
	}
	last, err := w.rematchBatch(ctx, p)
	if err != nil || !last {
		return Next{}, err
	}
	return Next{}, w.conclude(ctx, p)
}

// carryOut makes a group of steps.
func (w *work) carryOut(ctx context.Context, p ports.PayoutRecord, steps []ports.Step) (Next, error) {
	if p.State == payout.Planned {
		if err := w.moveTo(ctx, p, payout.Booking); err != nil {
			return Next{}, err
		}
	}
	clerk := posting.Clerk{
		Store: w.store, Target: w.target, Clock: w.clock, Tally: w.tally, Log: w.log,
		Owner: owner{w, p}, RunID: w.run.ID, Attempts: w.options.Attempts,
	}
	if err := clerk.TakeAll(ctx, steps); err != nil {
		return Next{}, err
	}
	w.progress.Failures = 0
	return Next{}, nil
}

// moveTo changes the state of a payout, unless a person has changed it meanwhile.
func (w *work) moveTo(ctx context.Context, p ports.PayoutRecord, state payout.State) error {
	return w.update(ctx, w.progress, func(ctx context.Context, tx ports.Tx) error {
		now, err := tx.Payouts().Get(ctx, p.ID)
		if err != nil || now.State != p.State {
			return err
		}
		now.State, now.UpdatedAt = state, w.clock.Now().UTC()
		return tx.Payouts().Save(ctx, now)
	})
}

// owner says what the steps of a payout mean for it.
type owner struct {
	*work
	payout ports.PayoutRecord
}

// Intend notes what is known of the document now, so that a later attempt can tell
// this payment from any other.
func (o owner) Intend(ctx context.Context, tx ports.Tx, s ports.Step) (json.RawMessage, error) {
	if s.Kind != ports.StepPayment && s.Kind != ports.StepRelease {
		return nil, nil
	}
	document, err := tx.Documents().Get(ctx, o.flow.Target, s.Document)
	if err != nil {
		return nil, err
	}
	known := posting.PaymentIntent{BalanceBefore: document.Balance}
	others, err := tx.Steps().OfDocument(ctx, o.flow.Target, s.Document)
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

// Done takes a payment off the balance of its document, or gives the document its
// balance back.
func (o owner) Done(ctx context.Context, tx ports.Tx, s ports.Step) error {
	switch s.Kind {
	case ports.StepRelease:
		return tx.Documents().Release(ctx, o.flow.Target, ports.Claim{Number: s.Document, Amount: s.Amount.Neg()})
	case ports.StepPayment:
	default:
		return nil
	}
	return tx.Documents().Settle(ctx, o.flow.Target, ports.Claim{Number: s.Document, Amount: s.Amount})
}

// Parked raises the exception of a step that a person must look at.
func (o owner) Parked(ctx context.Context, tx ports.Tx, s ports.Step, f *fault.Error) error {
	what := about{line: s.LineID, step: s.ID, document: s.Document, amount: s.Amount}
	if s.LineID != 0 {
		line, err := tx.Lines().Get(ctx, s.LineID)
		if err != nil {
			return err
		}
		what.reference = caption(line)
		if !line.Kind.NeedsDocument() { // it stands where the payout's voucher put it
			return o.raise(ctx, tx, o.payout, what, f)
		}
		parked := ports.LineDecision{LineID: line.ID, State: ports.LineException, Document: line.Document, Decision: line.Decision, WaitingSince: line.WaitingSince}
		if err := tx.Lines().Decide(ctx, []ports.LineDecision{parked}); err != nil {
			return err
		}
	}
	return o.raise(ctx, tx, o.payout, what, f)
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
		case steps[ports.StepPlanned]+steps[ports.StepOpen] > 0 && p.State == payout.Planned:
			state = payout.Planned // all of it waits for its release
		case steps[ports.StepPlanned]+steps[ports.StepOpen] > 0:
			state = payout.Booking
		case steps[ports.StepParked]+lines[ports.LineWaiting]+lines[ports.LineException] > 0:
			state = payout.Booked
		}
		if now, err := tx.Payouts().Get(ctx, p.ID); err != nil || now.State != p.State || state == p.State {
			return err
		}
		if state == payout.Closed {
			if err := w.endCoverage(ctx, tx, p); err != nil {
				return err
			}
		}
		p.State, p.UpdatedAt = state, w.clock.Now().UTC()
		w.log.Info("payout "+string(state), "payout", p.ID, "provider_reference", p.Reference,
			"waiting", lines[ports.LineWaiting], "exceptions", lines[ports.LineException], "parked", steps[ports.StepParked])
		return tx.Payouts().Save(ctx, p)
	})
}
