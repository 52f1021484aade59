package booking_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// euroSale is a line of SEK 1120.00 that settles an invoice of EUR 100.00, booked
// at 11.50.
func euroSale() booking.Settlement {
	return booking.Settlement{
		Line:      sale(1120_00, 22_40, 0),
		Document:  invoice.Document{Number: "1001", Kind: invoice.Invoice, Total: eur(100_00), Balance: eur(100_00), Booked: true},
		Exchanged: &booking.Exchanged{Original: eur(100_00), Booked: sek(1150_00), Rate: kronorPerEuro("11.20")},
		Dates:     booking.Dates{Payout: today()},
	}
}

func TestADocumentInAnotherCurrencyIsSettledAtWhatItIsBookedFor(t *testing.T) {
	t.Parallel()
	refund := euroSale()
	refund.Line = payout.Line{Key: "2", Kind: payout.Refund, RawType: "RETURN", Gross: sek(-1120_00)}
	refund.Document = invoice.Document{Number: "1004", Kind: invoice.Credit, Total: eur(-100_00), Balance: eur(-100_00), Booked: true}
	refund.Exchanged = &booking.Exchanged{Original: eur(-100_00), Booked: sek(-1150_00), Rate: kronorPerEuro("11.20")}
	even := euroSale()
	even.Exchanged.Booked = sek(1120_00)
	cases := map[string]struct {
		settings string
		x        booking.Settlement
		want     []string
	}{
		"a loss, by way of clearing": {
			`{}`, euroSale(),
			[]string{"debit 1686 1120.00", "debit 7960 30.00", "credit 1510 1150.00"},
		},
		"a loss, directly": {
			`{"shape": "direct"}`, euroSale(),
			[]string{"debit 1930 1097.60", "debit 6040 22.40", "debit 7960 30.00", "credit 1510 1150.00"},
		},
		"a refund costs less than it was booked for, which is a gain": {
			`{}`, refund,
			[]string{"debit 1510 1150.00", "credit 1686 1120.00", "credit 3960 30.00"},
		},
		"the rate did not move": {
			`{}`, even,
			[]string{"debit 1686 1120.00", "credit 1510 1120.00"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, c.settings)
			paid, err := booking.PaymentFor(c.x, s)
			require.NoError(t, err)
			require.Equal(t, c.x.Exchanged.Original, paid.Original)
			require.Equal(t, c.x.Exchanged.Rate, paid.Rate)
			voucher, err := booking.ExpectedPayment(paid, s)
			require.NoError(t, err)
			require.ElementsMatch(t, c.want, postings(voucher))
		})
	}
}

func TestCurrenciesThatDoNotMeetMakeNoPayment(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		settings string
		change   func(*booking.Settlement)
		code     fault.Code
	}{
		"the original is not known":      {`{}`, func(x *booking.Settlement) { x.Exchanged = nil }, booking.CodeOriginal},
		"the original is not set":        {`{}`, func(x *booking.Settlement) { x.Exchanged.Original = money.Amount{} }, booking.CodeOriginal},
		"the original is in the line's":  {`{}`, func(x *booking.Settlement) { x.Exchanged.Original = sek(100_00) }, booking.CodeOriginal},
		"the original has another sign":  {`{}`, func(x *booking.Settlement) { x.Exchanged.Original = eur(-100_00) }, booking.CodeOriginal},
		"the books are in a third":       {`{}`, func(x *booking.Settlement) { x.Exchanged.Booked = money.New(1150_00, "NOK") }, booking.CodeCombination},
		"booked with another sign":       {`{}`, func(x *booking.Settlement) { x.Exchanged.Booked = sek(-1150_00) }, booking.CodeCombination},
		"no rate to tell":                {`{}`, func(x *booking.Settlement) { x.Exchanged.Rate = exchange.Rate{} }, exchange.CodeRate},
		"no account for currency losses": {`{"accounts": {"currency_loss": ""}}`, func(*booking.Settlement) {}, booking.CodeMissingAccount},
		"no account for currency gains": {
			`{"accounts": {"currency_gain": ""}}`, func(x *booking.Settlement) { x.Exchanged.Booked = sek(1119_99) }, booking.CodeMissingAccount,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := euroSale()
			c.change(&x)
			_, err := booking.PaymentFor(x, parse(t, c.settings))
			require.Equal(t, c.code, fault.CodeOf(err))
			require.NotEmpty(t, fault.Of(err).Field)
		})
	}
}

func TestARealisedDifferenceIsTheAmountTimesTheDifferenceOfRates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		anyRate := rapid.Int64Range(8_0000, 14_0000)
		booked := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(anyRate.Draw(t, "booked at"), -4)}
		settled := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(anyRate.Draw(t, "settled at"), -4)}
		x := euroSale()
		x.Exchanged.Original, x.Exchanged.Rate = eur(rapid.Int64Range(1, 100_000_00).Draw(t, "original")), settled
		var err error
		x.Exchanged.Booked, err = booked.Convert(x.Exchanged.Original)
		require.NoError(t, err)
		x.Line.Gross, err = settled.Convert(x.Exchanged.Original)
		require.NoError(t, err)

		paid, err := booking.PaymentFor(x, booking.Default())
		require.NoError(t, err)
		effect, difference := paid.Amount, sek(0)
		require.Empty(t, paid.WriteOffs, "the accounting system posts the difference")
		if w := paid.Difference; !w.Amount.IsZero() {
			require.Equal(t, map[int]ledger.Account{1: "7960", -1: "3960"}[w.Amount.Sign()], w.Account)
			difference, _ = difference.Add(w.Amount)
			effect, _ = effect.Add(w.Amount)
		}
		require.Equal(t, x.Exchanged.Booked, effect, "the document is settled at what it is booked for")
		exact := x.Exchanged.Original.Decimal().Mul(booked.Value.Sub(settled.Value))
		require.True(t, exact.Sub(difference.Decimal()).Abs().LessThanOrEqual(decimal.RequireFromString("0.01")))
	})
}

func TestAnAdvanceIsAPartOfASaleThatAPersonNamed(t *testing.T) {
	t.Parallel()
	x := booking.Settlement{Line: sale(105_00, 2_00, 0), Document: openInvoice(100_00), Advance: sek(5_00), Dates: booking.Dates{Payout: today()}}
	s := parse(t, `{"shape": "direct"}`)
	paid, err := booking.PaymentFor(x, s)
	require.NoError(t, err)
	voucher, err := booking.ExpectedPayment(paid, s)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"debit 1930 103.00", "debit 6040 2.00", "credit 2420 5.00", "credit 1510 100.00"}, postings(voucher))

	_, err = booking.PaymentFor(x, parse(t, `{"accounts": {"advance": ""}}`))
	require.Equal(t, "accounts.advance", fault.Of(err).Field)

	for name, advance := range map[string]money.Amount{
		"negative": sek(-5_00), "the whole line": sek(105_00), "more than the line": sek(106_00),
	} {
		wrong := x
		wrong.Advance = advance
		_, err := booking.PaymentFor(wrong, booking.Default())
		require.Equal(t, booking.CodeAdvance, fault.CodeOf(err), name)
	}
	wrong := x
	wrong.Advance = eur(5_00)
	_, err = booking.PaymentFor(wrong, booking.Default())
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
}
