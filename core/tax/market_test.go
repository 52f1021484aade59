package tax_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

func swedish(way tax.EUConsumers) tax.Seller {
	return tax.Seller{Country: "SE", EUConsumers: way}
}

// The golden sales abroad of the accounting sheet (2.8), a refund aside: market,
// rate, and the two sums that stand on the sales account and the VAT account.
func TestSalesAbroad(t *testing.T) {
	t.Parallel()
	voec := tax.Seller{Country: "SE", EUConsumers: tax.Origin, Registrations: []string{"NO"}}
	cases := map[string]struct {
		seller     tax.Seller
		customer   tax.Customer
		market     tax.Market
		gross      string
		net, vat   string
		chargesVAT bool
	}{
		"H1 Germany, OSS":               {swedish(tax.Destination), tax.Customer{Country: "DE"}, tax.Market{Treatment: tax.OSS, Country: "DE"}, "119.00", "100.00", "19.00", true},
		"H2 Finland, OSS":               {swedish(tax.Destination), tax.Customer{Country: "FI"}, tax.Market{Treatment: tax.OSS, Country: "FI"}, "125.50", "100.00", "25.50", true},
		"H3 France, OSS":                {swedish(tax.Destination), tax.Customer{Country: "FR"}, tax.Market{Treatment: tax.OSS, Country: "FR"}, "99.99", "83.32", "16.67", true},
		"H4 Germany, below threshold":   {swedish(tax.Origin), tax.Customer{Country: "DE"}, tax.Market{Treatment: tax.Domestic, Country: "SE"}, "125.00", "100.00", "25.00", true},
		"H5 Germany, business":          {swedish(tax.Destination), tax.Customer{Country: "DE", VATNumberValid: true}, tax.Market{Treatment: tax.EUBusiness, Country: "DE"}, "100.00", "100.00", "0.00", false},
		"H6 Norway, export":             {swedish(tax.Destination), tax.Customer{Country: "NO"}, tax.Market{Treatment: tax.Export, Country: "NO"}, "100.00", "100.00", "0.00", false},
		"H8 Norway, registered in VOEC": {voec, tax.Customer{Country: "NO"}, tax.Market{Treatment: tax.Registered, Country: "NO"}, "125.00", "100.00", "25.00", true},
	}
	table := tax.StandardTable()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			market, err := tax.Decide(c.seller, c.customer, false)
			require.NoError(t, err)
			require.Equal(t, c.market, market)

			var percentage tax.Rate
			if c.chargesVAT {
				percentage, err = table.Rate(market.Country, tax.Standard, day(t, "2026-03-27"))
				require.NoError(t, err)
			}
			split, err := tax.FromGross(kronor(t, c.gross), percentage)
			require.NoError(t, err)
			require.Equal(t, tax.Split{Gross: kronor(t, c.gross), Net: kronor(t, c.net), VAT: kronor(t, c.vat)}, split)
		})
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	canaries := tax.Seller{
		Country: "SE", EUConsumers: tax.Destination,
		OutsidePostcodes: map[string][]string{"ES": {"35", "38"}, "FI": {"22"}},
	}
	spanish := tax.Seller{Country: "ES", EUConsumers: tax.Origin, OutsidePostcodes: canaries.OutsidePostcodes}
	british := tax.Seller{Country: "SE", EUConsumers: tax.Destination, Registrations: []string{"GB"}}
	cases := map[string]struct {
		seller   tax.Seller
		customer tax.Customer
		crossed  bool
		want     tax.Market
	}{
		"a consumer at home":                         {swedish(tax.Destination), tax.Customer{Country: "SE"}, true, tax.Market{Treatment: tax.Domestic, Country: "SE"}},
		"a business at home":                         {swedish(tax.Destination), tax.Customer{Country: "SE", VATNumberValid: true}, true, tax.Market{Treatment: tax.Domestic, Country: "SE"}},
		"at home nobody needs to have chosen":        {swedish(""), tax.Customer{Country: "SE"}, false, tax.Market{Treatment: tax.Domestic, Country: "SE"}},
		"the running total is not over":              {swedish(tax.ByThreshold), tax.Customer{Country: "DK"}, false, tax.Market{Treatment: tax.Domestic, Country: "SE"}},
		"the running total is over":                  {swedish(tax.ByThreshold), tax.Customer{Country: "DK"}, true, tax.Market{Treatment: tax.OSS, Country: "DK"}},
		"who chose the origin does not count":        {swedish(tax.Origin), tax.Customer{Country: "DK"}, true, tax.Market{Treatment: tax.Domestic, Country: "SE"}},
		"who opted in does not count":                {swedish(tax.Destination), tax.Customer{Country: "DK"}, false, tax.Market{Treatment: tax.OSS, Country: "DK"}},
		"a business is none of the total's business": {swedish(tax.ByThreshold), tax.Customer{Country: "DK", VATNumberValid: true}, true, tax.Market{Treatment: tax.EUBusiness, Country: "DK"}},
		"a number in VIES outside the EU is nothing": {swedish(tax.Destination), tax.Customer{Country: "CH", VATNumberValid: true}, false, tax.Market{Treatment: tax.Export, Country: "CH"}},

		"Monaco is France":                   {swedish(tax.Destination), tax.Customer{Country: "MC"}, false, tax.Market{Treatment: tax.OSS, Country: "FR"}},
		"Man is the United Kingdom":          {swedish(tax.Destination), tax.Customer{Country: "IM"}, false, tax.Market{Treatment: tax.Export, Country: "GB"}},
		"a registration in GB covers Man":    {british, tax.Customer{Country: "IM"}, false, tax.Market{Treatment: tax.Registered, Country: "GB"}},
		"a registration in Man covers GB":    {tax.Seller{Country: "SE", Registrations: []string{"IM"}}, tax.Customer{Country: "GB"}, false, tax.Market{Treatment: tax.Registered, Country: "GB"}},
		"Northern Ireland is EU":             {british, tax.Customer{Country: "XI"}, false, tax.Market{Treatment: tax.OSS, Country: "XI"}},
		"Northern Ireland by postcode":       {british, tax.Customer{Country: "GB", Postcode: "bt1 5gs"}, false, tax.Market{Treatment: tax.OSS, Country: "XI"}},
		"London is not Northern Ireland":     {british, tax.Customer{Country: "GB", Postcode: "SW1A 1AA"}, false, tax.Market{Treatment: tax.Registered, Country: "GB"}},
		"Belfast is at home for London":      {tax.Seller{Country: "GB"}, tax.Customer{Country: "GB", Postcode: "BT1 5GS"}, false, tax.Market{Treatment: tax.Domestic, Country: "GB"}},
		"London is at home for Belfast":      {tax.Seller{Country: "XI"}, tax.Customer{Country: "GB"}, false, tax.Market{Treatment: tax.Domestic, Country: "XI"}},
		"a Norwegian seller exports":         {tax.Seller{Country: "NO"}, tax.Customer{Country: "SE", VATNumberValid: true}, true, tax.Market{Treatment: tax.Export, Country: "SE"}},
		"a Norwegian seller at home":         {tax.Seller{Country: "NO"}, tax.Customer{Country: "NO"}, false, tax.Market{Treatment: tax.Domestic, Country: "NO"}},
		"the Canaries by postcode":           {canaries, tax.Customer{Country: "ES", Postcode: "35 001"}, false, tax.Market{Treatment: tax.Export, Country: "ES"}},
		"a business on the Canaries":         {canaries, tax.Customer{Country: "ES", Postcode: "38001", VATNumberValid: true}, false, tax.Market{Treatment: tax.Export, Country: "ES"}},
		"the mainland of Spain":              {canaries, tax.Customer{Country: "ES", Postcode: "28035"}, false, tax.Market{Treatment: tax.OSS, Country: "ES"}},
		"Spain without a postcode":           {canaries, tax.Customer{Country: "ES"}, false, tax.Market{Treatment: tax.OSS, Country: "ES"}},
		"a prefix is of its country":         {canaries, tax.Customer{Country: "DE", Postcode: "35037"}, false, tax.Market{Treatment: tax.OSS, Country: "DE"}},
		"Åland by postcode":                  {canaries, tax.Customer{Country: "FI", Postcode: "FI-22100"}, false, tax.Market{Treatment: tax.Export, Country: "FI"}},
		"the Canaries are abroad from Spain": {spanish, tax.Customer{Country: "ES", Postcode: "35001"}, false, tax.Market{Treatment: tax.Export, Country: "ES"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			market, err := tax.Decide(c.seller, c.customer, c.crossed)
			require.NoError(t, err)
			require.Equal(t, c.want, market)
		})
	}
}

// The list of the accounting sheet (4.3).
func TestTerritoriesOutsideTheVATAreaAreExports(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"AX", "FO", "GL", "GP", "MQ", "RE", "GF", "YT", "SM", "AD", "GI", "JE", "GG"} {
		require.False(t, tax.EU(country), country)
		market, err := tax.Decide(swedish(tax.Destination), tax.Customer{Country: country, VATNumberValid: true}, true)
		require.NoError(t, err)
		require.Equal(t, tax.Market{Treatment: tax.Export, Country: country}, market)
	}
}

func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	home := tax.Customer{Country: "SE"}
	cases := map[string]struct {
		seller   tax.Seller
		customer tax.Customer
		code     fault.Code
		field    string
	}{
		"no country of the customer":   {swedish(tax.Origin), tax.Customer{}, tax.CodeCountry, "customer.country"},
		"a country that is none":       {swedish(tax.Origin), tax.Customer{Country: "QQ"}, tax.CodeCountry, "customer.country"},
		"small letters":                {swedish(tax.Origin), tax.Customer{Country: "de"}, tax.CodeCountry, "customer.country"},
		"a name":                       {swedish(tax.Origin), tax.Customer{Country: "Germany"}, tax.CodeCountry, "customer.country"},
		"three letters":                {swedish(tax.Origin), tax.Customer{Country: "DEU"}, tax.CodeCountry, "customer.country"},
		"across two codes":             {swedish(tax.Origin), tax.Customer{Country: "D "}, tax.CodeCountry, "customer.country"},
		"the prefix of Greek numbers":  {swedish(tax.Origin), tax.Customer{Country: "EL"}, tax.CodeCountry, "customer.country"},
		"the usual name of GB":         {swedish(tax.Origin), tax.Customer{Country: "UK"}, tax.CodeCountry, "customer.country"},
		"no country of the seller":     {tax.Seller{}, home, tax.CodeCountry, "seller.country"},
		"a way to tax that is none":    {swedish("oss"), home, tax.CodeSeller, "seller.eu_consumers"},
		"no way to tax where needed":   {swedish(""), tax.Customer{Country: "DE"}, tax.CodeSeller, "seller.eu_consumers"},
		"a registration in the EU":     {tax.Seller{Country: "SE", Registrations: []string{"NO", "DE"}}, home, tax.CodeSeller, "seller.registrations[1]"},
		"a registration nowhere":       {tax.Seller{Country: "SE", Registrations: []string{"no"}}, home, tax.CodeCountry, "seller.registrations[0]"},
		"an empty prefix":              {tax.Seller{Country: "SE", OutsidePostcodes: map[string][]string{"ES": {"35", " "}}}, home, tax.CodeSeller, "seller.outside_postcodes.ES[1]"},
		"a prefix in no country":       {tax.Seller{Country: "SE", OutsidePostcodes: map[string][]string{"EA": {"51"}}}, home, tax.CodeCountry, "seller.outside_postcodes.EA"},
		"nothing hides a wrong seller": {tax.Seller{Country: "Sweden"}, tax.Customer{Country: "Norway"}, tax.CodeCountry, "seller.country"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			market, err := tax.Decide(c.seller, c.customer, true)
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Zero(t, market)
		})
	}
	_, err := tax.Decide(swedish(tax.Origin), tax.Customer{Country: "EL"}, false)
	require.Contains(t, fault.Of(err).Remedy, "GR")
}

func TestGreeceHasAPrefixOfItsOwn(t *testing.T) {
	t.Parallel()
	require.Equal(t, "EL", tax.VATPrefix("GR"))
	require.Equal(t, "SE", tax.VATPrefix("SE"))
	require.Equal(t, "XI", tax.VATPrefix("XI"))
}

func TestASupplyIsGoodsUnlessItSaysOtherwise(t *testing.T) {
	t.Parallel()
	require.Equal(t, tax.Goods, tax.Supply("").OrGoods())
	for _, supply := range tax.Supplies() {
		require.Equal(t, supply, supply.OrGoods())
	}
}

func TestADecisionIsOneOfTheTreatments(t *testing.T) {
	t.Parallel()
	places := append(tax.StandardTable().Countries(), "AX", "US")
	rapid.Check(t, func(t *rapid.T) {
		seller := tax.Seller{Country: rapid.SampledFrom(places).Draw(t, "seller"), EUConsumers: rapid.SampledFrom([]tax.EUConsumers{tax.Origin, tax.Destination, tax.ByThreshold}).Draw(t, "way")}
		customer := tax.Customer{Country: rapid.SampledFrom(places).Draw(t, "customer"), VATNumberValid: rapid.Bool().Draw(t, "business")}
		market, err := tax.Decide(seller, customer, rapid.Bool().Draw(t, "crossed"))
		require.NoError(t, err)
		require.Contains(t, tax.Treatments(), market.Treatment)
		if customer.Country == seller.Country {
			require.Equal(t, tax.Domestic, market.Treatment)
		}
		if market.Treatment == tax.OSS || market.Treatment == tax.EUBusiness {
			require.True(t, tax.EU(seller.Country) && tax.EU(market.Country), "both ends lie in the EU")
		}
	})
}

func TestTheSaleThatCrossesIsTaxedAtItsDestination(t *testing.T) {
	t.Parallel()
	threshold, err := tax.StandardTable().Threshold("SE")
	require.NoError(t, err)
	require.Equal(t, kronor(t, "99680.00"), threshold.Limit)
	cases := map[string]struct {
		lastYear, before, sale string
		want                   bool
	}{
		"nothing sold yet":              {"0", "0", "100.00", false},
		"up to the limit exactly":       {"0", "99580.00", "100.00", false},
		"one öre over":                  {"0", "99580.00", "100.01", true},
		"one sale over it all":          {"0", "0", "99680.01", true},
		"crossed earlier this year":     {"0", "99680.01", "0.01", true},
		"last year at the limit":        {"99680.00", "0", "100.00", false},
		"last year over the limit":      {"99680.01", "0", "0.01", true},
		"two years are not one sum":     {"90000.00", "90000.00", "100.00", false},
		"crossed, and a credit follows": {"0", "99680.01", "-50000.00", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crossed, err := threshold.Crossed(kronor(t, c.lastYear), kronor(t, c.before), kronor(t, c.sale))
			require.NoError(t, err)
			require.Equal(t, c.want, crossed)
		})
	}
	_, err = threshold.Crossed(kronor(t, "0"), kronor(t, "0"), money.New(100, "EUR"))
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
	_, err = threshold.Crossed(money.Zero("EUR"), money.Zero("EUR"), money.New(100, "EUR"))
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
}

// A year of sales, one after the other: once crossed it stays crossed, and what
// was taxed at home adds up to the limit at most.
func TestAYearCrossesOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, 10_000).Draw(t, "limit")
		lastYear := rapid.Int64Range(0, 12_000).Draw(t, "last year")
		sales := rapid.SliceOfN(rapid.Int64Range(1, 3_000), 1, 20).Draw(t, "sales")
		threshold := tax.Threshold{Limit: money.New(limit, "SEK")}

		total, atHome, crossedBefore := int64(0), int64(0), lastYear > limit
		for _, sale := range sales {
			crossed, err := threshold.Crossed(money.New(lastYear, "SEK"), money.New(total, "SEK"), money.New(sale, "SEK"))
			require.NoError(t, err)
			require.False(t, crossedBefore && !crossed, "it stays crossed")
			if total += sale; !crossed {
				atHome += sale
			}
			require.Equal(t, crossed, lastYear > limit || total > limit)
			crossedBefore = crossed
		}
		require.LessOrEqual(t, atHome, limit)
	})
}

func TestOptingInBindsTwoMoreYears(t *testing.T) {
	t.Parallel()
	require.Equal(t, day(t, "2028-12-31"), tax.OptInEnds(day(t, "2026-01-01")))
	require.Equal(t, day(t, "2028-12-31"), tax.OptInEnds(day(t, "2026-12-31")))
}
