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

// comparesTheBooks asks the hub what it thinks of the accounting system's books
// when they are whole, and after somebody has posted to the clearing account.
func (s *stage) comparesTheBooks(t *testing.T, c cast, m demo.Merchant) {
	t.Helper()
	flow := "/v1/flows/" + url.PathEscape(c.flow)
	var check api.BooksCheck
	require.NoError(t, s.client.Get(t.Context(), flow+"/books-check", &check))
	require.True(t, check.Agrees, "%+v", check)
	require.Equal(t, m.ERP.InvoicePayments+m.ERP.Vouchers, check.Found)
	clearing := ""
	for _, account := range check.Accounts {
		require.Equal(t, "0.00", account.Difference, account.Account)
		if account.Own {
			clearing = account.Account
			require.Equal(t, accountsOf(m)[clearing], account.Actual)
		}
	}
	require.NotEmpty(t, clearing)
	s.provesTheMonth(t, flow, m, accountsOf(m)[clearing])

	// 12325's invoice is still open, because it is of another amount.
	s.fortnox.control(t, http.MethodPost, "/_sim/fortnox/payments", map[string]any{
		"invoice": "1039", "amount": "100.00", "account": 1686, "date": "2026-04-18",
	}, nil)
	require.NoError(t, s.client.Get(t.Context(), flow+"/books-check", &check))
	require.False(t, check.Agrees)
	require.Len(t, check.Foreign, 1)
	require.Equal(t, "2026-04-18 1686 100.00", check.Foreign[0].Voucher.Date+" "+check.Foreign[0].Account+" "+check.Foreign[0].Amount)
}

// provesTheMonth holds the month-end proof against the payouts and the books.
func (s *stage) provesTheMonth(t *testing.T, flow string, m demo.Merchant, closing string) {
	t.Helper()
	var month api.Reconciliation
	require.NoError(t, s.client.Get(t.Context(), flow+"/reconciliation?from=2026-04-01&to=2026-04-30", &month))
	require.Len(t, month.Items, 1)
	proof := month.Items[0]
	require.Equal(t, []string{"0.00", closing, closing, "0.00"}, []string{proof.Opening, proof.Closing, proof.Open, proof.Difference})
	var nets, fees, vats []string
	for _, p := range m.Payouts {
		nets, fees, vats = append(nets, p.Net), append(fees, p.Fees), append(vats, p.FeeVAT)
	}
	require.Equal(t, "0.00", sum(t, append(nets, proof.Payouts)...))
	require.Equal(t, sum(t, fees...), proof.Fees)
	require.Equal(t, sum(t, vats...), proof.FeeVat)
}

// provesTheJournal has a program prove what kvitt says it has booked, and add up
// the clearing account by itself.
func (s *stage) provesTheJournal(t *testing.T, c cast, checker checker) {
	t.Helper()
	text, err := s.client.Bytes(t.Context(), "/v1/flows/"+url.PathEscape(c.flow)+"/journal")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "flow.journal")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	checker.run(t, file, checker.prove)
	var clearing api.Clearing
	require.NoError(t, s.client.Get(t.Context(), "/v1/flows/"+url.PathEscape(c.flow)+"/clearing", &clearing))
	require.Len(t, clearing.Items, 1)
	require.Equal(t, clearing.Items[0].Balance, checker.balances(t, file)[clearing.Items[0].Account])
}
