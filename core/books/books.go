// Package books compares what kvitt expects in the books of an accounting system
// with what stands there. kvitt keeps no books of its own: it knows which vouchers
// it has ordered, and the accounting system says which it has.
package books

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// Voucher is a voucher as an accounting system shows it. Rows carry account,
// amount (debit positive) and text; their meaning is nobody's.
type Voucher struct {
	// Series and Number name the voucher within its financial year.
	Series, Number string
	Date           civil.Date
	Text           string
	Rows           []ledger.Row
}

// Year is the vouchers of one financial year, in the system's own order.
type Year struct {
	From, To civil.Date
	Vouchers []Voucher
}

// Holds reports whether a day lies in the year.
func (y Year) Holds(day civil.Date) bool { return !day.Before(y.From) && !y.To.Before(day) }

// Kind is what made kvitt expect a voucher.
type Kind string

// The kinds of expectation.
const (
	// Ordered: kvitt booked the voucher and knows its number.
	Ordered Kind = "voucher"
	// Payment: kvitt registered the payment of an invoice, for which the accounting
	// system makes a voucher of its own, with a number that it does not tell.
	Payment Kind = "invoice_payment"
	// Adopted: somebody registered a payment on an account of kvitt's, and a person
	// adopted it. Only the row on that account is known.
	Adopted Kind = "adopted_payment"
)

// Expected is a voucher that kvitt expects. Series and Number are empty if the
// accounting system has not told them; the date of an Adopted one is none.
type Expected struct {
	Voucher
	Kind Kind
	// Key identifies the order for ever.
	Key string
	// Mark is a text that the voucher may carry, such as the number of the payment.
	// It decides between vouchers that are equal otherwise.
	Mark string
	// Open says that nobody knows yet whether the voucher exists. If it does, it
	// counts; if not, nothing is missing.
	Open bool
	// Payout is the provider's reference of the payout and Document the invoice paid;
	// either may be empty.
	Payout, Document string
}

// Status is what became of an expectation.
type Status string

// The statuses.
const (
	Found   Status = "found"
	Missing Status = "missing"
	// Differs: the voucher is there with another date or other sums.
	Differs Status = "differs"
)

// Finding is an expectation and the voucher found for it, nil if it is missing.
type Finding struct {
	Expected Expected
	Status   Status
	Actual   *Voucher
}

// Foreign is what a voucher that kvitt knows nothing of puts on one of its accounts.
type Foreign struct {
	Voucher Voucher
	Account ledger.Account
	Amount  money.Amount
}

// Account compares one account. Amounts are debit positive, and
//
//	Difference = Actual + Foreign − Expected
type Account struct {
	Account  ledger.Account
	Currency money.Currency
	// Own says that nobody but kvitt should post here.
	Own bool
	// Expected is what the expected vouchers put on the account, Actual what those
	// found for them do, and Foreign, on own accounts alone, what others put there.
	Expected, Actual, Foreign money.Amount
	Difference                money.Amount
}

// Comparison is the result. Open expectations that were not found are left out.
type Comparison struct {
	// Findings are in the order of the expectations.
	Findings []Finding
	Foreign  []Foreign
	// Accounts are sorted by number.
	Accounts []Account
}

// Agrees reports whether the books are as expected.
func (c Comparison) Agrees() bool {
	for _, f := range c.Findings {
		if f.Status != Found {
			return false
		}
	}
	return len(c.Foreign) == 0
}

// Count gives the number of findings of a status.
func (c Comparison) Count(s Status) int64 {
	var n int64
	for _, f := range c.Findings {
		if f.Status == s {
			n++
		}
	}
	return n
}
