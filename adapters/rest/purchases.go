package rest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListPurchases(ctx context.Context, r api.ListPurchasesRequestObject) (api.ListPurchasesResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Invoicing.Purchases(ctx, r.ID, r.Params.Name, after, sizeOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	items, next := answered(found, r.Params.Limit, func(p ports.PurchaseRecord) string { return itoa(p.Num) }, purchaseAnswer)
	return api.ListPurchases200JSONResponse{Items: items, Next: next}, nil
}

func (s *server) NamePurchases(ctx context.Context, r api.NamePurchasesRequestObject) (api.NamePurchasesResponseObject, error) {
	if err := s.Invoicing.LearnIDs(ctx, r.ID, r.Body.Ids, by(ctx)); err != nil {
		return nil, err
	}
	return api.NamePurchases202JSONResponse{Ids: r.Body.Ids}, nil
}

func (s *server) GetPurchase(ctx context.Context, r api.GetPurchaseRequestObject) (api.GetPurchaseResponseObject, error) {
	found, err := s.Invoicing.Purchase(ctx, r.ID, r.Order)
	if err != nil {
		return nil, err
	}
	answer, err := purchaseDetail(found)
	return api.GetPurchase200JSONResponse(answer), err
}

func (s *server) TryPurchase(ctx context.Context, r api.TryPurchaseRequestObject) (api.TryPurchaseResponseObject, error) {
	tried, err := s.Invoicing.Try(ctx, r.ID, r.Order)
	if err != nil {
		return nil, err
	}
	answer, err := purchaseDetail(tried.Dossier)
	for _, e := range tried.Exceptions {
		answer.Exceptions = append(answer.Exceptions, api.TriedException{Code: string(e.Code), Reason: e.Reason, Remedy: e.Remedy, Document: e.Document})
	}
	return api.TryPurchase200JSONResponse(answer), err
}

func purchaseAnswer(p ports.PurchaseRecord) api.Purchase {
	answer := api.Purchase{
		ID: p.ID, Origin: api.PurchaseOrigin(p.Origin), LearnedAt: p.LearnedAt, ReadAt: moment(p.ReadAt), DueAt: moment(p.DueAt),
		Waiting: []string{}, Fault: faultAnswer(p.Fault),
	}
	for _, kind := range p.Unplanned {
		answer.Waiting = append(answer.Waiting, string(kind))
	}
	if p.ReadAt.IsZero() {
		return answer
	}
	bought := p.Purchase
	answer.State, answer.PlacedAt, answer.References = api.PurchaseState(bought.State), moment(bought.PlacedAt), map[string]string{}
	for reference, value := range bought.References {
		answer.References[string(reference)] = value
	}
	answer.Total, answer.Currency = amount(bought.Total)
	captured, refunded := money.Zero(bought.Total.Currency()), money.Zero(bought.Total.Currency())
	for _, c := range bought.Captures {
		captured, _ = captured.Add(c.Amount)
	}
	for _, r := range bought.Refunds {
		refunded, _ = refunded.Add(r.Amount)
	}
	answer.Captured, answer.Refunded = captured.String(), refunded.String()
	return answer
}

func purchaseDetail(d invoicing.Dossier) (api.PurchaseDetail, error) {
	answer := api.PurchaseDetail{
		Purchase: purchaseAnswer(d.PurchaseRecord), Rows: saleRows(d.Purchase.Rows),
		Captures: []api.Movement{}, Refunds: []api.Movement{}, Documents: []api.SaleDocument{},
	}
	for _, c := range d.Purchase.Captures {
		answer.Captures = append(answer.Captures, api.Movement{ID: c.ID, Reference: c.Reference, At: c.At, Amount: c.Amount.String(), Rows: saleRows(c.Rows)})
	}
	for _, r := range d.Purchase.Refunds {
		answer.Refunds = append(answer.Refunds, api.Movement{ID: r.ID, Reference: r.Reference, At: r.At, Amount: r.Amount.String(), Rows: saleRows(r.Rows)})
	}
	for _, s := range d.Steps {
		document, err := saleDocument(s)
		if err != nil {
			return answer, err
		}
		answer.Documents = append(answer.Documents, document)
	}
	return answer, nil
}

func saleRows(rows []order.Row) []api.SaleRow {
	answer := []api.SaleRow{}
	for _, r := range rows {
		answer = append(answer, saleRow(r))
	}
	return answer
}

func saleRow(r order.Row) api.SaleRow {
	row := api.SaleRow{
		Kind: api.SaleRowKind(r.Kind), Article: r.Article, Name: r.Name, Quantity: r.Quantity.String(), Unit: r.Unit,
		Gross: r.Gross.String(), Rate: r.Rate.String(),
	}
	row.Vat, _ = amount(r.VAT)
	return row
}

// saleDocument shows the step of an order, an invoice or a credit invoice with what it
// says, and that of a booking or cancelling without.
func saleDocument(s ports.Step) (api.SaleDocument, error) {
	answer := api.SaleDocument{
		FlowID: s.FlowID, Kind: api.SaleDocumentKind(s.Kind), Key: s.Key, State: api.SaleDocumentState(s.State), Number: s.Number,
		Outcome: api.SaleDocumentOutcome(s.Outcome), Fault: faultAnswer(s.Fault),
	}
	answer.Amount, answer.Currency = amount(s.Amount)
	switch s.Kind {
	case ports.StepOrder, ports.StepInvoice, ports.StepCredit:
	default:
		var end posting.Ending
		if err := json.Unmarshal(s.Content, &end); err != nil {
			return answer, fmt.Errorf("reading the document of step %d: %w", s.ID, err)
		}
		answer.Date = end.Date.String()
		return answer, nil
	}
	content, err := posting.ReadDocument(s)
	if err != nil {
		return answer, err
	}
	answer.Date, answer.Credits, answer.References = content.Draft.Date.String(), content.Original, referencesOf(content.Draft)
	for _, r := range content.Draft.Rows {
		row := saleRow(r.Row)
		row.Account = string(r.Account)
		answer.Rows = append(answer.Rows, row)
	}
	return answer, nil
}

func referencesOf(d invoice.Draft) map[string]string {
	references := map[string]string{}
	for reference, value := range d.References {
		references[string(reference)] = value
	}
	return references
}
