package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payment"
)

func TestASummaryKeepsRefundsApartFromSales(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"sales_shape": "day"}`)
	voucher, err := booking.SalesSummary([]booking.Happening{
		happened(payment.Payment, 100_00, goods(25, 100_00)),
		happened(payment.Prepare, 900_00),
		happened(payment.Payment, 200_00, goods(25, 200_00)),
		happened(payment.Refund, 50_00, goods(25, 50_00)),
	}, today(), "Card sales 2026-04-20", s)
	require.NoError(t, err)
	require.Equal(t, "Card sales 2026-04-20", voucher.Text())
	require.Equal(t, []string{
		"debit 1686 250.00", "debit 3001 40.00", "debit 2611 10.00", "credit 3001 240.00", "credit 2611 60.00",
	}, postings(voucher))
}

func TestASummaryThatCannotBe(t *testing.T) {
	t.Parallel()
	day := parse(t, `{"sales_shape": "day"}`)
	yesterday := happened(payment.Payment, 100_00, goods(25, 100_00))
	yesterday.Date = today().AddDays(-1)
	cases := map[string]struct {
		h    booking.Happening
		code fault.Code
	}{
		"another day":         {yesterday, booking.CodeDaysDiffer},
		"a deposit":           {happened(payment.Deposit, 100_00), booking.CodeNotBookable},
		"a credit":            {happened(payment.Credit, 100_00), booking.CodeNotBookable},
		"nothing to book":     {happened(payment.Cancel, 100_00), ledger.CodeNoRows},
		"a rate with no home": {happened(payment.Payment, 100_00, goods(19, 100_00)), booking.CodeNoMapping},
	}
	for name, c := range cases {
		_, err := booking.SalesSummary([]booking.Happening{c.h}, today(), "", day)
		require.Equal(t, c.code, fault.CodeOf(err), name)
	}
	_, err := booking.SalesSummary([]booking.Happening{yesterday}, today(), "", parse(t, `{"sales_shape": "payout"}`))
	require.NoError(t, err, "a payout has sales of several days")
}

func TestASummaryPostsWhatItsEventsPost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := parse(t, `{"sales_shape": "payout", "refunds": "owed", "fee_moment": "capture"}`)
		var hs []booking.Happening
		balances := map[ledger.Account]int64{}
		for range rapid.IntRange(1, 6).Draw(t, "events") {
			h := drawSale(t)
			hs = append(hs, h)
			vouchers, err := booking.EventVouchers(h, s)
			require.NoError(t, err)
			for _, v := range vouchers {
				addBalances(balances, v)
			}
		}
		summary, err := booking.SalesSummary(hs, today(), "", s)
		require.NoError(t, err)
		addBalances(balances, summary.Reversal(today(), ""))
		for account, balance := range balances {
			require.Zero(t, balance, account)
		}
	})
}

func addBalances(balances map[ledger.Account]int64, v ledger.Voucher) {
	for _, r := range v.Rows() {
		balances[r.Account] += r.Amount.Minor()
	}
}
