package booking_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func eur(minor int64) money.Amount { return money.New(minor, "EUR") }

func kronorPerEuro(value string) exchange.Rate {
	return exchange.Rate{From: "EUR", To: "SEK", Value: decimal.RequireFromString(value), Source: exchange.Line, On: today()}
}

// inEuro are settings under which payouts in euro reach books in kronor.
func inEuro(t require.TestingT) booking.Settings {
	s, err := booking.Parse([]byte(`{
		"accounts": {"clearing": {"SEK": "1580", "EUR": "1686"}, "bank": {"EUR": "1980"}},
		"currencies": [
			{"invoice": "EUR", "payout": "EUR", "rates": ["payout", "central_bank"]},
			{"invoice": "EUR", "payout": "SEK", "rates": ["line", "central_bank"]}
		]
	}`))
	require.NoError(t, err)
	return s
}

func TestCurrenciesMeetOnlyAsTheMerchantHasSaid(t *testing.T) {
	t.Parallel()
	s := inEuro(t)
	pair, err := s.Pair("EUR", "SEK", "SEK")
	require.NoError(t, err)
	require.Equal(t, s.Currencies[1], pair)
	pair, err = s.Pair("SEK", "SEK", "SEK")
	require.NoError(t, err, "one currency needs no rule")
	require.Equal(t, booking.CurrencyPair{Invoice: "SEK", Payout: "SEK"}, pair)

	for _, c := range [][3]money.Currency{{"SEK", "EUR", "SEK"}, {"NOK", "NOK", "SEK"}, {"SEK", "SEK", "EUR"}} {
		_, err := s.Pair(c[0], c[1], c[2])
		require.Equal(t, booking.CodeCombination, fault.CodeOf(err), c)
		require.Equal(t, "currencies", fault.Of(err).Field)
		require.NotEmpty(t, fault.Of(err).Remedy)
	}
}

func TestAPairChoosesAmongItsOwnSources(t *testing.T) {
	t.Parallel()
	s := inEuro(t)
	line, bank := kronorPerEuro("11.20"), kronorPerEuro("11.40")
	bank.Source = exchange.CentralBank
	other := bank
	other.From = "NOK"
	known := []exchange.Rate{other, bank, line}

	chosen, err := s.Currencies[1].Choose("EUR", "SEK", known)
	require.NoError(t, err)
	require.Equal(t, line, chosen)
	chosen, err = s.Currencies[0].Choose("EUR", "SEK", known)
	require.NoError(t, err)
	require.Equal(t, bank, chosen, "this pair does not use the rate of the line")
	_, err = s.Currencies[0].Choose("EUR", "SEK", []exchange.Rate{other, line})
	require.Equal(t, exchange.CodeRateMissing, fault.CodeOf(err))
}

func TestTheRestOfATranslationGoesToTheLargestRow(t *testing.T) {
	t.Parallel()
	// 10.00 x 11.155 = 111.55; 3.33 x 11.155 = 37.14615, twice; 3.34 x 11.155 = 37.2577:
	// 37.15 + 37.15 + 37.26 = 111.56, so that the debit takes 0.01 more.
	v, err := ledger.New(today(), "Sale 1", []ledger.Row{
		{Account: "1686", Amount: eur(10_00), Meaning: "clearing", Text: "Clearing"},
		{Account: "3001", Amount: eur(-3_33)},
		{Account: "3002", Amount: eur(-3_33)},
		{Account: "3003", Amount: eur(-3_34)},
	})
	require.NoError(t, err)
	got, err := booking.Translate(v, kronorPerEuro("11.155"))
	require.NoError(t, err)
	require.Equal(t, []string{"debit 1686 111.56", "credit 3001 37.15", "credit 3002 37.15", "credit 3003 37.26"}, postings(got))
	require.Equal(t, "Clearing: EUR 10.00 at 11.155", got.Rows()[0].Text)
	require.Equal(t, "Sale 1, 1 EUR = 11.155 SEK (line 2026-04-20)", got.Text())
	require.Equal(t, today(), got.Date())

	_, err = booking.Translate(got, kronorPerEuro("11.155"))
	require.Equal(t, money.CodeMixed, fault.CodeOf(err), "it is in kronor already")
	_, err = booking.Translate(ledger.Voucher{}, kronorPerEuro("11.155"))
	require.Equal(t, ledger.CodeNoRows, fault.CodeOf(err))
}

func TestOfEquallyLargeRowsTheFirstTakesTheRest(t *testing.T) {
	t.Parallel()
	// 5.00 x 11.151 = 55.755, twice 55.76; 3.33 x 11.151 = 37.13283, 3.34 x 11.151 = 37.24434:
	// 111.52 against 111.50.
	v, err := ledger.New(today(), "Sale 1", []ledger.Row{
		{Account: "1686", Amount: eur(5_00)},
		{Account: "2421", Amount: eur(5_00)},
		{Account: "3001", Amount: eur(-3_33)},
		{Account: "3002", Amount: eur(-3_33)},
		{Account: "3003", Amount: eur(-3_34)},
	})
	require.NoError(t, err)
	got, err := booking.Translate(v, kronorPerEuro("11.151"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"debit 1686 55.74", "debit 2421 55.76", "credit 3001 37.13", "credit 3002 37.13", "credit 3003 37.24",
	}, postings(got))
}

func TestATranslationBalancesAndOnlyOneRowIsOffItsRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []ledger.Row
		whole := eur(0)
		for i, minor := range rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_00), 1, 20).Draw(t, "credits") {
			rows = append(rows, ledger.Row{Account: "3001", Meaning: string(rune('a' + i)), Amount: eur(-minor)})
			whole, _ = whole.Add(eur(minor))
		}
		v, err := ledger.New(today(), "Sale", append(rows, ledger.Row{Account: "1686", Amount: whole}))
		require.NoError(t, err)
		rate := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(rapid.Int64Range(1_0000, 20_0000).Draw(t, "rate"), -4)}
		got, err := booking.Translate(v, rate)
		require.NoError(t, err)
		sum := sek(0)
		for i, r := range got.Rows() {
			sum, _ = sum.Add(r.Amount)
			exact, err := rate.Convert(v.Rows()[i].Amount)
			require.NoError(t, err)
			if i > 0 { // the debit, the largest row, is the first
				require.Equal(t, exact, r.Amount)
				continue
			}
			rest, err := r.Amount.Sub(exact)
			require.NoError(t, err)
			require.LessOrEqual(t, 2*rest.Abs().Minor(), int64(len(rows)+1), "half a unit for each row")
		}
		require.True(t, sum.IsZero())
	})
}
