package posting

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeNotPermitted: the mode of the flow does not let the document be written.
const CodeNotPermitted fault.Code = "flow.write_not_permitted"

// permit says which steps of a flow a run may write. Clerk asks it in the unit of
// work that opens a step, so that no flow can write past it.
type permit struct {
	flow merchant.Flow
	// trial are the payouts that the run is a trial of, nil if it is none.
	trial *ports.RunScope
	// zone is that in which days of payouts are cut.
	zone *time.Location
}

func permitFor(ctx context.Context, tx ports.Tx, flowID, runID string) (permit, error) {
	flow, err := tx.Flows().Get(ctx, flowID)
	if err != nil {
		return permit{}, err
	}
	p := permit{flow: flow}
	if runID == "" || flow.Mode == merchant.Live {
		return p, nil
	}
	run, err := tx.Runs().Get(ctx, runID)
	if err != nil || run.Scope == nil || !run.Scope.Trial {
		return p, err
	}
	p.trial = run.Scope
	owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
	if err != nil {
		return p, err
	}
	p.zone, err = time.LoadLocation(owner.Zone)
	return p, err
}

// allows reports whether a step may be written now.
func (p permit) allows(ctx context.Context, tx ports.Tx, s ports.Step) (bool, error) {
	if p.flow.Mode == merchant.Live || (p.flow.Mode == merchant.Approve && !s.ReleasedAt.IsZero()) {
		return true, nil
	}
	if p.trial == nil || s.PayoutID == "" {
		return false, nil
	}
	record, err := tx.Payouts().Get(ctx, s.PayoutID)
	if err != nil {
		return false, err
	}
	return p.trial.Names(record.Reference, civil.In(record.Date, p.zone)), nil
}

// permitted fails with CodeNotPermitted if a run may not write a step now.
func permitted(ctx context.Context, tx ports.Tx, runID string, s ports.Step) error {
	flowID := s.FlowID
	if s.PayoutID != "" {
		record, err := tx.Payouts().Get(ctx, s.PayoutID)
		if err != nil {
			return err
		}
		flowID = record.FlowID
	}
	p, err := permitFor(ctx, tx, flowID, runID)
	if err != nil {
		return err
	}
	allowed, err := p.allows(ctx, tx, s)
	if err != nil || allowed {
		return err
	}
	if p.flow.Mode == merchant.Approve {
		return fault.New(CodeNotPermitted, fault.Conflict, "nobody has released "+s.Key).WithRemedy("release it, or reject the payout")
	}
	return fault.New(CodeNotPermitted, fault.Conflict, "the flow is in "+string(p.flow.Mode)+" mode, in which nothing is written").
		WithRemedy("set its mode to approve or live")
}

// Lister gives up to limit steps by id, above after.
type Lister func(ctx context.Context, after int64, limit int) ([]ports.Step, error)

// Writable gives up to limit of the steps that list gives which a run of the flow may
// write now. What it leaves out waits for a release or for another mode.
func Writable(ctx context.Context, tx ports.Tx, flowID, runID string, limit int, list Lister) ([]ports.Step, error) {
	p, err := permitFor(ctx, tx, flowID, runID)
	if err != nil {
		return nil, err
	}
	var found []ports.Step
	for after := int64(0); ; {
		steps, err := list(ctx, after, limit)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			after = s.ID
			allowed, err := p.allows(ctx, tx, s)
			if err != nil {
				return nil, err
			}
			if allowed {
				found = append(found, s)
			}
			if len(found) == limit {
				return found, nil
			}
		}
		if len(steps) < limit {
			return found, nil
		}
	}
}

// WritableOf is Writable of the pending steps of a payout.
func WritableOf(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, runID string, limit int) ([]ports.Step, error) {
	return Writable(ctx, tx, p.FlowID, runID, limit, func(ctx context.Context, after int64, limit int) ([]ports.Step, error) {
		return tx.Steps().Pending(ctx, p.ID, after, limit)
	})
}

// WritableOfFlow is Writable of the pending steps of a flow that belong to no payout.
func WritableOfFlow(ctx context.Context, tx ports.Tx, flowID, runID string, limit int) ([]ports.Step, error) {
	return Writable(ctx, tx, flowID, runID, limit, func(ctx context.Context, after int64, limit int) ([]ports.Step, error) {
		return tx.Steps().PendingOfFlow(ctx, flowID, after, limit)
	})
}
