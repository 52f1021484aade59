package world_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/demo/world"
)

// ledgerAccounts are the accounts that Klarna's money passes.
var ledgerAccounts = []int{1510, 1516, 1686, 1689, 1930, 2641, 6040}

// balances are the accounts, debit positive, once all payouts are booked and the
// three exceptions are still open. They are computed here from the data alone: each
// document on the customer ledger, each settled document moved to clearing, and each
// payout taken from clearing.
func balances(t require.TestingT, w world.World) map[int]int64 {
	b := map[int]int64{}
	for _, i := range w.Fortnox.Invoices {
		b[1510] += total(t, i)
	}
	for _, p := range w.Fortnox.Payments {
		amount, err := decimal.NewFromString(p.Amount)
		require.NoError(t, err)
		b[1930] += amount.Shift(2).IntPart()
		b[1510] -= amount.Shift(2).IntPart()
	}
	for _, row := range outcomes(t, w).settled {
		b[1686] += effect[row.Type] * row.Amount
		b[1510] -= effect[row.Type] * row.Amount
	}
	for _, p := range w.Klarna.Payouts {
		posted := map[int]int64{1930: p.Totals.Settlement}
		for _, row := range p.Transactions {
			switch {
			case row.Type == "FEE":
				posted[6040] += row.Amount
				posted[2641] += *row.VATAmount
			case row.DetailedType == "PAYMENT_DEFAULT", row.Type == "REVERSAL":
				posted[1516] += row.Amount
			case row.Type == "HOLDBACK", row.Type == "RELEASE":
				posted[1689] -= effect[row.Type] * row.Amount
			}
		}
		for account, amount := range posted {
			b[account] += amount
			b[1686] -= amount
		}
	}
	return b
}

func TestTheClearingAccountEndsAtTheThreeExceptions(t *testing.T) {
	t.Parallel()
	checkClearing(t, load(t))
}

func checkClearing(t require.TestingT, w world.World) {
	o := outcomes(t, w)
	open := o.noDocument[0].Amount + o.differs[0].Amount + o.paid[0].Amount
	b := balances(t, w)
	require.Equal(t, -open, b[1686])
	require.Zero(t, b[1689], "the reserve is back")
}

func kronor(ore int64) string { return decimal.New(ore, -2).StringFixed(2) }

// payoutRow is the line that the README has for a payout: signed effects that sum
// to what reached the bank.
func payoutRow(w world.World, n int) string {
	p := w.Klarna.Payouts[n]
	var sales, refunds, fees, vat, disputes, reserve int64
	for _, row := range p.Transactions {
		amount := effect[row.Type] * row.Amount
		switch {
		case row.Type == "SALE":
			sales += amount
		case row.DetailedType == "PURCHASE_RETURN":
			refunds += amount
		case row.Type == "FEE":
			fees += amount
			vat -= *row.VATAmount
		case row.Type == "HOLDBACK", row.Type == "RELEASE":
			reserve += amount
		default:
			disputes += amount
		}
	}
	carry := p.Totals.Deposit - p.Totals.Repay
	if sales+refunds+fees+vat+disputes+reserve+carry != p.Totals.Settlement {
		return "the effects do not sum to the settlement"
	}
	return fmt.Sprintf("| %d `%s` %s | %d | %s | %s | %s | %s | %s | %s | %s | **%s** |", n+1, p.PaymentReference,
		p.PayoutDate.Format("2006-01-02"), len(p.Transactions), kronor(sales), kronor(refunds), kronor(fees), kronor(vat),
		kronor(reserve), kronor(disputes), kronor(carry), kronor(p.Totals.Settlement))
}

func balanceRow(t require.TestingT, w world.World, account int) string {
	return fmt.Sprintf("| %d | %s |", account, kronor(balances(t, w)[account]))
}

func exceptionRows(t require.TestingT, w world.World) []string {
	o := outcomes(t, w)
	row := func(code string, r world.Transaction) string {
		return fmt.Sprintf("| `%s` | `%s` | %s | %s |", code, r.PaymentReference, r.MerchantReference1, kronor(r.Amount))
	}
	return []string{
		row("match.no_document", o.noDocument[0]),
		row("match.amount_differs", o.differs[0]),
		row("erp.already_paid", o.paid[0]),
	}
}
