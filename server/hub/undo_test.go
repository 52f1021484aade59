package hub_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// booked is a world with one payout of two sales and a fee, booked.
func booked(t *testing.T) *world {
	t.Helper()
	w := newWorld(t,
		provider(10, paid("P1", 24688), sale("1001", 10000), sale("1002", 15000), fee("1001", 250, 62)),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 15000)))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	return w
}

func (w *world) undo(reason string) settlement.Undoing {
	w.t.Helper()
	undoing, err := w.service.Undo(w.t.Context(), w.payout("P1").ID, reason, "anna", true)
	require.NoError(w.t, err)
	return undoing
}

func (w *world) steps() []ports.Step {
	w.t.Helper()
	var steps []ports.Step
	id := w.payout("P1").ID
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		steps, err = tx.Steps().List(ctx, id, 0, 1000)
		return err
	})
	return steps
}

// standing are the accounts with a balance other than 0.
func (f *fakeBooks) standing() map[ledger.Account]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	standing := maps.Clone(f.ledger)
	maps.DeleteFunc(standing, func(_ ledger.Account, balance int64) bool { return balance == 0 })
	return standing
}

func TestAnUndonePayoutLeavesNothingOnAnyAccountAndIsBookedAnewAsBefore(t *testing.T) {
	t.Parallel()
	w := booked(t)
	before := w.books.standing()
	require.NotEmpty(t, before)
	require.Len(t, w.books.vouchers, 1)

	preview, err := w.service.Undo(t.Context(), w.payout("P1").ID, "wrong company", "anna", false)
	require.NoError(t, err)
	require.False(t, preview.Confirmed)
	require.Len(t, preview.Documents, 3, "a voucher and two payments")
	require.Equal(t, payout.Closed, w.payout("P1").State, "a preview changes nothing")

	require.Equal(t, preview.Documents, w.undo("wrong company").Documents, "what was shown is what is done")
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Empty(t, w.books.standing())
	require.Len(t, w.books.vouchers, 2, "nothing is deleted")
	require.Equal(t, 4, w.books.countPayments())
	for _, d := range w.books.documents {
		require.Equal(t, d.Total, d.Balance, "invoice %s is open again", d.Number)
	}
	for _, v := range w.books.vouchers {
		if strings.HasPrefix(v.Voucher.Text(), "Correction") {
			require.Equal(t, "Correction of voucher K-1-3: wrong company", v.Voucher.Text())
			require.Equal(t, civil.Date{Year: 2026, Month: time.April, Day: 2}, v.Voucher.Date(), "the period is open")
		}
	}
	w.explained(0)

	require.NoError(t, w.service.Rebook(t.Context(), w.payout("P1").ID, "anna"))
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, before, w.books.standing())
	require.Len(t, w.books.vouchers, 3)
	replacement := false
	for key, v := range w.books.vouchers {
		if strings.Contains(key, ":G2:V1;") {
			require.True(t, strings.HasSuffix(v.Voucher.Text(), ", replaces voucher K-1-3 corrected by K-2-3"), v.Voucher.Text())
			replacement = true
		}
	}
	require.True(t, replacement)
	w.explained(0)

	w.undo("once more")
	w.finish(w.current().ID)
	require.Empty(t, w.books.standing(), "what was booked anew can be undone, too")
}

// explained checks that the clearing account is explained to the last öre.
func (w *world) explained(balance int64) {
	w.t.Helper()
	clearing, err := statement.New(w.store).Clearing(w.t.Context(), flowID)
	require.NoError(w.t, err)
	for _, c := range clearing {
		require.Equal(w.t, sek(balance), c.Balance)
		require.True(w.t, c.Unexplained.IsZero(), "%s", c.Unexplained)
	}
}

func TestUndoingTwiceReversesOnce(t *testing.T) {
	t.Parallel()
	w := booked(t)
	w.undo("wrong")
	_, err := w.service.Undo(t.Context(), w.payout("P1").ID, "wrong", "anna", true)
	require.Equal(t, settlement.CodeNotUndoable, fault.CodeOf(err))
	w.finish(w.current().ID)
	w.run()
	_, err = w.service.Undo(t.Context(), w.payout("P1").ID, "wrong", "anna", true)
	require.Equal(t, settlement.CodeNotUndoable, fault.CodeOf(err))
	require.Empty(t, w.books.standing())
	require.Len(t, w.books.vouchers, 2)
}

func TestAnUndoingThatFailsAfterItsEffectIsLookedUpAndMadeOnce(t *testing.T) {
	t.Parallel()
	w := booked(t)
	failed := map[string]bool{}
	w.books.fail = func(operation string, attempt int, done bool) error {
		if attempt == 1 && done {
			failed[operation] = true
			return fault.New("fake.lost", fault.Unknown, "the answer was lost")
		}
		return nil
	}
	w.undo("wrong")
	w.finish(w.current().ID)
	require.Equal(t, map[string]bool{"EnsureReleased": true, "EnsureVoucher": true}, failed)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Empty(t, w.books.standing())
	require.Len(t, w.books.vouchers, 2)
	require.Equal(t, 4, w.books.countPayments())
	w.view(func(ctx context.Context, tx ports.Tx) error {
		d, err := tx.Documents().Get(ctx, "c-target", "1")
		require.Equal(t, sek(10000), d.Balance, "the balance is given back once")
		require.True(t, d.Paid.IsZero())
		return err
	})
}

func TestWhatLiesInALockedPeriodIsReversedToday(t *testing.T) {
	t.Parallel()
	w := booked(t)
	w.books.lockedUntil = civil.Date{Year: 2026, Month: time.April, Day: 10}
	for _, d := range w.undo("wrong").Documents {
		require.Equal(t, civil.Date{Year: 2026, Month: time.April, Day: 20}, d.Date)
	}
}

func TestAPayoutWithAnOpenOutcomeIsNotUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.books.fail = func(operation string, _ int, _ bool) error {
		if operation == "EnsurePayment" {
			return fault.New("fake.lost", fault.Unknown, "the answer was lost")
		}
		return nil
	}
	w.run()
	_, err := w.service.Undo(t.Context(), w.payout("P1").ID, "wrong", "anna", true)
	require.Equal(t, settlement.CodeUndoUnsettled, fault.CodeOf(err))
}

func TestWhatWasRefusedIsDroppedWhenItsPayoutIsUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.books.fail = func(operation string, _ int, done bool) error {
		if operation == "EnsurePayment" && !done {
			return fault.New("fake.no", fault.Validation, "no")
		}
		return nil
	}
	w.run()
	require.Len(t, w.exceptions(), 1)
	undoing := w.undo("wrong")
	require.Equal(t, 1, undoing.Dropped)
	require.Empty(t, w.exceptions())
	w.finish(w.current().ID)
	require.Empty(t, w.books.standing())
	w.view(func(ctx context.Context, tx ports.Tx) error {
		d, err := tx.Documents().Get(ctx, "c-target", "1")
		require.True(t, d.Claimed.IsZero(), "nothing is planned against it any more")
		return err
	})
}

func TestAReleaseThatIsRefusedWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := booked(t)
	w.books.fail = func(operation string, _ int, done bool) error {
		if operation == "EnsureReleased" && !done {
			return fault.New("erp.release_refused", fault.Conflict, "no").WithRemedy("take it back by hand")
		}
		return nil
	}
	w.undo("wrong")
	w.finish(w.current().ID)
	require.Equal(t, payout.Undoing, w.payout("P1").State)
	open := w.exceptions()
	require.Len(t, open, 2)
	require.Equal(t, "take it back by hand", open[0].Remedy)
	require.Equal(t, fault.Code("rebook.not_undone"), fault.CodeOf(w.service.Rebook(t.Context(), w.payout("P1").ID, "anna")))

	w.books.fail = nil
	for _, e := range open {
		require.NoError(t, w.service.RetryException(t.Context(), e.ID, "anna"))
	}
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Empty(t, w.books.standing())
}

func TestAReversalIsLinkedToWhatItReverses(t *testing.T) {
	t.Parallel()
	w := booked(t)
	w.undo("wrong")
	w.finish(w.current().ID)
	linked := 0
	for _, s := range w.steps() {
		if s.Reverses == "" {
			continue
		}
		linked++
		w.view(func(ctx context.Context, tx ports.Tx) error {
			back, err := tx.Steps().Reversing(ctx, s.Reverses)
			require.Equal(t, s.ID, back.ID)
			return err
		})
	}
	require.Equal(t, 3, linked)
	_, err := w.service.Undo(t.Context(), w.payout("P1").ID, " ", "anna", false)
	require.Equal(t, settlement.CodeReasonMissing, fault.CodeOf(err))
}

func TestAPayoutThatIsUndoneWhileTheFlowWorksOnALaterOneIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	w := booked(t)
	later := paid("P2", 5000)
	w.provider.payouts = append(w.provider.payouts, later)
	w.provider.lines["P2"] = []payout.Line{sale("1003", 5000)}
	w.books.documents = append(w.books.documents, invoiced("3", "1003", 5000))
	once := true
	w.provider.beforePage = func(int) {
		if once {
			once = false
			w.undo("wrong")
		}
	}
	w.run()
	require.False(t, once)
	require.Equal(t, payout.Closed, w.payout("P2").State)
	require.Equal(t, payout.Undone, w.payout("P1").State)
}

// totals are the sums of a statement in öre: captures, refunds, fees, fee VAT,
// chargebacks, reserves, other, payouts, closing.
func totals(st reconciliation.Statement) [9]int64 {
	return [9]int64{
		st.Captures.Minor(), st.Refunds.Minor(), st.Fees.Minor(), st.FeeVAT.Minor(), st.Chargebacks.Minor(), st.Reserves.Minor(),
		st.Other.Minor(), st.Payouts.Minor(), st.Closing.Minor(),
	}
}

// proven proves the one clearing account from a day of April to another.
func (w *world) proven(from, to int) reconciliation.Statement {
	w.t.Helper()
	all := w.months(reconciliation.Period{From: april(from), To: april(to)})
	require.Len(w.t, all, 1)
	require.Zero(w.t, all[0].Difference.Minor(), "%+v", all[0])
	return all[0]
}

func TestWhatIsTakenBackCountsWhereItWasCounted(t *testing.T) {
	t.Parallel()
	// 100.00 − 40.00 were paid on invoices; 3.12 is the fee with its VAT, 5.00 the
	// chargeback, 6.00 the reserve: 60.00 − 3.12 − 5.00 − 6.00 = 45.88 come to the bank.
	reserve := fee("1001", 0, 0)
	reserve.Key, reserve.Kind, reserve.RawType, reserve.Gross = "reserve/1", payout.Reserve, "HOLDBACK", sek(-600)
	w := newWorld(t, provider(10, paid("P1", 4588), sale("1001", 10000), refund("1002", 4000), fee("1001", 250, 62), chargeback("cb/1", "D1", -500), reserve),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", -4000)))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	once := [9]int64{10000, -4000, -250, -62, -500, -600, 0, -4588, 0}
	require.Equal(t, once, totals(w.proven(1, 30)))

	w.undo("wrong")
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Equal(t, [9]int64{}, totals(w.proven(1, 30)), "all of it is taken back")

	require.NoError(t, w.service.Rebook(t.Context(), w.payout("P1").ID, "anna"))
	w.finish(w.current().ID)
	require.Equal(t, once, totals(w.proven(1, 30)), "the bank moved once")
	for day := 1; day <= 30; day++ {
		w.proven(day, day)
	}
}

func TestAFeeThatWasParkedCountsAsAFeeOnceItIsBooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 9688), sale("1001", 10000), fee("1001", 250, 62)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.choose(`{"accounts":{"fee":""}}`)
	w.run()
	require.Equal(t, [9]int64{10000, 0, 0, 0, 0, 0, 0, -9688, 312}, totals(w.proven(1, 30)))
	w.choose(`{}`)
	require.NoError(t, w.service.RetryException(t.Context(), w.exceptions()[0].ID, "anna"))
	w.finish(w.current().ID)
	require.Equal(t, [9]int64{10000, 0, -250, -62, 0, 0, 0, -9688, 0}, totals(w.proven(1, 30)))
}
