package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListPayouts(ctx context.Context, r api.ListPayoutsRequestObject) (api.ListPayoutsResponseObject, error) {
	found, err := s.Statements.Payouts(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(p statement.Payout) string { return p.ID }, payoutAnswer)
	return api.ListPayouts200JSONResponse{Items: items, Next: next}, err
}

func (s *server) GetPayout(ctx context.Context, r api.GetPayoutRequestObject) (api.GetPayoutResponseObject, error) {
	p, err := s.Statements.Payout(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.GetPayout200JSONResponse(payoutAnswer(p)), nil
}

func (s *server) RetryPayout(ctx context.Context, r api.RetryPayoutRequestObject) (api.RetryPayoutResponseObject, error) {
	if err := s.Engine.RetryPayout(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	p, err := s.Statements.Payout(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.RetryPayout202JSONResponse(payoutAnswer(p)), nil
}

func (s *server) ListLines(ctx context.Context, r api.ListLinesRequestObject) (api.ListLinesResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	filter := ports.LineFilter{State: ports.LineState(r.Params.State), Kind: payout.Kind(r.Params.Kind)}
	found, err := s.Statements.Lines(ctx, r.ID, filter, after, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(l ports.LineRecord) string { return itoa(l.Ordinal) }, lineAnswer)
	return api.ListLines200JSONResponse{Items: items, Next: next}, err
}

func (s *server) GetExplanation(ctx context.Context, r api.GetExplanationRequestObject) (api.GetExplanationResponseObject, error) {
	e, err := s.Statements.Explanation(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	currency := e.Payout.Net.Currency()
	answer := api.GetExplanation200JSONResponse{
		PayoutID: r.ID, Shape: api.ExplanationShape(e.Shape), SettingsVersion: e.SettingsVersion,
		Effects: effects(e.Payout.Proof, currency), Sums: []api.ExplainedSum{}, Disputes: []api.Line{},
	}
	for _, sum := range e.Sums {
		answer.Sums = append(answer.Sums, api.ExplainedSum{
			Kind: api.LineKind(sum.Kind), RawType: sum.RawType, Settled: sum.Settled, Lines: sum.Lines, Currency: string(currency),
			Gross: whole(sum.Gross, currency), FeeExVat: whole(sum.FeeExVAT, currency), FeeVat: whole(sum.FeeVAT, currency), Sentence: sum.Sentence,
		})
	}
	for _, l := range e.Disputes {
		answer.Disputes = append(answer.Disputes, lineAnswer(l))
	}
	return answer, nil
}

func (s *server) ListDocuments(ctx context.Context, r api.ListDocumentsRequestObject) (api.ListDocumentsResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Statements.Documents(ctx, r.ID, after, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(d statement.Document) string { return itoa(d.ID) }, documentAnswer)
	return api.ListDocuments200JSONResponse{Items: items, Next: next}, err
}

func payoutAnswer(p statement.Payout) api.Payout {
	return api.Payout{
		ID: p.ID, MerchantID: p.MerchantID, FlowID: p.FlowID, ConnectionID: p.ConnectionID, Provider: p.Provider,
		Reference: p.Reference, Date: p.Day.String(), SentAt: p.Date, State: api.PayoutState(p.State), Hold: faultAnswer(p.Hold),
		Effects: effects(p.Proof, p.Net.Currency()), Counts: lineCounts(p.Counts), ConnectorVersion: p.ConnectorVersion,
		SettingsVersion: p.SettingsVersion, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

func lineAnswer(l ports.LineRecord) api.Line {
	currency := l.Gross.Currency()
	if currency == "" {
		currency = l.FeeExVAT.Currency()
	}
	net, err := l.Net()
	if err != nil {
		net = l.Gross // a line of two currencies is refused when it is read
	}
	answer := api.Line{
		ID: l.ID, Ordinal: l.Ordinal, Key: l.Key, Kind: api.LineKind(l.Kind), RawType: l.RawType, Currency: string(currency),
		Gross: whole(l.Gross, currency), FeeExVat: whole(l.FeeExVAT, currency), FeeVat: whole(l.FeeVAT, currency), Net: whole(net, currency),
		OccurredAt: l.OccurredAt, References: map[string]string{}, Group: l.Group, Synthesised: l.Synthesised, State: api.LineState(l.State),
		Document: l.Document, Decision: l.Decision, WaitingSince: moment(l.WaitingSince),
		Raw: api.Raw{Page: l.Raw.Page, Offset: l.Raw.Offset, Length: l.Raw.Length}, Corrections: correctionAnswers(l.Corrections),
	}
	for name, text := range l.References {
		answer.References[string(name)] = text
	}
	return answer
}

func documentAnswer(d statement.Document) api.Document {
	answer := api.Document{
		ID: d.ID, Kind: api.DocumentKind(d.Kind), Key: d.Key, State: api.DocumentState(d.State), Document: d.Document, Number: d.Number,
		Outcome: api.DocumentOutcome(d.Outcome), Attempt: d.Attempt, LineID: d.LineID, RunID: d.RunID, ConnectorVersion: d.ConnectorVersion,
		SettingsVersion: d.SettingsVersion, OpenedAt: moment(d.OpenedAt), ClosedAt: moment(d.ClosedAt), Fault: faultAnswer(d.Fault),
	}
	answer.PayoutID, answer.ReleasedAt, answer.ReleasedBy = d.PayoutID, moment(d.ReleasedAt), d.ReleasedBy
	answer.Reverses, answer.ReversedBy = d.Reverses, d.ReversedBy
	answer.Amount, answer.Currency = amount(d.Amount)
	if d.Voucher != nil {
		answer.Voucher = &api.Voucher{Series: d.Voucher.Series, Date: d.Voucher.Date.String(), Text: d.Voucher.Text, Rows: postings(d.Voucher.Rows)}
	}
	return answer
}
