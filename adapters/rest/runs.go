package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) StartRun(ctx context.Context, r api.StartRunRequestObject) (api.StartRunResponseObject, error) {
	if r.Body == nil {
		run, err := s.Engine.Start(ctx, r.ID, by(ctx))
		return api.StartRun202JSONResponse(runAnswer(run)), err
	}
	scope, err := readScope(*r.Body)
	if err != nil {
		return nil, err
	}
	run, err := s.Engine.StartScoped(ctx, r.ID, ports.TriggerAPI, by(ctx), scope)
	return api.StartRun202JSONResponse(runAnswer(run)), err
}

func readScope(in api.RunInput) (scope ports.RunScope, err error) {
	scope.Payouts = in.Payouts
	if in.From != "" {
		if scope.From, err = civil.Parse(in.From); err != nil {
			return scope, within("from", err)
		}
	}
	if in.To != "" {
		if scope.To, err = civil.Parse(in.To); err != nil {
			return scope, within("to", err)
		}
	}
	return scope, nil
}

func (s *server) StartTrial(ctx context.Context, r api.StartTrialRequestObject) (api.StartTrialResponseObject, error) {
	if err := s.Onboarding.Ready(ctx, r.ID); err != nil {
		return nil, err
	}
	run, err := s.Engine.StartScoped(ctx, r.ID, "trial", by(ctx), ports.RunScope{Payouts: r.Body.Payouts, Trial: true})
	return api.StartTrial202JSONResponse(runAnswer(run)), err
}

func (s *server) GetRun(ctx context.Context, r api.GetRunRequestObject) (api.GetRunResponseObject, error) {
	run, err := s.Statements.Run(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer, err := s.progressing(ctx, run)
	return api.GetRun200JSONResponse(answer), err
}

// progressing shows a run with how far it has come.
func (s *server) progressing(ctx context.Context, run ports.Run) (api.Run, error) {
	answer := runAnswer(run)
	if run.Scope == nil {
		return answer, nil
	}
	p, err := s.Engine.Progress(ctx, run)
	answer.Progress = &api.RunProgress{Listed: p.Listed, Read: p.Read, Planned: p.Planned, Booked: p.Booked, Held: p.Held, Remaining: p.Remaining}
	return answer, err
}
