package booking

import (
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/tax"
)

func (s Settings) validateSales() error {
	seen := make(map[salesKey]bool)
	distance, home := false, false
	for i, sale := range s.Sales {
		field := fmt.Sprintf("sales[%d]", i)
		if err := sale.validate(field); err != nil {
			return err
		}
		if seen[sale.key()] {
			return fault.Invalid(CodeSettings, field+".rate", "sales of "+sale.key().String()+" are listed twice")
		}
		seen[sale.key()] = true
		distance = distance || sale.Treatment == tax.OSS
		home = home || sale.Treatment == tax.Domestic && sale.Supply == tax.Goods
	}
	if distance && !home {
		return fault.Invalid(CodeSettings, "sales", "with accounts for OSS there must be some for domestic goods too")
	}
	return nil
}

func (a SalesAccounts) validate(field string) error {
	if err := firstError(
		oneOf(field+".treatment", a.Treatment, tax.Treatments()...),
		oneOf(field+".supply", a.Supply, tax.Supplies()...),
	); err != nil {
		return err
	}
	perCountry := a.Treatment == tax.OSS || a.Treatment == tax.Registered
	switch {
	case a.Supply == tax.GiftCard:
		return fault.Invalid(CodeSettings, field+".supply", "gift cards are sold to accounts.gift_card; what they buy is revenue")
	case perCountry && !isCountry(a.Country):
		return fault.Invalid(CodeSettings, field+".country", "\""+a.Country+"\" is not an ISO 3166 code; "+string(a.Treatment)+" needs one")
	case !perCountry && a.Country != "":
		return fault.Invalid(CodeSettings, field+".country", "the accounts of "+string(a.Treatment)+" sales do not depend on the country")
	case a.Revenue == "":
		return fault.Invalid(CodeSettings, field+".revenue", "sales need an account")
	case a.VAT == "" && !a.Rate.IsZero():
		return fault.Invalid(CodeSettings, field+".vat", "VAT needs an account")
	}
	return firstError(wellFormed(field+".revenue", a.Revenue), wellFormed(field+".vat", a.VAT))
}

func isCountry(code string) bool {
	return tax.Seller{Country: code}.Validate() == nil
}

func (s Settings) validateVAT() error {
	if err := s.Seller().Validate(); err != nil {
		f := fault.Of(err)
		field := strings.Replace(f.Field, "seller.", "vat.", 1)
		return fault.Invalid(CodeSettings, strings.Replace(field, "vat.country", "vat.home", 1), f.Reason).WithRemedy(f.Remedy)
	}
	if s.VAT.EUConsumers == "" {
		return fault.Invalid(CodeSettings, "vat.eu_consumers", "choose origin, destination or threshold")
	}
	if year := s.VAT.DestinationSince; year != 0 && (year < 2015 || year > 9999) {
		return fault.Invalid(CodeSettings, "vat.destination_since", "a year from 2015 on, or 0")
	}
	return nil
}

func (s Settings) validateGiftCard() error {
	if s.GiftCard.Kind == SinglePurpose && s.GiftCard.Rate.IsZero() {
		return fault.Invalid(CodeSettings, "gift_card.rate", "the VAT on a single-purpose gift card needs a rate")
	}
	return firstError(
		oneOf("gift_card.kind", s.GiftCard.Kind, MultiPurpose, SinglePurpose),
		oneOf("gift_card.redemption", s.GiftCard.Redemption, Combined, ThroughReceivable),
	)
}

func (s Settings) validateCurrencies() error {
	type pair struct{ invoice, payout string }
	seen := make(map[pair]bool)
	for i, c := range s.Currencies {
		field := fmt.Sprintf("currencies[%d]", i)
		if err := firstError(current(field+".invoice", c.Invoice), current(field+".payout", c.Payout)); err != nil {
			return err
		}
		p := pair{string(c.Invoice), string(c.Payout)}
		if seen[p] {
			return fault.Invalid(CodeSettings, field, "invoices in "+p.invoice+" paid out in "+p.payout+" are listed twice")
		}
		seen[p] = true
		if len(c.Rates) == 0 {
			return fault.Invalid(CodeSettings, field+".rates", "a rate has to come from somewhere")
		}
		for n, source := range c.Rates {
			if err := oneOf(fmt.Sprintf("%s.rates[%d]", field, n), source, LineRate, PayoutRate, CentralBankRate); err != nil {
				return err
			}
		}
	}
	return nil
}
