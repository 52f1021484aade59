package exchange_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

func eur(minor int64) money.Amount { return money.New(minor, "EUR") }
func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func rate(from, to money.Currency, value string) exchange.Rate {
	return exchange.Rate{From: from, To: to, Value: decimal.RequireFromString(value), Source: exchange.Line}
}

func TestConvertRoundsOnceHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		amount money.Amount
		rate   exchange.Rate
		want   money.Amount
	}{
		// The first three are a payout of EUR 116.62 net and EUR 2.38 fee at 11.40.
		"116.62 x 11.40 = 1329.468":             {eur(116_62), rate("EUR", "SEK", "11.40"), sek(1329_47)},
		"2.38 x 11.40 = 27.132":                 {eur(2_38), rate("EUR", "SEK", "11.40"), sek(27_13)},
		"119.00 x 11.50 = 1368.50":              {eur(119_00), rate("EUR", "SEK", "11.50"), sek(1368_50)},
		"0.01 x 0.5 is a tie":                   {eur(1), rate("EUR", "SEK", "0.5"), sek(1)},
		"-0.01 x 0.5 is its mirror":             {eur(-1), rate("EUR", "SEK", "0.5"), sek(-1)},
		"0.01 x 0.4999":                         {eur(1), rate("EUR", "SEK", "0.4999"), sek(0)},
		"yen have no decimals: 12.34 x 162.755": {eur(12_34), rate("EUR", "JPY", "162.755"), money.New(2008, "JPY")},
		"from yen: 2008 x 0.0702 = 140.9616":    {money.New(2008, "JPY"), rate("JPY", "SEK", "0.0702"), sek(140_96)},
		"dinars have three: 1.00 x 0.3575":      {eur(1_00), rate("EUR", "KWD", "0.3575"), money.New(358, "KWD")},
		"not set":                               {money.Amount{}, rate("EUR", "SEK", "11.40"), sek(0)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.rate.Convert(c.amount)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestARateThatConvertsNothingIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		amount money.Amount
		rate   exchange.Rate
		code   fault.Code
	}{
		"not set":                       {eur(1), exchange.Rate{}, exchange.CodeRate},
		"nothing":                       {eur(1), rate("EUR", "SEK", "0"), exchange.CodeRate},
		"negative":                      {eur(1), rate("EUR", "SEK", "-11.5"), exchange.CodeRate},
		"a currency to itself":          {eur(1), rate("EUR", "EUR", "1"), exchange.CodeRate},
		"more digits than are sensible": {eur(1), rate("EUR", "SEK", "1e-9999"), exchange.CodeRate},
		"an amount of the target":       {sek(1), rate("EUR", "SEK", "11.5"), money.CodeMixed},
		"an amount too large to hold":   {eur(1 << 62), rate("EUR", "SEK", "11.5"), money.CodeOverflow},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.rate.Convert(c.amount)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestACreditConvertsToTheMirrorOfItsDebit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := eur(rapid.Int64Range(-1_000_000_00, 1_000_000_00).Draw(t, "amount"))
		r := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(rapid.Int64Range(1, 1_000_000).Draw(t, "rate"), -4)}
		plus, err := r.Convert(amount)
		require.NoError(t, err)
		minus, err := r.Convert(amount.Neg())
		require.NoError(t, err)
		require.Equal(t, plus.Neg(), minus)

		half := decimal.RequireFromString("0.005")
		distance := amount.Decimal().Mul(r.Value).Sub(plus.Decimal()).Abs()
		require.True(t, distance.LessThanOrEqual(half), "off by %s", distance)
	})
}

func TestARateIsImpliedByWhatBecameOfAnAmount(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		from, to money.Amount
		want     string
	}{
		"two decimals are enough":     {eur(100_00), sek(1120_00), "11.2"},
		"as few as give the last öre": {eur(33_33), sek(379_95), "11.3996"},
		"of a refund":                 {eur(-100_00), sek(-1120_00), "11.2"},
		"of yen: 140.96 / 2008":       {money.New(2008, "JPY"), sek(140_96), "0.0702"},
		"a cent that became an öre":   {eur(1), sek(1), "1"},
		"more decimals than usual":    {eur(99_999_99), sek(1_123_456_78), "11.2345689"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := exchange.Implied(c.from, c.to, exchange.Line, day(t, "2026-04-20"))
			require.NoError(t, err)
			require.Equal(t, c.want, got.Value.String())
			back, err := got.Convert(c.from)
			require.NoError(t, err)
			require.Equal(t, c.to, back)
			require.Equal(t, exchange.Line, got.Source)
		})
	}
	for name, c := range map[string][2]money.Amount{
		"nothing": {eur(0), sek(1)}, "to nothing": {eur(1), sek(0)}, "against its sign": {eur(1), sek(-1)}, "to itself": {eur(1), eur(1)},
	} {
		_, err := exchange.Implied(c[0], c[1], exchange.Line, civil.Date{})
		require.Equal(t, exchange.CodeRate, fault.CodeOf(err), name)
	}
}

func TestTheOrderOfPreferenceDecides(t *testing.T) {
	t.Parallel()
	line, bank := rate("EUR", "SEK", "11.20"), rate("EUR", "SEK", "11.40")
	bank.Source = exchange.CentralBank
	known := []exchange.Rate{bank, line}

	require.Equal(t, []exchange.Source{"line", "payout", "central_bank"}, exchange.Sources())
	chosen, err := exchange.Choose(exchange.Sources(), known)
	require.NoError(t, err)
	require.Equal(t, line, chosen)
	chosen, err = exchange.Choose([]exchange.Source{exchange.Payout, exchange.CentralBank}, known)
	require.NoError(t, err)
	require.Equal(t, bank, chosen)
}

func TestARateOfASourceNobodyPrefersIsNotUsed(t *testing.T) {
	t.Parallel()
	_, err := exchange.Choose([]exchange.Source{exchange.CentralBank}, []exchange.Rate{rate("EUR", "SEK", "11.20")})
	require.Equal(t, exchange.CodeRateMissing, fault.CodeOf(err))
	require.Equal(t, "currencies", fault.Of(err).Field)
	require.NotEmpty(t, fault.Of(err).Remedy)

	_, err = exchange.Choose(exchange.Sources(), []exchange.Rate{rate("EUR", "SEK", "0")})
	require.Equal(t, exchange.CodeRate, fault.CodeOf(err), "a rate that makes no sense is not passed over")
}

func TestRatesAreFoundByTheirPair(t *testing.T) {
	t.Parallel()
	a, b, c := rate("EUR", "SEK", "11.20"), rate("SEK", "EUR", "0.09"), rate("EUR", "SEK", "11.30")
	require.Equal(t, []exchange.Rate{a, c}, exchange.Between("EUR", "SEK", []exchange.Rate{a, b, c}))
	require.Empty(t, exchange.Between("EUR", "NOK", []exchange.Rate{a, b, c}))
}

func day(t require.TestingT, text string) civil.Date {
	d, err := civil.Parse(text)
	require.NoError(t, err)
	return d
}
