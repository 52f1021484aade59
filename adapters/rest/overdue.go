package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
)

// shownOverdue is how many items are listed; the count is of all.
const shownOverdue = 1000

func (s *server) ListOverdue(ctx context.Context, r api.ListOverdueRequestObject) (api.ListOverdueResponseObject, error) {
	found, err := s.Casework.Overdue(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := api.ListOverdue200JSONResponse{Count: len(found), Items: []api.OverdueItem{}}
	for _, late := range found[:min(len(found), shownOverdue)] {
		answer.Items = append(answer.Items, api.OverdueItem{
			What: api.OverdueItemWhat(late.What), ID: late.ID, Reference: late.Reference, Date: late.Date.String(), Days: late.Days,
			Code: string(late.Code), Reason: late.Reason, Remedy: late.Remedy,
		})
	}
	return answer, nil
}

func (s *server) ConfirmBank(ctx context.Context, r api.ConfirmBankRequestObject) (api.ConfirmBankResponseObject, error) {
	p, err := s.Statements.Payout(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	date, err := civil.Parse(r.Body.Date)
	if err != nil {
		return nil, err
	}
	amount, err := money.Parse(r.Body.Amount, p.Net.Currency())
	if err != nil {
		return nil, err
	}
	if err := s.Casework.ConfirmBank(ctx, r.ID, date, amount, by(ctx)); err != nil {
		return nil, err
	}
	p, err = s.Statements.Payout(ctx, r.ID)
	return api.ConfirmBank202JSONResponse(payoutAnswer(p)), err
}
