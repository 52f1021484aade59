package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
)

func TestTheInterimAccountIsEmptyOnceTheBankConfirms(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"payout_to": "interim", "accounts": {"interim": {"SEK": "1979"}}}`)
	entry, net := voucherOf(t, s,
		payout.Line{Kind: payout.Sale, Gross: sek(100_00), FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
		payout.Line{Kind: payout.Reserve, Gross: sek(-10_00)})
	require.Equal(t, sek(80_00), net)
	confirmed, err := booking.BankConfirmed(net, today(), "Payout P1", s)
	require.NoError(t, err)
	require.Equal(t, "Payout P1", confirmed.Text())

	interim, _ := onAccount(t, "1979", entry.Voucher, confirmed)
	require.True(t, interim.IsZero())
	bank, _ := onAccount(t, "1930", entry.Voucher, confirmed)
	require.Equal(t, net, bank)
}

func TestAPayoutThatTheProviderCollectsIsConfirmedTheOtherWay(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"payout_to": "interim", "accounts": {"interim": {"SEK": "1979"}}}`)
	confirmed, err := booking.BankConfirmed(sek(-206_00), today(), "Payout P1", s)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"debit 1979 206.00", "credit 1930 206.00"}, postings(confirmed))
}

func TestADirectPaymentReachesTheInterimAccount(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"shape": "direct", "payout_to": "interim", "accounts": {"interim": {"SEK": "1979"}}}`)
	paid, err := booking.PaymentFor(booking.Settlement{
		Line: sale(100_00, 2_50, 0), Document: openInvoice(100_00), Dates: booking.Dates{Payout: today()},
	}, s)
	require.NoError(t, err)
	require.Equal(t, ledger.Account("1979"), paid.Account)
	require.Equal(t, sek(97_50), paid.Amount)
	require.True(t, paid.Direct)
}

func TestAnInterimAccountThatNobodyNamedIsMissing(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"payout_to": "interim"}`)
	missing := func(err error) {
		t.Helper()
		require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
		require.Equal(t, "accounts.interim.SEK", fault.Of(err).Field)
	}
	_, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: sek(100_00)}, today(),
		[]booking.Sum{{Kind: payout.Sale, Lines: 1, Gross: sek(100_00)}}, s)
	missing(err)
	_, err = booking.BankConfirmed(sek(100_00), today(), "Payout P1", s)
	missing(err)
	missing(s.Ready("SEK"))

	_, err = booking.BankConfirmed(sek(100_00), today(), "Payout P1", parse(t, `{"accounts": {"bank": {"SEK": ""}}}`))
	require.Equal(t, "accounts.bank.SEK", fault.Of(err).Field)
}

func TestCarriedDebtStandsOnItsOwnAccountIfItHasOne(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"accounts": {"carry": "2890"}}`)
	// A day of sales 300.00, refunds 500.00 and fees 6.00, carried forward.
	first, _ := voucherOf(t, s,
		payout.Line{Kind: payout.Sale, Gross: sek(300_00), FeeExVAT: sek(6_00)},
		payout.Line{Kind: payout.Refund, Gross: sek(-500_00)},
		payout.Line{Kind: payout.Carry, Gross: sek(206_00)})
	require.ElementsMatch(t, []string{"debit 1686 200.00", "debit 6040 6.00", "credit 2890 206.00"}, postings(first.Voucher))
	// The next payout gets it back: sales 1000.00, fee 20.00, 774.00 paid out.
	second, _ := voucherOf(t, s,
		payout.Line{Kind: payout.Sale, Gross: sek(1000_00), FeeExVAT: sek(20_00)},
		payout.Line{Kind: payout.Carry, Gross: sek(-206_00)})
	require.ElementsMatch(t, []string{
		"debit 1930 774.00", "debit 6040 20.00", "debit 2890 206.00", "credit 1686 1000.00",
	}, postings(second.Voucher))
}
