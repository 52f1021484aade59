package ledger

import (
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Origin says what made a voucher, in Fortnox's own words.
type Origin string

// The origins that this simulator knows.
const (
	Manual         Origin = "MANUAL"
	Invoice        Origin = "INVOICE"
	InvoicePayment Origin = "INVOICEPAYMENT"
)

// Voucher is a set of postings that sum to zero. It is never changed.
type Voucher struct {
	Key
	Date        civil.Date
	Description string
	Comments    string
	Rows        []Row
	Origin      Origin
	// Reference is the number of the document that made the voucher.
	Reference string
	// Registered is Swedish local time, YYYY-MM-DD HH:MM:SS.
	Registered string
}

// Key is what identifies a voucher: numbers start again in each series and year.
type Key struct {
	Series string
	Number int
	// Year is the id of the financial year.
	Year int
}

// Row is one posting. Debit and Credit are never negative.
type Row struct {
	Account     int
	Debit       ore.Amount
	Credit      ore.Amount
	Information string
}

// Signed makes a row of an amount that is positive in debit.
func Signed(account int, amount ore.Amount, information string) Row {
	if amount < 0 {
		return Row{Account: account, Credit: -amount, Information: information}
	}
	return Row{Account: account, Debit: amount, Information: information}
}

// Amount is the row's amount, positive in debit.
func (r Row) Amount() ore.Amount { return r.Debit - r.Credit }

// Balanced says whether debit equals credit.
func Balanced(rows []Row) bool {
	var sum ore.Amount
	for _, row := range rows {
		sum += row.Amount()
	}
	return sum == 0
}
