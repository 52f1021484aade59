package settlement

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeScopeInvalid: what a run is to be about makes no sense.
const CodeScopeInvalid fault.Code = "run.scope_invalid"

// Progress is how far a run has come with the payouts that it is about. Counts of
// later stages are among those of the stages before.
type Progress struct {
	// Listed counts payouts that are known, Read those whose rows are in, Planned those
	// of which every write is decided, Booked those of which all is written.
	Listed, Read, Planned, Booked int64
	// Held counts payouts that wait for a person, Remaining those that are neither
	// booked nor held.
	Held, Remaining int64
}

// CheckScope refuses a scope that is about nothing, about more than one thing, or
// about days before the flow's first.
func CheckScope(flow merchant.Flow, zone *time.Location, scope ports.RunScope) error {
	refuse := func(field, reason string) error { return fault.Invalid(CodeScopeInvalid, field, reason) }
	ranged := !scope.From.IsZero() || !scope.To.IsZero()
	switch {
	case flow.Kind != merchant.Payouts:
		return refuse("payouts", "only a flow of payouts can be asked for certain payouts")
	case ranged && len(scope.Payouts) > 0:
		return refuse("payouts", "a run is about payouts by name or about a range of days, not both")
	case !ranged && len(scope.Payouts) == 0:
		return refuse("payouts", "nothing is named that the run is to be about")
	case ranged && (scope.From.IsZero() || scope.To.IsZero()):
		return refuse("to", "a range of days needs its first and its last day")
	case scope.To.Before(scope.From):
		return refuse("to", "the last day lies before the first")
	case ranged && scope.To.Before(civil.In(flow.Since, zone)):
		return refuse("to", "the range lies before "+civil.In(flow.Since, zone).String()+", from which on the flow books")
	}
	return nil
}

// StartScoped opens a run about certain payouts of a flow that may be switched off
// only for a trial, which the audit log says. The run begins when those before it have ended.
func (s *Service) StartScoped(ctx context.Context, flowID, trigger, by string, scope ports.RunScope) (ports.Run, error) {
	var run ports.Run
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		zone, err := zoneOf(ctx, tx, flow.MerchantID)
		if err != nil {
			return err
		}
		if err := CheckScope(flow, zone, scope); err != nil {
			return err
		}
		if !flow.Enabled && !scope.Trial {
			return start.Disabled()
		}
		if run, err = start.Scoped(ctx, tx, flow, trigger, scope, s.machine()); err != nil {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: run.MerchantID, At: s.clock.Now().UTC(), By: by, Act: "flow.run_started", Subject: flowID, Detail: run.ID + " " + trigger,
		})
	})
	s.tell(run, err == nil)
	return run, err
}

func zoneOf(ctx context.Context, tx ports.Tx, merchantID string) (*time.Location, error) {
	owner, err := tx.Merchants().Get(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(owner.Zone)
}

// Progress tells how far a run with a scope has come: what has become by now of the
// payouts that it is about, in this run or in any other.
func (s *Service) Progress(ctx context.Context, run ports.Run) (Progress, error) {
	var p Progress
	if run.Scope == nil {
		return p, nil
	}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		p = Progress{}
		zone, err := zoneOf(ctx, tx, run.MerchantID)
		if err != nil {
			return err
		}
		for after := ""; ; {
			page, err := tx.Payouts().List(ctx, run.MerchantID, ports.Page{After: after, Limit: 1000})
			if err != nil || len(page) == 0 {
				return err
			}
			for _, record := range page {
				after = record.ID
				if record.FlowID == run.FlowID && run.Scope.Names(record.Reference, civil.In(record.Date, zone)) {
					p.count(record.State)
				}
			}
		}
	})
	return p, err
}

func (p *Progress) count(state payout.State) {
	p.Listed++
	switch state {
	case payout.Fetching:
		p.Remaining++
	case payout.Held:
		p.Held++
	case payout.Fetched:
		p.Read++
		p.Remaining++
	case payout.Planned, payout.Booking, payout.Undoing:
		p.Read++
		p.Planned++
		p.Remaining++
	case payout.Booked, payout.Closed, payout.Undone:
		p.Read++
		p.Planned++
		p.Booked++
	}
}
