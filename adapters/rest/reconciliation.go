package rest

import (
	"bytes"
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/money"
)

// shownFindings is how many findings, foreign postings and items one answer holds.
const shownFindings = 1000

func (s *server) CheckBooks(ctx context.Context, r api.CheckBooksRequestObject) (api.CheckBooksResponseObject, error) {
	check, err := s.Reconciliation.Check(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.CheckBooks200JSONResponse(checkAnswer(check, r.Params.All)), nil
}

func checkAnswer(c reconciliation.Check, all bool) api.BooksCheck {
	answer := api.BooksCheck{
		FlowID: c.FlowID, Agrees: c.Agrees(), Years: []api.BooksYear{}, Documents: []api.BooksDocument{},
		Foreign: []api.BooksForeign{}, Accounts: []api.BooksAccount{},
		Found: c.Count(books.Found), Missing: c.Count(books.Missing), Differing: c.Count(books.Differs),
	}
	for _, y := range c.Years {
		answer.Years = append(answer.Years, api.BooksYear{From: y.From.String(), To: y.To.String()})
	}
	for _, f := range c.Findings {
		if !all && f.Status == books.Found {
			continue
		}
		if len(answer.Documents) == shownFindings {
			answer.Omitted++
			continue
		}
		answer.Documents = append(answer.Documents, findingAnswer(f))
	}
	for _, f := range c.Foreign {
		if len(answer.Foreign) == shownFindings {
			answer.Omitted++
			continue
		}
		answer.Foreign = append(answer.Foreign, api.BooksForeign{
			Account: string(f.Account), Currency: string(f.Amount.Currency()), Amount: f.Amount.String(), Voucher: bookVoucher(f.Voucher),
		})
	}
	for _, a := range c.Accounts {
		answer.Accounts = append(answer.Accounts, api.BooksAccount{
			Account: string(a.Account), Currency: string(a.Currency), Own: a.Own, Expected: a.Expected.String(), Actual: a.Actual.String(),
			Foreign: a.Foreign.String(), Difference: a.Difference.String(),
		})
	}
	return answer
}

func findingAnswer(f books.Finding) api.BooksDocument {
	e := f.Expected
	answer := api.BooksDocument{
		Status: api.BooksDocumentStatus(f.Status), Kind: api.BooksDocumentKind(e.Kind), Key: e.Key, Payout: e.Payout,
		Document: e.Document, Expected: bookVoucher(e.Voucher),
	}
	if e.Kind == books.Payment {
		answer.Payment = e.Mark
	}
	if f.Actual != nil {
		actual := bookVoucher(*f.Actual)
		answer.Actual = &actual
	}
	return answer
}

func bookVoucher(v books.Voucher) api.BooksVoucher {
	return api.BooksVoucher{Series: v.Series, Number: v.Number, Date: v.Date.String(), Text: v.Text, Rows: postings(v.Rows)}
}

func (s *server) GetJournal(ctx context.Context, r api.GetJournalRequestObject) (api.GetJournalResponseObject, error) {
	currency, err := readCurrency(r.Params.Currency)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := s.Reconciliation.WriteJournal(ctx, &text, r.ID, currency); err != nil {
		return nil, err
	}
	return api.GetJournal200TextResponse(text.String()), nil
}

// readCurrency reads a currency that may be left out.
func readCurrency(code string) (money.Currency, error) {
	if code == "" {
		return "", nil
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		return "", fault.Invalid(CodeInvalid, "currency", "this is not a currency of ISO 4217")
	}
	return currency, nil
}

func (s *server) GetReconciliation(ctx context.Context, r api.GetReconciliationRequestObject) (api.GetReconciliationResponseObject, error) {
	period, err := periodOf(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	statements, err := s.Reconciliation.Statements(ctx, r.ID, period)
	if err != nil {
		return nil, err
	}
	if r.Params.Format == "csv" || r.Params.Format == "" && wantsCSV(ctx) {
		text, err := statementsCSV(statements)
		return api.GetReconciliation200TextCsvResponse{Body: bytes.NewReader(text), ContentLength: int64(len(text))}, err
	}
	answer := api.GetReconciliation200JSONResponse{
		FlowID: r.ID, From: period.From.String(), To: period.To.String(), Items: []api.ClearingStatement{},
	}
	for _, st := range statements {
		answer.Items = append(answer.Items, statementAnswer(st))
	}
	return answer, nil
}

func periodOf(from, to string) (reconciliation.Period, error) {
	var p reconciliation.Period
	for _, day := range []struct {
		name, text string
		date       *civil.Date
	}{{"from", from, &p.From}, {"to", to, &p.To}} {
		date, err := civil.Parse(day.text)
		if err != nil {
			return p, fault.Invalid(CodeInvalid, day.name, "this is not a date written YYYY-MM-DD")
		}
		*day.date = date
	}
	return p, nil
}

func statementAnswer(st reconciliation.Statement) api.ClearingStatement {
	answer := api.ClearingStatement{
		Account: string(st.Account), Currency: string(st.Currency), Opening: st.Opening.String(), Captures: st.Captures.String(),
		Refunds: st.Refunds.String(), Fees: st.Fees.String(), FeeVat: st.FeeVAT.String(), Chargebacks: st.Chargebacks.String(),
		Reserves: st.Reserves.String(), Other: st.Other.String(), Payouts: st.Payouts.String(), Closing: st.Closing.String(),
		Open: st.Open.String(), Difference: st.Difference.String(), Ages: []api.StatementAge{}, Items: []api.StatementItem{},
	}
	for _, age := range st.Ages {
		answer.Ages = append(answer.Ages, api.StatementAge{From: age.From, To: age.To, Items: age.Items, Sum: age.Sum.String()})
	}
	shown := st.Items[:min(len(st.Items), shownFindings)]
	answer.Omitted = int64(len(st.Items) - len(shown))
	for _, item := range shown {
		answer.Items = append(answer.Items, api.StatementItem{
			PayoutID: item.PayoutID, Payout: item.Payout, LineID: item.LineID, Reference: item.Reference, Amount: item.Amount.String(),
			Since: item.Since.String(), Days: item.Days, Code: item.Code, Reason: item.Reason, Remedy: item.Remedy,
		})
	}
	return answer
}
