package server

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
)

func (s *server) listPayouts(r *http.Request) (reply, *failure) {
	filter, failed := readWindow(r, false)
	if failed != nil {
		return reply{}, failed
	}
	part, failed := readPage(r)
	if failed != nil {
		return reply{}, failed
	}
	found := filter.apply(s.books.visible(s.control.Now()))
	from, to := part.cut(len(found))
	payouts := []map[string]any{}
	for _, e := range found[from:to] {
		payouts = append(payouts, s.payout(r, e.Payout))
	}
	return encode(map[string]any{"payouts": payouts, "pagination": s.pagination(r, part, len(found))}), nil
}

func (s *server) getPayout(r *http.Request) (reply, *failure) {
	e, failed := s.find(r.PathValue("payment_reference"))
	if failed != nil {
		return reply{}, failed
	}
	return encode(s.payout(r, e.Payout)), nil
}

// find returns a payout that is visible by now.
func (s *server) find(reference string) (*entry, *failure) {
	if reference == "" {
		return nil, badValue("payment_reference is required")
	}
	for _, e := range s.books.visible(s.control.Now()) {
		if e.PaymentReference == reference {
			return e, nil
		}
	}
	return nil, notFound("no payout has this payment reference")
}

// payout is Klarna's Payout object.
func (s *server) payout(r *http.Request, p Payout) map[string]any {
	date, currency := p.PayoutDate, p.CurrencyCode
	if s.world.Spelling == SpellingMixed {
		// By reference, so that the payout always looks the same.
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(p.PaymentReference)) // never fails
		turn := int(hash.Sum32() % 6)
		date, currency = respellDate(date, turn), respellCode(currency, turn)
	}
	shown := map[string]any{
		"payment_reference":        p.PaymentReference,
		"payout_date":              date,
		"currency_code":            currency,
		"merchant_settlement_type": p.MerchantSettlementType,
		"merchant_id":              p.MerchantID,
		"totals":                   p.Totals,
		"transactions": s.link(r, settlements+"/transactions",
			url.Values{"payment_reference": {p.PaymentReference}}),
	}
	if p.Totals == nil {
		shown["totals"] = map[string]int64{}
	}
	if p.RegistrationCurrency != "" {
		shown["currency_code_of_registration_country"] = p.RegistrationCurrency
	}
	return shown
}

// summaryTotals are the totals that a PayoutSummary has; fewer than a payout's.
var summaryTotals = [...]string{
	"sale", "return", "reversal", "fee", "fee_correction", "tax", "commission",
	"holdback", "release", "repay", "settlement",
}

// summarise answers one PayoutSummary per currency.
func (s *server) summarise(r *http.Request) (reply, *failure) {
	filter, failed := readWindow(r, true)
	if failed != nil {
		return reply{}, failed
	}
	sums := map[string]map[string]int64{}
	var currencies []string
	for _, e := range filter.apply(s.books.visible(s.control.Now())) {
		if sums[e.CurrencyCode] == nil {
			sums[e.CurrencyCode] = map[string]int64{}
			currencies = append(currencies, e.CurrencyCode)
		}
		for _, total := range summaryTotals {
			sums[e.CurrencyCode][total] += e.Totals[total+"_amount"]
		}
	}
	slices.Sort(currencies)
	summaries := []map[string]any{}
	for _, currency := range currencies {
		summary := map[string]any{
			"summary_settlement_currency": currency,
			"summary_payout_date_start":   filter.start.UTC(),
			"summary_payout_date_end":     filter.end.UTC(),
		}
		for _, total := range summaryTotals {
			summary["summary_total_"+total+"_amount"] = sums[currency][total]
		}
		summaries = append(summaries, summary)
	}
	return encode(summaries), nil
}

// encode makes JSON of values that always encode; raw members come from a
// decoded world.
func encode(value any) reply {
	body, _ := json.Marshal(value)
	return reply{body: body}
}
