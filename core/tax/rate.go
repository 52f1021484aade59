// Package tax computes value added tax exactly: rates are decimal percentages,
// and a VAT amount is rounded once, half away from zero, so that the VAT of a
// credit is the exact mirror of the VAT it undoes.
package tax

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeRate is the fault of a text that is not a VAT rate.
const CodeRate fault.Code = "tax.invalid_rate"

// Rate is a VAT rate in per cent, exact to two decimals as tax authorities set
// them: 25, 25.5 (Finland), 8.1 (Switzerland). The zero Rate is 0 per cent.
type Rate struct {
	// hundredths of a per cent keep equal rates equal in Go: "25" and "25.00".
	hundredths int32
}

// ParseRate reads a percentage such as "25" or "25.5", from 0 to 100.
func ParseRate(s string) (Rate, error) {
	invalid := fault.Invalid(CodeRate, "rate", "\""+s+"\" is not a percentage from 0 to 100 with at most two decimals")
	if s == "" || strings.ContainsAny(s, "eE_+- ,") {
		return Rate{}, invalid
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Rate{}, invalid
	}
	hundredths := d.Shift(2)
	if !hundredths.IsInteger() || hundredths.GreaterThan(decimal.NewFromInt(100_00)) {
		return Rate{}, invalid
	}
	return Rate{hundredths: int32(hundredths.IntPart())}, nil //nolint:gosec // at most 10 000
}

// Percent gives the rate as a decimal number of per cent.
func (r Rate) Percent() decimal.Decimal { return decimal.New(int64(r.hundredths), -2) }

// IsZero reports whether the rate is 0 per cent.
func (r Rate) IsZero() bool { return r.hundredths == 0 }

// String gives the percentage without superfluous decimals: "25", "25.5".
func (r Rate) String() string { return r.Percent().String() }

// MarshalText gives the form of String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the form of ParseRate.
func (r *Rate) UnmarshalText(text []byte) error {
	parsed, err := ParseRate(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// Percent gives a rate of whole per cent.
func Percent(n uint8) Rate { return Rate{hundredths: int32(n) * 100} }
