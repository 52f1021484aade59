package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// voucherOf books lines as the payout that they prove.
func voucherOf(t require.TestingT, s booking.Settings, lines ...payout.Line) (booking.Entry, money.Amount) {
	var tally booking.Tally
	net := sek(0)
	for _, line := range lines {
		effect, err := line.Net()
		require.NoError(t, err)
		net, err = net.Add(effect)
		require.NoError(t, err)
		require.NoError(t, tally.Add(line, false))
	}
	entry, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: net}, today(), tally.Sums(), s)
	require.NoError(t, err)
	return entry, net
}

func TestAPayoutThatOnlyCarriesDebtHasNoVoucher(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, booking.Default(),
		payout.Line{Kind: payout.Sale, Gross: sek(300_00)},
		payout.Line{Kind: payout.Refund, Gross: sek(-500_00)},
		payout.Line{Kind: payout.Carry, Gross: sek(200_00)})
	require.True(t, entry.Voucher.IsZero())
	require.Empty(t, entry.Open)
}

func TestALineWithoutAHomeStaysOnTheClearingAccount(t *testing.T) {
	t.Parallel()
	sale := payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: sek(200_00)}
	cases := map[string]struct {
		settings string
		line     payout.Line
		code     fault.Code
		field    string
		amount   int64
	}{
		"a commission": {
			`{}`,
			payout.Line{Kind: payout.Commission, RawType: "COMMISSION", Gross: sek(-10_00)},
			booking.CodeMissingAccount, "accounts.commission", -10_00,
		},
		"an instalment of a loan": {
			`{}`,
			payout.Line{Kind: payout.Loan, RawType: "LOAN", Gross: sek(-10_00)},
			booking.CodeMissingAccount, "accounts.loan", -10_00,
		},
		"withheld tax": {
			`{}`,
			payout.Line{Kind: payout.Tax, RawType: "TAX", Gross: sek(-10_00)},
			booking.CodeMissingAccount, "accounts.tax", -10_00,
		},
		"a reserve, the account taken away": {
			`{"accounts": {"reserve": ""}}`,
			payout.Line{Kind: payout.Reserve, RawType: "HOLDBACK", Gross: sek(-10_00)},
			booking.CodeMissingAccount, "accounts.reserve", -10_00,
		},
		"an adjustment": {
			`{}`,
			payout.Line{Kind: payout.Adjustment, RawType: "MISC", Gross: sek(7_50)},
			booking.CodeAdjustment, "adjustments", 7_50,
		},
		"an adjustment, suspense without account": {
			`{"adjustments": "suspense", "accounts": {"suspense": ""}}`,
			payout.Line{Kind: payout.Adjustment, RawType: "MISC", Gross: sek(7_50)},
			booking.CodeMissingAccount, "accounts.suspense", 7_50,
		},
		"a fee that no rule fits": {
			`{"fee_rules": [{"match": "SALE"}]}`,
			payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			booking.CodeMissingAccount, "fee_rules", -10_00,
		},
		"a fee without account": {
			`{"accounts": {"fee": ""}}`,
			payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			booking.CodeMissingAccount, "accounts.fee", -10_00,
		},
		"VAT without account": {
			`{"accounts": {"fee_vat": ""}}`,
			payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			booking.CodeMissingAccount, "accounts.fee_vat", -10_00,
		},
		"VAT on an exempt fee": {
			`{"fee_rules": [{"vat": "none"}]}`,
			payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			booking.CodeUnexpectedVAT, "fee_rules", -10_00,
		},
		"VAT on a fee under reverse charge": {
			`{"fee_rules": [{"vat": "reverse_eu"}]}`,
			payout.Line{Kind: payout.Fee, RawType: "MONTHLY", FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
			booking.CodeUnexpectedVAT, "fee_rules", -10_00,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry, net := voucherOf(t, parse(t, c.settings), sale, c.line)

			require.Len(t, entry.Open, 1)
			open := entry.Open[0]
			require.Equal(t, c.code, open.Fault.Code)
			require.Equal(t, c.field, open.Fault.Field)
			require.NotEmpty(t, open.Fault.Remedy)
			require.Equal(t, c.line.Kind, open.Kind)
			require.Equal(t, c.line.RawType, open.RawType)
			require.Equal(t, int64(1), open.Lines)
			require.Equal(t, sek(c.amount), open.Amount)
			require.ElementsMatch(t, []string{"debit 1930 " + net.String(), "credit 1686 " + net.String()}, postings(entry.Voucher))
		})
	}
}

func TestTheSuspenseSwitchBooksWhatHasNoHome(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, parse(t, `{"suspense": true, "fee_rules": []}`),
		payout.Line{Kind: payout.Sale, Gross: sek(200_00), FeeExVAT: sek(4_00)},
		payout.Line{Kind: payout.Loan, Gross: sek(-50_00)})
	require.Empty(t, entry.Open)
	require.ElementsMatch(t, []string{"debit 1930 146.00", "debit 2999 54.00", "credit 1686 200.00"}, postings(entry.Voucher))
}

func TestTheSuspenseSwitchLeavesAdjustmentsToTheirOwnPolicy(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, parse(t, `{"suspense": true}`), payout.Line{Kind: payout.Adjustment, Gross: sek(-5_00)})
	require.Len(t, entry.Open, 1)
	require.Equal(t, booking.CodeAdjustment, entry.Open[0].Fault.Code)
}

func TestAdjustmentsThatCancelOutStayVisible(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, booking.Default(),
		payout.Line{Kind: payout.Adjustment, RawType: "MISC", Gross: sek(5_00)},
		payout.Line{Kind: payout.Adjustment, RawType: "MISC", Gross: sek(-5_00)})
	require.True(t, entry.Voucher.IsZero())
	require.Len(t, entry.Open, 2)
}

func TestRowsOfOneAccountAreKeptApartByMeaning(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, booking.Default(),
		payout.Line{Kind: payout.Sale, Gross: sek(1000_00), FeeExVAT: sek(20_00), FeeVAT: sek(5_00)},
		payout.Line{Kind: payout.Refund, Gross: sek(-100_00), FeeExVAT: sek(-2_00), FeeVAT: sek(-50)},
		payout.Line{Kind: payout.Reserve, Gross: sek(-100_00)},
		payout.Line{Kind: payout.Release, Gross: sek(40_00)},
		payout.Line{Kind: payout.Chargeback, Gross: sek(-30_00)},
		payout.Line{Kind: payout.ChargebackReversal, Gross: sek(10_00)})
	require.ElementsMatch(t, []string{
		"debit 1930 797.50",
		"debit 6040 20.00", "debit 2641 5.00", "credit 6040 2.00", "credit 2641 0.50",
		"debit 1689 100.00", "credit 1689 40.00",
		"debit 1516 30.00", "credit 1516 10.00",
		"credit 1686 900.00",
	}, postings(entry.Voucher))
}

func TestReverseChargeOfReturnedFeesIsUndone(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"moment": "payout", "style": "direct_cost"}}`)
	entry, _ := voucherOf(t, s, payout.Line{Kind: payout.Fee, FeeExVAT: sek(-20_00)})
	require.ElementsMatch(t, []string{
		"debit 1930 20.00", "credit 4535 20.00", "credit 2645 5.00", "debit 2614 5.00",
	}, postings(entry.Voucher))
}

func TestReverseChargeVATIsRoundedOnTheSumOfAllFees(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"moment": "payout", "style": "direct_cost"}}`)
	// Each fee alone would give 0.01 of VAT; together they are 0.06 × 25 % = 0.015.
	entry, _ := voucherOf(t, s,
		payout.Line{Kind: payout.Fee, RawType: "A", FeeExVAT: sek(2)},
		payout.Line{Kind: payout.Fee, RawType: "B", FeeExVAT: sek(2)},
		payout.Line{Kind: payout.Fee, RawType: "C", FeeExVAT: sek(2)})
	require.Contains(t, postings(entry.Voucher), "debit 2645 0.02")
}

func TestMonthlyReverseChargeStaysOutOfThePayout(t *testing.T) {
	t.Parallel()
	entry, _ := voucherOf(t, parse(t, `{"fee_rules": [{"vat": "reverse_eu"}]}`), payout.Line{Kind: payout.Fee, FeeExVAT: sek(20_00)})
	require.ElementsMatch(t, []string{"debit 6040 20.00", "credit 1930 20.00"}, postings(entry.Voucher))
}

func TestAMonthIsRefusedWhereEachPayoutBooksItsVAT(t *testing.T) {
	t.Parallel()
	invoice := booking.FeeInvoice{Reference: "7", Fees: []booking.Sum{{Kind: payout.Fee, FeeExVAT: sek(20_00)}}}
	_, err := booking.MonthlyReverseCharge(invoice, today(), parse(t, `{"fee_rules": [{"vat": "reverse_eu"}], "reverse_charge": {"moment": "payout"}}`))
	require.Equal(t, booking.CodeNotMonthly, fault.CodeOf(err))

	stated := invoice
	stated.Fees = append(stated.Fees[:len(stated.Fees):len(stated.Fees)], booking.Sum{RawType: "X", FeeExVAT: sek(100), FeeVAT: sek(25)})
	_, err = booking.MonthlyReverseCharge(stated, today(), parse(t, `{"fee_rules": [{"vat": "reverse_eu"}]}`))
	require.Equal(t, booking.CodeUnexpectedVAT, fault.CodeOf(err))

	_, err = booking.MonthlyReverseCharge(invoice, today(), booking.Default())
	require.Equal(t, ledger.CodeNoRows, fault.CodeOf(err), "domestic fees have no reverse charge")
}

func TestAMonthOfFeesBookedOnTheBaseAccountNeedsOnlyItsVAT(t *testing.T) {
	t.Parallel()
	invoice := booking.FeeInvoice{Reference: "7", Fees: []booking.Sum{{Kind: payout.Fee, FeeExVAT: sek(312_40)}}}
	voucher, err := booking.MonthlyReverseCharge(invoice, today(), parse(t, `{"fee_rules": [{"vat": "reverse_non_eu"}], "reverse_charge": {"style": "direct_cost"}}`))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"debit 2645 78.10", "credit 2614 78.10"}, postings(voucher))
}

func TestAPayoutThatCannotBeBookedAtAll(t *testing.T) {
	t.Parallel()
	sale := booking.Sum{Kind: payout.Sale, Lines: 1, Gross: sek(100_00)}
	cases := map[string]struct {
		net  money.Amount
		sums []booking.Sum
		code fault.Code
	}{
		"the sums miss the net by one öre": {sek(99_99), []booking.Sum{sale}, payout.CodeProofFailed},
		"a line of unknown kind":           {sek(101_00), []booking.Sum{sale, {Kind: payout.Unknown, Lines: 1, Gross: sek(1_00)}}, payout.CodeUnknownType},
		"a fee with a gross":               {sek(101_00), []booking.Sum{sale, {Kind: payout.Fee, Lines: 1, Gross: sek(1_00)}}, payout.CodeLineInvalid},
		"two currencies":                   {sek(100_00), []booking.Sum{{Kind: payout.Sale, Lines: 1, Gross: money.New(100_00, "EUR")}}, money.CodeMixed},
		"a currency without accounts":      {money.New(1_00, "EUR"), []booking.Sum{{Kind: payout.Sale, Lines: 1, Gross: money.New(1_00, "EUR")}}, booking.CodeMissingAccount},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: c.net}, today(), c.sums, booking.Default())
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}
