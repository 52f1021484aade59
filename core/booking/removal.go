package booking

import (
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
)

// Removal is a mapping that other settings take away.
type Removal struct {
	// Setting names it as it stood before.
	Setting string
	// Currency is that of the payouts it serves, empty for all.
	Currency money.Currency
	// Replaced says that something else stands in its place, which only matters to
	// payouts that have begun to use what stood there.
	Replaced bool
	// Key and Rule are the pair of references or the fee rule that is gone, else nil.
	Key  *matching.KeyPair
	Rule *FeeRule
}

// Removals lists what a change of settings takes away from payouts: accounts, pairs of
// references, fee rules and pairs of currencies. An account of another number in the
// place of one is none, but for clearing accounts: what one document of a payout puts
// there another takes away.
func Removals(before, after Settings) []Removal {
	var gone []Removal
	single := map[string]ledger.Account{}
	for _, a := range after.Accounts.single() {
		single[a.setting] = a.account
	}
	for _, a := range before.Accounts.single() {
		if a.account != "" && single[a.setting] == "" {
			gone = append(gone, Removal{Setting: a.setting})
		}
	}
	for _, c := range currencies(before.Accounts.Clearing) {
		was, is := before.Accounts.Clearing[c], after.Accounts.Clearing[c]
		if was != "" && was != is {
			gone = append(gone, Removal{Setting: "accounts.clearing." + string(c), Currency: c, Replaced: is != ""})
		}
	}
	gone = append(gone, withdrawn("accounts.bank.", before.Accounts.Bank, after.Accounts.Bank)...)
	gone = append(gone, withdrawn("accounts.interim.", before.Accounts.Interim, after.Accounts.Interim)...)
	for i, pair := range before.MatchKeys {
		if !slices.Contains(after.MatchKeys, pair) {
			gone = append(gone, Removal{Setting: "match_keys[" + strconv.Itoa(i) + "]", Key: &pair})
		}
	}
	for i, rule := range before.FeeRules {
		if !slices.ContainsFunc(after.FeeRules, func(r FeeRule) bool { return r.Match == rule.Match }) {
			gone = append(gone, Removal{Setting: "fee_rules[" + strconv.Itoa(i) + "]", Rule: &rule})
		}
	}
	for i, pair := range before.Currencies {
		if !slices.ContainsFunc(after.Currencies, func(p CurrencyPair) bool { return p.Invoice == pair.Invoice && p.Payout == pair.Payout }) {
			gone = append(gone, Removal{Setting: "currencies[" + strconv.Itoa(i) + "]", Currency: pair.Payout})
		}
	}
	return gone
}

// withdrawn lists the accounts of currencies that have none any more.
func withdrawn(setting string, before, after map[money.Currency]ledger.Account) []Removal {
	var gone []Removal
	for _, c := range currencies(before) {
		if before[c] != "" && after[c] == "" {
			gone = append(gone, Removal{Setting: setting + string(c), Currency: c})
		}
	}
	return gone
}

// Uses reports whether fees of a raw type are booked by a rule.
func (s Settings) Uses(rule FeeRule, rawType string) bool {
	found, ok := s.feeRule(rawType)
	return ok && found.Match == rule.Match
}
