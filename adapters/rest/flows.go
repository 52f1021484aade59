package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListFlows(ctx context.Context, r api.ListFlowsRequestObject) (api.ListFlowsResponseObject, error) {
	found, err := s.Onboarding.Flows(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(f merchant.Flow) string { return f.ID }, flowAnswer)
	return api.ListFlows200JSONResponse{Items: items, Next: next}, err
}

func (s *server) CreateFlow(ctx context.Context, r api.CreateFlowRequestObject) (api.CreateFlowResponseObject, error) {
	flow := onboarding.NewFlow{
		ID: wanted(ctx, "flow-"), MerchantID: r.ID, Kind: merchant.FlowKind(r.Body.Kind),
		Source: r.Body.Source, Target: r.Body.Target, Mode: merchant.Mode(r.Body.Mode), Settings: r.Body.Settings,
	}
	if r.Body.Since != nil {
		flow.Since = *r.Body.Since
	}
	created, err := s.Onboarding.CreateFlow(ctx, flow, by(ctx))
	return api.CreateFlow201JSONResponse(flowAnswer(created)), err
}

func (s *server) GetFlow(ctx context.Context, r api.GetFlowRequestObject) (api.GetFlowResponseObject, error) {
	flow, err := s.Onboarding.Flow(ctx, r.ID)
	return api.GetFlow200JSONResponse(flowAnswer(flow)), err
}

func (s *server) PutFlowSettings(ctx context.Context, r api.PutFlowSettingsRequestObject) (api.PutFlowSettingsResponseObject, error) {
	flow, err := s.Onboarding.SaveFlowSettings(ctx, r.ID, *r.Body, by(ctx))
	return api.PutFlowSettings200JSONResponse(flowAnswer(flow)), err
}

func (s *server) EnableFlow(ctx context.Context, r api.EnableFlowRequestObject) (api.EnableFlowResponseObject, error) {
	flow, err := s.Onboarding.Enable(ctx, r.ID, by(ctx))
	return api.EnableFlow200JSONResponse(flowAnswer(flow)), err
}

func (s *server) DisableFlow(ctx context.Context, r api.DisableFlowRequestObject) (api.DisableFlowResponseObject, error) {
	flow, err := s.Onboarding.Disable(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	stays, err := s.Onboarding.Outstanding(ctx, r.ID)
	answer := flowAnswer(flow)
	if stays.Count > 0 {
		answer.Outstanding = &api.OutstandingPayouts{Count: stays.Count, Payouts: stays.Payouts}
	}
	return api.DisableFlow200JSONResponse(answer), err
}

func flowAnswer(f merchant.Flow) api.Flow {
	return api.Flow{
		ID: f.ID, MerchantID: f.MerchantID, Kind: api.FlowKind(f.Kind), Source: f.Source, Target: f.Target, Enabled: f.Enabled, Mode: api.Mode(f.Mode),
		Settings: f.Settings, SettingsVersion: f.SettingsVersion, Since: f.Since, CreatedAt: f.CreatedAt,
		Schedule: scheduleAnswer(f.Schedule), NextRunAt: moment(f.NextRunAt), LastTrigger: f.LastTrigger,
	}
}

func (s *server) GetClearing(ctx context.Context, r api.GetClearingRequestObject) (api.GetClearingResponseObject, error) {
	accounts, err := s.Statements.Clearing(ctx, r.ID)
	answer := api.GetClearing200JSONResponse{FlowID: r.ID, Items: []api.ClearingAccount{}}
	for _, account := range accounts {
		answer.Items = append(answer.Items, clearingAnswer(account))
	}
	return answer, err
}

func clearingAnswer(c statement.Clearing) api.ClearingAccount {
	answer := api.ClearingAccount{
		Account: string(c.Account), Currency: string(c.Currency), Opening: c.Opening.String(), Vouchers: c.Vouchers.String(), Payments: c.Payments.String(),
		Corrections: c.Corrections.String(), Events: c.Events.String(), Balance: c.Balance.String(), Open: c.Open.String(), Unexplained: c.Unexplained.String(),
		Items: []api.ClearingItem{}, Omitted: c.Omitted,
	}
	for _, item := range c.Items {
		answer.Items = append(answer.Items, api.ClearingItem{
			PayoutID: item.PayoutID, Payout: item.Payout, LineID: item.LineID, Reference: item.Reference, Kind: api.LineKind(item.Kind),
			Amount: item.Amount.String(), Code: item.Code, Reason: item.Reason, Remedy: item.Remedy,
		})
	}
	return answer
}

func (s *server) ListRuns(ctx context.Context, r api.ListRunsRequestObject) (api.ListRunsResponseObject, error) {
	filter := ports.RunFilter{FlowID: r.Params.Flow, State: ports.RunState(r.Params.State), Trigger: r.Params.Trigger}
	if r.Params.State == api.ListRunsParamsStateWaiting {
		filter.State, filter.Waiting = ports.RunRunning, true
	}
	found, err := s.Statements.Runs(ctx, r.ID, filter, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(run ports.Run) string { return run.ID }, runAnswer)
	return api.ListRuns200JSONResponse{Items: items, Next: next}, err
}

func runAnswer(run ports.Run) api.Run {
	answer := api.Run{
		ID: run.ID, FlowID: run.FlowID, MerchantID: run.MerchantID, Trigger: run.Trigger, State: api.RunState(run.State), Scope: scopeAnswer(run.Scope),
		StartedAt: run.StartedAt, FinishedAt: moment(run.FinishedAt), PayoutsSeen: run.Report.PayoutsSeen, PayoutsNew: run.Report.PayoutsNew, OrdersSeen: run.Report.OrdersSeen,
		Created: counted(run.Report.Created), Found: counted(run.Report.Found),
		Calls: counted(run.Report.Calls), RateLimited: counted(run.Report.RateLimited), Fault: faultAnswer(run.Fault),
	}
	for _, n := range answer.Created {
		answer.DocumentsWritten += n
	}
	return answer
}
