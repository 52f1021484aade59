package ledger

import (
	"maps"
	"slices"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// resultAccount takes the result of a year over into the next one.
const resultAccount = 2099

// Balance is one account's movement through a year, all debit positive.
type Balance struct {
	Account Account
	Opening ore.Amount
	Moved   ore.Amount
}

// Closing is the balance at the end of the year.
func (b Balance) Closing() ore.Amount { return b.Opening + b.Moved }

// OnBalanceSheet says whether an account is carried over into the next year:
// classes 1 and 2 are, the rest is the year's result.
func OnBalanceSheet(account int) bool { return account < 3000 }

// Balances are the balances of every account of a year, by number.
func (l *Ledger) Balances(id int) []Balance {
	opening := map[int]ore.Amount{}
	for _, year := range l.years {
		if len(year.opening) > 0 {
			opening = maps.Clone(year.opening)
		}
		if year.ID == id {
			return year.balances(opening)
		}
		opening = year.carried(opening)
	}
	return nil
}

func (y *Year) balances(opening map[int]ore.Amount) []Balance {
	var all []Balance
	for _, number := range slices.Sorted(maps.Keys(y.Accounts)) {
		all = append(all, Balance{
			Account: y.Accounts[number], Opening: opening[number], Moved: y.moved[number],
		})
	}
	return all
}

// carried gives the opening balances of the year after this one. The result
// moves to equity, as the closing of the books does.
func (y *Year) carried(opening map[int]ore.Amount) map[int]ore.Amount {
	next := map[int]ore.Amount{}
	var result ore.Amount
	for _, b := range y.balances(opening) {
		if OnBalanceSheet(b.Account.Number) {
			next[b.Account.Number] += b.Closing()
		} else {
			result += b.Closing()
		}
	}
	next[resultAccount] += result
	return next
}

// Vouchers are a year's vouchers of one series, or of all series by code, in
// order of their numbers.
func (y *Year) Vouchers(series string) []*Voucher {
	if series != "" {
		return y.vouchers[series]
	}
	var all []*Voucher
	for _, code := range slices.Sorted(maps.Keys(y.vouchers)) {
		all = append(all, y.vouchers[code]...)
	}
	return all
}

// Voucher finds one voucher of a year.
func (y *Year) Voucher(series string, number int) (*Voucher, bool) {
	vouchers := y.vouchers[series]
	if number < 1 || number > len(vouchers) {
		return nil, false
	}
	return vouchers[number-1], true
}

// NextNumber is the number that the next voucher of a series gets.
func (y *Year) NextNumber(series string) int { return len(y.vouchers[series]) + 1 }

// Used says whether any voucher of the year touches an account.
func (y *Year) Used(account int) bool {
	_, used := y.moved[account]
	return used
}
