package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func TestBuyersOfACountryShareACard(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		market   tax.Market
		delivery string
		settings string
		card     string
		kind     string
	}{
		"at home":                   {tax.Market{Treatment: tax.Domestic, Country: "SE"}, "SE", `{}`, "KV-SE-SEVAT-SEK", "PRIVATE"},
		"in the EU, taxed at home":  {tax.Market{Treatment: tax.Domestic, Country: "SE"}, "DK", `{}`, "KV-DK-SEVAT-SEK", "PRIVATE"},
		"in the EU, taxed there":    {tax.Market{Treatment: tax.OSS, Country: "FI"}, "FI", `{}`, "KV-FI-EUVAT-SEK", "PRIVATE"},
		"the same as the setting":   {tax.Market{Treatment: tax.OSS, Country: "FI"}, "FI", `{"oss_vat_type":"SEVAT"}`, "KV-FI-SEVAT-SEK", "PRIVATE"},
		"a business in the EU":      {tax.Market{Treatment: tax.EUBusiness, Country: "DE"}, "DE", `{}`, "KV-DE-EUREVERSEDVAT-SEK", "COMPANY"},
		"outside the EU":            {tax.Market{Treatment: tax.Export, Country: "US"}, "US", `{}`, "KV-US-EXPORT-SEK", "PRIVATE"},
		"registered outside the EU": {tax.Market{Treatment: tax.Registered, Country: "NO"}, "NO", `{}`, "KV-NO-SEVAT-SEK", "PRIVATE"},
		"in Northern Ireland":       {tax.Market{Treatment: tax.EUBusiness, Country: "XI"}, "XI", `{}`, "KV-GB-EUREVERSEDVAT-SEK", "COMPANY"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, c := start(t), New()
			r.choose(test.settings)
			d := aSale()
			d.Customer.Market, d.Customer.Delivery.Country = test.market, test.delivery
			first, err := r.tryInvoice(t.Context(), c, d, 1)
			require.NoError(t, err)
			require.Equal(t, 4, first.Usage.Calls, "the year, a refusal, the card, the invoice")
			d.Customer.Name = "Isak Idegran"
			d.Note = "another"
			second, err := r.tryInvoice(t.Context(), c, d, 1)
			require.NoError(t, err)
			require.Equal(t, 1, second.Usage.Calls, "no call for a customer")
			require.Equal(t, 1, r.counts()["customers"])
			require.Equal(t, test.card, r.raw("invoices", second.Invoice.Number)["CustomerNumber"])
			require.Equal(t, "Isak Idegran", r.raw("invoices", second.Invoice.Number)["CustomerName"])
			require.Equal(t, test.kind, r.raw("customers", test.card)["Type"])
		})
	}
}

func TestABuyerMayHaveACardOfTheOwn(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		r.choose(`{"customer_policy":"own"}`)
		// The address of somebody else holds the buyer's; the buyer has a card for another currency.
		r.ask("POST", "customers", `{"Customer":{"Name":"x","Email":"not-hedda@example.com","CountryCode":"SE"}}`, nil)
		r.ask("POST", "customers", `{"Customer":{"Name":"y","Email":"hedda@example.com","CountryCode":"SE","Currency":"EUR"}}`, nil)
		first, err := r.tryInvoice(t.Context(), c, aSale(), 1)
		require.NoError(t, err)
		number := r.raw("invoices", first.Invoice.Number)["CustomerNumber"].(string)
		require.Equal(t, "3", number)
		card := r.raw("customers", number)
		require.Equal(t, "Hedda Hassel", card["Name"])
		require.Equal(t, "hedda@example.com", card["Email"])
		require.Equal(t, "PRIVATE", card["Type"])

		d := aSale()
		d.Customer.Email = "HEDDA@example.com"
		second, err := r.tryInvoice(t.Context(), c, d, 1)
		require.NoError(t, err)
		require.Equal(t, number, r.raw("invoices", second.Invoice.Number)["CustomerNumber"])
		d.Customer.Email = ""
		third, err := r.tryInvoice(t.Context(), c, d, 1)
		require.NoError(t, err)
		require.Equal(t, "KV-SE-SEVAT-SEK", r.raw("invoices", third.Invoice.Number)["CustomerNumber"], "without an address there is nothing to find a card by")
	})
}

// A card may bring in a discount; the connector says that there is none.
func TestACardChangesNoPrice(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) {
		w.Customers = []world.Customer{{Number: "KV-SE-SEVAT-SEK", Name: "Privatkund", Discount: 1000}}
	})
	made, err := r.tryInvoice(t.Context(), New(), aSale(), 1)
	require.NoError(t, err)
	require.Equal(t, sek("758.00"), made.Invoice.Total)
}

func TestTermsOfPaymentMustExist(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.choose(`{"terms_of_payment":"17"}`)
	r.card()
	_, err := r.tryInvoice(t.Context(), New(), aSale(), 1)
	r.requireFault(err, client.CodeTermsMissing, fault.Validation)
}

func TestSalesInAnotherCountryHaveItsVAT(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryInvoice(t.Context(), c, finnishSale(), 1)
		require.NoError(t, err)
		require.Equal(t, "125.50", made.Invoice.Total.String())
		require.Equal(t, "11.2", made.Invoice.Rate.String())
		require.Equal(t, invoice.Invoice, made.Invoice.Kind)
		r.book(c, made.Invoice.Number)
		// 25.50 and 100.00 EUR at 11.20.
		require.Equal(t, "-285.60", r.balance(2670))
		require.Equal(t, "-1120.00", r.balance(3170))
	})
}
