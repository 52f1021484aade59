package books

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

type accountKey struct {
	account  ledger.Account
	currency money.Currency
}

// accounts adds up what was compared, by account and currency.
type accounts map[accountKey]*Account

func (a accounts) of(account ledger.Account, currency money.Currency) *Account {
	key := accountKey{account, currency}
	if a[key] == nil {
		zero := money.Zero(currency)
		a[key] = &Account{Account: account, Currency: currency, Expected: zero, Actual: zero, Foreign: zero}
	}
	return a[key]
}

// count adds both sides of a finding. Of an adopted payment nothing is known but
// the row on the own account.
func (a accounts) count(f Finding) error {
	for _, r := range f.Expected.Rows {
		of := a.of(r.Account, r.Amount.Currency())
		var err error
		if of.Expected, err = of.Expected.Add(r.Amount); err != nil {
			return err
		}
	}
	if f.Actual == nil {
		return nil
	}
	for _, r := range f.Actual.Rows {
		if f.Expected.Kind == Adopted && !shareAccount([]ledger.Row{r}, f.Expected.Rows) {
			continue
		}
		of := a.of(r.Account, r.Amount.Currency())
		var err error
		if of.Actual, err = of.Actual.Add(r.Amount); err != nil {
			return err
		}
	}
	return nil
}

// list adds what is foreign and gives all accounts by number.
func (a accounts) list(foreign []Foreign, own []ledger.Account) ([]Account, error) {
	for _, f := range foreign {
		of := a.of(f.Account, f.Amount.Currency())
		var err error
		if of.Foreign, err = of.Foreign.Add(f.Amount); err != nil {
			return nil, err
		}
	}
	var listed []Account
	for _, account := range a {
		account.Own = slices.Contains(own, account.Account)
		actual, err := account.Actual.Add(account.Foreign)
		if err != nil {
			return nil, err
		}
		if account.Difference, err = actual.Sub(account.Expected); err != nil {
			return nil, err
		}
		listed = append(listed, *account)
	}
	slices.SortFunc(listed, func(a, b Account) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
	return listed, nil
}
