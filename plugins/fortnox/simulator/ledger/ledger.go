// Package ledger is the simulator's own double-entry bookkeeping. It knows
// financial years, accounts, series and vouchers, and accepts a voucher only if
// it balances.
package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// The reasons for which a posting is refused.
var (
	ErrNoYear         = errors.New("no financial year")
	ErrUnknownAccount = errors.New("unknown account")
	ErrUnknownSeries  = errors.New("unknown voucher series")
	ErrUnbalanced     = errors.New("debit and credit differ")
	ErrNegative       = errors.New("negative debit or credit")
)

// Year is a financial year with its chart and series.
type Year struct {
	ID       int
	From, To civil.Date
	// Method is ACCRUAL or CASH.
	Method   string
	Accounts map[int]Account
	Series   map[string]Series

	opening  map[int]ore.Amount
	moved    map[int]ore.Amount
	vouchers map[string][]*Voucher
}

// Account is one account of a year's chart.
type Account struct {
	Number     int
	Name       string
	Active     bool
	VATCode    string
	SRU        int
	CostCenter string
	Project    string
}

// Series is one voucher series of a year.
type Series struct {
	Code        string
	Description string
	Manual      bool
}

// Ledger holds the books of all years, the oldest first.
type Ledger struct{ years []*Year }

// New makes empty books. Opening balances belong to the oldest year, are debit
// positive and must sum to zero.
func New(years []Year, opening map[int]ore.Amount) (*Ledger, error) {
	l := &Ledger{}
	for i := range years {
		year := years[i]
		year.opening, year.moved = map[int]ore.Amount{}, map[int]ore.Amount{}
		year.vouchers = map[string][]*Voucher{}
		l.years = append(l.years, &year)
	}
	slices.SortFunc(l.years, func(a, b *Year) int { return strings.Compare(string(a.From), string(b.From)) })
	var sum ore.Amount
	for account, balance := range opening {
		if len(l.years) == 0 {
			return nil, ErrNoYear
		}
		if _, known := l.years[0].Accounts[account]; !known {
			return nil, fmt.Errorf("opening balance: %w %d", ErrUnknownAccount, account)
		}
		sum += balance
		l.years[0].opening[account] = balance
	}
	if sum != 0 {
		return nil, fmt.Errorf("opening balances: %w by %s", ErrUnbalanced, sum)
	}
	return l, nil
}

// Years are all years, the oldest first.
func (l *Ledger) Years() []*Year { return l.years }

// Year finds a year by its id.
func (l *Ledger) Year(id int) (*Year, bool) {
	for _, year := range l.years {
		if year.ID == id {
			return year, true
		}
	}
	return nil, false
}

// YearOf finds the year that holds a date.
func (l *Ledger) YearOf(date civil.Date) (*Year, bool) {
	for _, year := range l.years {
		if year.From <= date && date <= year.To {
			return year, true
		}
	}
	return nil, false
}

// Post books a voucher in the year of its date, gives it the next number of its
// series and returns it. Nothing is booked when an error is returned.
func (l *Ledger) Post(v Voucher) (*Voucher, error) {
	year, found := l.YearOf(v.Date)
	if !found {
		return nil, fmt.Errorf("%w for %s", ErrNoYear, v.Date)
	}
	if _, known := year.Series[v.Series]; !known {
		return nil, fmt.Errorf("%w %s", ErrUnknownSeries, v.Series)
	}
	for _, row := range v.Rows {
		if _, known := year.Accounts[row.Account]; !known {
			return nil, fmt.Errorf("%w %d", ErrUnknownAccount, row.Account)
		}
		if row.Debit < 0 || row.Credit < 0 {
			return nil, fmt.Errorf("%w on account %d", ErrNegative, row.Account)
		}
	}
	if !Balanced(v.Rows) {
		return nil, ErrUnbalanced
	}
	v.Year = year.ID
	v.Number = len(year.vouchers[v.Series]) + 1
	posted := &v
	year.vouchers[v.Series] = append(year.vouchers[v.Series], posted)
	for _, row := range v.Rows {
		year.moved[row.Account] += row.Amount()
	}
	return posted, nil
}
