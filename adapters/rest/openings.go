package rest

import (
	"cmp"
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) PutCutOff(ctx context.Context, r api.PutCutOffRequestObject) (api.PutCutOffResponseObject, error) {
	flow, err := s.Onboarding.SetCutOff(ctx, r.ID, r.Body.Since, by(ctx))
	return api.PutCutOff200JSONResponse(flowAnswer(flow)), err
}

func (s *server) ListOpeningBalances(ctx context.Context, r api.ListOpeningBalancesRequestObject) (api.ListOpeningBalancesResponseObject, error) {
	listed, err := s.Onboarding.Openings(ctx, r.ID)
	answer := api.ListOpeningBalances200JSONResponse{Items: []api.OpeningBalance{}}
	for _, o := range listed {
		answer.Items = append(answer.Items, openingAnswer(o))
	}
	return answer, err
}

func (s *server) PutOpeningBalance(ctx context.Context, r api.PutOpeningBalanceRequestObject) (api.PutOpeningBalanceResponseObject, error) {
	flow, err := s.Onboarding.Flow(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	owner, err := s.Onboarding.Merchant(ctx, flow.MerchantID)
	if err != nil {
		return nil, err
	}
	said := onboarding.NewOpening{PaidIn: money.Currency(cmp.Or(r.Body.Currency, string(owner.Currency))), Note: r.Body.Note}
	if said.Amount, err = money.Parse(r.Body.Amount, owner.Currency); err != nil {
		return nil, within("amount", err)
	}
	if r.Body.Date != "" {
		if said.Date, err = civil.Parse(r.Body.Date); err != nil {
			return nil, fault.Invalid(CodeInvalid, "date", "\""+r.Body.Date+"\" is no day of the calendar")
		}
	}
	kept, err := s.Onboarding.SetOpening(ctx, r.ID, said, by(ctx))
	return api.PutOpeningBalance200JSONResponse(openingAnswer(kept)), err
}

func openingAnswer(o ports.OpeningBalance) api.OpeningBalance {
	return api.OpeningBalance{
		Account: string(o.Account), PaidIn: string(o.PaidIn), Currency: string(o.Amount.Currency()), Amount: o.Amount.String(),
		Date: o.Date.String(), Note: o.Note, By: o.By, At: o.At,
	}
}
