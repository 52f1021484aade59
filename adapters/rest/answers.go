package rest

import (
	"net/http"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// VisitGetProofResponse writes the page.
func (p htmlPage) VisitGetProofResponse(w http.ResponseWriter) error { return p.show(w) }

// VisitTakeConsentResponse writes the page.
func (p htmlPage) VisitTakeConsentResponse(w http.ResponseWriter) error { return p.show(w) }

func (p htmlPage) show(w http.ResponseWriter) error {
	pageHeaders(w.Header())
	w.WriteHeader(http.StatusOK)
	_, err := p.WriteTo(w)
	return err
}

// payoutsSchema answers with a document as it stands.
type payoutsSchema []byte

// VisitGetPayoutsSettingsSchemaResponse writes the schema.
func (p payoutsSchema) VisitGetPayoutsSettingsSchemaResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(p)
	return err
}

// eventsSchema answers with a document as it stands.
type eventsSchema []byte

// VisitGetEventsSettingsSchemaResponse writes the schema.
func (p eventsSchema) VisitGetEventsSettingsSchemaResponse(w http.ResponseWriter) error {
	return payoutsSchema(p).VisitGetPayoutsSettingsSchemaResponse(w)
}

// moment gives a moment that may be missing.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func faultAnswer(f *ports.FaultRecord) *api.Fault {
	if f == nil {
		return nil
	}
	return &api.Fault{Code: string(f.Code), Field: f.Field, Reason: f.Reason, Remedy: f.Remedy, At: f.At}
}

func counted[K ~string](counts map[K]int64) api.Counts {
	answer := make(api.Counts, len(counts))
	for name, n := range counts {
		answer[string(name)] = n
	}
	return answer
}

func effects(p payout.Proof, currency money.Currency) api.Effects {
	return api.Effects{
		Currency: string(currency), Gross: whole(p.Gross, currency), Refunds: whole(p.Refunds, currency), Fees: whole(p.Fees, currency),
		FeeVat: whole(p.FeeVAT, currency), Reserves: whole(p.Reserves, currency), Other: whole(p.Other, currency),
		Net: whole(p.Net, currency), Difference: whole(p.Difference, currency),
	}
}

func lineCounts(c statement.Counts) api.LineCounts {
	return api.LineCounts{
		Lines: c.Lines, Matched: c.Matched, NoDocument: c.NoDocument, Waiting: c.Waiting, Exceptions: c.Exceptions, Pending: c.Pending,
	}
}

func postings(rows []ledger.Row) []api.Posting {
	answer := make([]api.Posting, 0, len(rows))
	for _, row := range rows {
		answer = append(answer, api.Posting{
			Account: string(row.Account), Currency: string(row.Amount.Currency()), Debit: row.Debit().String(),
			Credit: row.Credit().String(), Meaning: row.Meaning, Text: row.Text,
		})
	}
	return answer
}
