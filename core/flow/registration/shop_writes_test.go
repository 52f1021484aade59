package registration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

func TestAVoucherIsMadeOnceWhateverTheAccountingSystemAnswers(t *testing.T) {
	t.Parallel()
	limited := fault.New("upstream.rate_limited", fault.RateLimited, "slow down")
	lost := fault.New("upstream.timeout", fault.Unknown, "no answer")
	for name, fail := range map[string]func(calls int, done bool) error{
		"limited before": func(calls int, done bool) error {
			if !done && calls < 3 {
				return limited
			}
			return nil
		},
		"lost after the write": func(calls int, done bool) error {
			if done && calls%2 == 0 {
				return lost
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopFor(t, `{}`)
			for i := range 5 {
				number := fmt.Sprint(i)
				s.sells(number, part(25, 10000))
				s.register(by(fact(payment.Payment, number, 10000), "swish", "T"+number))
			}
			calls := 0
			s.books.fail = func(_ int, done bool) error {
				if !done {
					calls++
				}
				return fail(calls, done)
			}
			s.post()
			require.Len(t, s.books.vouchers, 5)
			require.Equal(t, accounts{"1686": 50000, "3001": -40000, "2611": -10000}, s.balances())
			for _, v := range s.vouchers() {
				require.Equal(t, ports.StepDone, v.State)
			}
		})
	}
}

func TestARefusedVoucherIsParkedAndTriedAgainOnDemand(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{}`)
	s.sells("1", part(25, 10000))
	locked := fault.New("erp.period_locked", fault.Conflict, "the period is locked")
	s.books.fail = func(int, bool) error { return locked }
	s.register(by(fact(payment.Payment, "1", 10000), "swish", "T1"))
	s.post()
	require.Equal(t, locked.Code, s.open()[0].Code)
	s.books.fail = nil
	require.NoError(t, s.service.RetryException(t.Context(), s.open()[0].ID, "anna"))
	s.post()
	require.Empty(t, s.open())
	require.Equal(t, int64(10000), s.balances()["1686"])
}

func TestARefusedVoucherOfAnEventThatFellIsNeverWritten(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	late := after(fact(payment.Payment, "1", 8000), 5)
	late.Key = "late"
	s.books.fail = func(int, bool) error { return fault.New("erp.period_locked", fault.Conflict, "the period is locked") }
	s.register(fact(payment.Prepare, "1", 10000), late)
	s.post()
	refused := s.open()[0]
	s.books.fail = nil
	s.register(fact(payment.Payment, "1", 9000)) // was earlier: of the two only it fits
	require.Equal(t, registration.CodeNotOpen, fault.CodeOf(s.service.RetryException(t.Context(), refused.ID, "anna")), "nobody has to decide on a voucher that is given up")
	s.post()
	require.Equal(t, accounts{"1686": 9000, "3001": -7200, "2611": -1800}, s.balances())
	require.Len(t, s.books.vouchers, 1)
	require.Len(t, s.open(), 1, "that of the flagged event")
}

func TestSalesOfADayAreOneVoucherOnceTheDayIsOver(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{"sales_shape":"day"}`)
	s.clock.now = time.Date(2026, 4, 2, 20, 0, 0, 0, time.UTC)
	for i := range 3 {
		number := fmt.Sprint(i)
		s.sells(number, part(25, 10000))
		s.register(after(by(fact(payment.Payment, number, 10000), "swish", "T"+number), i))
	}
	back := after(by(fact(payment.Refund, "0", 5000), "swish", "T0"), 2)
	s.register(back)
	s.post()
	require.Empty(t, s.vouchers(), "the day is not over")
	require.Equal(t, ports.EventDue, s.event(back.Key).State)

	s.clock.now = s.clock.now.Add(3 * time.Hour) // midnight in Stockholm is 22:00 UTC
	s.post()
	vouchers := s.vouchers()
	require.Len(t, vouchers, 2, "sales and refunds have vouchers of their own")
	require.Equal(t, accounts{"1686": 30000, "3001": -24000, "2611": -6000}, rows(vouchers[0]))
	require.Equal(t, accounts{"1686": -5000, "3001": 4000, "2611": 1000}, rows(vouchers[1]))
	require.Equal(t, "2026-04-02", vouchers[0].Voucher.Date().String())
	s.post()
	require.Len(t, s.vouchers(), 2, "a summary is made once")
}

func TestASummaryThatCannotBeMadeParksItsEventsAndNoOthers(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{"sales_shape":"day"}`)
	s.sells("1", part(25, 10000))
	s.sells("2", part(12, 11200))
	high, low := by(fact(payment.Payment, "1", 10000), "swish", "T1"), by(fact(payment.Payment, "2", 11200), "card", "T2")
	low.Method = "invoice"
	s.register(high, low)
	require.Equal(t, ports.EventDue, s.event(high.Key).State)
	s.set(`{"sales_shape":"day","sales":[{"rate":"12","revenue":"3002","vat":"2621"}]}`)
	s.post()
	require.Equal(t, ports.EventParked, s.event(high.Key).State)
	require.Equal(t, fault.Code("vat.mapping_missing"), s.open()[0].Code)
	require.Equal(t, accounts{"1510": 11200, "3002": -10000, "2621": -1200}, s.balances())
	s.set(`{"sales_shape":"day"}`)
	s.post()
	require.Empty(t, s.open())
	require.Equal(t, int64(10000), s.balances()["1686"])
}

func TestSalesOfAPayoutAreOneVoucherOnceItIsDeposited(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{"sales_shape":"payout"}`)
	for i := range 3 {
		number := fmt.Sprint(i)
		s.sells(number, part(25, 10000))
		s.register(by(fact(payment.Payment, number, 10000), "swish", "T"+number))
	}
	s.post()
	require.Empty(t, s.vouchers())
	for i := range 2 {
		paid := after(by(fact(payment.Deposit, fmt.Sprint(i), 10000), "swish", "T"+fmt.Sprint(i)), 24)
		paid.Reference = "P1"
		s.register(paid)
	}
	s.post()
	require.Len(t, s.vouchers(), 3, "two deposits and the sales that they settle")
	require.Equal(t, accounts{"1930": 20000, "3001": -16000, "2611": -4000}, s.balances())
}

// The Swedish threshold of distance selling is 99 680 kr. The sale that exceeds it
// is itself taxed in Germany.
func TestTheSaleThatCrossesTheThresholdIsTaxedAtItsDestination(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{"vat":{"eu_consumers":"threshold"},"sales":[{"rate":"25","revenue":"3001","vat":"2611"},{"treatment":"oss","country":"DE","rate":"19","revenue":"3105","vat":"2670"}]}`)
	sell := func(number string, rate uint8, gross int64) registration.Fact {
		s.orders(order.Order{Number: number, Country: "DE", Postcode: "10115", Date: civil.Date{Year: 2026, Month: 4, Day: 2}, Parts: []order.Part{part(rate, gross)}})
		f := by(fact(payment.Payment, number, gross), "swish", "T"+number)
		s.register(f)
		return f
	}
	below := sell("A", 25, 12_460_000) // 99 680.00 without VAT: the limit itself
	require.Equal(t, "domestic", string(s.event(below.Key).Market.Treatment))
	above := sell("B", 19, 11900)
	require.Equal(t, "oss", string(s.event(above.Key).Market.Treatment))
	require.Equal(t, ports.EventBooked, s.event(above.Key).State)
	wrong := sell("C", 25, 10000)
	require.Equal(t, ports.EventParked, s.event(wrong.Key).State)
	require.Equal(t, registration.CodeRateInvalid, s.event(wrong.Key).Fault.Code)
}
