package settlement

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of releases.
const (
	// CodeNotReleasable: nothing of it waits for a release.
	CodeNotReleasable fault.Code = "release.nothing_waits"
	// CodeRejected: a person has rejected the plan of a payout.
	CodeRejected fault.Code = "payout.rejected"
	// CodeNotRejectable: something of the payout is written or may be.
	CodeNotRejectable fault.Code = "payout.not_rejectable"
)

// Unreleased lists the documents of a flow that wait for a release, in the order in
// which they were planned; after is the id of a step. In a flow that asks for no
// releases it is empty.
func (s *Service) Unreleased(ctx context.Context, flowID string, after int64, limit int) ([]ports.Step, error) {
	var found []ports.Step
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil || !flow.Mode.Asks() {
			return err
		}
		found, err = tx.Steps().Unreleased(ctx, flowID, after, limit)
		return err
	})
	return found, err
}

// Release lets documents of a flow be written, and starts a run that does so. It
// releases those of the ids, which all must wait, and gives how many they are.
func (s *Service) Release(ctx context.Context, flowID string, ids []int64, by string) (int, error) {
	r := releasing{Service: s, flow: flowID, by: by, subject: flowID}
	return r.release(ctx, func(step ports.Step) bool { return slices.Contains(ids, step.ID) }, len(ids))
}

// ReleasePayout is Release of everything that is planned for a payout.
func (s *Service) ReleasePayout(ctx context.Context, payoutID, by string) (int, error) {
	r := releasing{Service: s, by: by, subject: payoutID}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return err
		}
		r.flow = p.FlowID
		if p.State == payout.Fetching || p.State == payout.Fetched || p.State == payout.Held {
			return fault.New(CodeNotReleasable, fault.Conflict, "the payout is "+string(p.State)+", so it is not decided what is to be written").
				WithRemedy("wait until it is planned")
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return r.release(ctx, func(step ports.Step) bool { return step.PayoutID == payoutID }, 0)
}

// releasing is the release of some documents of a flow.
type releasing struct {
	*Service
	flow, subject, by string
}

// release releases what is meant. It fails if nothing is, or not as many as wanted.
func (r releasing) release(ctx context.Context, meant func(ports.Step) bool, wanted int) (int, error) {
	var released int
	err := r.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		released = 0
		flow, err := tx.Flows().Get(ctx, r.flow)
		if err != nil {
			return err
		}
		if !flow.Mode.Asks() {
			return fault.New(CodeNotReleasable, fault.Conflict, "the flow is in "+string(flow.Mode)+" mode, in which nothing waits for a release")
		}
		ids, err := waitingFor(ctx, tx, r.flow, meant)
		if err != nil {
			return err
		}
		if released = len(ids); released == 0 || (wanted > 0 && released != wanted) {
			return fault.New(CodeNotReleasable, fault.Conflict, "not all of it waits for a release").WithRemedy("look at what waits now, and release that")
		}
		for batch := range slices.Chunk(ids, ports.MaxBatch) {
			if err := tx.Steps().Release(ctx, batch, r.clock.Now().UTC(), r.by); err != nil {
				return err
			}
		}
		if err := r.note(ctx, tx, flow.MerchantID, "release.given", strconv.Itoa(released)+" documents"); err != nil {
			return err
		}
		run, fresh, err := start.Run(ctx, tx, flow, "release", r.machine())
		r.tell(run, fresh)
		return err
	})
	return released, err
}

func waitingFor(ctx context.Context, tx ports.Tx, flowID string, meant func(ports.Step) bool) ([]int64, error) {
	var ids []int64
	for after := int64(0); ; {
		steps, err := tx.Steps().Unreleased(ctx, flowID, after, ports.MaxBatch)
		if err != nil {
			return nil, err
		}
		for _, s := range steps {
			if after = s.ID; meant(s) {
				ids = append(ids, s.ID)
			}
		}
		if len(steps) < ports.MaxBatch {
			return ids, nil
		}
	}
}

func (r releasing) note(ctx context.Context, tx ports.Tx, merchantID, act, detail string) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: merchantID, At: r.clock.Now().UTC(), By: r.by, Act: act, Subject: r.subject, Detail: detail,
	})
}

// RejectPayout gives up the plan of a payout of which nothing was written, and holds
// the payout with the reason. Retrying it plans it anew.
func (s *Service) RejectPayout(ctx context.Context, payoutID, reason, by string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return fault.Invalid(CodeReasonMissing, "reason", "a rejection must say why")
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return err
		}
		flow, err := tx.Flows().Get(ctx, p.FlowID)
		if err != nil {
			return err
		}
		steps, err := stepsOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if p.State != payout.Planned || !unwritten(steps) {
			return fault.New(CodeNotRejectable, fault.Conflict, "the payout is "+string(p.State)+"; only one that is planned, and of which nothing was written, can be rejected").
				WithRemedy("undo what was written")
		}
		w := &work{Service: s, flow: flow}
		if err := w.withdraw(ctx, tx, p, steps); err != nil {
			return err
		}
		p.PlannedTo = 0
		p.Generation++
		rejected := fault.New(CodeRejected, fault.Conflict, reason).WithRemedy("mend what the reason names, then retry the payout, which plans it anew")
		if err := w.hold(ctx, tx, p, rejected); err != nil {
			return err
		}
		r := releasing{Service: s, by: by, subject: p.ID}
		return r.note(ctx, tx, p.MerchantID, "payout.rejected", p.Reference+": "+reason)
	})
}
