// Package ledger holds accounts and balanced vouchers.
package ledger

import (
	"sort"
	"strconv"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of vouchers.
const (
	CodeUnbalanced fault.Code = "voucher.unbalanced"
	CodeNoRows     fault.Code = "voucher.no_rows"
	CodeRow        fault.Code = "voucher.invalid_row"
)

// Account is an account number in the merchant's chart, such as "1930".
type Account string

// Row is one row of a voucher.
type Row struct {
	Account Account
	// Amount is positive for debit and negative for credit, never 0.
	Amount money.Amount
	// Meaning tells rows of the same account apart that stand for different
	// things ("fee", "fee_returned"); rows of equal account and meaning are one.
	Meaning string
	// Text names where the amount comes from.
	Text string
}

// Debit gives the amount in the debit column, 0 if the row is a credit.
func (r Row) Debit() money.Amount {
	if r.Amount.Sign() > 0 {
		return r.Amount
	}
	return money.Zero(r.Amount.Currency())
}

// Credit gives the amount in the credit column, 0 if the row is a debit.
func (r Row) Credit() money.Amount {
	if r.Amount.Sign() < 0 {
		return r.Amount.Neg()
	}
	return money.Zero(r.Amount.Currency())
}

// Voucher is a set of rows whose debits equal its credits. It cannot be made
// unbalanced and is never changed: a wrong one is corrected by its Reversal.
type Voucher struct {
	date civil.Date
	text string
	rows []Row
}

// New makes a voucher. It drops rows of 0, merges rows of equal account and
// meaning, puts debits first and otherwise keeps the order given. It fails if a
// row has no account, currencies are mixed, nothing is left or debit differs
// from credit.
func New(date civil.Date, text string, rows []Row) (Voucher, error) {
	merged, err := merge(rows)
	if err != nil {
		return Voucher{}, err
	}
	if len(merged) == 0 {
		return Voucher{}, fault.Invalid(CodeNoRows, "rows", "a voucher needs rows")
	}
	sum := money.Zero(merged[0].Amount.Currency())
	for _, r := range merged {
		if sum, err = sum.Add(r.Amount); err != nil {
			return Voucher{}, err
		}
	}
	if !sum.IsZero() {
		return Voucher{}, fault.Invalid(CodeUnbalanced, "rows", "debit exceeds credit by "+sum.String()+" "+string(sum.Currency()))
	}
	sort.SliceStable(merged, func(i, j int) bool { return merged[i].Amount.Sign() > merged[j].Amount.Sign() })
	return Voucher{date: date, text: text, rows: merged}, nil
}

func merge(rows []Row) ([]Row, error) {
	type identity struct {
		account Account
		meaning string
	}
	at := make(map[identity]int, len(rows))
	merged := make([]Row, 0, len(rows))
	for i, r := range rows {
		if r.Account == "" {
			return nil, fault.Invalid(CodeRow, "rows["+strconv.Itoa(i)+"].account", "a row needs an account")
		}
		id := identity{r.Account, r.Meaning}
		n, known := at[id]
		if !known {
			at[id] = len(merged)
			merged = append(merged, r)
			continue
		}
		sum, err := merged[n].Amount.Add(r.Amount)
		if err != nil {
			return nil, err
		}
		merged[n].Amount = sum
	}
	kept := merged[:0]
	for _, r := range merged {
		if !r.Amount.IsZero() {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// Date is the booking date.
func (v Voucher) Date() civil.Date { return v.date }

// Text says what happened.
func (v Voucher) Text() string { return v.text }

// Rows gives a copy of the rows, debits first.
func (v Voucher) Rows() []Row { return append([]Row(nil), v.rows...) }

// IsZero reports whether v was never made.
func (v Voucher) IsZero() bool { return len(v.rows) == 0 }

// Sum is the total of the debit column.
func (v Voucher) Sum() (money.Amount, error) {
	var sum money.Amount
	for _, r := range v.rows {
		var err error
		if sum, err = sum.Add(r.Debit()); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// Reversal gives the voucher that undoes v: the same rows with sides swapped.
func (v Voucher) Reversal(date civil.Date, text string) Voucher {
	rows := make([]Row, 0, len(v.rows))
	for _, r := range v.rows {
		r.Amount = r.Amount.Neg()
		rows = append(rows, r)
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Amount.Sign() > rows[j].Amount.Sign() })
	return Voucher{date: date, text: text, rows: rows}
}
