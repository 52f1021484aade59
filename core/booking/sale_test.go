package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

func TestASaleThatCannotBeBooked(t *testing.T) {
	t.Parallel()
	captured := payment.Event{Kind: payment.Payment, Amount: sek(100_00)}
	whole := []booking.Share{{Rate: tax.Percent(25), Gross: sek(100_00)}}
	cases := map[string]struct {
		settings string
		event    payment.Event
		shares   []booking.Share
		code     fault.Code
	}{
		"a deposit is no sale":               {`{}`, payment.Event{Kind: payment.Deposit, Amount: sek(100_00)}, whole, booking.CodeNotASale},
		"a reservation is no sale":           {`{}`, payment.Event{Kind: payment.Prepare, Amount: sek(100_00)}, whole, booking.CodeNotASale},
		"shares that miss the whole":         {`{}`, captured, []booking.Share{{Rate: tax.Percent(25), Gross: sek(99_49)}}, booking.CodeSharesDiffer},
		"no shares":                          {`{}`, captured, nil, booking.CodeSharesDiffer},
		"a rate without accounts":            {`{}`, captured, []booking.Share{{Rate: tax.Percent(19), Gross: sek(100_00)}}, booking.CodeNoMapping},
		"a currency without clearing":        {`{}`, payment.Event{Kind: payment.Payment, Amount: money.New(1, "EUR")}, nil, booking.CodeMissingAccount},
		"rounding without an account":        {`{"accounts": {"rounding": ""}}`, captured, []booking.Share{{Rate: tax.Percent(25), Gross: sek(99_99)}}, booking.CodeMissingAccount},
		"a share in another currency":        {`{}`, captured, []booking.Share{{Rate: tax.Percent(25), Gross: money.New(100_00, "EUR")}}, money.CodeMixed},
		"VAT stated in yet another currency": {`{}`, captured, []booking.Share{{Rate: tax.Percent(25), Gross: sek(100_00), VAT: money.New(1, "EUR")}}, money.CodeMixed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := booking.SaleVoucher(c.event, c.shares, today(), parse(t, c.settings))
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestVATThatTheSourceStatesIsKept(t *testing.T) {
	t.Parallel()
	voucher, err := booking.SaleVoucher(payment.Event{Kind: payment.Payment, Amount: sek(59_97)},
		[]booking.Share{{Rate: tax.Percent(25), Gross: sek(59_97), VAT: sek(12_00)}}, today(), booking.Default())
	require.NoError(t, err)
	require.Equal(t, []string{"debit 1686 59.97", "credit 3001 47.97", "credit 2611 12.00"}, postings(voucher))
}

func TestARefundIsTheMirrorOfItsSale(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var shares []booking.Share
		total := sek(0)
		for _, rate := range []uint8{25, 12, 6, 0} {
			gross := sek(rapid.Int64Range(0, 1_000_00).Draw(t, "gross"))
			total, _ = total.Add(gross)
			shares = append(shares, booking.Share{Rate: tax.Percent(rate), Gross: gross})
		}
		if total.IsZero() {
			t.Skip("no sale")
		}
		s := booking.Default()
		sold, err := booking.SaleVoucher(payment.Event{Kind: payment.Payment, Amount: total}, shares, today(), s)
		require.NoError(t, err)
		refunded, err := booking.SaleVoucher(payment.Event{Kind: payment.Refund, Amount: total}, shares, today(), s)
		require.NoError(t, err)
		require.ElementsMatch(t, postings(sold.Reversal(today(), "")), postings(refunded))

		issued, err := booking.ExpectedDocument(invoice.Document{Kind: invoice.Invoice, Total: total}, shares, s)
		require.NoError(t, err)
		credited, err := booking.ExpectedDocument(invoice.Document{Kind: invoice.Credit, Total: total.Neg()}, shares, s)
		require.NoError(t, err)
		require.ElementsMatch(t, postings(issued.Reversal(today(), "")), postings(credited))
	})
}

func TestExpectedDocumentNeedsTheCustomerLedger(t *testing.T) {
	t.Parallel()
	_, err := booking.ExpectedDocument(openInvoice(100_00), nil, parse(t, `{"accounts": {"receivable": ""}}`))
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
	lost := booking.LostDispute{Reference: "D1", Amount: sek(125_00), Shares: []booking.Share{{Rate: tax.Percent(25), Gross: sek(125_00)}}}
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
