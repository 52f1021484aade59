package amount

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeRate: a rate of VAT that cannot be one.
const CodeRate fault.Code = "amount.rate_invalid"

const percent = 100

// SplitVAT splits an amount with VAT in it, such as a fee, by a rate in percent.
// The VAT is rounded half away from zero to the currency's minor unit and the rest
// is the amount without it, so the two always add up to the whole.
func SplitVAT(whole money.Amount, rate decimal.Decimal) (without, vat money.Amount, err error) {
	if err := checkRate(rate); err != nil {
		return money.Amount{}, money.Amount{}, err
	}
	hundred := decimal.NewFromInt(percent)
	// Twice the currency's decimals would do; more cost nothing.
	const precision = 24
	exact := whole.Decimal().Mul(rate).DivRound(hundred.Add(rate), precision)
	if vat, err = money.Round(exact, whole.Currency()); err != nil {
		return money.Amount{}, money.Amount{}, err
	}
	without, err = whole.Sub(vat)
	return without, vat, err
}

// Rate writes a rate that the provider gives in hundredths of a percent, 2550, as
// a payout's line has it: "25.5".
func Rate(hundredths int64) string { return decimal.New(hundredths, -2).String() }

func checkRate(rate decimal.Decimal) error {
	const widest = 10
	if rate.Exponent() > widest || rate.Exponent() < -widest || rate.IsNegative() || rate.GreaterThan(decimal.NewFromInt(percent)) {
		return fault.Invalid(CodeRate, "rate", "a rate of VAT lies between 0 and 100 percent")
	}
	return nil
}
