package booking_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

// goldenTreasury is what happened where currencies, the bank and advances meet: a
// document, sale or payout in euro that is booked in kronor at a rate, a payment
// that a person looked at, or a bank statement.
type goldenTreasury struct {
	// Rate is kronor for one euro.
	Rate     decimal.Decimal
	Market   tax.Market
	Document *goldenDocument
	Sale     *goldenEvent
	Payout   *goldenPayout
	Payment  *goldenPayment
	// Confirmed is what the bank statement shows.
	Confirmed money.Amount
	// Booked is what the payout's sales are booked for.
	Booked money.Amount
}

type goldenPayment struct {
	Document goldenDocument
	Line     goldenLine
	Fees     []goldenLine
	// Original and Booked are those of a document in another currency.
	Original money.Amount
	Booked   money.Amount
	Advance  money.Amount
}

func (g goldenTreasury) voucher(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	var voucher ledger.Voucher
	var err error
	switch {
	case g.Document != nil:
		voucher, err = booking.ExpectedDocument(g.Document.document(), g.Market, g.Document.Shares, s)
		require.NoError(t, err)
		voucher, err = booking.Translate(voucher, g.rate())
	case g.Sale != nil:
		return g.sale(t, s)
	case g.Payout != nil:
		entry, failed := booking.PayoutVoucherIn(payout.Payout{Reference: "P1", Net: g.Payout.Net}, today(), g.Payout.sums(t),
			booking.Foreign{Rate: g.rate(), Booked: g.Booked}, s)
		require.Empty(t, entry.Open)
		voucher, err = entry.Voucher, failed
	case g.Payment != nil:
		return g.Payment.voucher(t, g.rate(), s)
	default:
		voucher, err = booking.BankConfirmed(g.Confirmed, today(), "Payout P1", s)
	}
	require.NoError(t, err)
	return voucher
}

func (g goldenTreasury) rate() exchange.Rate {
	return exchange.Rate{From: "EUR", To: "SEK", Value: g.Rate, Source: exchange.Line, On: today()}
}

func (g goldenTreasury) sale(t *testing.T, s booking.Settings) ledger.Voucher {
	t.Helper()
	vouchers, err := booking.EventVouchers(g.Sale.happening(t, s), s)
	require.NoError(t, err)
	require.Len(t, vouchers, 1)
	voucher, err := booking.Translate(vouchers[0], g.rate())
	require.NoError(t, err)
	return voucher
}

func (g goldenPayment) voucher(t *testing.T, rate exchange.Rate, s booking.Settings) ledger.Voucher {
	t.Helper()
	x := booking.Settlement{
		Line: g.Line.line(t), Document: g.Document.document(), Advance: g.Advance, Dates: booking.Dates{Payout: today()},
	}
	require.Equal(t, invoice.Invoice, x.Document.Kind)
	for _, fee := range g.Fees {
		x.Fees = append(x.Fees, fee.line(t))
	}
	if !g.Original.IsZero() {
		x.Exchanged = &booking.Exchanged{Original: g.Original, Booked: g.Booked, Rate: rate}
	}
	paid, err := booking.PaymentFor(x, s)
	require.NoError(t, err)
	voucher, err := booking.ExpectedPayment(paid, s)
	require.NoError(t, err)
	return voucher
}
