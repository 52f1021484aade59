package journal

import (
	"io"
	"strings"

	"github.com/kvitt/kvitt/core/flow/reconciliation"
)

// Vouchers writes what a flow expects in the books. It is safe for concurrent use.
type Vouchers struct{}

var _ reconciliation.Journals = Vouchers{}

// WriteVouchers writes a journal with an account declared for every posting; see
// Write for what it refuses.
func (Vouchers) WriteVouchers(w io.Writer, from reconciliation.Journal) error {
	j := Journal{Commodity: from.Currency}
	for _, account := range from.Accounts {
		j.Accounts = append(j.Accounts, Account{Number: account.Number, Name: account.Name})
	}
	for _, v := range from.Vouchers {
		t := Transaction{Date: v.Date, Code: strings.TrimSpace(v.Series + " " + v.Number), Text: v.Text}
		for _, r := range v.Rows {
			t.Postings = append(t.Postings, Posting{Account: r.Account, Amount: r.Amount})
		}
		j.Transactions = append(j.Transactions, t)
	}
	return Write(w, j)
}
