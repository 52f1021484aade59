package money

import (
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// Currency is an ISO 4217 code in upper case ("SEK").
type Currency string

// ParseCurrency reads an ISO 4217 code in either case.
func ParseCurrency(code string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(code)))
	if _, ok := exponents[c]; !ok {
		return "", fault.Invalid(CodeCurrency, "currency", "\""+code+"\" is not a current ISO 4217 code")
	}
	return c, nil
}

// Exponent is the number of decimals of the currency's minor unit: 2 for SEK, 0
// for JPY, 3 for KWD. It is ISO's; a provider that counts otherwise is converted
// at its connector's edge. An unknown currency has 2.
func (c Currency) Exponent() int {
	if e, ok := exponents[c]; ok {
		return e
	}
	return 2
}
