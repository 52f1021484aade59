package hub_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// setMode lets the flow write as the mode says, from a moment on if one is given.
func (w *world) setMode(mode merchant.Mode, since ...time.Time) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		if len(since) > 0 {
			flow.Since = since[0]
		}
		return tx.Flows().SetMode(ctx, flowID, mode, flow.Since)
	})
}

// countWrites counts the writes that reach the accounting system from now on.
func (w *world) countWrites() *atomic.Int64 {
	var n atomic.Int64
	w.books.fail = func(_ string, _ int, done bool) error {
		if !done {
			n.Add(1)
		}
		return nil
	}
	return &n
}

func (w *world) claimed(number string) int64 {
	w.t.Helper()
	var claimed int64
	w.view(func(ctx context.Context, tx ports.Tx) error {
		d, err := tx.Documents().Get(ctx, "c-target", number)
		claimed = d.Claimed.Minor()
		return err
	})
	return claimed
}

func TestAShadowFlowReadsAndProvesAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Shadow)
	writes := w.countWrites()
	for range 2 {
		require.Equal(t, ports.RunDone, w.run().State)
	}
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Empty(t, w.steps())
	require.Zero(t, w.claimed("1"))
	require.Zero(t, writes.Load())

	w.setMode(merchant.Live)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.vouchers, 1)
	require.Equal(t, 2, w.books.countPayments())
}

func TestWhatOthersBookedDuringShadowIsSeenWhenTheFlowGoesLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Shadow)
	w.run()
	w.books.pay("1", sek(10000), nil, "1580")

	w.setMode(merchant.Live)
	w.run()
	require.Equal(t, 2, w.books.countPayments(), "invoice 1 is not paid twice")
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, matching.CodeAlreadyPaid, open[0].Code)
}

func TestWhatLiesBeforeTheFirstMomentIsNeverBooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Shadow)
	w.run()
	writes := w.countWrites()
	w.setMode(merchant.Live, payday.Add(time.Second))
	require.Equal(t, ports.RunDone, w.run().State)
	run, err := w.service.StartScoped(t.Context(), flowID, "test", "anna", ports.RunScope{Payouts: []string{"P1"}})
	require.NoError(t, err)
	w.finish(run.ID)
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Zero(t, writes.Load())
}

func TestAPlanThatWasNotBegunIsGivenUpInShadowAndMadeAnewAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Approve)
	w.run()
	require.Equal(t, payout.Planned, w.payout("P1").State)
	require.Equal(t, int64(10000), w.claimed("1"))

	w.setMode(merchant.Shadow)
	w.run()
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Zero(t, w.claimed("1"), "the claim is given back")
	require.Zero(t, w.claimed("2"))
	for _, s := range w.steps() {
		require.Equal(t, ports.StepDropped, s.State)
	}

	w.books.pay("1", sek(10000), nil, "1580")
	w.setMode(merchant.Live)
	w.run()
	require.Len(t, w.books.vouchers, 1)
	require.Equal(t, 2, w.books.countPayments(), "the plan of before would have paid invoice 1 once more")
	require.Equal(t, matching.CodeAlreadyPaid, w.exceptions()[0].Code)
}

// TestNoDecisionWritesInShadow lets people do in shadow all that plans writes.
func TestNoDecisionWritesInShadow(t *testing.T) {
	t.Parallel()
	p, b := plain(10)
	p.payouts = append(p.payouts, paid("P2", 5000), paid("P3", 7000), paid("P4", 6000))
	p.lines["P2"] = []payout.Line{sale("2001", 5000)}
	p.lines["P3"] = []payout.Line{sale("3001", 7000)}
	p.lines["P4"] = []payout.Line{sale("4001", 6000)}
	b.documents = append(b.documents, invoiced("3", "2001", 5000), invoiced("4", "other", 7000), invoiced("5", "4001", 6000))
	b.pay("3", sek(5000), nil, "1580")
	w := newWorld(t, p, b)
	w.clock.set(payday.AddDate(0, 0, 8))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, payout.Closed, w.payout("P4").State)
	byCode := map[fault.Code]string{}
	for _, e := range w.exceptions() {
		byCode[e.Code] = e.ID
	}
	require.Len(t, byCode, 2)

	w.setMode(merchant.Shadow)
	writes := w.countWrites()
	w.undo("wrong company")
	_, err := w.service.Adopt(t.Context(), byCode[matching.CodeAlreadyPaid], true, "anna")
	require.NoError(t, err)
	require.NoError(t, w.service.Resolve(t.Context(), byCode[matching.CodeNoDocument], "4", "anna"))
	for range 2 {
		require.Equal(t, ports.RunDone, w.run().State)
	}
	require.Zero(t, writes.Load())
	require.Equal(t, payout.Undoing, w.payout("P1").State)

	w.setMode(merchant.Live)
	w.run()
	w.run()
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Equal(t, payout.Closed, w.payout("P2").State)
	require.Equal(t, payout.Closed, w.payout("P3").State)
	require.NotZero(t, writes.Load())
}

// TestTheClerkRefusesWhateverAFlowForgets hands steps straight to the one who writes.
func TestTheClerkRefusesWhateverAFlowForgets(t *testing.T) {
	t.Parallel()
	for _, mode := range []merchant.Mode{merchant.Shadow, merchant.Approve} {
		for _, state := range []ports.StepState{ports.StepPlanned, ports.StepOpen} {
			t.Run(string(mode)+" "+string(state), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, plainProvider(1), plainBooks())
				w.setMode(merchant.Approve)
				w.run()
				w.setMode(mode)
				writes := w.countWrites()
				steps := w.steps()
				for i := range steps {
					steps[i].State = state
				}
				w.update(func(ctx context.Context, tx ports.Tx) error {
					for _, s := range steps {
						if err := tx.Steps().Save(ctx, s); err != nil {
							return err
						}
					}
					return nil
				})
				clerk := posting.Clerk{Store: w.store, Target: w.target(), Clock: w.clock, Tally: &remote.Tally{}, Attempts: 3}
				for _, s := range steps {
					err := clerk.TakeAll(t.Context(), []ports.Step{s})
					require.Equal(t, posting.CodeNotPermitted, fault.CodeOf(err))
				}
				require.Zero(t, writes.Load())
				require.Equal(t, steps, w.steps(), "nothing is stored either")
			})
		}
	}
}

func TestAnApprovedFlowPlansEverythingAndWritesWhatIsReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Approve)
	writes := w.countWrites()
	require.Equal(t, ports.RunDone, w.run().State)
	require.Equal(t, payout.Planned, w.payout("P1").State)
	require.Zero(t, writes.Load())
	waiting, err := w.service.Unreleased(t.Context(), flowID, 0, 100)
	require.NoError(t, err)
	require.Len(t, waiting, 4, "a voucher, its proof and two payments")

	first := waiting[len(waiting)-1]
	n, err := w.service.Release(t.Context(), flowID, []int64{first.ID}, "anna")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	w.finish(w.current().ID)
	require.Equal(t, int64(1), writes.Load(), "that document alone")
	require.Equal(t, payout.Booking, w.payout("P1").State)
	_, err = w.service.Release(t.Context(), flowID, []int64{first.ID}, "anna")
	require.Equal(t, settlement.CodeNotReleasable, fault.CodeOf(err))

	n, err = w.service.ReleasePayout(t.Context(), w.payout("P1").ID, "bo")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.vouchers, 1)
	require.Equal(t, 2, w.books.countPayments())
	for _, s := range w.steps() {
		require.Equal(t, s.ID == first.ID, s.ReleasedBy == "anna")
	}
}

func TestARejectedPayoutIsHeldWithTheReasonAndPlannedAnewWhenRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Approve)
	w.run()
	id := w.payout("P1").ID
	require.Equal(t, settlement.CodeReasonMissing, fault.CodeOf(w.service.RejectPayout(t.Context(), id, " ", "anna")))
	require.NoError(t, w.service.RejectPayout(t.Context(), id, "the bank paid less", "anna"))
	held := w.payout("P1")
	require.Equal(t, payout.Held, held.State)
	require.Equal(t, "the bank paid less", held.Hold.Reason)
	require.Zero(t, w.claimed("1"))
	require.Len(t, w.exceptions(), 1)
	_, err := w.service.ReleasePayout(t.Context(), id, "anna")
	require.Equal(t, settlement.CodeNotReleasable, fault.CodeOf(err), "what was rejected cannot be released")
	w.run()
	require.Equal(t, payout.Held, w.payout("P1").State)

	require.NoError(t, w.service.RetryPayout(t.Context(), id, "anna"))
	w.finish(w.current().ID)
	require.Empty(t, w.exceptions())
	_, err = w.service.ReleasePayout(t.Context(), id, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, settlement.CodeNotRejectable, fault.CodeOf(w.service.RejectPayout(t.Context(), id, "too late", "anna")))
	require.Len(t, w.books.vouchers, 1)
	require.Equal(t, 2, w.books.countPayments())
}
