package amount

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Exponents are the currencies that a provider counts in other minor units than
// ISO 4217 says, each with the provider's number of decimals: {"ISK": 2} for one
// that sends 12300 for 123 kronur. All other currencies follow ISO 4217.
type Exponents map[money.Currency]int

// Amount gives the amount of a number of the provider's minor units. Units that
// are not a whole number of the currency's own are a fault with
// money.CodePrecision.
func (e Exponents) Amount(units int64, currency money.Currency) (money.Amount, error) {
	if _, err := money.ParseCurrency(string(currency)); err != nil {
		return money.Amount{}, err
	}
	return money.FromDecimal(decimal.New(units, -e.of(currency)), currency)
}

// Units gives an amount in the provider's minor units, with money.CodePrecision if
// the provider has fewer decimals than it takes.
func (e Exponents) Units(a money.Amount) (int64, error) {
	units := a.Decimal().Shift(e.of(a.Currency()))
	if !units.IsInteger() {
		return 0, fault.Invalid(money.CodePrecision, "amount", a.String()+" has more decimals than the provider takes")
	}
	if !units.BigInt().IsInt64() {
		return 0, fault.Invalid(money.CodeOverflow, "amount", a.String()+" does not fit in 64 bits of the provider's units")
	}
	return units.IntPart(), nil
}

func (e Exponents) of(currency money.Currency) int32 {
	if exponent, differs := e[currency]; differs {
		return int32(exponent) //nolint:gosec // a literal of the connector
	}
	return int32(currency.Exponent()) //nolint:gosec // an ISO exponent is 0 to 4
}
