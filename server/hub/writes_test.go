package hub_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestEveryWriteThatFailsAfterItsEffectIsLookedUpAndMadeOnce(t *testing.T) {
	t.Parallel()
	unknown := fault.New("erp.timeout", fault.Unknown, "no answer").From(fault.Upstream)
	for _, operation := range []string{"EnsurePayment", "EnsureVoucher", "EnsureAttachment"} {
		for name, failure := range map[string]error{"unknown": unknown, "an error without a fault": errors.New("connection reset")} {
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, plainProvider(2), plainBooks())
				w.books.fail = func(op string, attempt int, done bool) error {
					if op == operation && attempt == 1 && done {
						return failure
					}
					return nil
				}
				w.run()
				require.Equal(t, payout.Closed, w.payout("P1").State)
				require.Equal(t, 2, w.books.countPayments())
				require.Len(t, w.books.vouchers, 1)
				require.Len(t, w.books.files, 1)
			})
		}
	}
}

func TestAWriteThatWasNotSentIsAFirstAttemptAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	refusals := 2
	w.books.fail = func(op string, attempt int, done bool) error {
		if op == "EnsureVoucher" && !done && refusals > 0 {
			refusals--
			require.Equal(t, 1, attempt)
			return fault.New("connector.unavailable", fault.NotSent, "restarting")
		}
		return nil
	}
	require.Equal(t, ports.RunDone, w.run().State)
	require.Equal(t, payout.Closed, w.payout("P1").State)
}

func TestAnAuthFailureEndsTheRunAndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	broken := true
	w.books.fail = func(string, int, bool) error {
		if broken {
			return fault.New("auth.refused", fault.Auth, "token refused").From(fault.Upstream)
		}
		return nil
	}
	run := w.run()
	require.Equal(t, ports.RunFailed, run.State)
	require.Equal(t, fault.Code("auth.refused"), run.Fault.Code)
	broken = false
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, 2, w.books.countPayments())
}

func TestTwoCapturesOfOneAmountOnOneInvoiceAreTwoPayments(t *testing.T) {
	t.Parallel()
	first, second := sale("1001", 5000), sale("1001", 5000)
	second.Key += "/2"
	w := newWorld(t, provider(1, paid("P1", 10000), first, second), newFakeBooks(invoiced("1", "1001", 10000)))
	// Each payment's first answer is lost, so each is looked up: the second must
	// not take the first one's payment for its own.
	w.books.fail = func(op string, attempt int, done bool) error {
		if op == "EnsurePayment" && attempt == 1 && done {
			return fault.New("erp.timeout", fault.Unknown, "no answer")
		}
		return nil
	}
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, 2, w.books.countPayments())
	require.True(t, w.books.documents[0].Balance.IsZero())
}

func TestAConnectorThatFailsForTooLongEndsTheRunWithAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.books.fail = func(string, int, bool) error {
		return fault.New("connector.unavailable", fault.NotSent, "it is in quarantine")
	}
	run := w.run()
	require.Equal(t, ports.RunFailed, run.State)
	require.Equal(t, fault.Code("flow.gave_up"), run.Fault.Code)
	require.Contains(t, run.Fault.Reason, "quarantine")
	w.books.fail = nil
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
}
