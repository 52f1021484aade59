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
	"github.com/kvitt/kvitt/core/payout"
)

func TestAPayoutInAnotherCurrencyThanTheBooks(t *testing.T) {
	t.Parallel()
	sale := func(gross, fee, vat int64) payout.Line {
		return payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: eur(gross), FeeExVAT: eur(fee), FeeVAT: eur(vat)}
	}
	local := func(l payout.Line, vat money.Amount) payout.Line {
		l.FeeVATLocal = vat
		return l
	}
	line := func(kind payout.Kind, gross int64) payout.Line {
		return payout.Line{Kind: kind, RawType: "X", Gross: eur(gross)}
	}
	cases := map[string]struct {
		foreign booking.Foreign
		carry   ledger.Account
		lines   []payout.Line
		want    []string
	}{
		"a gain: 119.00 booked at 11.30 = 1344.70": {
			booking.Foreign{Booked: sek(1344_70)},
			"",
			[]payout.Line{sale(119_00, 2_38, 0)},
			[]string{"debit 1980 1329.47", "debit 6040 27.13", "credit 1686 1344.70", "credit 3960 11.90"},
		},
		"booked at the rate itself: only rounding is left, 37.15 + 0.11 - 37.25": {
			// 3.33 - 0.01 = 3.32 x 11.155 = 37.0346; 0.01 x 11.155 = 0.11155; 3.33 x 11.155 = 37.14615.
			booking.Foreign{Rate: kronorPerEuro("11.155")},
			"",
			[]payout.Line{sale(3_33, 1, 0)},
			[]string{"debit 1980 37.03", "debit 6040 0.11", "debit 7960 0.01", "credit 1686 37.15"},
		},
		"VAT as the provider states it": {
			// 90.00 and 8.00 x 11.40 = 1026.00 and 91.20; with VAT of 23.00 that is 1140.20 for 1150.00.
			booking.Foreign{Booked: sek(1150_00)},
			"",
			[]payout.Line{local(sale(100_00, 8_00, 2_00), sek(23_00))},
			[]string{"debit 1980 1026.00", "debit 6040 91.20", "debit 2641 23.00", "debit 7960 9.80", "credit 1686 1150.00"},
		},
		"VAT stated in the currency of a third country is converted": {
			booking.Foreign{Booked: sek(1150_00)},
			"",
			[]payout.Line{local(sale(100_00, 8_00, 2_00), money.New(15_00, "DKK"))},
			[]string{"debit 1980 1026.00", "debit 6040 91.20", "debit 2641 22.80", "debit 7960 10.00", "credit 1686 1150.00"},
		},
		"VAT stated of one fee and not of another": {
			// 180.00 x 11.40 = 2052.00, 16.00 x 11.40 = 182.40, 23.00 + 2.00 x 11.40 = 45.80.
			booking.Foreign{Booked: sek(2280_00)},
			"",
			[]payout.Line{local(sale(100_00, 8_00, 2_00), sek(23_00)), sale(100_00, 8_00, 2_00)},
			[]string{"debit 1980 2052.00", "debit 6040 182.40", "debit 2641 45.80", "credit 1686 2280.00", "credit 3960 0.20"},
		},
		"VAT on a returned fee as stated": {
			// Net 90.00 + 2.50 = 92.50 x 11.40 = 1054.50; fees 91.20 and 22.80; VAT 23.00 and 5.60.
			booking.Foreign{},
			"",
			[]payout.Line{
				local(sale(100_00, 8_00, 2_00), sek(23_00)),
				local(payout.Line{Kind: payout.Fee, RawType: "BACK", FeeExVAT: eur(-2_00), FeeVAT: eur(-50)}, sek(-5_60)),
			},
			[]string{
				"debit 1980 1054.50", "debit 6040 91.20", "debit 2641 23.00",
				"credit 6040 22.80", "credit 2641 5.60", "credit 1686 1140.00", "credit 3960 0.30",
			},
		},
		"what stays open does so at the rate": {
			// 110.00 x 11.40 = 1254.00; 100.00 is booked at 1150.00 and 10.00 x 11.40 = 114.00 waits.
			booking.Foreign{Booked: sek(1150_00)},
			"",
			[]payout.Line{sale(100_00, 0, 0), line(payout.Adjustment, 10_00)},
			[]string{"debit 1980 1254.00", "debit 7960 10.00", "credit 1686 1264.00"},
		},
		"sale and refund booked at two rates leave a difference although no money moves": {
			booking.Foreign{Booked: sek(5_00)},
			"",
			[]payout.Line{sale(100_00, 0, 0), line(payout.Refund, -100_00)},
			[]string{"debit 7960 5.00", "credit 1686 5.00"},
		},
		"a reserve is held at the rate": {
			booking.Foreign{Booked: sek(1150_00)},
			"",
			[]payout.Line{sale(100_00, 0, 0), line(payout.Reserve, -10_00)},
			[]string{"debit 1980 1026.00", "debit 1689 114.00", "debit 7960 10.00", "credit 1686 1150.00"},
		},
		"carried debt is part of what stands on the clearing account": {
			booking.Foreign{},
			"",
			[]payout.Line{sale(100_00, 0, 0), line(payout.Refund, -120_00), line(payout.Carry, 20_00)},
			nil,
		},
		"carried debt on an account of its own": {
			booking.Foreign{Booked: sek(-230_00)},
			"2890",
			[]payout.Line{sale(100_00, 0, 0), line(payout.Refund, -120_00), line(payout.Carry, 20_00)},
			[]string{"debit 1686 230.00", "credit 2890 228.00", "credit 3960 2.00"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inEuro(t)
			s.Accounts.Carry = c.carry
			if c.foreign.Rate == (exchange.Rate{}) {
				c.foreign.Rate = kronorPerEuro("11.40")
			}
			entry := foreignEntry(t, s, c.foreign, c.lines...)
			require.ElementsMatch(t, c.want, postings(entry.Voucher))
		})
	}
}

func foreignEntry(t require.TestingT, s booking.Settings, f booking.Foreign, lines ...payout.Line) booking.Entry {
	p, sums := foreignPayout(t, lines...)
	entry, err := booking.PayoutVoucherIn(p, today(), sums, f, s)
	require.NoError(t, err)
	return entry
}

func foreignPayout(t require.TestingT, lines ...payout.Line) (payout.Payout, []booking.Sum) {
	var tally booking.Tally
	net := eur(0)
	for _, line := range lines {
		effect, err := line.Net()
		require.NoError(t, err)
		net, err = net.Add(effect)
		require.NoError(t, err)
		require.NoError(t, tally.Add(line, false))
	}
	return payout.Payout{Reference: "P1", Net: net}, tally.Sums()
}

func TestAVoucherInTheBooksCurrencyShowsWhatItCameFrom(t *testing.T) {
	t.Parallel()
	entry := foreignEntry(t, inEuro(t), booking.Foreign{Rate: kronorPerEuro("11.40"), Booked: sek(1368_50)},
		payout.Line{Kind: payout.Sale, Gross: eur(119_00), FeeExVAT: eur(2_38)})
	require.Equal(t, "Payout P1, 1 EUR = 11.4 SEK (line 2026-04-20)", entry.Voucher.Text())
	texts := map[ledger.Account]string{}
	for _, r := range entry.Voucher.Rows() {
		texts[r.Account] = r.Text
	}
	require.Equal(t, map[ledger.Account]string{
		"1980": "Bank: EUR 116.62 at 11.4", "6040": "Fee: EUR 2.38 at 11.4",
		"1686": "Clearing: EUR 119.00", "7960": "Currency loss",
	}, texts)
}

func TestVATOfAFeeWithoutAPlaceIsNotDeducted(t *testing.T) {
	t.Parallel()
	s := inEuro(t)
	s.FeeRules = []booking.FeeRule{{Match: "SALE", VAT: booking.Domestic, Meaning: "fee"}}
	// Of the VAT stated, 23.10 and 11.40, that of the fee without a place waits.
	entry := foreignEntry(t, s, booking.Foreign{Rate: kronorPerEuro("11.40")},
		payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: eur(100_00), FeeExVAT: eur(8_00), FeeVAT: eur(2_00), FeeVATLocal: sek(23_10)},
		payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: eur(4_00), FeeVAT: eur(1_00), FeeVATLocal: sek(11_40)})
	require.Len(t, entry.Open, 1)
	require.Equal(t, eur(-5_00), entry.Open[0].Amount)
	// 85.00 x 11.40 = 969.00; 91.20; 23.10; clearing 1140.00 - 57.00.
	require.ElementsMatch(t, []string{
		"debit 1980 969.00", "debit 6040 91.20", "debit 2641 23.10", "credit 1686 1083.00", "credit 3960 0.30",
	}, postings(entry.Voucher))
}

func TestLinesThatPaymentsBringToTheBankAreLeftOutOfAForeignVoucher(t *testing.T) {
	t.Parallel()
	// The first line is all in its payment; of the second 50.00 - 5.00 = 45.00 at 11.40 = 513.00.
	p := payout.Payout{Reference: "P1", Net: eur(135_00)}
	sums := []booking.Sum{
		{Kind: payout.Sale, RawType: "SALE", Direct: true, Lines: 1, Gross: eur(100_00), FeeExVAT: eur(8_00), FeeVAT: eur(2_00), FeeVATLocal: sek(23_00)},
		{Kind: payout.Sale, RawType: "SALE", Lines: 1, Gross: eur(50_00), FeeExVAT: eur(4_00), FeeVAT: eur(1_00), FeeVATLocal: sek(11_50)},
	}
	entry, err := booking.PayoutVoucherIn(p, today(), sums, booking.Foreign{Rate: kronorPerEuro("11.40")}, inEuro(t))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"debit 1980 513.00", "debit 6040 45.60", "debit 2641 11.50", "credit 1686 570.00", "credit 3960 0.10",
	}, postings(entry.Voucher))
}

func TestACostIsConvertedWhateverTheMerchantCallsIt(t *testing.T) {
	t.Parallel()
	foreign := booking.Foreign{Rate: kronorPerEuro("11.40")}
	line := payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: eur(100_00), FeeExVAT: eur(8_00), FeeVAT: eur(2_00), FeeVATLocal: sek(23_00)}
	for account, meaning := range map[ledger.Account]string{"6064": "fee_vat", "1686": "fee"} {
		s := inEuro(t)
		s.FeeRules = []booking.FeeRule{{Match: "*", Account: account, VAT: booking.Domestic, Meaning: meaning}}
		require.ElementsMatch(t, []string{
			"debit 1980 1026.00", "debit " + string(account) + " 91.20", "debit 2641 23.00", "credit 1686 1140.00", "credit 3960 0.20",
		}, postings(foreignEntry(t, s, foreign, line).Voucher))
	}
}

func TestAForeignPayoutThatCannotBeBooked(t *testing.T) {
	t.Parallel()
	line := payout.Line{Kind: payout.Sale, Gross: eur(100_00)}
	good := booking.Foreign{Rate: kronorPerEuro("11.40"), Booked: sek(1150_00)}
	cases := map[string]struct {
		change  func(*booking.Settings)
		foreign booking.Foreign
		code    fault.Code
		field   string
	}{
		"no account for losses":       {func(s *booking.Settings) { s.Accounts.CurrencyLoss = "" }, good, booking.CodeMissingAccount, "accounts.currency_loss"},
		"no account for gains":        {func(s *booking.Settings) { s.Accounts.CurrencyGain = "" }, booking.Foreign{Rate: good.Rate, Booked: sek(1)}, booking.CodeMissingAccount, "accounts.currency_gain"},
		"no bank account":             {func(s *booking.Settings) { delete(s.Accounts.Bank, "EUR") }, good, booking.CodeMissingAccount, "accounts.bank.EUR"},
		"no interim account":          {func(s *booking.Settings) { s.PayoutTo = booking.ToInterim }, good, booking.CodeMissingAccount, "accounts.interim.EUR"},
		"no rate":                     {nil, booking.Foreign{}, exchange.CodeRate, "currency"},
		"a rate of another currency":  {nil, booking.Foreign{Rate: exchange.Rate{From: "USD", To: "SEK", Value: decimal.NewFromInt(10)}}, money.CodeMixed, "currency"},
		"booked in another currency":  {nil, booking.Foreign{Rate: good.Rate, Booked: eur(100_00)}, money.CodeMixed, "currency"},
		"the lines do not add up yet": {nil, good, payout.CodeProofFailed, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inEuro(t)
			if c.change != nil {
				c.change(&s)
			}
			p, sums := foreignPayout(t, line)
			if c.code == payout.CodeProofFailed {
				p.Net = eur(99_99)
			}
			_, err := booking.PayoutVoucherIn(p, today(), sums, c.foreign, s)
			require.Equal(t, c.code, fault.CodeOf(err))
			if c.field != "" {
				require.Equal(t, c.field, fault.Of(err).Field)
			}
		})
	}
}

func TestTheDifferenceIsTheAmountTimesTheDifferenceOfRates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		anyRate := rapid.Int64Range(8_0000, 14_0000)
		booked := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(anyRate.Draw(t, "booked at"), -4)}
		settled := exchange.Rate{From: "EUR", To: "SEK", Value: decimal.New(anyRate.Draw(t, "settled at"), -4)}
		gross := eur(rapid.Int64Range(1_00, 100_000_00).Draw(t, "gross"))
		fee := eur(rapid.Int64Range(0, gross.Minor()).Draw(t, "fee"))
		stands, err := booked.Convert(gross)
		require.NoError(t, err)
		entry := foreignEntry(t, inEuro(t), booking.Foreign{Rate: settled, Booked: stands},
			payout.Line{Kind: payout.Sale, Gross: gross, FeeExVAT: fee})

		loss, _ := onAccount(t, "7960", entry.Voucher)
		gain, _ := onAccount(t, "3960", entry.Voucher)
		difference := gross.Decimal().Mul(booked.Value.Sub(settled.Value))
		off := loss.Decimal().Add(gain.Decimal()).Sub(difference).Abs()
		require.True(t, off.LessThanOrEqual(decimal.RequireFromString("0.015")), "half a unit for bank, fee and clearing each, not %s", off)

		parts, err := booking.Split(entry.Voucher, 2, "1686")
		require.NoError(t, err)
		for _, account := range []ledger.Account{"1980", "6040", "1686", "7960", "3960"} {
			whole, _ := onAccount(t, account, entry.Voucher)
			together, _ := onAccount(t, account, parts...)
			require.Equal(t, whole, together, "the parts post what the whole posts")
		}
	})
}
