package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/demo"
)

// salesAgree compares the result with the page of the merchant for whom kvitt makes the
// invoices. The page knows every account that there is.
func (w worldPage) salesAgree(t *testing.T, m demo.Merchant) {
	t.Helper()
	require.Len(t, w.payouts, 3)
	w.payoutsAgree(t, m)
	require.Len(t, m.Exceptions, 1)
	require.Equal(t, w.exceptions[0][:2], []string{m.Exceptions[0].Code, m.Exceptions[0].Reference})
	require.Empty(t, m.Exceptions[0].Payout)
	balances := map[string]string{}
	for _, account := range w.accounts {
		balances[account[0]] = account[1]
	}
	require.Equal(t, balances, accountsOf(m))
	for _, account := range []string{"1510", "1580", "1686", "2421"} {
		require.Equal(t, "0.00", balances[account], account)
	}
	for _, p := range m.Payouts {
		require.Equal(t, []any{"closed", "0.00", int64(0), int64(0)}, []any{p.State, p.Difference, p.Waiting, p.Exceptions}, p.ID)
	}
	require.Equal(t, []string{"SEK", "SEK", "EUR"}, []string{m.Payouts[0].Currency, m.Payouts[1].Currency, m.Payouts[2].Currency})
	// Of 23 orders one is cancelled before kvitt hears of it. 23 captures; 10 refunds,
	// of which one credits two invoices; what is captured or refunded is settled.
	require.Equal(t, []int64{22, 23, 11, 34, 3}, []int64{
		m.ERP.Orders, m.ERP.Invoices, m.ERP.CreditInvoices, m.ERP.InvoicePayments, m.ERP.Vouchers,
	})
	require.Zero(t, m.ERP.RateLimited)
	require.Zero(t, m.SecondRun.DocumentsWritten)
}

// salesRemotelyAgree compares with the simulator's own ledger, documents and log.
func (s *stage) salesRemotelyAgree(t *testing.T, m demo.Merchant) {
	t.Helper()
	require.Equal(t, accountsOf(m), s.ledger(t))
	var counts map[string]int64
	s.fortnox.control(t, http.MethodGet, "/_sim/fortnox/counts", nil, &counts)
	require.Equal(t, m.ERP.Orders, counts["orders"])
	require.Equal(t, m.ERP.Invoices+m.ERP.CreditInvoices, counts["invoices"])
	require.Equal(t, counts["invoices"], counts["booked_invoices"])
	require.EqualValues(t, 1, counts["cancelled"], "the order that its customer cancelled")
	require.Equal(t, m.ERP.InvoicePayments, counts["booked_invoice_payments"])
	require.Equal(t, m.ERP.Vouchers, counts["vouchers"])
	require.Equal(t, m.ERP.Vouchers, counts["file_connections"])
	require.EqualValues(t, 2, counts["customers"], "one for each currency")
	var log struct {
		RateLimited int64 `json:"rate_limited"`
	}
	s.fortnox.control(t, http.MethodGet, "/_sim/requests", nil, &log)
	require.Zero(t, log.RateLimited)
}

// salesClearingAgrees has both clearing accounts at zero, in the books, in kvitt's
// explanation and, by a program that knows nothing of either, in its journal.
func (s *stage) salesClearingAgrees(t *testing.T, c cast, m demo.Merchant) {
	t.Helper()
	var clearing api.Clearing
	s.get("/v1/flows/"+c.flow+"/clearing", &clearing)
	require.Len(t, clearing.Items, 2)
	for _, account := range clearing.Items {
		require.Equal(t, []string{"0.00", "0.00", "0.00"}, []string{account.Balance, account.Open, account.Unexplained}, account.Account)
		require.Equal(t, "0.00", accountsOf(m)[account.Account])
	}
	var check api.BooksCheck
	s.get("/v1/flows/"+c.flow+"/books-check", &check)
	require.True(t, check.Agrees, "%+v", check)
	require.Equal(t, m.ERP.InvoicePayments+m.ERP.Vouchers, check.Found)
	var month api.Reconciliation
	s.get("/v1/flows/"+c.flow+"/reconciliation?from=2026-04-01&to=2026-04-30", &month)
	require.Len(t, month.Items, 2)
	for _, proof := range month.Items {
		require.Equal(t, []string{"0.00", "0.00", "0.00", "0.00"}, []string{proof.Opening, proof.Closing, proof.Open, proof.Difference})
	}
}

// learnsOfOrders counts by whom kvitt was told of orders first.
func (s *stage) learnsOfOrders(t *testing.T, c cast) {
	t.Helper()
	origins := map[string]int{}
	for _, o := range list[api.Purchase](s, "/v1/connections/"+c.klarna+"/orders") {
		origins[string(o.Origin)]++
	}
	require.Equal(t, map[string]int{"callback": 21, "payout": 2}, origins)
}

// provesTheSalesJournal has a program prove what kvitt says it has booked.
func (s *stage) provesTheSalesJournal(t *testing.T, c cast, checker checker) {
	t.Helper()
	text, err := s.client.Bytes(t.Context(), "/v1/flows/"+url.PathEscape(c.flow)+"/journal")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "flow.journal")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	checker.run(t, file, checker.prove)
	balances := checker.balances(t, file)
	for _, account := range []string{"1580", "1686"} {
		require.Contains(t, []string{"0.00", ""}, balances[account], account) // the programs list accounts at 0 as they like
	}
}
