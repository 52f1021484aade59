package journal

import (
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// check refuses what the checkers would mend by a guess.
func (j Journal) check() error {
	if currency, err := money.ParseCurrency(string(j.Commodity)); err != nil || currency != j.Commodity || currency.Exponent() != 2 {
		return fault.Invalid(CodeCommodity, "commodity", "a journal is kept in a currency with two decimals")
	}
	declared := make(map[ledger.Account]bool, len(j.Accounts))
	for i, account := range j.Accounts {
		field := fmt.Sprintf("accounts[%d].number", i)
		if !isName(string(account.Number)) {
			return fault.Invalid(CodeAccount, field, "an account number has letters and digits alone")
		}
		if declared[account.Number] {
			return fault.Invalid(CodeAccount, field, "the account is declared twice")
		}
		declared[account.Number] = true
	}
	if len(j.Opening.Postings) > 0 {
		opening := Transaction{Date: j.Opening.Date, Postings: j.Opening.Postings}
		if err := j.checkTransaction(opening, declared, "opening"); err != nil {
			return err
		}
	}
	for i, t := range j.Transactions {
		if err := j.checkTransaction(t, declared, fmt.Sprintf("transactions[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (j Journal) checkTransaction(t Transaction, declared map[ledger.Account]bool, field string) error {
	if t.Date.IsZero() {
		return fault.Invalid(CodeDate, field+".date", "a transaction has a date")
	}
	if len(t.Postings) == 0 {
		return fault.Invalid(CodeNoPostings, field+".postings", "a transaction has postings")
	}
	sum := money.Zero(j.Commodity)
	for i, p := range t.Postings {
		at := fmt.Sprintf("%s.postings[%d]", field, i)
		if !declared[p.Account] {
			return fault.Invalid(CodeAccount, at+".account", "the account is not declared")
		}
		if p.Amount.Currency() != j.Commodity {
			return fault.Invalid(CodeCommodity, at+".amount", "the amount is not in the currency of the journal")
		}
		var err error
		if sum, err = sum.Add(p.Amount); err != nil {
			return fault.Invalid(CodeUnbalanced, at+".amount", "the postings add up to too much").Wrap(err)
		}
	}
	if !sum.IsZero() {
		return fault.Invalid(CodeUnbalanced, field+".postings", "the postings add up to "+sum.String()+", not 0")
	}
	return nil
}

func isName(s string) bool {
	const ascii = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return s != "" && strings.Trim(s, ascii) == ""
}
