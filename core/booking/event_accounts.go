package booking

import (
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// ChosenAccount is an account with the path of the setting that chose it.
type ChosenAccount struct {
	Setting string
	Account ledger.Account
}

// EventAccounts lists the accounts to which events paid by methods of the kinds
// given may be posted in any currency, each with its setting, in a fixed order.
// They must exist and be active before the flow is enabled. Of the default sales
// accounts only those of goods at home are among them: a merchant who never sells
// abroad needs no account for it, and one who does learns from the voucher.
func (s Settings) EventAccounts(kinds ...payment.MethodKind) []ChosenAccount {
	a := s.Accounts
	var used []ChosenAccount
	add := func(setting string, account ledger.Account) {
		if account != "" {
			used = append(used, ChosenAccount{setting, account})
		}
	}
	perCurrency := func(setting string, accounts map[money.Currency]ledger.Account) {
		for _, currency := range sortedCurrencies(accounts) {
			add(setting+"."+string(currency), accounts[currency])
		}
	}
	if slices.Contains(kinds, payment.ByProvider) {
		perCurrency("accounts.clearing", a.Clearing)
		if s.PayoutTo == ToInterim {
			perCurrency("accounts.interim", a.Interim)
		}
	}
	perCurrency("accounts.bank", a.Bank)
	if slices.Contains(kinds, payment.ByInvoice) || s.GiftCard.Redemption == ThroughReceivable {
		add(receivableSetting, a.Receivable)
	}
	if s.Recognition == RecogniseAtDelivery {
		add("accounts.advance", a.Advance)
	}
	if s.Refunds == Owed {
		add("accounts.refund_debt", a.RefundDebt)
	}
	add("accounts.gift_card", a.GiftCard)
	add("accounts.rounding", a.Rounding)
	s.listedAccounts(add)
	return used
}

// listedAccounts gives the accounts of fees, sales and reverse charge.
func (s Settings) listedAccounts(add func(setting string, account ledger.Account)) {
	add("accounts.fee", s.Accounts.Fee)
	add("accounts.fee_vat", s.Accounts.FeeVAT)
	for i, rule := range s.FeeRules {
		add("fee_rules["+strconv.Itoa(i)+"].account", rule.Account)
	}
	standard := s.Preset.settings().Sales
	for i, sale := range s.Sales {
		atHome := sale.Treatment == tax.Domestic && sale.Supply.OrGoods() == tax.Goods
		if !atHome && slices.Contains(standard, sale) {
			continue
		}
		add("sales["+strconv.Itoa(i)+"].revenue", sale.Revenue)
		add("sales["+strconv.Itoa(i)+"].vat", sale.VAT)
	}
	if s.usesReverseCharge() {
		for _, n := range s.ReverseCharge.accounts() {
			add(n.setting, n.account)
		}
	}
}

// SharedClearing gives a clearing account that two sets of settings have in common,
// and its currency in s.
func (s Settings) SharedClearing(other Settings) (money.Currency, ledger.Account, bool) {
	for _, currency := range sortedCurrencies(s.Accounts.Clearing) {
		account := s.Accounts.Clearing[currency]
		for _, taken := range other.Accounts.Clearing {
			if account != "" && taken == account {
				return currency, account, true
			}
		}
	}
	return "", "", false
}

func sortedCurrencies(accounts map[money.Currency]ledger.Account) []money.Currency {
	currencies := make([]money.Currency, 0, len(accounts))
	for currency := range accounts {
		currencies = append(currencies, currency)
	}
	slices.Sort(currencies)
	return currencies
}
