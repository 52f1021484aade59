package amount_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/sdk/amount"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func TestNumbersAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format amount.Format
		text   string
		minor  int64
	}{
		"a plain number":            {amount.Format{}, "1234.50", 123450},
		"a decimal comma":           {amount.Swedish, "1234,5", 123450},
		"groups":                    {amount.Swedish, "1 234 567,50", 123456750},
		"groups with a hard space":  {amount.Swedish, "1\u00a0234,50", 123450},
		"groups with a thin space":  {amount.Swedish, "-1\u202f234,50", -123450},
		"groups with points":        {amount.German, "1.234,50", 123450},
		"groups with commas":        {amount.English, "1,234.50", 123450},
		"whole units":               {amount.English, "1,234", 123400},
		"a minus in front":          {amount.Swedish, "-0,01", -1},
		"a typographic minus":       {amount.Swedish, "\u22120,01", -1},
		"a minus behind":            {amount.Swedish, "12,50-", -1250},
		"a plus":                    {amount.Format{}, "+1.00", 100},
		"zeros beyond the currency": {amount.Format{}, "1.5000", 150},
		"space around":              {amount.Format{}, " 1.00\t", 100},
		"nothing for none":          {amount.Format{Empty: true}, " ", 0},
	} {
		got, err := c.format.Parse(c.text, "SEK")
		require.NoError(t, err, name)
		require.Equal(t, sek(c.minor), got, name)
	}
}

func TestNumbersThatMayMeanSomethingElseAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format   amount.Format
		text     string
		currency money.Currency
		code     fault.Code
	}{
		"a comma where a point is due":  {amount.Format{}, "1,50", "SEK", money.CodeAmount},
		"a point where a comma is due":  {amount.Swedish, "1.50", "SEK", money.CodeAmount},
		"a group of two":                {amount.Swedish, "1 23,50", "SEK", money.CodeAmount},
		"a group of four in front":      {amount.Swedish, "1234 567", "SEK", money.CodeAmount},
		"a decimal comma read as group": {amount.English, "1,50", "SEK", money.CodeAmount},
		"two kinds of groups":           {amount.Format{Groups: ",'"}, "1,234'567", "SEK", money.CodeAmount},
		"groups behind the point":       {amount.English, "1.234,567", "SEK", money.CodeAmount},
		"two signs":                     {amount.Swedish, "-1,00-", "SEK", money.CodeAmount},
		"two points":                    {amount.Format{}, "1.0.0", "SEK", money.CodeAmount},
		"an exponent":                   {amount.Format{}, "1e3", "SEK", money.CodeAmount},
		"nothing":                       {amount.Format{}, "", "SEK", money.CodeAmount},
		"only a sign":                   {amount.Format{}, "-", "SEK", money.CodeAmount},
		"only a point":                  {amount.Format{}, ".5", "SEK", money.CodeAmount},
		"a fraction of an öre":          {amount.Format{}, "1.005", "SEK", money.CodePrecision},
		"a fraction of a yen":           {amount.Format{}, "1.5", "JPY", money.CodePrecision},
		"a currency that is none":       {amount.Format{Empty: true}, "", "XXQ", money.CodeCurrency},
	} {
		_, err := c.format.Parse(c.text, c.currency)
		require.Equal(t, c.code, fault.CodeOf(err), name)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1 234,50", "-1", "1,5-", "\u2212", "1.234.567,8", "", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []amount.Format{{}, amount.Swedish, amount.German, amount.English} {
			got, err := format.Parse(text, "SEK")
			if err != nil {
				require.NotEmpty(t, fault.CodeOf(err))
				continue
			}
			again, err := amount.Format{}.Parse(got.String(), "SEK")
			require.NoError(t, err)
			require.Equal(t, got, again)
		}
	})
}

func TestMinorUnitsAreThoseOfTheProvider(t *testing.T) {
	t.Parallel()
	// Stripe counts kronur of Iceland with two decimals, which they do not have.
	stripe := amount.Exponents{"ISK": 2}
	for name, c := range map[string]struct {
		exponents amount.Exponents
		units     int64
		want      money.Amount
		code      fault.Code
	}{
		"as ISO 4217 has it":           {stripe, 12350, sek(12350), ""},
		"no table at all":              {nil, 500, money.New(500, "JPY"), ""},
		"three decimals":               {stripe, 1234, money.New(1234, "KWD"), ""},
		"more decimals than it has":    {stripe, -12300, money.New(-123, "ISK"), ""},
		"part of a unit":               {stripe, 12350, money.New(0, "ISK"), money.CodePrecision},
		"fewer decimals than it has":   {amount.Exponents{"SEK": 0}, 5, sek(500), ""},
		"more than fits":               {amount.Exponents{"SEK": 0}, 1 << 62, sek(0), money.CodeOverflow},
		"a currency that nobody knows": {stripe, 1, money.New(1, "XXQ"), money.CodeCurrency},
	} {
		got, err := c.exponents.Amount(c.units, c.want.Currency())
		require.Equal(t, c.code, fault.CodeOf(err), name)
		if c.code == "" {
			require.Equal(t, c.want, got, name)
			back, err := c.exponents.Units(got)
			require.NoError(t, err, name)
			require.Equal(t, c.units, back, name)
		}
	}
	_, err := amount.Exponents{"SEK": 0}.Units(sek(150))
	require.Equal(t, money.CodePrecision, fault.CodeOf(err))
	_, err = stripe.Units(money.New(1<<62, "ISK"))
	require.Equal(t, money.CodeOverflow, fault.CodeOf(err))
}

func TestTheEffectIsTheMerchants(t *testing.T) {
	t.Parallel()
	for effect, want := range map[amount.Effect][2]int64{
		amount.Adds: {5, 5}, amount.Takes: {-5, -5}, amount.AsSigned: {5, -5}, amount.Reversed: {-5, 5},
	} {
		require.Equal(t, sek(want[0]), effect.Of(sek(5)))
		require.Equal(t, sek(want[1]), effect.Of(sek(-5)))
		require.Equal(t, sek(0), effect.Of(sek(0)))
	}
	require.Equal(t, sek(2), amount.Like(sek(5), sek(-2)))
	require.Equal(t, sek(-2), amount.Like(sek(-5), sek(2)))
	require.Equal(t, sek(-2), amount.Like(sek(0), sek(-2)))
}

func TestOneOfTwoColumnsTellsTheWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		debit, credit money.Amount
		want          int64
		code          fault.Code
	}{
		"a credit":             {sek(0), sek(5), 5, ""},
		"a debit":              {sek(5), sek(0), -5, ""},
		"neither":              {sek(0), sek(0), 0, ""},
		"both":                 {sek(5), sek(5), 0, amount.CodeSigns},
		"a negative debit":     {sek(-5), sek(0), 0, amount.CodeSigns},
		"a negative credit":    {sek(0), sek(-5), 0, amount.CodeSigns},
		"different currencies": {money.New(5, "EUR"), sek(0), 0, money.CodeMixed},
	} {
		got, err := amount.DebitCredit(c.debit, c.credit)
		require.Equal(t, c.code, fault.CodeOf(err), name)
		if c.code == "" {
			require.Equal(t, sek(c.want), got, name)
		}
	}
}

func TestVATIsTakenOutOfAFee(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		whole        money.Amount
		rate         string
		without, vat int64
	}{
		"Swedish":        {sek(12500), "25", 10000, 2500},
		"negative":       {sek(-12500), "25", -10000, -2500},
		"rounded":        {sek(100), "25", 80, 20},
		"half an öre":    {sek(3), "20", 2, 1}, // 0.5 öre go away from zero
		"Finnish":        {money.New(1000, "EUR"), "25.5", 797, 203},
		"exempt":         {sek(100), "0", 100, 0},
		"without öre":    {money.New(125, "JPY"), "10", 114, 11},
		"nothing at all": {sek(0), "25", 0, 0},
	} {
		without, vat, err := amount.SplitVAT(c.whole, decimal.RequireFromString(c.rate))
		require.NoError(t, err, name)
		require.Equal(t, c.without, without.Minor(), name)
		require.Equal(t, c.vat, vat.Minor(), name)
	}
	for _, rate := range []string{"-1", "100.1", "1e20", "1e-20"} {
		_, _, err := amount.SplitVAT(sek(1), decimal.RequireFromString(rate))
		require.Equal(t, amount.CodeRate, fault.CodeOf(err), rate)
	}
	require.Equal(t, "25", amount.Rate(2500))
	require.Equal(t, "25.5", amount.Rate(2550))
	require.Equal(t, "0", amount.Rate(0))
}

func TestTheTwoPartsAlwaysAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		whole := sek(rapid.Int64Range(-1<<53, 1<<53).Draw(rt, "whole"))
		without, vat, err := amount.SplitVAT(whole, decimal.New(rapid.Int64Range(0, 10000).Draw(rt, "rate"), -2))
		require.NoError(rt, err)
		sum, err := without.Add(vat)
		require.NoError(rt, err)
		require.Equal(rt, whole, sum)
		require.True(rt, vat.IsZero() || vat.Sign() == whole.Sign())
	})
}
