package docs

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// eventsTable shows a payment from its authorisation to the settled refund, and
// what the events add up to after each. The provider states its fee with the
// deposit and returns half of it.
func eventsTable() (string, error) {
	sek := func(minor int64) money.Amount { return money.New(minor, "SEK") }
	series := []payment.Event{
		{Kind: payment.Prepare, Amount: sek(100_00)},
		{Kind: payment.Payment, Amount: sek(100_00)},
		{Kind: payment.Deposit, Amount: sek(90_00), Fee: sek(10_00), FeeVAT: sek(2_00)},
		{Kind: payment.Refund, Amount: sek(100_00)},
		{Kind: payment.Credit, Amount: sek(95_00), Fee: sek(-5_00), FeeVAT: sek(-1_00)},
	}
	var rows [][]string
	for i, e := range series {
		state, err := payment.StateOf(series[:i+1])
		if err != nil {
			return "", err
		}
		gross, err := e.Gross()
		if err != nil {
			return "", err
		}
		fee, err := sek(0).Add(e.Fee)
		if err != nil {
			return "", err
		}
		rows = append(rows, []string{
			strconv.Itoa(i + 1), code(string(e.Kind)), e.Amount.String(), fee.String(), gross.String(), state.Fee.String(), state.FeeVAT.String(),
			state.OpenAtProvider.String(), state.RefundDebt.String(), state.Bank.String(),
		})
	}
	heads := []string{"#", "event", "amount", "fee", "gross", "fees so far", "of which VAT", "open at the provider", "refund debt", "bank"}
	return table(heads, "rlrrrrrrrr", rows), nil
}

// marketsTable shows what the rules decide for a Swedish seller.
func marketsTable() (string, error) {
	seller := func(way tax.EUConsumers) tax.Seller { return tax.Seller{Country: "SE", EUConsumers: way} }
	registered := tax.Seller{Country: "SE", EUConsumers: tax.Origin, Registrations: []string{"NO"}}
	canaries := tax.Seller{Country: "SE", EUConsumers: tax.Destination, OutsidePostcodes: map[string][]string{"ES": {"35", "38"}}}
	germany := tax.Customer{Country: "DE"}
	cases := []struct {
		customer, setting string
		seller            tax.Seller
		who               tax.Customer
		crossed           bool
	}{
		{"Sweden", "any", seller(tax.Destination), tax.Customer{Country: "SE"}, false},
		{"Germany, consumer", "`vat.eu_consumers`: origin", seller(tax.Origin), germany, false},
		{"Germany, consumer", "`vat.eu_consumers`: destination", seller(tax.Destination), germany, false},
		{"Germany, consumer", "`vat.eu_consumers`: threshold, not crossed", seller(tax.ByThreshold), germany, false},
		{"Germany, consumer", "`vat.eu_consumers`: threshold, crossed by this sale or before", seller(tax.ByThreshold), germany, true},
		{"Germany, business whose VAT number was valid at the sale", "any", seller(tax.Destination), tax.Customer{Country: "DE", VATNumberValid: true}, false},
		{"Monaco, consumer (taxed as France)", "`vat.eu_consumers`: destination", seller(tax.Destination), tax.Customer{Country: "MC"}, false},
		{"Åland", "any", seller(tax.Destination), tax.Customer{Country: "AX"}, false},
		{"Canary Islands, Spanish postcode 35001", "`vat.outside_postcodes`: ES 35, 38", canaries, tax.Customer{Country: "ES", Postcode: "35001"}, false},
		{"Norway", "no registration", seller(tax.Origin), tax.Customer{Country: "NO"}, false},
		{"Norway", "`vat.registrations`: NO", registered, tax.Customer{Country: "NO"}, false},
		{"United Kingdom", "no registration", seller(tax.Origin), tax.Customer{Country: "GB"}, false},
	}
	var rows [][]string
	for _, c := range cases {
		market, err := tax.Decide(c.seller, c.who, c.crossed)
		if err != nil {
			return "", err
		}
		rows = append(rows, []string{c.customer, c.setting, code(string(market.Treatment)), charged[market.Treatment] + vatCountry(market)})
	}
	return table([]string{"goods go to", "setting", "treatment", "VAT"}, "llll", rows), nil
}

var charged = map[tax.Treatment]string{
	tax.Domestic: "rates of ", tax.OSS: "rates of ", tax.Registered: "rates of ",
	tax.EUBusiness: "none; the buyer accounts for it", tax.Export: "none",
}

func vatCountry(m tax.Market) string {
	if strings.HasSuffix(charged[m.Treatment], " ") {
		return m.Country
	}
	return ""
}

// rate is a row of the table of VAT rates as its file has it.
type rate struct{ Category, Rate, From, To string }

func (r rate) validity() string {
	switch {
	case r.From != "" && r.To != "":
		return r.From + " to " + r.To
	case r.From != "":
		return "from " + r.From
	case r.To != "":
		return "to " + r.To
	}
	return ""
}

// ratesTables shows Sweden by category and the other countries by level.
func ratesTables(root fs.FS) (string, error) {
	raw, err := fs.ReadFile(root, ratesFile)
	if err != nil {
		return "", err
	}
	var file struct {
		Source     string
		AsOf       string `json:"as_of"`
		Thresholds struct {
			Source string
			Limits []string
		}
		Countries []struct {
			Country, Currency string
			Rates             []rate
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return "", err
	}
	var home, others [][]string
	for _, c := range file.Countries {
		levels := []string{tax.Standard, tax.Reduced, tax.SecondReduced, tax.ThirdReduced}
		cells := append([]string{c.Country, c.Currency}, make([]string, len(levels))...)
		for _, r := range c.Rates {
			if c.Country == "SE" {
				home = append(home, []string{strings.ReplaceAll(r.Category, "_", " "), r.Rate, r.validity()})
			}
			if at := slices.Index(levels, r.Category); at >= 0 {
				cells[2+at] = joined(cells[2+at], strings.TrimSpace(r.Rate+" "+r.validity()))
			}
		}
		if c.Country != "SE" {
			others = append(others, cells)
		}
	}
	return "As of " + file.AsOf + ". Source: " + file.Source + ".\n\n**Sweden**\n\n" +
		table([]string{"category", "rate %", "valid"}, "lrl", home) +
		"\n**Others**\n\n" +
		table([]string{"country", "currency", "standard %", "reduced %", "second reduced %", "third reduced %"}, "llllll", others) +
		"\nThreshold of distance selling: " + strings.Join(file.Thresholds.Limits, " or ") + " a year, without VAT (" + file.Thresholds.Source + ").\n", nil
}

func joined(before, next string) string {
	if before == "" {
		return next
	}
	return before + "<br>" + next
}
