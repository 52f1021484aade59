package booking

import (
	"slices"

	"github.com/kvitt/kvitt/core/ledger"
)

// ExpectedPayment gives the voucher that the accounting system makes of a
// payment: the account, the write-offs and the currency difference that it realises
// by itself against the customer ledger.
func ExpectedPayment(p Payment, s Settings) (ledger.Voucher, error) {
	if s.Accounts.Receivable == "" {
		return ledger.Voucher{}, missingAccount("accounts.receivable", "no account is set for the customer ledger")
	}
	rows := []ledger.Row{
		row(p.Account, p.Amount, meaningClearing),
		row(s.Accounts.Receivable, p.Amount.Neg(), meaningInvoice),
	}
	for _, w := range append(slices.Clone(p.WriteOffs), p.Difference) {
		if w.Amount.IsZero() {
			continue
		}
		rows = append(rows,
			ledger.Row{Account: w.Account, Amount: w.Amount, Meaning: w.Text, Text: w.Text},
			row(s.Accounts.Receivable, w.Amount.Neg(), meaningInvoice))
	}
	return ledger.New(p.Date, "Payment of invoice "+p.DocumentNumber, rows)
}
