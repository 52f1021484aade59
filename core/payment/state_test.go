package payment_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
)

// running are the sums that change along a series, and the effect of its last
// event on the bank account.
type running struct{ fee, feeVAT, open, debt, bank int64 }

func runningStates(t *testing.T, events []payment.Event) []running {
	t.Helper()
	var out []running
	bank := int64(0)
	for i := range events {
		s, err := payment.StateOf(events[:i+1])
		require.NoError(t, err)
		out = append(out, running{
			s.Fee.Minor(), s.FeeVAT.Minor(), s.OpenAtProvider.Minor(), s.RefundDebt.Minor(), s.Bank.Minor() - bank,
		})
		bank = s.Bank.Minor()
	}
	return out
}

func TestTheRunningStatesOfATransaction(t *testing.T) {
	t.Parallel()
	fee := func(kind payment.Kind, amount, fee, vat int64) payment.Event {
		return payment.Event{Kind: kind, Amount: sek(amount), Fee: sek(fee), FeeVAT: sek(vat)}
	}
	sold := []payment.Event{event(payment.Prepare, 100_00), event(payment.Payment, 100_00), fee(payment.Deposit, 90_00, 10_00, 2_00)}
	cases := map[string]struct {
		events []payment.Event
		want   []running
	}{
		"sold, paid out, refunded, half of the fee given back": {
			at(sold[0], sold[1], sold[2], event(payment.Refund, 100_00), fee(payment.Credit, 95_00, -5_00, -1_00)),
			[]running{{}, {0, 0, 100_00, 0, 0}, {10_00, 2_00, 0, 0, 90_00}, {10_00, 2_00, 0, 100_00, 0}, {5_00, 1_00, 0, 0, -95_00}},
		},
		"refunded at an extra fee": {
			at(sold[0], sold[1], sold[2], event(payment.Refund, 100_00), fee(payment.Credit, 105_00, 5_00, 1_00)),
			[]running{{}, {0, 0, 100_00, 0, 0}, {10_00, 2_00, 0, 0, 90_00}, {10_00, 2_00, 0, 100_00, 0}, {15_00, 3_00, 0, 0, -105_00}},
		},
		"the fee known at capture": {
			at(fee(payment.Payment, 100_00, 10_00, 2_00), event(payment.Deposit, 90_00)),
			[]running{{10_00, 2_00, 90_00, 0, 0}, {10_00, 2_00, 0, 0, 90_00}},
		},
		"cancelled": {
			at(event(payment.Prepare, 100_00), event(payment.Cancel, 100_00)), []running{{}, {}},
		},
		"a gift card": {
			at(event(payment.Prepare, 100_00), event(payment.Payment, 100_00)), []running{{}, {0, 0, 100_00, 0, 0}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, runningStates(t, c.events))
		})
	}
}

func TestNothingAddsUpToNothing(t *testing.T) {
	t.Parallel()
	s, err := payment.StateOf(nil)
	require.NoError(t, err)
	require.Equal(t, payment.State{}, s)
}

func TestEventsThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		events []payment.Event
		code   fault.Code
	}{
		"two currencies": {
			at(event(payment.Payment, 1), payment.Event{Kind: payment.Payment, Amount: money.New(1, "EUR")}), money.CodeMixed,
		},
		"a fee in another currency": {
			at(payment.Event{Kind: payment.Deposit, Amount: sek(1), Fee: money.New(1, "EUR")}), money.CodeMixed,
		},
		"beyond 64 bits":  {at(event(payment.Payment, math.MaxInt64), event(payment.Payment, 1)), money.CodeOverflow},
		"an unknown kind": {at(event("capture", 1)), payment.CodeEventInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := payment.StateOf(c.events)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}
