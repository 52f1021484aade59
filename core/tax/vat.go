package tax

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/money"
)

// Split is an amount taken apart: Net + VAT = Gross, always.
type Split struct {
	Gross money.Amount
	Net   money.Amount
	VAT   money.Amount
}

// FromGross takes an amount that includes VAT apart, as consumer prices do:
// VAT = gross × rate / (100 + rate), rounded; the net is what remains. "VAT
// first" differs from "net first" only where half a minor unit must go one way
// or the other (0.14 at 12 %), and it is how Swedish receipts state VAT.
func FromGross(gross money.Amount, rate Rate) (Split, error) {
	vat, err := portion(gross, rate.hundredths, 100_00+rate.hundredths)
	if err != nil {
		return Split{}, err
	}
	net, err := gross.Sub(vat)
	return Split{Gross: gross, Net: net, VAT: vat}, err
}

// FromNet puts VAT on an amount without it: VAT = net × rate / 100, rounded.
func FromNet(net money.Amount, rate Rate) (Split, error) {
	vat, err := portion(net, rate.hundredths, 100_00)
	if err != nil {
		return Split{}, err
	}
	gross, err := net.Add(vat)
	return Split{Gross: gross, Net: net, VAT: vat}, err
}

// portion gives amount × numerator / denominator, rounded half away from zero to
// minor units. The quotient is never formed with a limited precision: DivRound
// decides the half from the exact remainder.
func portion(amount money.Amount, numerator, denominator int32) (money.Amount, error) {
	places := int32(amount.Currency().Exponent()) //nolint:gosec // an ISO exponent is 0 to 4
	product := amount.Decimal().Mul(decimal.NewFromInt32(numerator))
	return money.FromDecimal(product.DivRound(decimal.NewFromInt32(denominator), places), amount.Currency())
}
