package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
)

func (s *server) UndoPayout(ctx context.Context, r api.UndoPayoutRequestObject) (api.UndoPayoutResponseObject, error) {
	undoing, err := s.Casework.Undo(ctx, r.ID, r.Body.Reason, by(ctx), r.Body.Confirm)
	if err != nil {
		return nil, err
	}
	answer := api.UndoPayout200JSONResponse{Documents: []api.CounterDocument{}, Dropped: undoing.Dropped, Confirmed: undoing.Confirmed}
	for _, d := range undoing.Documents {
		shown := api.CounterDocument{
			Kind: api.CounterDocumentKind(d.Kind), Key: d.Key, Reverses: d.Reverses, Number: d.Number, Document: d.Document,
			Date: d.Date.String(), Text: d.Text, Rows: postings(d.Rows),
		}
		shown.Amount, shown.Currency = amount(d.Amount)
		answer.Documents = append(answer.Documents, shown)
	}
	return answer, nil
}

func (s *server) RebookPayout(ctx context.Context, r api.RebookPayoutRequestObject) (api.RebookPayoutResponseObject, error) {
	if err := s.Casework.Rebook(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	p, err := s.Statements.Payout(ctx, r.ID)
	return api.RebookPayout202JSONResponse(payoutAnswer(p)), err
}

func (s *server) GetSuspense(ctx context.Context, r api.GetSuspenseRequestObject) (api.GetSuspenseResponseObject, error) {
	accounts, err := s.Casework.Suspense(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := api.GetSuspense200JSONResponse{FlowID: r.ID, Items: []api.SuspenseAccount{}}
	for _, a := range accounts {
		shown := api.SuspenseAccount{
			Account: string(a.Account), Currency: string(a.Currency), Balance: a.Balance.String(), Open: a.Open.String(),
			Unexplained: a.Unexplained.String(), Items: []api.SuspenseItem{},
		}
		for _, item := range a.Items {
			shown.Items = append(shown.Items, suspenseItem(item))
		}
		answer.Items = append(answer.Items, shown)
	}
	return answer, nil
}

func suspenseItem(i settlement.SuspenseItem) api.SuspenseItem {
	return api.SuspenseItem{
		ID: i.ID, PayoutID: i.PayoutID, Payout: i.Payout, Kind: api.LineKind(i.Kind), RawType: i.RawType, Lines: i.Lines,
		Amount: i.Amount.String(), Since: i.Since.String(), Days: i.Days, Setting: i.Setting, Reason: i.Reason, Remedy: i.Remedy, Clearing: i.Clearing,
	}
}

func (s *server) ClearSuspense(ctx context.Context, r api.ClearSuspenseRequestObject) (api.ClearSuspenseResponseObject, error) {
	if err := s.Casework.ClearSuspense(ctx, r.ID, ledger.Account(r.Body.Account), r.Body.Reason, by(ctx)); err != nil {
		return nil, err
	}
	payoutID, _ := settlement.SuspensePayout(r.ID)
	p, err := s.Statements.Payout(ctx, payoutID)
	return api.ClearSuspense202JSONResponse(payoutAnswer(p)), err
}
