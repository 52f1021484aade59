package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/demo"
)

// worldPage is the page that describes one of the demo's worlds. The world's own tests
// recompute its tables from the world's file, without any of kvitt's rules.
type worldPage struct {
	payouts    [][]string // number, reference, date, rows, gross, refunds, fees, VAT, reserves, chargebacks, carry, net
	exceptions [][]string // code, payout if it is about one, order, then amount or reason
	accounts   [][]string // account, balance
}

func readWorldPage(t *testing.T, world string) worldPage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "demo", world, "README.md"))
	require.NoError(t, err)
	var p worldPage
	var table *[][]string
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "| payout |"):
			table = &p.payouts
		case strings.HasPrefix(line, "| code |"):
			table = &p.exceptions
		case strings.HasPrefix(line, "| account |"):
			table = &p.accounts
		case !strings.HasPrefix(line, "|"):
			table = nil
		case table != nil && !strings.HasPrefix(line, "|---"):
			*table = append(*table, strings.Fields(strings.NewReplacer("|", " ", "`", "", "*", "").Replace(line)))
		}
	}
	require.NotEmpty(t, p.payouts)
	require.NotEmpty(t, p.exceptions)
	require.NotEmpty(t, p.accounts)
	return p
}

// agrees compares the demo's result with the page of the merchant whose invoices
// another system makes.
func (w worldPage) agrees(t *testing.T, m demo.Merchant) {
	t.Helper()
	require.Len(t, w.payouts, 4)
	w.payoutsAgree(t, m)
	var exceptions [][]string
	unexplained := []string{}
	for i, e := range m.Exceptions {
		exceptions = append(exceptions, []string{e.Code, e.Payout, e.Reference, w.exceptions[i][3]})
		unexplained = append(unexplained, "-"+w.exceptions[i][3])
		require.NotEmpty(t, e.Reason)
		require.NotEmpty(t, e.Remedy)
	}
	require.Len(t, exceptions, 3)
	require.Equal(t, w.exceptions, exceptions)
	balances := accountsOf(m)
	for _, account := range w.accounts {
		require.Equal(t, account[1], balances[account[0]], "account %s", account[0])
	}
	require.Equal(t, sum(t, unexplained...), balances["1686"], "clearing is minus the gross of the exceptions")
}

// payoutsAgree compares the payouts, part by part.
func (w worldPage) payoutsAgree(t *testing.T, m demo.Merchant) {
	t.Helper()
	var payouts [][]string
	for i, p := range m.Payouts {
		page := w.payouts[i]
		rows := p.Lines
		if page[10] != "0.00" {
			rows-- // carried debt is no row of Klarna's: it stands in the totals alone
		}
		require.Equal(t, sum(t, page[9], page[10]), p.Other, p.ID)
		payouts = append(payouts, []string{
			strconv.Itoa(i + 1), p.ID, p.Date, strconv.FormatInt(rows, 10),
			p.Gross, p.Refunds, p.Fees, p.FeeVAT, p.Reserves, page[9], page[10], p.Net,
		})
	}
	require.Equal(t, w.payouts, payouts)
}
