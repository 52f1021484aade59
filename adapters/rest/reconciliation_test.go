package rest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func (h *hub) reconciliation(exporter *onboarding.Service) *reconciliation.Service {
	return reconciliation.New(reconciliation.Parts{
		Store: h.store, Exporter: exporter, Ledgers: sie.Books{}, Journals: journal.Vouchers{}, Plans: h.engine, Payments: h.engine,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
}

// The accounting system's books of the sample: the payout's voucher K 12 and three
// payments. The balances are those of these vouchers alone.
func booksOf(vouchers ...string) string {
	return "#FLAGGA 0\n#PROGRAM \"test\" 1\n#FORMAT PC8\n#GEN 20260420\n#SIETYP 4\n#FNAMN \"Test\"\n#RAR 0 20260101 20261231\n#KONTO 1686 \"Avr\"\n" +
		strings.Join(vouchers, "")
}

func ver(head string, rows ...string) string {
	text := "#VER " + head + "\n{\n"
	for _, r := range rows {
		account, amount, _ := strings.Cut(r, " ")
		text += "#TRANS " + account + " {} " + amount + "\n"
	}
	return text + "}\n"
}

// PlanAlone gives what is stored of the payout.
func (e *engine) PlanAlone(ctx context.Context, payoutID string) (steps []ports.Step, why *fault.Error, err error) {
	err = e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		steps, err = tx.Steps().List(ctx, payoutID, 0, 100)
		return err
	})
	return steps, nil, err
}

// PaymentsOf shows no payment.
func (e *engine) PaymentsOf(context.Context, string, string) ([]ports.RegisteredPayment, error) {
	return nil, nil
}

const payoutHead = `K 12 20260402 "Klarna"`

func paid() []string {
	return []string{
		ver(`C 1 20260402 "Kundbet (700)"`, "1686 499.00", "1510 -499.00"),
		ver(`C 2 20260402 "Kundbet (701)"`, "1686 1249.00", "1510 -1249.00"),
		ver(`C 3 20260402 "Kundbet (705)"`, "1686 -95.00", "1510 95.00"),
	}
}

const balances = "#UB 0 1510 -1653.00\n#UB 0 1516 799.00\n#UB 0 1686 -1097.00\n#UB 0 1689 200.00\n#UB 0 1930 1629.36\n#UB 0 2641 24.33\n#RES 0 6040 97.31\n"

func TestTheBooksAreCompared(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	whole := ver(payoutHead, "1930 1629.36", "6040 97.31", "2641 24.33", "1516 799.00", "1689 200.00", "1686 -2750.00")
	h.remote.Pieces = []string{booksOf(append(paid(), whole, balances)...)}
	h.remote.FailPiece = -1
	h.seal(t)
	check := get[api.BooksCheck](t, h, own, "GET", "/v1/flows/flow-1/books-check", "", http.StatusOK)
	require.True(t, check.Agrees, "%+v", check)
	require.Equal(t, int64(4), check.Found)
	require.Empty(t, check.Documents)
	require.Equal(t, []api.BooksYear{{From: "2026-01-01", To: "2026-12-31"}}, check.Years)
	all := get[api.BooksCheck](t, h, own, "GET", "/v1/flows/flow-1/books-check?all=true", "", http.StatusOK)
	require.Len(t, all.Documents, 4)
	require.Equal(t, "700", all.Documents[1].Payment)
	require.Equal(t, "1", all.Documents[1].Actual.Number)
}

func TestTamperedBooksAreNamed(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	changed := ver(payoutHead, "1930 1629.36", "6040 96.31", "2641 25.33", "1516 799.00", "1689 200.00", "1686 -2750.00")
	manual := ver(`A 77 20260409 "Manuell"`, "1686 12.00", "1930 -12.00")
	// 1249.00 less on 1510 and 1686, 12.00 moved by hand, one krona moved to VAT.
	h.remote.Pieces = []string{booksOf(paid()[0], paid()[2], changed, manual,
		"#UB 0 1510 -404.00\n#UB 0 1516 799.00\n#UB 0 1686 -2334.00\n#UB 0 1689 200.00\n#UB 0 1930 1617.36\n#UB 0 2641 25.33\n#RES 0 6040 96.31\n")}
	h.remote.FailPiece = -1
	h.seal(t)
	check := get[api.BooksCheck](t, h, own, "GET", "/v1/flows/flow-1/books-check", "", http.StatusOK)
	require.False(t, check.Agrees)
	require.Len(t, check.Documents, 2)
	require.Equal(t, api.BooksDocumentStatus("differs"), check.Documents[0].Status)
	require.Len(t, check.Documents[0].Expected.Rows, 6)
	require.Len(t, check.Documents[0].Actual.Rows, 6)
	require.Equal(t, api.BooksDocumentStatus("missing"), check.Documents[1].Status)
	require.Equal(t, "1002", check.Documents[1].Document)
	require.Nil(t, check.Documents[1].Actual)
	require.Len(t, check.Foreign, 1)
	require.Equal(t, "A", check.Foreign[0].Voucher.Series)
	var differing []string
	for _, a := range check.Accounts {
		if a.Difference != "0.00" {
			differing = append(differing, fmt.Sprint(a.Account, " ", a.Difference))
		}
	}
	require.Equal(t, []string{"1510 1249.00", "1686 -1237.00", "2641 1.00", "6040 -1.00"}, differing)
}

func TestBooksThatCannotBeReadAreNoAnswer(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.remote.Pieces = []string{"nothing of the kind"}
	h.remote.FailPiece = -1
	h.seal(t)
	require.Equal(t, "sie.not_sie", h.problem(t, own, "GET", "/v1/flows/flow-1/books-check", "", http.StatusUnprocessableEntity).Code)
}

func TestTheJournalIsText(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	answer := h.do(t, own, "GET", "/v1/flows/flow-1/journal", "")
	require.Equal(t, http.StatusOK, answer.Code)
	require.Contains(t, answer.Header().Get("Content-Type"), "text/plain")
	require.Contains(t, answer.Body.String(), "2026-04-02 * (K 12) Klarna K-2026-04-02\n    1930          1629.36 SEK\n")
	require.Contains(t, answer.Body.String(), "; Clearing\naccount 1686\n")
	require.Equal(t, "currency", h.problem(t, own, "GET", "/v1/flows/flow-1/journal?currency=XYZ", "", http.StatusBadRequest).Field)
}

const april = "/v1/flows/flow-1/reconciliation?from=2026-04-01&to=2026-04-30"

func TestTheMonthIsProven(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	r := get[api.Reconciliation](t, h, own, "GET", april, "", http.StatusOK)
	require.Len(t, r.Items, 1)
	st := r.Items[0]
	require.Equal(t, []string{"0.00", "1748.00", "-95.00", "-97.31", "-24.33", "-799.00", "-200.00", "0.00", "-1629.36", "-1097.00", "-1097.00", "0.00"}, []string{
		st.Opening, st.Captures, st.Refunds, st.Fees, st.FeeVat, st.Chargebacks, st.Reserves, st.Other, st.Payouts, st.Closing, st.Open, st.Difference,
	})
	require.Equal(t, api.StatementAge{From: 8, To: 30, Items: 3, Sum: "-1097.00"}, st.Ages[1])
	require.Equal(t, "match.amount_differs", st.Items[0].Code)
	require.Equal(t, 28, st.Items[0].Days)
	require.Equal(t, "reconciliation.invalid_period",
		h.problem(t, own, "GET", "/v1/flows/flow-1/reconciliation?from=2026-04-02&to=2026-04-01", "", http.StatusUnprocessableEntity).Code)
	require.Equal(t, "from", h.problem(t, own, "GET", "/v1/flows/flow-1/reconciliation?from=2026-02-30&to=2026-04-01", "", http.StatusBadRequest).Field)
	require.Equal(t, "to", h.problem(t, own, "GET", "/v1/flows/flow-1/reconciliation?from=2026-02-01", "", http.StatusBadRequest).Field)
}

func TestTheMonthAsCSVRunsNoFormula(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	// What a provider or a shop writes into a reference is not ours.
	hostile := "=HYPERLINK(\"http://evil.example\",\"a\nb\")"
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		l := payout.Line{
			Key: "row/11", Kind: payout.Sale, RawType: "SALE", Gross: money.New(5_00, "SEK"), FeeExVAT: money.New(0, "SEK"), FeeVAT: money.New(0, "SEK"),
			References: map[payout.Reference]string{payout.MerchantReference1: hostile},
		}
		_, _, err := tx.Lines().Append(ctx, statementtest.Booked, []payout.Line{l})
		return err
	}))
	answer := h.do(t, own, "GET", april+"&format=csv", "")
	require.Equal(t, http.StatusOK, answer.Code)
	require.Contains(t, answer.Header().Get("Content-Type"), "text/csv")
	require.Equal(t, answer.Body.String(), h.do(t, own, "GET", april, "", "Accept", "text/csv, */*;q=0.1").Body.String())
	require.Contains(t, h.do(t, own, "GET", april+"&format=json", "", "Accept", "text/csv").Header().Get("Content-Type"), "application/json")
	rows, err := csv.NewReader(strings.NewReader(answer.Body.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+12+4+4)
	column := func(name string, r []string) string {
		for i, head := range rows[0] {
			if head == name {
				return r[i]
			}
		}
		t.Fatal("no column " + name)
		return ""
	}
	require.Equal(t, "closing -1097.00", column("name", rows[10])+" "+column("amount", rows[10]))
	at := slices.IndexFunc(rows, func(r []string) bool { return r[0] == "item" && column("amount", r) == "-5.00" })
	require.Positive(t, at)
	require.Equal(t, "'"+hostile, column("reference", rows[at]))
	// What is not explained is shown: the line is not in the voucher.
	require.Equal(t, "difference 5.00", column("name", rows[12])+" "+column("amount", rows[12]))
}
