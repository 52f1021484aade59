package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) PutFlowMode(ctx context.Context, r api.PutFlowModeRequestObject) (api.PutFlowModeResponseObject, error) {
	wanted := onboarding.NewMode{Mode: merchant.Mode(r.Body.Mode), Reason: r.Body.Reason}
	if r.Body.Since != nil {
		wanted.Since = *r.Body.Since
	}
	flow, err := s.Onboarding.SetMode(ctx, r.ID, wanted, by(ctx))
	return api.PutFlowMode200JSONResponse(flowAnswer(flow)), err
}

func (s *server) ListUnreleased(ctx context.Context, r api.ListUnreleasedRequestObject) (api.ListUnreleasedResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	steps, err := s.Casework.Unreleased(ctx, r.ID, after, sizeOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	found := make([]statement.Document, len(steps))
	for i, step := range steps {
		if found[i], err = statement.NewDocument(step); err != nil {
			return nil, err
		}
	}
	items, next := answered(found, r.Params.Limit, func(d statement.Document) string { return itoa(d.ID) }, documentAnswer)
	return api.ListUnreleased200JSONResponse{Items: items, Next: next}, nil
}

func (s *server) ReleaseDocuments(ctx context.Context, r api.ReleaseDocumentsRequestObject) (api.ReleaseDocumentsResponseObject, error) {
	n, err := s.Casework.Release(ctx, r.ID, r.Body.Documents, by(ctx))
	return api.ReleaseDocuments202JSONResponse{Released: n}, err
}

func (s *server) ReleasePayout(ctx context.Context, r api.ReleasePayoutRequestObject) (api.ReleasePayoutResponseObject, error) {
	if _, err := s.Casework.ReleasePayout(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	p, err := s.Statements.Payout(ctx, r.ID)
	return api.ReleasePayout202JSONResponse(payoutAnswer(p)), err
}

func (s *server) RejectPayout(ctx context.Context, r api.RejectPayoutRequestObject) (api.RejectPayoutResponseObject, error) {
	if err := s.Casework.RejectPayout(ctx, r.ID, r.Body.Reason, by(ctx)); err != nil {
		return nil, err
	}
	p, err := s.Statements.Payout(ctx, r.ID)
	return api.RejectPayout200JSONResponse(payoutAnswer(p)), err
}

func scopeAnswer(s *ports.RunScope) *api.RunScope {
	if s == nil {
		return nil
	}
	answer := &api.RunScope{Payouts: s.Payouts, Trial: s.Trial}
	if !s.From.IsZero() {
		answer.From, answer.To = s.From.String(), s.To.String()
	}
	return answer
}
