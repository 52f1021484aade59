package rest

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListMerchants(ctx context.Context, r api.ListMerchantsRequestObject) (api.ListMerchantsResponseObject, error) {
	if own := caller(ctx); own.Scope == ports.ScopeMerchant {
		m, err := s.Onboarding.Merchant(ctx, own.MerchantID)
		return api.ListMerchants200JSONResponse{Items: []api.Merchant{merchantAnswer(m)}}, err
	}
	found, err := s.Onboarding.Merchants(ctx, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(m merchant.Merchant) string { return m.ID }, merchantAnswer)
	return api.ListMerchants200JSONResponse{Items: items, Next: next}, err
}

func (s *server) CreateMerchant(ctx context.Context, r api.CreateMerchantRequestObject) (api.CreateMerchantResponseObject, error) {
	m, err := s.Onboarding.CreateMerchant(ctx, onboarding.NewMerchant{
		ID: wanted(ctx, "merchant-"), Name: r.Body.Name, OrganisationNumber: r.Body.OrganisationNumber,
		Country: r.Body.Country, Zone: r.Body.Zone, Currency: r.Body.Currency,
	}, by(ctx))
	return api.CreateMerchant201JSONResponse(merchantAnswer(m)), err
}

func (s *server) GetMerchant(ctx context.Context, r api.GetMerchantRequestObject) (api.GetMerchantResponseObject, error) {
	m, err := s.Onboarding.Merchant(ctx, r.ID)
	return api.GetMerchant200JSONResponse(merchantAnswer(m)), err
}

func merchantAnswer(m merchant.Merchant) api.Merchant {
	answer := api.Merchant{
		ID: m.ID, Name: m.Name, OrganisationNumber: m.OrganisationNumber, Country: m.Country,
		Zone: m.Zone, Currency: string(m.Currency), CreatedAt: m.CreatedAt,
	}
	for _, w := range onboarding.Warnings(m) {
		answer.Warnings = append(answer.Warnings, api.Warning{Field: w.Field, Reason: w.Reason})
	}
	return answer
}

func (s *server) GetChecklist(ctx context.Context, r api.GetChecklistRequestObject) (api.GetChecklistResponseObject, error) {
	items, err := s.Onboarding.Checklist(ctx, r.ID)
	answer := api.GetChecklist200JSONResponse{Ready: true, Items: []api.ChecklistItem{}}
	for _, item := range items {
		answer.Ready = answer.Ready && (item.Done || item.Advised)
		answer.Items = append(answer.Items, api.ChecklistItem{
			Item: item.Item, FlowID: item.Flow, Done: item.Done, Advised: item.Advised, Code: string(item.Code),
			Field: item.Field, Reason: item.Reason, Remedy: item.Remedy,
		})
	}
	return answer, err
}

func (s *server) GetTotals(ctx context.Context, r api.GetTotalsRequestObject) (api.GetTotalsResponseObject, error) {
	totals, exceptions, err := s.Statements.Totals(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	late, err := s.Casework.Overdue(ctx, r.ID)
	answer := api.GetTotals200JSONResponse{Items: []api.CurrencyTotals{}, Exceptions: counted(exceptions), Overdue: len(late)}
	for _, t := range totals {
		answer.Items = append(answer.Items, totalsAnswer(t))
	}
	return answer, err
}

func totalsAnswer(t statement.Totals) api.CurrencyTotals {
	return api.CurrencyTotals{Payouts: t.Payouts, Effects: effects(t.Proof, t.Currency), Counts: lineCounts(t.Counts)}
}

func (s *server) ListAudit(ctx context.Context, r api.ListAuditRequestObject) (api.ListAuditResponseObject, error) {
	p := r.Params
	page, err := s.audit(ctx, ports.AuditFilter{
		MerchantID: r.ID, Subject: p.Subject, Act: p.Act, By: p.By, From: momentOf(p.From), To: momentOf(p.To),
	}, p.Limit, p.After)
	return api.ListAudit200JSONResponse(page), err
}

func (s *server) ListHubAudit(ctx context.Context, r api.ListHubAuditRequestObject) (api.ListHubAuditResponseObject, error) {
	p := r.Params
	page, err := s.audit(ctx, ports.AuditFilter{
		Subject: p.Subject, Act: p.Act, By: p.By, From: momentOf(p.From), To: momentOf(p.To),
	}, p.Limit, p.After)
	return api.ListHubAudit200JSONResponse(page), err
}

func (s *server) audit(ctx context.Context, filter ports.AuditFilter, limit int, after string) (api.AuditPage, error) {
	if _, err := ordinal(after); err != nil {
		return api.AuditPage{}, err
	}
	found, err := s.Statements.Audit(ctx, filter, pageOf(limit, after))
	items, next := answered(found, limit, func(e ports.AuditEntry) string { return itoa(e.ID) }, func(e ports.AuditEntry) api.AuditEntry {
		return api.AuditEntry{ID: e.ID, MerchantID: e.MerchantID, At: e.At, By: e.By, Act: e.Act, Subject: e.Subject, Detail: e.Detail}
	})
	return api.AuditPage{Items: items, Next: next}, err
}

// momentOf gives a moment that may be left out.
func momentOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
