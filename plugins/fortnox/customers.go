package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
)

// CodeMarket: Fortnox has no customers for how the sale is taxed.
const CodeMarket fault.Code = "fortnox.market_unsupported"

// vatType is Fortnox's name of how sales to a customer are taxed.
type vatType string

// The VAT types in use. Reverse charge and export keep VAT off every row.
const (
	vatSweden  vatType = "SEVAT"
	vatEU      vatType = "EUVAT"
	vatReverse vatType = "EUREVERSEDVAT"
	vatExport  vatType = "EXPORT"
)

// vatTypeOf gives the VAT type of a market. Sales under the union scheme have EUVAT or
// SEVAT, whichever the merchant's accounts were set up for. VAT of a country outside the
// EU can only come from the accounts of the rows.
func (s *session) vatTypeOf(m tax.Market) (vatType, error) {
	switch m.Treatment {
	case tax.Domestic, tax.Registered:
		return vatSweden, nil
	case tax.OSS:
		return cmp.Or(s.settings.OSSVATType, vatEU), nil
	case tax.EUBusiness:
		return vatReverse, nil
	case tax.Export:
		return vatExport, nil
	}
	return "", fault.Invalid(CodeMarket, "draft.customer.market.treatment", "\""+string(m.Treatment)+"\" is not a treatment that Fortnox knows").
		From(fault.Connector)
}

// countryOf gives the country of a buyer. A consumer in another EU country who is taxed
// at home keeps the own one, by which Fortnox counts towards the threshold of distance
// selling. Northern Ireland is no country to Fortnox.
func countryOf(c invoice.Customer) string {
	country := c.Market.Country
	if at := cmp.Or(c.Delivery.Country, c.Billing.Country); c.Market.Treatment == tax.Domestic && tax.EU(at) {
		country = at
	}
	if country == "XI" {
		return "GB"
	}
	return country
}

// generic gives the card that all buyers of a country, VAT type and currency share. Its
// number says so, and can be told without asking Fortnox.
func (s *session) generic(c invoice.Customer, currency money.Currency) (client.NewCustomer, error) {
	kind, err := s.vatTypeOf(c.Market)
	if err != nil {
		return client.NewCustomer{}, err
	}
	country := countryOf(c)
	if len(country) != len("SE") {
		return client.NewCustomer{}, fault.Invalid(CodeMarket, "draft.customer.market.country", "\""+country+"\" is not the code of a country").
			From(fault.Connector)
	}
	card := client.NewCustomer{
		CustomerNumber: strings.Join([]string{"KV", country, string(kind), string(currency)}, "-"),
		Name:           "Privatkund " + country + " " + string(currency), Type: "PRIVATE", VATType: string(kind),
		CountryCode: country, Currency: string(currency),
	}
	if kind == vatReverse {
		card.Name, card.Type = "Företagskund "+country+" "+string(currency), "COMPANY"
	}
	return card, nil
}

// customer gives the number of the customer that a document is made out to. Missing is
// the card to make if Fortnox does not know the number; nobody has asked it yet.
func (s *session) customer(ctx context.Context, d invoice.Draft) (number string, missing *client.NewCustomer, err error) {
	card, err := s.generic(d.Customer, d.Currency)
	if err != nil {
		return "", nil, err
	}
	email := plain(d.Customer.Email)
	if s.settings.CustomerPolicy != customersOwn || email == "" {
		return card.CustomerNumber, &card, nil
	}
	number, err = s.ownCard(ctx, ownCardOf(card, d.Customer, email))
	return number, nil, err
}

// ownCardOf gives the card of one buyer.
func ownCardOf(card client.NewCustomer, c invoice.Customer, email string) client.NewCustomer {
	card.CustomerNumber, card.Email = "", email
	card.Name = cmp.Or(cut(plain(buyerName(c.Buyer)), longestLine), card.Name)
	if c.Business != "" {
		card.Type = "COMPANY"
	}
	card.OrganisationNumber, card.Phone1 = cut(plain(c.OrganisationNumber), longestOrganisation), cut(plain(c.Phone), longestLine)
	card.Address1, card.Address2 = cut(plain(c.Billing.Street), longestLine), cut(plain(c.Billing.Street2), longestLine)
	card.ZipCode, card.City = cut(plain(c.Billing.Postcode), longestZip), cut(plain(c.Billing.City), longestLine)
	return card
}

// mostCards is how many cards with the buyer's address are looked at.
const mostCards = 3

// ownCard finds the buyer's card or makes it. A card is one VAT type, country and
// currency, so that somebody who buys for two countries has two.
func (s *session) ownCard(ctx context.Context, wanted client.NewCustomer) (string, error) {
	page, err := s.Customers(ctx, wanted.Email, client.Window{Limit: client.MaxLimit})
	if err != nil {
		return "", err
	}
	hits := slices.DeleteFunc(page.Items, func(c client.Customer) bool { return !strings.EqualFold(string(c.Email), wanted.Email) })
	for _, hit := range hits[:min(len(hits), mostCards)] {
		card, err := s.Customer(ctx, string(hit.CustomerNumber))
		if err != nil {
			return "", err
		}
		if string(card.VATType) == wanted.VATType && string(card.CountryCode) == wanted.CountryCode && string(card.Currency) == wanted.Currency {
			return string(card.CustomerNumber), nil
		}
	}
	made, err := s.CreateCustomer(ctx, wanted)
	return string(made.CustomerNumber), err
}

// withCard makes a document, and the customer's card before it if Fortnox says that it
// is missing. Somebody else may have made the card meanwhile.
func withCard[T any](ctx context.Context, s *session, missing *client.NewCustomer, create func() (T, error)) (T, error) {
	made, err := create()
	if missing == nil || fault.CodeOf(err) != client.CodeCustomerMissing {
		return made, err
	}
	if _, err := s.CreateCustomer(ctx, *missing); err != nil && fault.CodeOf(err) != client.CodeCustomerNumberTaken {
		return made, err
	}
	return create()
}
