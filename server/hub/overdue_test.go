package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func (w *world) late() []settlement.Late {
	w.t.Helper()
	found, err := w.service.Overdue(w.t.Context(), "m-1")
	require.NoError(w.t, err)
	return found
}

// A payout of 2 April is late from 40 days after the end of April on: 30 April + 40
// days is 9 June, so on 10 June.
func TestWhatIsNotBookedFortyDaysAfterTheMonthIsLate(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.April, 30), 2026)
	w.books.documents = w.books.documents[:1] // the second sale has no invoice
	w.run()
	w.clock.set(time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC))
	require.Empty(t, w.late())
	w.clock.set(time.Date(2026, 6, 10, 8, 0, 0, 0, time.UTC))
	late := w.late()
	require.Len(t, late, 1, "the exception of the payout is not listed beside it")
	require.Equal(t, settlement.LatePayout, late[0].What)
	require.Equal(t, w.payout("P1").ID, late[0].ID)
	require.Equal(t, booking.CodeLocked, late[0].Code, "it says why")
	require.Equal(t, 69, late[0].Days)

	books.lockedUntil = day(2026, time.January, 31)
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	late = w.late()
	require.Len(t, late, 1)
	require.Equal(t, settlement.LateException, late[0].What)
	require.Equal(t, matching.CodeNoDocument, late[0].Code)
	require.Equal(t, "1002", late[0].Reference)
	require.Equal(t, day(2026, time.April, 2), late[0].Date)
}

func TestAHeldPayoutIsLateWithTheReasonWhyItIsHeld(t *testing.T) {
	t.Parallel()
	p, b := plain(2)
	p.payouts[0].Net = sek(1)
	w := newWorld(t, p, b)
	w.run()
	w.clock.set(time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC))
	late := w.late()
	require.Len(t, late, 1)
	require.Equal(t, payout.CodeProofFailed, late[0].Code)
	require.NotEmpty(t, late[0].Remedy)
}
