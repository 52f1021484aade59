package booking

import (
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

const receivableSetting = "accounts.receivable"

// CodeMissingAccount: nobody has chosen the account that something needs.
const CodeMissingAccount fault.Code = "account.missing"

// named is an account and the path of the setting that chose it.
type named struct {
	setting string
	account ledger.Account
}

// single lists the accounts that do not depend on currency.
func (a Accounts) single() []named {
	return []named{
		{receivableSetting, a.Receivable},
		{"accounts.fee", a.Fee},
		{"accounts.fee_vat", a.FeeVAT},
		{"accounts.reserve", a.Reserve},
		{"accounts.dispute", a.Dispute},
		{"accounts.dispute_loss", a.DisputeLoss},
		{"accounts.suspense", a.Suspense},
		{"accounts.rounding", a.Rounding},
		{"accounts.commission", a.Commission},
		{"accounts.loan", a.Loan},
		{"accounts.tax", a.Tax},
		{"accounts.gift_card", a.GiftCard},
		{"accounts.advance", a.Advance},
		{"accounts.refund_debt", a.RefundDebt},
		{"accounts.currency_gain", a.CurrencyGain},
		{"accounts.currency_loss", a.CurrencyLoss},
		{"accounts.carry", a.Carry},
	}
}

// of gives the account for the gross of lines of a kind that has one purpose.
func (a Accounts) of(kind payout.Kind) named {
	switch kind {
	case payout.Chargeback, payout.ChargebackReversal:
		return named{"accounts.dispute", a.Dispute}
	case payout.Reserve, payout.Release:
		return named{"accounts.reserve", a.Reserve}
	case payout.Commission:
		return named{"accounts.commission", a.Commission}
	case payout.Loan:
		return named{"accounts.loan", a.Loan}
	case payout.Tax:
		return named{"accounts.tax", a.Tax}
	case payout.Sale, payout.Refund, payout.Fee, payout.Carry, payout.Adjustment, payout.Unknown:
	}
	return named{setting: "accounts"}
}

func (s Settings) clearing(currency money.Currency) (ledger.Account, *fault.Error) {
	return inCurrency("accounts.clearing", s.Accounts.Clearing, currency)
}

func (s Settings) bank(currency money.Currency) (ledger.Account, *fault.Error) {
	return inCurrency("accounts.bank", s.Accounts.Bank, currency)
}

// arrival gives the account that the net of a payout reaches: the bank, or the
// interim account that the bank statement clears.
func (s Settings) arrival(currency money.Currency) (ledger.Account, *fault.Error) {
	if s.PayoutTo == ToInterim {
		return inCurrency("accounts.interim", s.Accounts.Interim, currency)
	}
	return s.bank(currency)
}

func inCurrency(setting string, accounts map[money.Currency]ledger.Account, currency money.Currency) (ledger.Account, *fault.Error) {
	if account := accounts[currency]; account != "" {
		return account, nil
	}
	return "", missingAccount(setting+"."+string(currency), "no account is set for "+string(currency))
}

func missingAccount(setting, reason string) *fault.Error {
	return fault.New(CodeMissingAccount, fault.Conflict, reason).
		WithField(setting).
		WithRemedy("choose an account in the setting " + strconv.Quote(setting))
}

// accounts lists what the style and the fee rules may need.
func (r ReverseCharge) accounts() []named {
	all := []named{
		{"reverse_charge.base_eu", r.BaseEU},
		{"reverse_charge.base_non_eu", r.BaseNonEU},
		{"reverse_charge.output_vat", r.OutputVAT},
		{"reverse_charge.input_vat", r.InputVAT},
	}
	if r.Style == Pair {
		all = append(all, named{"reverse_charge.contra", r.Contra})
	}
	return all
}

func (s Settings) usesReverseCharge() bool {
	return slices.ContainsFunc(s.FeeRules, func(r FeeRule) bool { return r.VAT.reverse() })
}

func (m VATMode) reverse() bool { return m == ReverseEU || m == ReverseNonEU }

// Ready names the first account without which no payout in the currency can be
// booked, or nil.
func (s Settings) Ready(currency money.Currency) error {
	if _, missing := s.clearing(currency); missing != nil {
		return missing
	}
	if _, missing := s.bank(currency); missing != nil {
		return missing
	}
	if _, missing := s.arrival(currency); missing != nil {
		return missing
	}
	if s.Accounts.Rounding == "" && !s.WriteOffsUpTo(currency).IsZero() {
		return missingAccount("accounts.rounding", "differences within the tolerance need an account")
	}
	return nil
}

// AccountsInUse lists, sorted and each once, every account that a payout in the
// given currency may be posted to. They must exist and be active before the flow
// is enabled. The customer ledger and the sales accounts are not among them: the
// accounting system posts there by itself.
func (s Settings) AccountsInUse(currency money.Currency) []ledger.Account {
	a := s.Accounts
	used := []ledger.Account{
		a.Clearing[currency], a.Bank[currency], a.Fee, a.FeeVAT, a.Reserve,
		a.Dispute, a.Rounding, a.Commission, a.Loan, a.Tax,
	}
	used = append(used, a.Carry)
	if s.PayoutTo == ToInterim {
		used = append(used, a.Interim[currency])
	}
	if slices.ContainsFunc(s.Currencies, func(c CurrencyPair) bool { return c.Payout == currency || c.Invoice == currency }) {
		used = append(used, a.CurrencyGain, a.CurrencyLoss)
	}
	if s.Suspense || s.Adjustments == SuspendAdjustments {
		used = append(used, a.Suspense)
	}
	if s.LostDispute == LossGross {
		used = append(used, a.DisputeLoss)
	}
	for _, rule := range s.FeeRules {
		used = append(used, rule.Account)
	}
	if s.usesReverseCharge() {
		for _, n := range s.ReverseCharge.accounts() {
			used = append(used, n.account)
		}
	}
	used = slices.DeleteFunc(used, func(account ledger.Account) bool { return account == "" })
	slices.Sort(used)
	return slices.Compact(used)
}
