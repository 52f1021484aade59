package tax

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of looking up.
const (
	// CodeRateUnknown: the table has no rate for the country, category and day.
	CodeRateUnknown fault.Code = "tax.rate_unknown"
	// CodeThresholdUnknown: the table has no threshold for the country.
	CodeThresholdUnknown fault.Code = "tax.threshold_unknown"
)

// The categories that the standard table has for every country, or for every one
// that has reduced rates: those are numbered from the highest to the lowest, and
// what falls under each differs. Sweden also has categories by name, such as
// "food".
const (
	Standard      = "standard"
	Reduced       = "reduced"
	SecondReduced = "second_reduced"
	ThirdReduced  = "third_reduced"
)

// Table is VAT rates by country, category and day of supply, with the thresholds
// of distance selling. It is read by ParseTable; the zero Table knows nothing.
type Table struct {
	source          string
	asOf            civil.Date
	thresholdSource string
	limits          map[money.Currency]money.Amount
	sameAs          map[string]string
	countries       map[string]countryRates
}

type countryRates struct {
	currency money.Currency
	rates    []datedRate
}

// datedRate is valid from and to the days named, both included; none is open.
type datedRate struct {
	category string
	rate     Rate
	from, to civil.Date
}

func (d datedRate) covers(on civil.Date) bool {
	return (d.from.IsZero() || !on.Before(d.from)) && (d.to.IsZero() || !d.to.Before(on))
}

// Source says where the rates come from.
func (t Table) Source() string { return t.source }

// AsOf gives the day on which the rates were read from their source.
func (t Table) AsOf() civil.Date { return t.asOf }

// Countries gives the ISO 3166 codes of the countries that have rates, sorted,
// those that share the rates of another one included (Monaco those of France).
func (t Table) Countries() []string {
	codes := slices.AppendSeq(slices.Collect(maps.Keys(t.countries)), maps.Keys(t.sameAs))
	slices.Sort(codes)
	return codes
}

// Rate gives the rate of a category on the day of supply; a prepayment follows
// the day of payment. It never falls back on another category or day: what the
// table does not say is a fault with CodeRateUnknown that names country, category
// or date.
func (t Table) Rate(country, category string, on civil.Date) (Rate, error) {
	entry, err := t.lookup(CodeRateUnknown, country)
	if err != nil {
		return Rate{}, err
	}
	known := false
	for _, dated := range entry.rates {
		if dated.category != category {
			continue
		}
		if known = true; !on.IsZero() && dated.covers(on) {
			return dated.rate, nil
		}
	}
	if !known {
		return Rate{}, fault.Invalid(CodeRateUnknown, "category", strconv.Quote(category)+" is not a category of "+country+" in the table of VAT rates").
			WithRemedy("Use a category that the table has for the country, such as standard, or bring a table that has this one")
	}
	return Rate{}, fault.Invalid(CodeRateUnknown, "date", "the table of VAT rates, as of "+t.asOf.String()+", has no rate for "+category+" in "+country+" on "+strconv.Quote(on.String())).
		WithRemedy("Bring a newer table of VAT rates")
}

// Rates gives the different rates that any category of the country has on a day,
// the highest first; none if the country is unknown.
func (t Table) Rates(country string, on civil.Date) []Rate {
	entry, err := t.lookup(CodeRateUnknown, country)
	if err != nil || on.IsZero() {
		return nil
	}
	var rates []Rate
	for _, dated := range entry.rates {
		if dated.covers(on) && !slices.Contains(rates, dated.rate) {
			rates = append(rates, dated.rate)
		}
	}
	slices.SortFunc(rates, func(a, b Rate) int { return int(b.hundredths) - int(a.hundredths) })
	return rates
}

// Valid reports whether any category of the country has the rate on a day. 0 per
// cent is no exception: it is valid where the table has it, as for what is exempt
// in Sweden.
func (t Table) Valid(country string, rate Rate, on civil.Date) bool {
	return slices.Contains(t.Rates(country, on), rate)
}

// Threshold gives the threshold of distance selling for a seller established in
// the country, in that country's currency.
func (t Table) Threshold(country string) (Threshold, error) {
	entry, err := t.lookup(CodeThresholdUnknown, country)
	if err != nil {
		return Threshold{}, err
	}
	limit, ok := t.limits[entry.currency]
	if !ok || !EU(country) {
		return Threshold{}, fault.Invalid(CodeThresholdUnknown, "country", "the table has no threshold of distance selling for "+country).
			WithRemedy("Choose origin or destination for consumers in other EU countries, or bring a table with the threshold")
	}
	return Threshold{Limit: limit}, nil
}

// ThresholdSource says where the thresholds come from.
func (t Table) ThresholdSource() string { return t.thresholdSource }

func (t Table) lookup(code fault.Code, country string) (countryRates, error) {
	if other, ok := t.sameAs[country]; ok {
		country = other
	}
	entry, ok := t.countries[country]
	if !ok {
		return countryRates{}, fault.Invalid(code, "country", strconv.Quote(country)+" is not in the table of VAT rates").
			WithRemedy("Bring a table of VAT rates that has the country")
	}
	return entry, nil
}
