package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

func TestExpectedDocumentNeedsTheCustomerLedger(t *testing.T) {
	t.Parallel()
	_, err := booking.ExpectedDocument(openInvoice(100_00), atHome(), nil, parse(t, `{"accounts": {"receivable": ""}}`))
	require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
}

func TestMovingWhatLiesOnTheClearingAccount(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		amount int64
		to     ledger.Account
		want   []string
	}{
		"an invoice paid on the bank account by hand":         {499_00, "1930", []string{"debit 1686 499.00", "credit 1930 499.00"}},
		"a credit invoice paid from the bank account by hand": {-120_00, "1930", []string{"debit 1930 120.00", "credit 1686 120.00"}},
		"an adjustment that was a cost":                       {-7_50, "6040", []string{"debit 6040 7.50", "credit 1686 7.50"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			voucher, err := booking.MoveFromClearing(sek(c.amount), c.to, today(), "moved", booking.Default())
			require.NoError(t, err)
			require.Equal(t, c.want, postings(voucher))
		})
	}
	_, err := booking.MoveFromClearing(money.New(1, "EUR"), "1930", today(), "moved", booking.Default())
	require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
}

func TestALostDisputeNeedsItsAccounts(t *testing.T) {
	t.Parallel()
	lost := booking.LostDispute{Reference: "D1", Amount: sek(125_00), Market: atHome(), Shares: []booking.Share{{Rate: tax.Percent(25), Gross: sek(125_00)}}}
	for settings, want := range map[string]struct {
		code  fault.Code
		field string
	}{
		`{"accounts": {"dispute": ""}}`:                                 {booking.CodeMissingAccount, "accounts.dispute"},
		`{"accounts": {"dispute_loss": ""}}`:                            {booking.CodeMissingAccount, "accounts.dispute_loss"},
		`{"lost_dispute": "reverse_sale", "sales": []}`:                 {booking.CodeNoMapping, "sales"},
		`{"lost_dispute": "reverse_sale", "accounts": {"dispute": ""}}`: {booking.CodeMissingAccount, "accounts.dispute"},
	} {
		_, err := booking.LostDisputeVoucher(lost, today(), parse(t, settings))
		require.Equal(t, want.code, fault.CodeOf(err))
		require.Equal(t, want.field, fault.Of(err).Field)
	}
}
