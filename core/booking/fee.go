package booking

import (
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// CodeUnexpectedVAT: the provider states VAT on a fee whose rule says that there
// is none. Either the rule is wrong or the provider is; guessing would deduct
// VAT that nobody may deduct.
const CodeUnexpectedVAT fault.Code = "fee.unexpected_vat"

// placement is where a fee goes: its cost and, in mode Domestic, its VAT.
type placement struct {
	rule FeeRule
	cost ledger.Account
	vat  ledger.Account
}

// place finds the accounts of a fee. The fault says which setting is missing.
func (s Settings) place(rawType string, vat money.Amount) (placement, *fault.Error) {
	rule, found := s.feeRule(rawType)
	if !found {
		return placement{}, missingAccount("fee_rules", "no rule fits fees of type \""+rawType+"\"")
	}
	if rule.VAT != Domestic && !vat.IsZero() {
		return placement{}, unexpectedVAT(rawType, rule)
	}
	p := placement{rule: rule, cost: rule.Account, vat: s.Accounts.FeeVAT}
	switch {
	case rule.VAT.reverse() && s.ReverseCharge.Style == DirectCost:
		p.cost = s.ReverseCharge.base(rule.VAT)
	case p.cost == "":
		p.cost = s.Accounts.Fee
	}
	if p.cost == "" {
		return placement{}, missingAccount("accounts.fee", "no account is set for fees")
	}
	if p.vat == "" && !vat.IsZero() {
		return placement{}, missingAccount("accounts.fee_vat", "no account is set for VAT on fees")
	}
	return p, nil
}

func unexpectedVAT(rawType string, rule FeeRule) *fault.Error {
	return fault.New(CodeUnexpectedVAT, fault.Conflict,
		"the provider states VAT on fees of type \""+rawType+"\" although their rule says "+string(rule.VAT)).
		WithField("fee_rules").
		WithRemedy("ask the provider which VAT its fees carry and correct the rule")
}

func (s Settings) feeRule(rawType string) (FeeRule, bool) {
	for _, rule := range s.FeeRules {
		if fits(rule.Match, rawType) {
			return rule, true
		}
	}
	return FeeRule{}, false
}

// fits reports whether a text has the form of a pattern in which "*" stands for
// any text, also for none and across slashes.
func fits(pattern, text string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return text == pattern
	}
	text, found := strings.CutPrefix(text, head)
	if !found {
		return false
	}
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], next
	}
}

// returned marks the meaning of a fee that the provider gives back.
func returned(meaning string, amount money.Amount) string {
	if amount.Sign() < 0 {
		return meaning + returnedSuffix
	}
	return meaning
}
