package registration_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// setMode lets the flow write as the mode says, from a moment on if one is given.
func (s *shop) setMode(mode merchant.Mode, since ...time.Time) {
	s.t.Helper()
	require.NoError(s.t, s.store.Update(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, shopFlow)
		if err != nil {
			return err
		}
		if len(since) > 0 {
			flow.Since = since[0]
		}
		return tx.Flows().SetMode(ctx, shopFlow, mode, flow.Since)
	}))
}

func TestEventsInShadowAreJudgedAndNeverWrittenNotEvenWithdrawn(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{}`)
	s.sells("1", part(25, 10000))
	first := s.register(by(fact(payment.Payment, "1", 10000), "swish", "T1"))
	s.post()
	require.Len(t, s.books.vouchers, 1)
	s.setMode(merchant.Shadow)
	s.books.fail = func(int, bool) error { t.Error("a write reached the accounting system"); return nil }
	s.sells("2", part(25, 10000))
	second := by(fact(payment.Payment, "2", 10000), "swish", "T2")
	records := s.register(second)
	s.post()
	require.Equal(t, ports.EventBooked, s.event(records[0].Key).State, "its voucher is decided")
	_, err := s.service.Withdraw(t.Context(), first[0].ID, "not ours", "anna")
	require.NoError(t, err)
	s.post()
	require.Len(t, s.vouchers(), 3, "two sales, and what takes back the first")
}

func TestAFlowOfEventsThatLeavesShadowForgoesWhatLiesBefore(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"each sale": `{}`, "the sales of a day": `{"sales_shape":"day"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopFor(t, settings)
			s.setMode(merchant.Shadow)
			s.sells("1", part(25, 10000))
			first := by(fact(payment.Payment, "1", 10000), "swish", "T1")
			s.register(first)
			s.setMode(merchant.Live, first.At.AddDate(0, 0, 1))
			s.sells("2", part(25, 30000))
			second := by(fact(payment.Payment, "2", 30000), "swish", "T2")
			second.At = first.At.AddDate(0, 0, 2)
			s.register(second)
			s.clock.now = second.At.AddDate(0, 0, 3)
			s.post()
			require.Equal(t, accounts{"1686": 30000, "3001": -24000, "2611": -6000}, s.balances(), "others have booked the first")
		})
	}
}

func TestAFlowOfEventsInApproveWritesWhatIsReleased(t *testing.T) {
	t.Parallel()
	s := shopFor(t, `{}`)
	s.setMode(merchant.Approve)
	for _, number := range []string{"1", "2"} {
		s.sells(number, part(25, 10000))
		s.register(by(fact(payment.Payment, number, 10000), "swish", "T"+number))
	}
	s.post()
	require.Empty(t, s.books.vouchers)
	require.NoError(t, s.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		waiting, err := tx.Steps().Unreleased(ctx, shopFlow, 0, 10)
		require.Len(t, waiting, 2)
		if err != nil {
			return err
		}
		return tx.Steps().Release(ctx, []int64{waiting[1].ID}, s.clock.Now(), "anna")
	}))
	s.post()
	require.Len(t, s.books.vouchers, 1)
	require.Equal(t, ports.StepDone, s.vouchers()[1].State)
	require.Equal(t, ports.StepPlanned, s.vouchers()[0].State)
}
