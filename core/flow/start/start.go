// Package start opens runs of flows, whoever asks for one: a person, a schedule or
// what a person has decided. A flow has one run at a time.
package start

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeFlowDisabled: a run was asked for on a flow that is switched off.
const CodeFlowDisabled fault.Code = "flow.disabled"

// Enabled opens a run of a flow and enqueues its work, unless one is under way: that
// is then given, and fresh is false. It fails with CodeFlowDisabled.
func Enabled(ctx context.Context, tx ports.Tx, flowID, trigger string, at time.Time) (run ports.Run, fresh bool, err error) {
	flow, err := tx.Flows().Get(ctx, flowID)
	if err != nil {
		return ports.Run{}, false, err
	}
	if !flow.Enabled {
		return ports.Run{}, false, Disabled()
	}
	return Run(ctx, tx, flow, trigger, at)
}

// Disabled is the fault of a run that was asked for on a flow that is switched off.
func Disabled() *fault.Error {
	return fault.New(CodeFlowDisabled, fault.Conflict, "the flow is switched off").WithRemedy("enable the flow first")
}

// Run is Enabled for a flow that may be switched off, to end what was begun. At is
// machine time. A run with a scope that is under way is followed by this one.
func Run(ctx context.Context, tx ports.Tx, flow merchant.Flow, trigger string, at time.Time) (run ports.Run, fresh bool, err error) {
	run, err = tx.Runs().Whole(ctx, flow.ID)
	if fresh = fault.CodeOf(err) == ports.CodeNotFound; fresh {
		run = ports.Run{
			ID: identify(flow.ID, at), FlowID: flow.ID, MerchantID: flow.MerchantID,
			Trigger: trigger, State: ports.RunRunning, StartedAt: at.UTC(),
		}
		err = tx.Runs().Create(ctx, run)
	}
	if err != nil {
		return ports.Run{}, false, err
	}
	return run, fresh, tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: flow.ID})
}

// Scoped opens a run about certain payouts, which begins when the runs before it have
// ended. The flow may be switched off. At is machine time.
func Scoped(ctx context.Context, tx ports.Tx, flow merchant.Flow, trigger string, scope ports.RunScope, at time.Time) (ports.Run, error) {
	run := ports.Run{
		ID: identify(flow.ID, at), FlowID: flow.ID, MerchantID: flow.MerchantID,
		Trigger: trigger, State: ports.RunRunning, Scope: &scope, StartedAt: at.UTC(),
	}
	if err := tx.Runs().Create(ctx, run); err != nil {
		return ports.Run{}, err
	}
	return run, tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: flow.ID})
}

func identify(flowID string, at time.Time) string {
	sum := sha256.Sum256([]byte(flowID + "\x00" + at.UTC().Format(time.RFC3339Nano)))
	return "run-" + hex.EncodeToString(sum[:8])
}
