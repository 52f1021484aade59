package rest

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/schedule"
)

func (s *server) PutFlowSchedule(ctx context.Context, r api.PutFlowScheduleRequestObject) (api.PutFlowScheduleResponseObject, error) {
	wanted := onboarding.NewSchedule{Cron: r.Body.Cron, Zone: r.Body.Zone}
	if r.Body.Jitter != "" {
		jitter, err := time.ParseDuration(r.Body.Jitter)
		if err != nil {
			return nil, fault.Invalid(schedule.CodeInvalid, "jitter", "this is not a duration, such as 5m")
		}
		wanted.Jitter = &jitter
	}
	flow, err := s.Onboarding.SaveSchedule(ctx, r.ID, wanted, by(ctx))
	return api.PutFlowSchedule200JSONResponse(flowAnswer(flow)), err
}

func (s *server) DeleteFlowSchedule(ctx context.Context, r api.DeleteFlowScheduleRequestObject) (api.DeleteFlowScheduleResponseObject, error) {
	flow, err := s.Onboarding.RemoveSchedule(ctx, r.ID, by(ctx))
	return api.DeleteFlowSchedule200JSONResponse(flowAnswer(flow)), err
}

func scheduleAnswer(s merchant.Schedule) *api.Schedule {
	if s == (merchant.Schedule{}) {
		return nil
	}
	return &api.Schedule{Cron: s.Cron, Zone: s.Zone, Jitter: s.Jitter.String()}
}
