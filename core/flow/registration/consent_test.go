package registration_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

func (s *shop) running() (run ports.Run) {
	s.t.Helper()
	require.NoError(s.t, s.store.View(s.t.Context(), func(ctx context.Context, tx ports.Tx) (err error) {
		run, err = tx.Runs().Current(ctx, shopFlow)
		return err
	}))
	return run
}

func TestARunWaitsForConsentAndBooksOnceItIsThere(t *testing.T) {
	t.Parallel()
	s := shopFor(t, usual)
	s.sells("1", part(25, 10000))
	s.books.fail = func(int, bool) error {
		return fault.New(ports.CodeConsentNeeded, fault.Auth, "the merchant's consent has ended")
	}
	s.register(fact(payment.Prepare, "1", 10000), fact(payment.Payment, "1", 10000))
	for range 2 {
		done, err := s.service.Advance(t.Context(), shopFlow)
		require.NoError(t, err)
		require.True(t, done, "it is not tried until it is woken")
		waiting := s.running()
		require.NotNil(t, waiting.Fault)
		require.Equal(t, ports.CodeConsentNeeded, waiting.Fault.Code)
		require.Empty(t, s.open(), "nobody has to decide anything but the consent")
	}
	s.books.fail = nil
	waited := s.running().ID
	s.post()
	require.Len(t, s.books.vouchers, 1)
	require.NoError(t, s.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		run, err := tx.Runs().Get(ctx, waited)
		require.Equal(t, ports.RunDone, run.State)
		require.Nil(t, run.Fault)
		return err
	}))
}
