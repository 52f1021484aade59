// Package exchange holds exchange rates, the choice between them and the split
// of a converted sum over what it was converted from. It fetches nothing: rates
// are what a provider states or what a table of a central bank lists.
package exchange

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of rates.
const (
	// CodeRate: a rate that converts nothing to anything.
	CodeRate fault.Code = "currency.rate_invalid"
	// CodeRateMissing: no source that may be used knows the rate.
	CodeRateMissing fault.Code = "currency.rate_missing"
)

// Source says who stated a rate.
type Source string

// The sources, from the nearest to the money to the farthest.
const (
	// Line: the provider states the rate or the converted amount on the row.
	Line Source = "line"
	// Payout: the amount paid out divided by the amounts it is made of.
	Payout Source = "payout"
	// CentralBank: the rate that a central bank published.
	CentralBank Source = "central_bank"
)

// Sources lists the closed set in the usual order of preference.
func Sources() []Source { return []Source{Line, Payout, CentralBank} }

// Rate is the price of one major unit of From in major units of To, so that
// {"EUR", "SEK", 11.40} makes 11.40 kronor of one euro.
type Rate struct {
	From   money.Currency
	To     money.Currency
	Value  decimal.Decimal
	Source Source
	// On is the day for which the rate was stated or published.
	On civil.Date
}

// mostDigits is more than any rate has on either side of the decimal point.
const mostDigits = 32

// Validate refuses a rate without two different currencies or a positive value.
func (r Rate) Validate() error {
	switch {
	case r.From == "" || r.To == "" || r.From == r.To:
		return fault.Invalid(CodeRate, "currency", "a rate stands between two currencies, not \""+string(r.From)+"\" and \""+string(r.To)+"\"")
	case r.Value.Exponent() > mostDigits || r.Value.Exponent() < -mostDigits || r.Value.NumDigits() > 2*mostDigits:
		return fault.Invalid(CodeRate, "value", "the rate has more digits than a rate can have")
	case r.Value.Sign() <= 0:
		return fault.Invalid(CodeRate, "value", "a rate is greater than 0, not "+r.Value.String())
	}
	return nil
}

// Convert gives the amount in the currency To, rounded once to its minor unit,
// half away from zero. It fails if the amount is not in the currency From. An
// amount that is not set converts to 0.
func (r Rate) Convert(amount money.Amount) (money.Amount, error) {
	if err := r.Validate(); err != nil {
		return money.Amount{}, err
	}
	if amount == (money.Amount{}) {
		return money.Zero(r.To), nil
	}
	if amount.Currency() != r.From {
		return money.Amount{}, fault.Invalid(money.CodeMixed, "currency",
			"a rate from "+string(r.From)+" does not convert "+string(amount.Currency()))
	}
	return money.Round(amount.Decimal().Mul(r.Value), r.To)
}

// mostImplied is how many decimals of an implied rate are kept at most.
const mostImplied = 16

// Implied gives the rate at which one amount became another: that of the fewest
// decimals, at least two, which converts the one to the other to the last unit.
func Implied(from, to money.Amount, source Source, on civil.Date) (Rate, error) {
	rate := Rate{From: from.Currency(), To: to.Currency(), Source: source, On: on}
	if from.IsZero() {
		return Rate{}, rate.Validate()
	}
	exact := to.Decimal().DivRound(from.Decimal(), mostImplied)
	for decimals := int32(2); decimals <= mostImplied; decimals++ {
		rate.Value = exact.Round(decimals)
		if got, err := rate.Convert(from); err == nil && got == to {
			return rate, nil
		}
	}
	rate.Value = exact
	return rate, rate.Validate()
}

// Choose gives the first of the known rates whose source comes first in the
// order of preference. A source that is not preferred is never used. The known
// rates are of one pair of currencies; see Between.
func Choose(preferred []Source, known []Rate) (Rate, error) {
	for _, source := range preferred {
		for _, rate := range known {
			if rate.Source == source {
				return rate, rate.Validate()
			}
		}
	}
	return Rate{}, missing("none of the sources that may be used states the rate")
}

// Between gives those of the rates that lead from one currency to the other, in
// their order.
func Between(from, to money.Currency, known []Rate) []Rate {
	var found []Rate
	for _, rate := range known {
		if rate.From == from && rate.To == to {
			found = append(found, rate)
		}
	}
	return found
}

func missing(reason string) *fault.Error {
	return fault.New(CodeRateMissing, fault.Conflict, reason).
		WithField("currencies").
		WithRemedy("load the central bank's rates of the day, or let the setting \"currencies\" use another source")
}
