// Package ore holds amounts with two decimals as whole hundredths, as an
// accounting system keeps them. One Amount of 1 is one öre (or one cent).
package ore

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
)

// Amount is a number of öre, or of hundredths of another currency.
type Amount int64

// ErrNotAnAmount says that a text is no decimal number of a bookable size.
var ErrNotAnAmount = errors.New("not an amount")

const (
	longestText = 40
	// largest is the biggest amount in whole kronor that the books take.
	largest = 1_000_000_000_000
)

// Parse reads a decimal number such as "499.00" or "-1.5". More than two
// decimals are rounded half away from zero, as Fortnox does with prices.
func Parse(text string) (Amount, error) {
	d, err := Decimal(text)
	if err != nil {
		return 0, err
	}
	return Round(d)
}

// Decimal reads a decimal number of bounded size without rounding it.
func Decimal(text string) (decimal.Decimal, error) {
	if len(text) > longestText {
		return decimal.Zero, fmt.Errorf("%w: %d characters", ErrNotAnAmount, len(text))
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, fmt.Errorf("%w: %q", ErrNotAnAmount, text)
	}
	if d.Exponent() > 15 || d.Exponent() < -30 {
		return decimal.Zero, fmt.Errorf("%w: %q", ErrNotAnAmount, text)
	}
	return d, nil
}

// Round turns a decimal number of major units into an Amount, half away from
// zero.
func Round(d decimal.Decimal) (Amount, error) {
	if d.Abs().GreaterThan(decimal.NewFromInt(largest)) {
		return 0, fmt.Errorf("%w: too large", ErrNotAnAmount)
	}
	return Amount(d.Round(2).Shift(2).IntPart()), nil
}

// Decimal is the amount in major units.
func (a Amount) Decimal() decimal.Decimal { return decimal.New(int64(a), -2) }

// Times multiplies by a factor such as an exchange rate and rounds the result.
func (a Amount) Times(factor decimal.Decimal) (Amount, error) {
	return Round(a.Decimal().Mul(factor))
}

// Abs is the amount without its sign.
func (a Amount) Abs() Amount {
	if a < 0 {
		return -a
	}
	return a
}

// String always has two decimals and a dot: "-12.50".
func (a Amount) String() string { return a.Decimal().StringFixed(2) }

// MarshalJSON writes a JSON number without trailing zeros: 12.5, 999.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal().String()), nil }

// UnmarshalJSON takes a number or a text that holds one.
func (a *Amount) UnmarshalJSON(raw []byte) error {
	text := string(bytes.TrimSpace(raw))
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
