package hub_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func (w *world) pause(id string) {
	_, err := onboarding.New(onboarding.Parts{Store: w.store, Clock: w.clock}).Pause(w.t.Context(), id, "year-end closing", "Anna")
	require.NoError(w.t, err)
}

func (w *world) resume(id string) {
	_, err := onboarding.New(onboarding.Parts{Store: w.store, Clock: w.clock}).Resume(w.t.Context(), id, "Anna")
	require.NoError(w.t, err)
}

// rest advances the flow until it wants no more, and gives the run that is left.
func (w *world) rest() ports.Run {
	w.t.Helper()
	for range 100 {
		next, err := w.service.Advance(w.t.Context(), flowID)
		require.NoError(w.t, err)
		if next.Done {
			var run ports.Run
			w.view(func(ctx context.Context, tx ports.Tx) (err error) {
				run, err = tx.Runs().Current(ctx, flowID)
				return err
			})
			return run
		}
	}
	w.t.Fatal("the flow does not come to rest")
	return ports.Run{}
}

// idle advances the flow until it wants no more, whether its run waits or is over.
func (w *world) idle() {
	w.t.Helper()
	for range 100 {
		next, err := w.service.Advance(w.t.Context(), flowID)
		require.NoError(w.t, err)
		if next.Done {
			return
		}
	}
	w.t.Fatal("the flow does not come to rest")
}

// waitsFor checks that a run waits for the pause to end, and calls nobody meanwhile.
func (w *world) waitsFor(reason string) ports.Run {
	w.t.Helper()
	waiting := w.rest()
	require.Equal(w.t, ports.RunRunning, waiting.State)
	require.NotNil(w.t, waiting.Fault)
	require.Equal(w.t, remote.CodePaused, waiting.Fault.Code)
	require.Contains(w.t, waiting.Fault.Reason, reason)
	w.restart() // a hub that starts meanwhile must not call either
	again := w.rest()
	require.Equal(w.t, waiting.Report.Calls, again.Report.Calls)
	require.Empty(w.t, w.exceptions(), "nobody has to decide anything but to resume")
	return waiting
}

// A payout of two payments, a voucher and its proof is paused at each of its writes in
// turn: before it took effect, after it, and after it with an answer that got lost.
func TestAPauseInTheMiddleOfAPayoutNeitherLosesNorDoublesMoney(t *testing.T) {
	t.Parallel()
	lost := fault.New("erp.timeout", fault.Unknown, "no answer").From(fault.Upstream)
	for name, at := range map[string]struct {
		done    bool
		failure error
	}{
		"before the effect":              {false, nil},
		"after the effect":               {true, nil},
		"after the effect, answer lost":  {true, lost},
		"before the effect, answer lost": {false, lost},
	} {
		for write := 1; write <= 4; write++ {
			t.Run(name+" "+strconv.Itoa(write), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, plainProvider(2), plainBooks())
				writes := 0
				w.books.fail = func(_ string, _ int, done bool) error {
					if done != at.done {
						return nil
					}
					if writes++; writes != write {
						return nil
					}
					w.pause("c-target")
					return at.failure
				}
				run, err := w.service.Start(t.Context(), flowID, "test")
				require.NoError(t, err)
				// The two payments are made side by side, so that the third write may be the last to
				// end; nothing is then left to wait for.
				if write >= 3 && at.failure == nil {
					w.idle()
				} else {
					require.Equal(t, run.ID, w.waitsFor("paused since 2026-04-20T08:00:00Z by Anna: year-end closing").ID)
				}
				paused := w.books.countPayments() + len(w.books.vouchers) + len(w.books.files)
				require.LessOrEqual(t, paused, write+2, "those under way, and no more")
				w.resume("c-target")
				w.finish(run.ID)
				require.Equal(t, payout.Closed, w.payout("P1").State)
				require.Equal(t, 2, w.books.countPayments())
				require.Len(t, w.books.vouchers, 1)
				require.Len(t, w.books.files, 1)
			})
		}
	}
}

func TestAPauseWhileRowsAreReadGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	asked := 0
	w.provider.beforePage = func(int) {
		if asked++; asked == 2 {
			w.pause("c-source")
		}
	}
	run, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	w.waitsFor("the connection to fakepay")
	require.Equal(t, 2, asked)
	again, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	require.Equal(t, run.ID, again.ID, "runs do not pile up")
	w.resume("c-source")
	require.Nil(t, w.finish(run.ID).Fault)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, 2, w.books.countPayments())
}

func TestARunTellsTheSecondPauseThatItWaitsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	w.pause("c-source")
	w.pause("c-target")
	run, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	w.waitsFor("the connection to fakepay")
	w.resume("c-source")
	w.waitsFor("the connection to fakebooks")
	w.resume("c-target")
	require.Equal(t, ports.RunDone, w.finish(run.ID).State)
}

// Documents are made of orders by flows of their own, which wait like any other.
func TestAPauseWhileDocumentsAreMadeMakesNothingTwice(t *testing.T) {
	t.Parallel()
	chair := row(order.GoodsRow, "chair", 125_00, 25)
	p := refunding(capturing(bought("1001", chair), "c1", 125_00), "r1", 125_00)
	for _, operation := range []string{"EnsureOrder", "EnsureInvoice", "EnsureCredit", "EnsureBooked"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := sell(t, `{}`, all(), p)
			pauses := 0
			s.books.fail = func(op string, attempt int, done bool) error {
				if op == operation && done && attempt == 1 && pauses == 0 {
					pauses++
					s.pause("c-target")
					return fault.New("connector.deadline", fault.Unknown, "no answer in time")
				}
				return nil
			}
			s.learn("o-1001")
			require.Equal(t, 1, pauses)
			require.Empty(t, s.codes(), "nobody has to decide anything but to resume")
			s.resume("c-target")
			s.work()
			require.Equal(t, map[string]string{
				"c1": "invoice 125.00 | 3001 125.00 25% booked", "r1": "credit_invoice -125.00 | 3001 -125.00 25% booked linked",
			}, s.documents())
			require.Len(t, s.books.orders, 1)
			require.Empty(t, s.codes())
		})
	}
}
