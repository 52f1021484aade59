package settlement

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/ports"
)

// takeOwn makes the next documents of the flow that belong to no payout, and
// reports whether there were any.
func (w *work) takeOwn(ctx context.Context) (taken bool, err error) {
	if w.run.Scope != nil { // such documents belong to no payout
		return false, nil
	}
	var steps []ports.Step
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		steps, err = posting.WritableOfFlow(ctx, tx, w.flow.ID, w.run.ID, stepsAtOnce)
		return err
	})
	if err != nil || len(steps) == 0 {
		return false, err
	}
	clerk := posting.Clerk{
		Store: w.store, Target: w.target, Clock: w.clock, Tally: w.tally, Log: w.log,
		Owner: ownOwner{w}, RunID: w.run.ID, Attempts: w.options.Attempts,
	}
	if err := clerk.TakeAll(ctx, steps); err != nil {
		return true, err
	}
	w.progress.Failures = 0
	return true, nil
}

// ownOwner says what documents mean that belong to no payout: vouchers, which are
// recognised by their keys and settle nothing.
type ownOwner struct{ *work }

func (o ownOwner) Intend(context.Context, ports.Tx, ports.Step) (json.RawMessage, error) {
	return nil, nil
}

func (o ownOwner) Done(context.Context, ports.Tx, ports.Step) error { return nil }

// Parked raises the exception of a document that a person must look at.
func (o ownOwner) Parked(ctx context.Context, tx ports.Tx, s ports.Step, f *fault.Error) error {
	what := about{step: s.ID, reference: s.Key, amount: s.Amount}
	var stored declaring
	if err := json.Unmarshal(s.Content, &stored); err == nil && stored.Declares != nil {
		what.reference = stored.Declares.Reference
	}
	return o.raise(ctx, tx, ports.PayoutRecord{MerchantID: o.flow.MerchantID}, what, f)
}

// ofFlow loads the flow of an exception that concerns no payout: it is about a
// document of takeOwn.
func (c *casefile) ofFlow(ctx context.Context, tx ports.Tx) error {
	step, err := tx.Steps().Get(ctx, c.exception.StepID)
	if err != nil {
		return err
	}
	if c.flow, err = tx.Flows().Get(ctx, step.FlowID); err != nil {
		return err
	}
	c.merchant, err = tx.Merchants().Get(ctx, c.flow.MerchantID)
	return err
}
