package rest

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) TryFlow(ctx context.Context, r api.TryFlowRequestObject) (api.TryFlowResponseObject, error) {
	found, err := s.Casework.TryIn(ctx, r.ID, settlement.TryQuery{Payout: r.Body.Payout, Reference: r.Body.Reference})
	if err != nil {
		return nil, err
	}
	answer := api.TryFlow200JSONResponse{Items: []api.Tried{}}
	for _, t := range found {
		tried, err := s.triedAnswer(t)
		if err != nil {
			return nil, err
		}
		answer.Items = append(answer.Items, tried)
	}
	return answer, nil
}

func (s *server) triedAnswer(t settlement.Tried) (api.Tried, error) {
	answer := api.Tried{
		PayoutID: t.Payout.ID, Payout: t.Payout.Reference, State: string(t.Payout.State), Stored: t.Planned,
		Documents: []api.TriedDocument{}, Lines: []api.TriedLine{},
	}
	if t.Fault != nil {
		answer.Fault = faultAnswer(ports.Recorded(t.Fault, s.Now()))
	}
	for _, step := range t.Documents {
		d, err := triedDocument(step)
		if err != nil {
			return api.Tried{}, err
		}
		answer.Documents = append(answer.Documents, d)
	}
	why := map[int64]ports.Exception{}
	for _, e := range t.Exceptions {
		why[e.LineID] = e
	}
	for _, l := range t.Lines {
		e := why[l.ID]
		answer.Lines = append(answer.Lines, api.TriedLine{Line: lineAnswer(l), Code: string(e.Code), Reason: e.Reason, Remedy: e.Remedy})
	}
	return answer, nil
}

func triedDocument(step ports.Step) (api.TriedDocument, error) {
	answer := api.TriedDocument{Kind: api.TriedDocumentKind(step.Kind), Key: step.Key, LineID: step.LineID, Document: step.Document}
	answer.Amount, answer.Currency = amount(step.Amount)
	d, err := statement.NewDocument(step)
	if err != nil {
		return answer, err
	}
	if d.Voucher != nil {
		answer.Voucher = &api.Voucher{Series: d.Voucher.Series, Date: d.Voucher.Date.String(), Text: d.Voucher.Text, Rows: postings(d.Voucher.Rows)}
	}
	if step.Kind != ports.StepPayment {
		return answer, nil
	}
	var payment ports.Payment
	if err := json.Unmarshal(step.Content, &payment); err != nil {
		return answer, err
	}
	answer.Account, answer.Date = string(payment.Account), payment.Date.String()
	for _, off := range payment.WriteOffs {
		answer.WriteOffs = append(answer.WriteOffs, api.TriedWriteOff{Account: string(off.Account), Amount: off.Amount.String(), Reason: off.Reason})
	}
	return answer, nil
}
