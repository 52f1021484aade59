package hub_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// habitual is a shop with payouts of six sales each, one a day, whose invoices carry
// the order where the flow looks for it, but for those of the last payout.
func habitual(t *testing.T, payouts int) *world {
	t.Helper()
	far, books := &fakeProvider{pageSize: 10, lines: map[string][]payout.Line{}}, newFakeBooks()
	for p := range payouts {
		reference := "P" + strconv.Itoa(p+1)
		paidOut := paid(reference, 6000)
		paidOut.Date = payday.Add(time.Duration(p) * 24 * time.Hour)
		far.payouts = append(far.payouts, paidOut)
		for i := range 6 {
			order := strconv.Itoa(1000*(p+1) + i)
			far.lines[reference] = append(far.lines[reference], sale(order, 1000))
			d := invoiced("F"+order, order, 1000)
			if p == payouts-1 && i > 1 {
				d.References = map[invoice.Reference]string{invoice.ExternalReference2: order}
			}
			books.documents = append(books.documents, d)
		}
	}
	return newWorld(t, far, books)
}

// warnings are the exceptions about coverage, open or not.
func (w *world) warnings() []ports.Exception {
	w.t.Helper()
	var found []ports.Exception
	for _, e := range w.exceptions() {
		if e.Code == matching.CodeCoverageDropped {
			found = append(found, e)
		}
	}
	return found
}

// TestADropOfCoverageIsToldOnceAndStopsNothing: two of six lines are 33 percent, after
// three payouts of 100.
func TestADropOfCoverageIsToldOnceAndStopsNothing(t *testing.T) {
	t.Parallel()
	w := habitual(t, 4)
	w.clock.set(payday.Add(4 * 24 * time.Hour)) // its lines still wait
	w.run()
	w.run()
	told := w.warnings()
	require.Len(t, told, 1)
	require.Equal(t, w.payout("P4").ID, told[0].PayoutID)
	require.Equal(t, "2 of 6 lines (33 %) found a document by match_keys, 100 % in the payouts before", told[0].Reason)
	require.Equal(t, matching.Share{Found: 2, Lines: 6}, w.payout("P4").Coverage)
	require.Len(t, w.books.vouchers, 4, "it stops nothing")
	require.Equal(t, 20, w.books.countPayments())

	require.NoError(t, w.service.RetryException(t.Context(), told[0].ID, "anna"))
	w.finish(w.current().ID)
	w.run()
	require.Empty(t, w.warnings(), "whoever has seen it is not told again")
	require.Equal(t, fault.Code("exception.not_open"), fault.CodeOf(w.service.RetryException(t.Context(), told[0].ID, "anna")))
}

func TestAWarningOfCoverageEndsWithTheLastLine(t *testing.T) {
	t.Parallel()
	w := habitual(t, 4)
	w.run()
	require.Len(t, w.warnings(), 1)
	w.set(`{"match_keys":[{"line":"merchant_reference1","document":"external_reference_1"},{"line":"merchant_reference1","document":"external_reference_2"}]}`)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P4").State)
	require.Empty(t, w.exceptions())
}

func TestNoDropIsToldOfTooLittleOrWhereNobodyWantsIt(t *testing.T) {
	t.Parallel()
	few := habitual(t, 3)
	few.run()
	require.Empty(t, few.warnings(), "two payouts before are no habit")
	off := habitual(t, 4)
	off.set(`{"coverage_drop":0}`)
	off.run()
	require.Empty(t, off.warnings())
}
