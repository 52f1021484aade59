// Package money holds exact amounts of one currency in minor units.
//
// There is no float and no implicit rounding: parsing refuses more decimals than
// the currency has, arithmetic refuses to mix currencies or to overflow, and a
// split always adds up to what was split.
package money

import (
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of amounts.
const (
	CodeAmount    fault.Code = "money.invalid_amount"   // a text is not a plain decimal number
	CodePrecision fault.Code = "money.too_precise"      // an amount has more decimals than its currency
	CodeOverflow  fault.Code = "money.overflow"         // an amount or a sum does not fit in 64 bits
	CodeMixed     fault.Code = "money.mixed_currencies" // amounts of two currencies are reckoned with
	CodeCurrency  fault.Code = "money.unknown_currency" // a code is not a current one of ISO 4217
	CodeWeights   fault.Code = "money.invalid_weights"  // an amount is to be split by weights that make no sense
)

// Amount is a sum of money: a signed number of minor units of one currency. The
// zero Amount has no currency and means "not set".
type Amount struct {
	minor    int64
	currency Currency
}

// New gives an amount of minor units, so New(12345, "SEK") is 123.45 kronor.
func New(minor int64, currency Currency) Amount {
	return Amount{minor: minor, currency: currency}
}

// Zero gives the amount 0 of a currency.
func Zero(currency Currency) Amount { return Amount{currency: currency} }

// Parse reads a decimal number of major units such as "-1234.50". It refuses
// thousand separators, exponents and more decimals than the currency has.
func Parse(s string, currency Currency) (Amount, error) {
	if s == "" || strings.ContainsAny(s, "eE_+ ,") {
		return Amount{}, fault.Invalid(CodeAmount, "amount", "\""+s+"\" is not a plain decimal number")
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Amount{}, fault.Invalid(CodeAmount, "amount", "\""+s+"\" is not a plain decimal number")
	}
	return FromDecimal(d, currency)
}

// widest is more digits than any amount has, on either side of the decimal point.
// Beyond it a decimal such as 1e999999999 would be written out in full.
const widest = 64

// FromDecimal takes major units and refuses what the currency cannot hold.
func FromDecimal(d decimal.Decimal, currency Currency) (Amount, error) {
	if err := bounded(d); err != nil {
		return Amount{}, err
	}
	shifted := d.Shift(int32(currency.Exponent())) //nolint:gosec // an ISO exponent is 0 to 4
	if !shifted.IsInteger() {
		return Amount{}, fault.Invalid(CodePrecision, "amount", d.String()+" has more decimals than "+string(currency))
	}
	return whole(shifted, currency)
}

// Round takes major units and rounds them to minor units, half away from zero,
// so that a credit is the exact mirror of its debit.
func Round(d decimal.Decimal, currency Currency) (Amount, error) {
	if err := bounded(d); err != nil {
		return Amount{}, err
	}
	return whole(d.Shift(int32(currency.Exponent())).Round(0), currency) //nolint:gosec // an ISO exponent is 0 to 4
}

func bounded(d decimal.Decimal) error {
	if d.Exponent() > widest || d.Exponent() < -widest {
		return fault.Invalid(CodeAmount, "amount", "the number has more digits than an amount can have")
	}
	return nil
}

func whole(minor decimal.Decimal, currency Currency) (Amount, error) {
	if n := minor.BigInt(); !n.IsInt64() || n.Int64() == math.MinInt64 {
		return Amount{}, fault.Invalid(CodeOverflow, "amount", minor.String()+" minor units do not fit in 64 bits")
	}
	return Amount{minor: minor.IntPart(), currency: currency}, nil
}

// Minor gives the signed number of minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency gives the currency, "" for the zero Amount.
func (a Amount) Currency() Currency { return a.currency }

// IsZero reports whether the amount is 0 of any currency, or not set.
func (a Amount) IsZero() bool { return a.minor == 0 }

// Sign gives -1, 0 or +1.
func (a Amount) Sign() int {
	switch {
	case a.minor < 0:
		return -1
	case a.minor > 0:
		return 1
	}
	return 0
}

// Neg gives the amount with the opposite sign. The least int64, which has no
// opposite, cannot arise: Parse, Add and whole keep amounts within ±MaxInt64.
func (a Amount) Neg() Amount { return Amount{minor: -a.minor, currency: a.currency} }

// Abs gives the amount without its sign.
func (a Amount) Abs() Amount {
	if a.minor < 0 {
		return a.Neg()
	}
	return a
}

// Add gives a + b. An amount that is not set adds nothing. It fails if the
// currencies differ or the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.currency == "" && a.minor == 0 {
		return b, nil
	}
	if b.currency == "" && b.minor == 0 {
		return a, nil
	}
	if a.currency != b.currency {
		return Amount{}, fault.Invalid(CodeMixed, "currency", "cannot add "+string(b.currency)+" to "+string(a.currency))
	}
	if (b.minor > 0 && a.minor > math.MaxInt64-b.minor) || (b.minor < 0 && a.minor < -math.MaxInt64-b.minor) {
		return Amount{}, fault.Invalid(CodeOverflow, "amount", "the sum does not fit in 64 bits")
	}
	return Amount{minor: a.minor + b.minor, currency: a.currency}, nil
}

// Sub gives a − b under the rules of Add.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Sum adds any number of amounts of one currency; the sum of none is 0.
func Sum(currency Currency, amounts ...Amount) (Amount, error) {
	total := Zero(currency)
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return Amount{}, err
		}
	}
	return total, nil
}

// Decimal gives the amount in major units.
func (a Amount) Decimal() decimal.Decimal {
	return decimal.New(a.minor, -int32(a.currency.Exponent())) //nolint:gosec // an ISO exponent is 0 to 4
}

// String gives the major units with all decimals of the currency and no
// currency code: "-1234.50".
func (a Amount) String() string {
	decimals := a.currency.Exponent()
	digits := strconv.FormatUint(uint64(a.Abs().minor), 10) //nolint:gosec // Abs is never negative
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	sign := ""
	if a.minor < 0 {
		sign = "-"
	}
	if decimals == 0 {
		return sign + digits
	}
	point := len(digits) - decimals
	return sign + digits[:point] + "." + digits[point:]
}

// MarshalText gives "SEK -1234.50", and "" for an amount that is not set.
func (a Amount) MarshalText() ([]byte, error) {
	if a.currency == "" {
		return nil, nil
	}
	return []byte(string(a.currency) + " " + a.String()), nil
}

// UnmarshalText reads the form of MarshalText.
func (a *Amount) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Amount{}
		return nil
	}
	code, number, ok := strings.Cut(string(text), " ")
	if !ok {
		return fault.Invalid(CodeAmount, "amount", "\""+string(text)+"\" is not written like \"SEK 12.50\"")
	}
	currency, err := ParseCurrency(code)
	if err != nil {
		return err
	}
	*a, err = Parse(number, currency)
	return err
}
