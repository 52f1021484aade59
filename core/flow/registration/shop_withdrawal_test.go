package registration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

func TestAWithdrawnEventCountsForNothingAndItsVoucherIsCorrected(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	s.register(fact(payment.Prepare, "1", 10000))
	wrong := s.register(fact(payment.Payment, "1", 10000))[0]
	s.post()
	for range 2 { // withdrawn twice it is corrected once
		withdrawn, err := s.service.Withdraw(t.Context(), wrong.ID, "registered under the wrong amount", "anna")
		require.NoError(t, err)
		require.Equal(t, ports.EventWithdrawn, withdrawn.State)
		s.post()
	}
	vouchers := s.vouchers()
	require.Len(t, vouchers, 2)
	require.Equal(t, vouchers[0].Key, vouchers[1].Reverses)
	require.Contains(t, vouchers[1].Voucher.Text(), "registered under the wrong amount")
	for account, balance := range s.balances() {
		require.Zero(t, balance, account)
	}
	right := fact(payment.Payment, "1", 9000)
	right.Key = "again"
	require.Equal(t, ports.EventBooked, s.register(right)[0].State)
	got, err := s.service.Transaction(t.Context(), "m-1", "T1")
	require.NoError(t, err)
	require.Equal(t, sek(9000), got.State.Captured)
}

func TestWhatAnEventKeptOutComesInOnceItIsWithdrawn(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	s.register(fact(payment.Prepare, "1", 10000))
	wrong := s.register(fact(payment.Payment, "1", 9000))[0]
	late := after(fact(payment.Payment, "1", 8000), 1)
	late.Key = "late"
	require.Equal(t, ports.EventFlagged, s.register(late)[0].State)
	_, err := s.service.Withdraw(t.Context(), wrong.ID, "another order's", "anna")
	require.NoError(t, err)
	s.post()
	require.Equal(t, ports.EventBooked, s.event("late").State)
	require.Empty(t, s.open())
	require.Equal(t, int64(8000), s.balances()["1686"])

	_, err = s.service.Withdraw(t.Context(), wrong.ID, "", "anna")
	require.Equal(t, registration.CodeReasonMissing, fault.CodeOf(err))
}

func TestAnOrderThatNobodyCanTaxIsRefused(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	refused := func(o order.Order) (fault.Code, string) {
		o.Number, o.Date = "9", civil.Date{Year: 2026, Month: 4, Day: 2}
		f := fault.Of(s.service.RegisterOrder(t.Context(), "m-1", o, "anna"))
		require.NotNil(t, f)
		return f.Code, f.Field
	}
	code, field := refused(order.Order{Country: "XX", Parts: []order.Part{part(25, 100)}})
	require.Equal(t, []any{tax.CodeCountry, "country"}, []any{code, field})
	code, field = refused(order.Order{Country: "SE", Parts: []order.Part{part(25, 100), part(24, 100)}})
	require.Equal(t, []any{registration.CodeRateInvalid, "parts[1].rate"}, []any{code, field})
	stated := part(25, 10000)
	stated.VAT = sek(6000)
	code, field = refused(order.Order{Country: "SE", Parts: []order.Part{stated}})
	require.Equal(t, []any{order.CodeOrderInvalid, "parts[0].vat"}, []any{code, field})
	stated.VAT = sek(1998) // what rounding by rows may come to
	require.NoError(t, s.service.RegisterOrder(t.Context(), "m-1", order.Order{
		Number: "9", Country: "SE", Date: civil.Date{Year: 2026, Month: 4, Day: 2}, Parts: []order.Part{stated},
	}, "anna"))
}
