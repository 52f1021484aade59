package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// The exponents that differ from 2, and some that do not, as ISO 4217 lists them.
func TestExponentsAreThoseOfISO4217(t *testing.T) {
	t.Parallel()
	byExponent := map[int][]money.Currency{
		0: {
			"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
			"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
		},
		2: {"SEK", "NOK", "DKK", "EUR", "GBP", "CHF", "USD", "PLN", "CZK", "HUF", "RON"},
		3: {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"},
		4: {"CLF", "UYW"},
	}
	for exponent, currencies := range byExponent {
		for _, currency := range currencies {
			known, err := money.ParseCurrency(string(currency))
			require.NoError(t, err)
			require.Equal(t, exponent, known.Exponent(), currency)
		}
	}
}

func TestParseCurrency(t *testing.T) {
	t.Parallel()
	krona, err := money.ParseCurrency(" sek ")
	require.NoError(t, err)
	require.Equal(t, money.Currency("SEK"), krona)

	for _, code := range []string{"", "kr", "SEKK", "XAU", "XXX", "XTS", "ÅÄÖ"} {
		_, err := money.ParseCurrency(code)
		require.Equal(t, money.CodeCurrency, fault.CodeOf(err), code)
	}
}
