package tax_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

func kronor(t require.TestingT, text string) money.Amount {
	amount, err := money.Parse(text, "SEK")
	require.NoError(t, err)
	return amount
}

func rate(t require.TestingT, text string) tax.Rate {
	r, err := tax.ParseRate(text)
	require.NoError(t, err)
	return r
}

func TestVATFromGross(t *testing.T) {
	t.Parallel()
	cases := []struct{ gross, rate, vat, net string }{
		{"0.01", "25", "0.00", "0.01"},
		{"0.03", "25", "0.01", "0.02"},
		{"19.99", "25", "4.00", "15.99"},
		{"99.99", "25", "20.00", "79.99"},
		{"249.00", "25", "49.80", "199.20"},
		{"1000000.01", "25", "200000.00", "800000.01"},
		{"-99.99", "25", "-20.00", "-79.99"},
		{"0.14", "12", "0.02", "0.12"},
		{"99.99", "12", "10.71", "89.28"},
		{"100.00", "12", "10.71", "89.29"},
		{"100.94", "12", "10.82", "90.12"},
		{"-100.94", "12", "-10.82", "-90.12"},
		{"59.95", "6", "3.39", "56.56"},
		{"99.99", "6", "5.66", "94.33"},
		{"99.99", "0", "0.00", "99.99"},
		{"100.00", "19", "15.97", "84.03"},
		{"100.00", "25.5", "20.32", "79.68"},
		{"99.99", "8.1", "7.49", "92.50"},
	}
	for _, c := range cases {
		t.Run(c.gross+" at "+c.rate, func(t *testing.T) {
			t.Parallel()
			split, err := tax.FromGross(kronor(t, c.gross), rate(t, c.rate))
			require.NoError(t, err)
			require.Equal(t, tax.Split{Gross: kronor(t, c.gross), Net: kronor(t, c.net), VAT: kronor(t, c.vat)}, split)
		})
	}
}

func TestVATFromNet(t *testing.T) {
	t.Parallel()
	cases := []struct{ net, rate, vat, gross string }{
		{"80.00", "25", "20.00", "100.00"},
		{"79.99", "25", "20.00", "99.99"},
		{"0.02", "25", "0.01", "0.03"},
		{"0.10", "25", "0.03", "0.13"},
		{"15.99", "25", "4.00", "19.99"},
		{"89.29", "12", "10.71", "100.00"},
		{"94.33", "6", "5.66", "99.99"},
		{"-15.99", "25", "-4.00", "-19.99"},
		{"796.81", "25.5", "203.19", "1000.00"},
	}
	for _, c := range cases {
		t.Run(c.net+" at "+c.rate, func(t *testing.T) {
			t.Parallel()
			split, err := tax.FromNet(kronor(t, c.net), rate(t, c.rate))
			require.NoError(t, err)
			require.Equal(t, tax.Split{Gross: kronor(t, c.gross), Net: kronor(t, c.net), VAT: kronor(t, c.vat)}, split)
		})
	}
}

// VAT of rows added up is not VAT of their sum: where a source states no VAT, it
// is taken from the sum per rate (tables of the accounting sheet, 6.4).
func TestVATOfTheSumIsNotTheSumOfVAT(t *testing.T) {
	t.Parallel()
	cases := []struct {
		split               func(money.Amount, tax.Rate) (tax.Split, error)
		row                 string
		times               int64
		rate, rows, onTotal string
	}{
		{tax.FromGross, "19.99", 3, "25", "12.00", "11.99"},
		{tax.FromGross, "9.99", 7, "25", "14.00", "13.99"},
		{tax.FromGross, "12.90", 4, "12", "5.52", "5.53"},
		{tax.FromNet, "15.99", 3, "25", "12.00", "11.99"},
		{tax.FromNet, "13.39", 5, "12", "8.05", "8.03"},
	}
	for _, c := range cases {
		t.Run(c.row+" at "+c.rate, func(t *testing.T) {
			t.Parallel()
			row := kronor(t, c.row)
			one, err := c.split(row, rate(t, c.rate))
			require.NoError(t, err)
			require.Equal(t, kronor(t, c.rows), money.New(one.VAT.Minor()*c.times, "SEK"))
			total, err := c.split(money.New(row.Minor()*c.times, "SEK"), rate(t, c.rate))
			require.NoError(t, err)
			require.Equal(t, kronor(t, c.onTotal), total.VAT)
		})
	}
}

func TestVATRoundsToTheMinorUnitOfTheCurrency(t *testing.T) {
	t.Parallel()
	yen, err := tax.FromGross(money.New(1000, "JPY"), rate(t, "10"))
	require.NoError(t, err)
	require.Equal(t, money.New(91, "JPY"), yen.VAT)

	dinars, err := tax.FromNet(money.New(1005, "KWD"), rate(t, "10"))
	require.NoError(t, err)
	require.Equal(t, money.New(101, "KWD"), dinars.VAT)
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"25": "25", "25.0": "25", "25.50": "25.5", "0": "0", "8.1": "8.1", "100": "100", "2.25": "2.25"} {
		require.Equal(t, want, rate(t, text).String())
	}
	require.Equal(t, tax.Percent(25), rate(t, "25.00"), "equal rates are equal in Go")
	require.True(t, rate(t, "0.00").IsZero())
	for _, text := range []string{"", "25%", "-1", "100.01", "2.255", "1e1", "moms"} {
		_, err := tax.ParseRate(text)
		require.Equal(t, tax.CodeRate, fault.CodeOf(err), text)
	}
}

func TestRatesSurviveText(t *testing.T) {
	t.Parallel()
	text, err := rate(t, "25.50").MarshalText()
	require.NoError(t, err)
	require.Equal(t, "25.5", string(text))

	var read tax.Rate
	require.NoError(t, read.UnmarshalText(text))
	require.Equal(t, rate(t, "25.5"), read)
	require.Equal(t, tax.CodeRate, fault.CodeOf(read.UnmarshalText([]byte("x"))))
}

func TestSplitsAddUpAndMirror(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.New(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "amount"), "SEK")
		percentage := rate(t, rapid.SampledFrom([]string{"0", "2.1", "6", "8.1", "12", "19", "20", "25", "25.5"}).Draw(t, "rate"))
		for _, split := range []func(money.Amount, tax.Rate) (tax.Split, error){tax.FromGross, tax.FromNet} {
			whole, err := split(amount, percentage)
			require.NoError(t, err)
			sum, err := whole.Net.Add(whole.VAT)
			require.NoError(t, err)
			require.Equal(t, whole.Gross, sum)

			mirror, err := split(amount.Neg(), percentage)
			require.NoError(t, err)
			require.Equal(t, whole.VAT.Neg(), mirror.VAT)
		}
	})
}
