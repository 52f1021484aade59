// Package journal writes vouchers as a plain-text journal that hledger and ledger
// both read, so that two programs that know nothing of kvitt can check its books.
//
// Both programs infer an amount that is missing and take a single space for part
// of an account's name. A writer that loses an amount would therefore be agreed
// with; this one refuses to write what is not declared, not in the journal's
// currency or does not balance, and writes each posting in one strict form.
package journal

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of journals.
const (
	// CodeCommodity: the currency has not two decimals, or an amount has another.
	CodeCommodity fault.Code = "journal.invalid_commodity"
	// CodeAccount: an account is not declared, declared twice or cannot be written.
	CodeAccount fault.Code = "journal.invalid_account"
	// CodeDate: a transaction has no date.
	CodeDate fault.Code = "journal.no_date"
	// CodeNoPostings: a transaction has no postings.
	CodeNoPostings fault.Code = "journal.no_postings"
	// CodeUnbalanced: the postings of a transaction do not add up to 0.
	CodeUnbalanced fault.Code = "journal.unbalanced"
)

// Journal is a set of books in one currency.
type Journal struct {
	// Commodity is the currency of every amount. It has two decimals.
	Commodity money.Currency
	// Accounts declares every account that a posting names.
	Accounts []Account
	// Opening holds what accounts stood at before the first transaction, none for
	// books that start empty. It adds up to 0.
	Opening Opening
	// Transactions may come in any order.
	Transactions []Transaction
}

// Account is a declared account. Its number consists of ASCII letters and digits.
type Account struct {
	Number ledger.Account
	Name   string
}

// Opening is the state in which books start.
type Opening struct {
	Date     civil.Date
	Postings []Posting
}

// Transaction is a voucher.
type Transaction struct {
	Date civil.Date
	// Code is the voucher's series and number, or empty.
	Code     string
	Text     string
	Postings []Posting
}

// Posting is a row of a voucher: positive for debit, negative for credit.
type Posting struct {
	Account ledger.Account
	Amount  money.Amount
}
