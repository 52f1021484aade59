package registration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/payment"
)

const advances = `{"recognition":"delivery"}`

func april(day int) civil.Date { return civil.Date{Year: 2026, Month: 4, Day: day} }

// The golden vouchers I16 and I17, and what a refund takes back before and after.
func TestAnAdvanceBecomesRevenueWhenTheGoodsAreDelivered(t *testing.T) {
	t.Parallel()
	s := shopFor(t, advances)
	s.sells("1", part(25, 12500))
	s.register(fact(payment.Prepare, "1", 12500))
	paid := s.register(fact(payment.Payment, "1", 12500))[0]
	s.post()
	require.Equal(t, accounts{"1686": 12500, "2420": -10000, "2611": -2500}, s.balances())

	for range 2 { // noted twice it happens once
		_, err := s.service.Deliver(t.Context(), paid.ID, april(10), "test")
		require.NoError(t, err)
		s.post()
	}
	require.Equal(t, int64(-10000), s.balances()["3001"])
	require.Equal(t, int64(0), s.balances()["2420"])
	vouchers := s.vouchers()
	require.Len(t, vouchers, 2)
	require.Equal(t, accounts{"2420": 10000, "3001": -10000}, rows(vouchers[1]))
	require.Equal(t, april(10), vouchers[1].Voucher.Date())

	_, err := s.service.Deliver(t.Context(), paid.ID, april(11), "test")
	require.Equal(t, registration.CodeDeliveryChanged, fault.CodeOf(err))

	s.register(fact(payment.Refund, "1", 12500))
	s.post()
	require.Equal(t, int64(0), s.balances()["3001"], "what was delivered is taken back from revenue")
	require.Equal(t, int64(0), s.balances()["2420"])
}

func TestARefundBeforeTheDeliveryTakesItsPartOfTheAdvance(t *testing.T) {
	t.Parallel()
	s := shopFor(t, advances)
	s.sells("1", part(25, 12500))
	s.register(fact(payment.Prepare, "1", 12500))
	paid := s.register(fact(payment.Payment, "1", 12500))[0]
	s.register(fact(payment.Refund, "1", 2500))
	s.post()
	require.Equal(t, int64(-8000), s.balances()["2420"])

	_, err := s.service.Deliver(t.Context(), paid.ID, april(10), "test")
	require.NoError(t, err)
	s.post()
	require.Equal(t, int64(0), s.balances()["2420"])
	require.Equal(t, int64(-8000), s.balances()["3001"])
	require.Equal(t, int64(-2000), s.balances()["2611"])
}

func TestADeliveryNeedsAnAdvance(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 12500))
	s.register(fact(payment.Prepare, "1", 12500))
	paid := s.register(fact(payment.Payment, "1", 12500))[0]
	_, err := s.service.Deliver(t.Context(), paid.ID, april(10), "test")
	require.Equal(t, registration.CodeNoAdvance, fault.CodeOf(err))

	early := shopFor(t, advances)
	early.sells("1", part(25, 12500))
	early.register(fact(payment.Prepare, "1", 12500))
	paid = early.register(fact(payment.Payment, "1", 12500))[0]
	_, err = early.service.Deliver(t.Context(), paid.ID, civil.Date{Year: 2025, Month: 12, Day: 31}, "test")
	require.Equal(t, "date", fault.Of(err).Field)
}

func TestASummaryHoldsNoAdvances(t *testing.T) {
	t.Parallel()
	_, err := booking.ParseByMethod([]byte(`{"recognition":"delivery","sales_shape":"day"}`))
	require.Equal(t, "recognition", fault.Of(err).Field)
}
