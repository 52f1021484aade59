// Package sie reads SIE files of type 4, the text format in which Swedish
// accounting programs hand over vouchers (4I) or a whole financial year (4E), as
// laid down in "SIE filformat", edition 4B.
//
// The reader is strict about money and lenient about habits: what real programs
// are known to write beside the standard is read and noted as a warning, but a
// file that is cut off, does not balance or contradicts itself is refused whole.
package sie

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// File is what a SIE file says. Amounts are positive for debit and negative for
// credit, all in one currency. Every voucher balances; in an Export the balances
// of year 0 agree with its vouchers.
type File struct {
	// Program is the name and version of the program that wrote the file.
	Program string
	// Generated is the day the file was written, or none.
	Generated civil.Date
	Type      Type
	// Imported tells that an accounting program has marked the file as read
	// (#FLAGGA 1). Booking it again would book everything twice.
	Imported    bool
	CompanyName string
	// OrgNumber is the company's registration number as the file writes it.
	OrgNumber string
	Years     []Year
	Currency  money.Currency
	// Accounts is the chart, in the order of the file. It need not hold every
	// account that vouchers and balances name.
	Accounts []Account
	Opening  Balances
	Closing  Balances
	Result   Balances
	Vouchers []Voucher
	// Warnings say where the file departs from the standard, by line. They hold
	// no texts or amounts of the file.
	Warnings []string
}

// Type tells what a file is for.
type Type string

// The types.
const (
	// Export holds a year's accounts, balances and vouchers (4E).
	Export Type = "4E"
	// Import holds vouchers for another program to book (4I).
	Import Type = "4I"
)

// Year is a financial year. Index 0 is the year of the file, −1 the one before.
// Both dates are none if the file does not tell them.
type Year struct {
	Index    int
	From, To civil.Date
}

// AccountType says where an account stands in the annual report.
type AccountType string

// The account types. The empty type means that the file does not say.
const (
	Asset  AccountType = "T"
	Debt   AccountType = "S"
	Cost   AccountType = "K"
	Income AccountType = "I"
)

// Account is an account of the chart.
type Account struct {
	Number ledger.Account
	Name   string
	Type   AccountType
}

// Balances are amounts by year index and account, as the file states them. A
// balance of 0 may be left out of a file.
type Balances map[int]map[ledger.Account]money.Amount

// Voucher is a voucher with the rows that count: added ones once, removed ones
// not at all. Series and Number are empty where the receiver is to choose them.
type Voucher struct {
	Series, Number string
	Date           civil.Date
	Text           string
	// RegisteredAt is the day the voucher was made, or none.
	RegisteredAt civil.Date
	Rows         []Row
}

// Row is one row of a voucher.
type Row struct {
	Account ledger.Account
	Amount  money.Amount
	// Date is the row's own date, or else the voucher's.
	Date civil.Date
	Text string
	// Quantity has the sign of the amount. It is 0 if the file tells none.
	Quantity decimal.Decimal
}

// Balance is where an account stands.
type Balance struct {
	Account ledger.Account
	Name    string
	Amount  money.Amount
}

// Balances gives the closing balance of each balance sheet account and the result
// of each result account in a year, in the order of account numbers. Accounts the
// year does not mention are left out; those that ended at 0 are not.
func (f File) Balances(year int) []Balance {
	amounts := map[ledger.Account]money.Amount{}
	for account := range f.Opening[year] {
		amounts[account] = money.Zero(f.Currency)
	}
	if year == 0 && f.Type == Export {
		for _, voucher := range f.Vouchers {
			for _, row := range voucher.Rows {
				amounts[row.Account] = money.Zero(f.Currency)
			}
		}
	}
	for _, stated := range []Balances{f.Closing, f.Result} {
		for account, amount := range stated[year] {
			if known := amounts[account]; known.IsZero() {
				amounts[account] = amount
			}
		}
	}
	names := make(map[ledger.Account]string, len(f.Accounts))
	for _, account := range f.Accounts {
		names[account.Number] = account.Name
	}
	out := make([]Balance, 0, len(amounts))
	for _, account := range slices.Sorted(maps.Keys(amounts)) {
		out = append(out, Balance{Account: account, Name: names[account], Amount: amounts[account]})
	}
	return out
}

// amount gives the stated amount, 0 if there is none.
func (b Balances) amount(year int, account ledger.Account, currency money.Currency) money.Amount {
	if amount, ok := b[year][account]; ok {
		return amount
	}
	return money.Zero(currency)
}
