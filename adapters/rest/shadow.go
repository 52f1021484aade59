package rest

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) GetShadowDiff(ctx context.Context, r api.GetShadowDiffRequestObject) (api.GetShadowDiffResponseObject, error) {
	diff, err := s.Reconciliation.Shadow(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	answer := api.GetShadowDiff200JSONResponse{
		PayoutID: r.ID, Payout: diff.Payout.Reference, Fault: faultAnswer(ports.Recorded(diff.Why, s.Now())), Items: []api.Compared{},
		Same: diff.Count(reconciliation.Same), Different: diff.Count(reconciliation.Different),
		OnlyOurs: diff.Count(reconciliation.OnlyOurs), OnlyTheirs: diff.Count(reconciliation.OnlyTheirs),
	}
	slices.SortStableFunc(diff.Items, func(a, b reconciliation.Compared) int { return sameness(a) - sameness(b) })
	for _, item := range diff.Items[:min(len(diff.Items), shownFindings)] {
		answer.Items = append(answer.Items, comparedAnswer(item))
	}
	answer.Omitted = int64(len(diff.Items) - len(answer.Items))
	return answer, nil
}

// sameness puts what nobody need look at last.
func sameness(c reconciliation.Compared) int {
	if c.Status == reconciliation.Same {
		return 1
	}
	return 0
}

func comparedAnswer(c reconciliation.Compared) api.Compared {
	answer := api.Compared{
		Status: api.ComparedStatus(c.Status), Kind: api.ComparedKind(c.Kind), Key: c.Key, Document: c.Document, Fields: []api.FieldDifference{},
		OurVoucher: comparedVoucher(c.Ours), TheirVoucher: comparedVoucher(c.Theirs),
		OurPayment: comparedPayment(c.OurPayment), TheirPayment: comparedPayment(c.TheirPayment),
	}
	for _, f := range c.Fields {
		answer.Fields = append(answer.Fields, api.FieldDifference(f))
	}
	return answer
}

func comparedVoucher(v *books.Voucher) *api.BooksVoucher {
	if v == nil {
		return nil
	}
	answer := bookVoucher(*v)
	return &answer
}

func comparedPayment(p *ports.RegisteredPayment) *api.ComparedPayment {
	if p == nil {
		return nil
	}
	answer := &api.ComparedPayment{Number: p.Number, Account: string(p.Account)}
	answer.Amount, answer.Currency = amount(p.Amount)
	if !p.Date.IsZero() {
		answer.Date = p.Date.String()
	}
	return answer
}

func (s *server) GetTrial(ctx context.Context, r api.GetTrialRequestObject) (api.GetTrialResponseObject, error) {
	run, err := s.Statements.Run(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	trial, err := s.Reconciliation.Trial(ctx, run)
	if err != nil {
		return nil, err
	}
	shown, err := s.progressing(ctx, run)
	answer := api.GetTrial200JSONResponse{Run: shown, Agrees: trial.Agrees(), Payouts: []api.TrialPayout{}, Clearing: []api.TrialClearing{}}
	for _, p := range trial.Payouts {
		answer.Payouts = append(answer.Payouts, trialPayout(p))
	}
	for _, c := range trial.Clearing {
		answer.Clearing = append(answer.Clearing, api.TrialClearing{
			Account: string(c.Account), Currency: string(c.Currency), Before: c.Before.String(), After: c.After.String(),
		})
	}
	return answer, err
}

func trialPayout(p reconciliation.TrialPayout) api.TrialPayout {
	answer := api.TrialPayout{
		PayoutID: p.Payout.ID, Payout: p.Payout.Reference, State: string(p.Payout.State), Currency: string(p.Payout.Net.Currency()),
		Net: p.Payout.Net.String(), FeeExVat: p.FeeExVAT.String(), FeeVat: p.FeeVAT.String(), Documents: []api.BooksDocument{}, Payments: []api.Compared{},
	}
	for _, f := range p.Vouchers {
		answer.Documents = append(answer.Documents, findingAnswer(f))
	}
	for _, c := range p.Payments {
		answer.Payments = append(answer.Payments, comparedAnswer(c))
	}
	return answer
}
