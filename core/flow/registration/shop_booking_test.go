package registration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// accounts are balances in öre, debit positive.
type accounts = map[ledger.Account]int64

func rows(v registration.Voucher) accounts {
	sum := accounts{}
	for _, row := range v.Voucher.Rows() {
		sum[row.Account] += row.Amount.Minor()
	}
	return sum
}

// The golden vouchers B10 and B11: an order of 443.00 paid by gift card and card.
func TestGiftCardAndCardOnOneOrderAreTwoBalancedVouchersThatMakeTheOrder(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1001", b6()...)
	gift := by(fact(payment.Payment, "1001", 10000), "gift", "T1")
	s.register(gift)
	s.register(fact(payment.Prepare, "1001", 34300), fact(payment.Payment, "1001", 34300))
	s.post()
	vouchers := s.vouchers()
	require.Len(t, vouchers, 2)
	require.Equal(t, accounts{
		"2421": 10000, "3001": -2258, "2611": -564, "3002": -2257, "2621": -271, "3003": -2258, "2631": -135, "3004": -2257,
	}, rows(vouchers[0]))
	require.Equal(t, accounts{
		"1686": 34300, "3001": -7742, "2611": -1936, "3002": -7743, "2621": -929, "3003": -7742, "2631": -465, "3004": -7743,
	}, rows(vouchers[1]))
	require.Equal(t, []int64{1, 2}, []int64{vouchers[0].Registration, vouchers[1].Registration})
	require.Equal(t, s.planned(), s.balances())
	require.Equal(t, int64(-10000), s.balances()["3001"], "together they are B6")
	require.Equal(t, int64(-2500), s.balances()["2611"])
}

// The worked series: prepare, payment, deposit, refund, credit.
func TestTheWorkedSeries(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	for _, c := range []struct {
		fact                              registration.Fact
		fee, receivable, debt, bankEffect int64
	}{
		{fact(payment.Prepare, "1", 10000), 0, 0, 0, 0},
		{fact(payment.Payment, "1", 10000), 0, 10000, 0, 0},
		{withFee(fact(payment.Deposit, "1", 9000), 1000, 200), 1000, 0, 0, 9000},
		{fact(payment.Refund, "1", 10000), 1000, 0, 10000, 9000},
		{withFee(fact(payment.Credit, "1", 9500), -500, -100), 500, 0, 0, -500},
	} {
		s.register(c.fact)
		s.post()
		got, err := s.service.Transaction(t.Context(), "m-1", "T1")
		require.NoError(t, err)
		require.Equal(t, []int64{c.fee, c.receivable, c.debt, c.bankEffect},
			[]int64{got.State.Fee.Minor(), got.State.OpenAtProvider.Minor(), got.State.RefundDebt.Minor(), got.State.Bank.Minor()}, c.fact.Kind)
		require.Equal(t, c.receivable, s.balances()["1686"], c.fact.Kind)
		require.Equal(t, -c.debt, s.balances()["2490"], c.fact.Kind)
		require.Equal(t, c.bankEffect, s.balances()["1930"], c.fact.Kind)
	}
	require.Equal(t, accounts{"1930": -500, "6040": 400, "2641": 100}, s.balances())
	require.Empty(t, s.open())
}

func TestWhatWasToldTwiceIsOneFactAndTheSameKeyForAnotherFactIsRefused(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	sale := by(fact(payment.Payment, "1", 10000), "swish", "T1")
	s.register(sale, sale)
	s.register(sale)
	s.post()
	require.Len(t, s.vouchers(), 1)
	other := sale
	other.Amount = sek(9999)
	fresh := by(fact(payment.Payment, "1", 1), "swish", "T9")
	_, err := s.service.Register(t.Context(), "m-1", []registration.Fact{fresh, other}, "test")
	require.Equal(t, registration.CodeKeyReused, fault.CodeOf(err))
	require.Equal(t, "events[1].key", fault.Of(err).Field)
	_, err = s.service.Transaction(t.Context(), "m-1", "T9")
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err), "nothing of a refused request is kept")
}

func TestAnOrderThatComesLateAndASettingThatIsMendedLetEventsThrough(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{"sales":[{"rate":"12","revenue":"3002","vat":"2621"}]}`)
	sale := by(fact(payment.Payment, "1", 10000), "swish", "T1")
	s.register(sale)
	require.Equal(t, ports.EventParked, s.event(sale.Key).State)
	require.Equal(t, registration.CodeOrderUnknown, s.open()[0].Code)
	s.sells("1", part(25, 10000))
	require.Equal(t, ports.EventParked, s.event(sale.Key).State)
	require.Equal(t, fault.Code("vat.mapping_missing"), s.open()[0].Code)
	_, err := s.service.Order(t.Context(), "m-1", "1")
	require.NoError(t, err)
	s.sells("1", part(25, 10000)) // the same again
	other := order.Order{Number: "1", Country: "SE", Date: civil.Date{Year: 2026, Month: 4, Day: 2}, Parts: []order.Part{part(25, 1)}}
	require.Equal(t, registration.CodeOrderChanged, fault.CodeOf(s.service.RegisterOrder(t.Context(), "m-1", other, "test")))

	s.set(`{}`)
	s.post()
	require.Equal(t, ports.EventBooked, s.event(sale.Key).State)
	require.Empty(t, s.open())
	require.Equal(t, accounts{"1686": 10000, "3001": -8000, "2611": -2000}, s.balances())
}

func TestAnEventThatNoLongerStandsIsTakenBackByACorrectionOrDropped(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		s := shopFor(t, usual)
		s.sells("1", part(25, 10000))
		late := after(fact(payment.Payment, "1", 8000), 5)
		late.Key = "late"
		s.register(fact(payment.Prepare, "1", 10000), late)
		if written {
			s.post()
		}
		s.register(fact(payment.Payment, "1", 9000)) // was earlier: of the two only it fits
		s.post()
		require.Equal(t, ports.EventFlagged, s.event("late").State)
		require.Equal(t, payment.CodeEventOutOfBounds, s.open()[0].Code)
		require.Equal(t, accounts{"1686": 9000, "3001": -7200, "2611": -1800}, s.balances())
		vouchers := s.vouchers()
		if !written {
			require.Equal(t, ports.StepDropped, vouchers[0].State)
			require.Len(t, s.books.vouchers, 1)
			continue
		}
		require.Equal(t, ports.StepCorrection, vouchers[1].Kind)
		require.Equal(t, vouchers[0].Key, vouchers[1].Reverses)
		require.Contains(t, vouchers[1].Voucher.Text(), "Correction of voucher "+vouchers[0].Number)
	}
}

func TestACaptureThatTurnsUpLateGivesItsFeeToTheDepositThatSettledIt(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 20000))
	first := withFee(by(fact(payment.Payment, "1", 10000), "swish", "T1"), 1000, 200)
	second := withFee(by(fact(payment.Payment, "1", 10000), "swish", "T1"), 500, 100)
	second.Key = "second"
	paid := after(by(fact(payment.Deposit, "1", 9000), "swish", "T1"), 48)
	s.register(first, paid)
	s.post()
	require.Equal(t, int64(800), s.balances()["6040"])
	s.register(second)
	s.post()
	require.Equal(t, int64(1200), s.balances()["6040"])
	require.Equal(t, int64(300), s.balances()["2641"])
	require.Equal(t, int64(9500), s.balances()["1580"], "20 000 less both fees less what was paid")
}

// D19: food sold at 12 % in March 2026 is refunded at 12 % in April, when food has 6 %.
func TestARefundCarriesTheRateAndTheMarketOfTheSale(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{}`)
	s.orders(order.Order{Number: "F", Country: "SE", Date: civil.Date{Year: 2026, Month: 3, Day: 30}, Parts: []order.Part{part(12, 11200)}})
	sale := after(by(fact(payment.Payment, "F", 11200), "swish", "TF"), -72)
	refund := by(fact(payment.Refund, "F", 11200), "swish", "TF")
	s.register(refund)
	require.Equal(t, ports.EventPending, s.event(refund.Key).State)
	s.register(sale)
	s.post()
	vouchers := s.vouchers()
	require.Equal(t, "2026-03-30", vouchers[0].Voucher.Date().String())
	require.Equal(t, "2026-04-02", vouchers[1].Voucher.Date().String())
	require.Equal(t, accounts{"3002": 10000, "2621": 1200, "1686": -11200}, rows(vouchers[1]))
}
