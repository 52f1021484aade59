package onboarding

import (
	"cmp"
	"context"
	"time"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/schedule"
	"github.com/kvitt/kvitt/ports"
)

// NewSchedule is when a flow is to run by itself.
type NewSchedule struct {
	Cron string
	// Zone is that of the merchant if left out.
	Zone string
	// Jitter is schedule.DefaultJitter if left out.
	Jitter *time.Duration
}

// SaveSchedule makes a flow run by itself from now on. The same schedule again
// changes nothing, also not a run that is due.
func (s *Service) SaveSchedule(ctx context.Context, flowID string, in NewSchedule, by string) (merchant.Flow, error) {
	wanted := merchant.Schedule{Cron: in.Cron, Zone: in.Zone, Jitter: schedule.DefaultJitter}
	if in.Jitter != nil {
		wanted.Jitter = *in.Jitter
	}
	return s.reschedule(ctx, flowID, act{by: by, name: "flow.schedule_saved"}, func(m merchant.Merchant) merchant.Schedule {
		wanted.Zone = cmp.Or(wanted.Zone, m.Zone)
		return wanted
	})
}

// RemoveSchedule lets a flow run by hand only.
func (s *Service) RemoveSchedule(ctx context.Context, flowID, by string) (merchant.Flow, error) {
	return s.reschedule(ctx, flowID, act{by: by, name: "flow.schedule_removed"}, func(merchant.Merchant) merchant.Schedule {
		return merchant.Schedule{}
	})
}

func (s *Service) reschedule(ctx context.Context, flowID string, a act, choose func(m merchant.Merchant) merchant.Schedule) (merchant.Flow, error) {
	var flow merchant.Flow
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if flow, err = tx.Flows().Get(ctx, flowID); err != nil {
			return err
		}
		m, err := tx.Merchants().Get(ctx, flow.MerchantID)
		if err != nil {
			return err
		}
		wanted := choose(m)
		if wanted == flow.Schedule {
			return nil
		}
		flow.Schedule = wanted
		if flow.NextRunAt, err = s.nextRun(flow); err != nil {
			return err
		}
		if err := tx.Flows().Schedule(ctx, flowID, flow.Schedule, flow.NextRunAt); err != nil {
			return err
		}
		a.merchant, a.subject, a.detail = flow.MerchantID, flowID, described(flow.Schedule)
		return s.audit(ctx, tx, a)
	})
	return flow, err
}

// described gives a schedule to the reader of the audit log.
func described(s merchant.Schedule) string {
	if s == (merchant.Schedule{}) {
		return ""
	}
	return s.Cron + " " + s.Zone + ", jitter " + s.Jitter.String()
}

// nextRun is when a flow runs next, counted from now: what was missed while it had
// another schedule, or was off, is not made up for.
func (s *Service) nextRun(flow merchant.Flow) (time.Time, error) {
	if flow.Schedule == (merchant.Schedule{}) {
		return time.Time{}, nil
	}
	plan, err := schedule.Parse(flow.Schedule, flow.ID)
	if err != nil || !flow.Enabled {
		return time.Time{}, err
	}
	return plan.Next(s.now()), nil
}
