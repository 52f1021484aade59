package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

func drawParts(t *rapid.T) []order.Part {
	var parts []order.Part
	for _, rate := range []uint8{25, 12, 6, 0} {
		gross := rapid.Int64Range(0, 1_000_00).Draw(t, "gross")
		parts = append(parts, order.Part{Rate: tax.Percent(rate), Gross: sek(gross)})
	}
	parts[0].Gross = sek(parts[0].Gross.Minor() + 1)
	return append(parts, order.Part{Supply: tax.Freight, Rate: tax.Percent(25), Gross: sek(rapid.Int64Range(0, 99_00).Draw(t, "freight"))})
}

func totalOf(parts []order.Part) int64 {
	var sum int64
	for _, p := range parts {
		sum += p.Gross.Minor()
	}
	return sum
}

// drawSale draws a payment or refund by any method.
func drawSale(t *rapid.T) booking.Happening {
	parts := drawParts(t)
	h := happened(rapid.SampledFrom([]payment.Kind{payment.Payment, payment.Refund}).Draw(t, "kind"), totalOf(parts), sharesOf(parts)...)
	h.Method = rapid.SampledFrom([]payment.MethodKind{payment.ByProvider, payment.ByInvoice, payment.ByGiftCard}).Draw(t, "method")
	if h.Method == payment.ByProvider && h.Event.Kind == payment.Payment {
		h.Event.FeeVAT = sek(rapid.Int64Range(0, 2_00).Draw(t, "fee vat"))
		h.Event.Fee = sek(h.Event.FeeVAT.Minor() + rapid.Int64Range(0, 8_00).Draw(t, "fee"))
	}
	return h
}

func drawSettings(t *rapid.T) booking.Settings {
	s := booking.Default()
	s.Refunds = rapid.SampledFrom([]booking.RefundSettlement{booking.Netted, booking.Owed}).Draw(t, "refunds")
	s.FeeMoment = rapid.SampledFrom([]booking.FeeMoment{booking.FeeAtDeposit, booking.FeeAtCapture}).Draw(t, "fee moment")
	s.Recognition = rapid.SampledFrom([]booking.Recognition{booking.RecogniseAtCapture, booking.RecogniseAtDelivery}).Draw(t, "recognition")
	s.GiftCard.Redemption = rapid.SampledFrom([]booking.Redemption{booking.Combined, booking.ThroughReceivable}).Draw(t, "redemption")
	require.NoError(t, s.Validate())
	return s
}

func TestEventVouchersBalanceAndReversingTwiceIsTheIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		vouchers, err := booking.EventVouchers(drawSale(t), drawSettings(t))
		require.NoError(t, err)
		require.NotEmpty(t, vouchers)
		for _, v := range vouchers {
			var sum int64
			for _, r := range v.Rows() {
				require.NotZero(t, r.Amount.Minor())
				sum += r.Amount.Minor()
			}
			require.Zero(t, sum)
			back := v.Reversal(today(), "undone").Reversal(v.Date(), v.Text())
			require.ElementsMatch(t, v.Rows(), back.Rows())
			require.Equal(t, v.Date(), back.Date())
			require.Equal(t, v.Text(), back.Text())
		}
	})
}

func TestARefundOfEverythingMirrorsTheSale(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSettings(t)
		s.Refunds, s.FeeMoment = booking.Netted, booking.FeeAtDeposit
		sold := drawSale(t)
		sold.Event.Kind = payment.Payment
		refunded := sold
		refunded.Event.Kind, refunded.Event.Fee, refunded.Event.FeeVAT = payment.Refund, sek(0), sek(0)

		sale, err := booking.EventVouchers(sold, s)
		require.NoError(t, err)
		refund, err := booking.EventVouchers(refunded, s)
		require.NoError(t, err)
		require.Len(t, refund, len(sale))
		for i := range sale {
			require.ElementsMatch(t, postings(sale[i].Reversal(today(), "")), postings(refund[i]))
		}

		issued, err := booking.ExpectedDocument(invoice.Document{Kind: invoice.Invoice, Total: sold.Event.Amount}, atHome(), sold.Shares, s)
		require.NoError(t, err)
		credited, err := booking.ExpectedDocument(invoice.Document{Kind: invoice.Credit, Total: sold.Event.Amount.Neg()}, atHome(), sold.Shares, s)
		require.NoError(t, err)
		require.ElementsMatch(t, postings(issued.Reversal(today(), "")), postings(credited))
	})
}

// Captures, transactions and refunds of one order add up to it, account by
// account: in amount, in revenue and in the VAT of each rate.
func TestSplitsOfAnOrderAddUpToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts, s := drawParts(t), booking.Default()
		whole := totalOf(parts)
		kind := rapid.SampledFrom([]payment.Kind{payment.Payment, payment.Refund}).Draw(t, "kind")
		balances := map[ledger.Account]int64{}
		for before := int64(0); before < whole; {
			amount := rapid.Int64Range(1, whole-before).Draw(t, "amount")
			taken, err := order.Take(parts, sek(before), sek(amount))
			require.NoError(t, err)
			addBalances(balances, one(t, happened(kind, amount, sharesOf(taken)...), s))
			before += amount
		}
		addBalances(balances, one(t, happened(kind, whole, sharesOf(parts)...), s).Reversal(today(), ""))
		for account, balance := range balances {
			require.Zero(t, balance, account)
		}
	})
}

// A capture and its delivery together post what a sale at capture posts.
func TestAnAdvanceAndItsDeliveryAreASale(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sold := drawSale(t)
		sold.Event.Kind, sold.Event.Fee, sold.Event.FeeVAT = payment.Payment, sek(0), sek(0)
		later := booking.Default()
		later.Recognition = booking.RecogniseAtDelivery
		balances := map[ledger.Account]int64{}
		addBalances(balances, one(t, sold, later))
		delivery, err := booking.DeliveryVoucher(sold, today(), later)
		require.NoError(t, err)
		addBalances(balances, delivery)
		addBalances(balances, one(t, sold, booking.Default()).Reversal(today(), ""))
		for account, balance := range balances {
			require.Zero(t, balance, account)
		}
	})
}

// The VAT of a single-purpose card is due once, at the sale of the card: sold and
// used up in any number of parts, nothing is owed on it and the VAT and revenue
// are those of the goods.
func TestASinglePurposeCardIsTaxedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]uint8{25, 12, 6}).Draw(t, "rate")
		s := booking.Default()
		s.GiftCard.Kind, s.GiftCard.Rate = booking.SinglePurpose, tax.Percent(rate)
		s.GiftCard.Redemption = rapid.SampledFrom([]booking.Redemption{booking.Combined, booking.ThroughReceivable}).Draw(t, "redemption")
		gross := rapid.Int64Range(1, 1_000_00).Draw(t, "gross")
		balances := map[ledger.Account]int64{}
		addBalances(balances, one(t, happened(payment.Payment, gross, booking.Share{Supply: tax.GiftCard, Gross: sek(gross)}), s))
		parts := []order.Part{{Rate: tax.Percent(rate), Gross: sek(gross)}}
		for before := int64(0); before < gross; {
			amount := rapid.Int64Range(1, gross-before).Draw(t, "amount")
			taken, err := order.Take(parts, sek(before), sek(amount))
			require.NoError(t, err)
			used := happened(payment.Payment, amount, sharesOf(taken)...)
			used.Method = payment.ByGiftCard
			vouchers, err := booking.EventVouchers(used, s)
			require.NoError(t, err)
			for _, v := range vouchers {
				addBalances(balances, v)
			}
			before += amount
		}
		addBalances(balances, one(t, happened(payment.Payment, gross, goods(rate, gross)), s).Reversal(today(), ""))
		for account, balance := range balances {
			require.Zero(t, balance, account)
		}
	})
}
