package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// Decisions are what a person makes known that no provider tells, and what waits
// for it. The deciding calls propose without confirm and act with it.
type Decisions interface {
	Disputes(ctx context.Context, flowID string) ([]settlement.Standing, error)
	Reserves(ctx context.Context, flowID string) ([]settlement.Standing, error)
	LoseDispute(ctx context.Context, lost settlement.Lost, confirm bool, by string) (settlement.Loss, error)
	DeclareReverseCharge(ctx context.Context, flowID string, invoice settlement.FeeInvoice, confirm bool, by string) (settlement.Declaration, error)
}

func (s *server) GetDisputes(ctx context.Context, r api.GetDisputesRequestObject) (api.GetDisputesResponseObject, error) {
	found, err := s.Casework.Disputes(ctx, r.ID)
	return api.GetDisputes200JSONResponse(standingAnswer(r.ID, found)), err
}

func (s *server) GetReserves(ctx context.Context, r api.GetReservesRequestObject) (api.GetReservesResponseObject, error) {
	found, err := s.Casework.Reserves(ctx, r.ID)
	return api.GetReserves200JSONResponse(standingAnswer(r.ID, found)), err
}

func standingAnswer(flowID string, found []settlement.Standing) api.StandingAccounts {
	answer := api.StandingAccounts{FlowID: flowID, Items: []api.StandingAccount{}}
	for _, s := range found {
		account := api.StandingAccount{
			Account: string(s.Account), Currency: string(s.Currency), Balance: s.Balance.String(), Open: s.Open.String(),
			Unexplained: s.Unexplained.String(), Items: []api.StandingItem{},
		}
		for _, item := range s.Items {
			account.Items = append(account.Items, api.StandingItem{
				Reference: item.Reference, LineID: item.LineID, PayoutID: item.PayoutID, Payout: item.Payout, Amount: item.Amount.String(),
				Since: item.Since.String(), Days: item.Days, Closing: item.Closing,
			})
		}
		answer.Items = append(answer.Items, account)
	}
	return answer
}

func (s *server) DeclareReverseCharge(ctx context.Context, r api.DeclareReverseChargeRequestObject) (api.DeclareReverseChargeResponseObject, error) {
	invoice := settlement.FeeInvoice{Reference: r.Body.Reference}
	for _, day := range []struct {
		name, text string
		date       *civil.Date
	}{{"from", r.Body.From, &invoice.From}, {"to", r.Body.To, &invoice.To}, {"date", r.Body.Date, &invoice.Date}} {
		var err error
		if *day.date, err = civil.Parse(day.text); err != nil {
			return nil, within(day.name, err)
		}
	}
	made, err := s.Casework.DeclareReverseCharge(ctx, r.ID, invoice, r.Body.Confirm, by(ctx))
	return api.DeclareReverseCharge200JSONResponse{
		Reference: made.Reference, From: made.From.String(), To: made.To.String(), Payouts: made.Payouts, Date: made.Date.String(), Text: made.Text,
		Rows: postings(made.Rows), Key: made.Key, State: api.ReverseChargeDeclarationState(made.State), Number: made.Number, Confirmed: made.Confirmed,
	}, err
}

func (s *server) LoseDispute(ctx context.Context, r api.LoseDisputeRequestObject) (api.LoseDisputeResponseObject, error) {
	lost, err := s.readLost(ctx, r)
	if err != nil {
		return nil, err
	}
	loss, err := s.Casework.LoseDispute(ctx, lost, r.Body.Confirm, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.LoseDispute200JSONResponse{
		LineID: loss.LineID, Reference: loss.Reference, Currency: string(loss.Amount.Currency()), Amount: loss.Amount.String(), Date: loss.Date.String(),
		Text: loss.Text, Rows: postings(loss.Rows), Key: loss.Key, State: api.DisputeLossState(loss.State), Number: loss.Number, Confirmed: loss.Confirmed,
	}, nil
}

func (s *server) readLost(ctx context.Context, r api.LoseDisputeRequestObject) (settlement.Lost, error) {
	lost := settlement.Lost{LineID: r.ID, Treatment: tax.Treatment(r.Body.Treatment), Country: r.Body.Country}
	var err error
	if r.Body.Date != "" {
		if lost.Date, err = civil.Parse(r.Body.Date); err != nil {
			return settlement.Lost{}, within("date", err)
		}
	}
	var currency money.Currency
	err = s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		line, err := tx.Lines().Get(ctx, r.ID)
		currency = line.Gross.Currency()
		return err
	})
	if err != nil {
		return settlement.Lost{}, err
	}
	parts, err := readParts(r.Body.Parts, currency)
	for _, p := range parts {
		lost.Parts = append(lost.Parts, booking.Share{Supply: p.Supply, Rate: p.Rate, Gross: p.Gross, VAT: p.VAT})
	}
	return lost, err
}
