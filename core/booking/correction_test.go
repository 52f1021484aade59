package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
)

func TestACorrectionAndItsReplacementLeadToWhatTheyCorrect(t *testing.T) {
	t.Parallel()
	// The fee of 10.00 was booked as 7.00 + 3.00 VAT, and is 8.00 + 2.00.
	wrong, err := ledger.New(today(), "Payout P1", []ledger.Row{
		{Account: "1930", Amount: sek(90_00)},
		{Account: "6040", Amount: sek(7_00)},
		{Account: "2641", Amount: sek(3_00)},
		{Account: "1686", Amount: sek(-100_00)},
	})
	require.NoError(t, err)
	right, err := ledger.New(today(), "Payout P1", []ledger.Row{
		{Account: "1930", Amount: sek(90_00)},
		{Account: "6040", Amount: sek(8_00)},
		{Account: "2641", Amount: sek(2_00)},
		{Account: "1686", Amount: sek(-100_00)},
	})
	require.NoError(t, err)

	found := date(t, "2026-05-04")
	correction := booking.Correction(wrong, "K12", found, "the fee's VAT was wrong")
	require.Equal(t, found, correction.Date())
	require.Equal(t, "Correction of voucher K12: the fee's VAT was wrong", correction.Text())
	require.ElementsMatch(t, []string{
		"debit 1686 100.00", "credit 1930 90.00", "credit 6040 7.00", "credit 2641 3.00",
	}, postings(correction))

	replacement, err := booking.Replacement(right, "K12", "K13")
	require.NoError(t, err)
	require.Equal(t, "Payout P1, replaces voucher K12 corrected by K13", replacement.Text())
	require.Equal(t, right.Date(), replacement.Date())
	require.Equal(t, right.Rows(), replacement.Rows())

	for account, want := range map[ledger.Account]int64{"1930": 90_00, "6040": 8_00, "2641": 2_00, "1686": -100_00} {
		left, _ := onAccount(t, account, wrong, correction, replacement)
		require.Equal(t, sek(want), left, account)
	}
}

func TestNothingCannotBeReplaced(t *testing.T) {
	t.Parallel()
	_, err := booking.Replacement(ledger.Voucher{}, "K12", "K13")
	require.Equal(t, ledger.CodeNoRows, fault.CodeOf(err))
}
