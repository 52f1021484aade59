package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func TestWhatOneBatchTakesIsGoneForTheNextThoughItWasReadBefore(t *testing.T) {
	t.Parallel()
	// Batches have two lines. The third and the fifth are captures of one order, of
	// 60.00 each, and its invoice is of 100.00.
	again := sale("X", 6000)
	again.Key += "/2"
	p := provider(100, paid("P1", 16000), sale("A", 1000), sale("B", 1000), sale("X", 6000), sale("C", 1000), again, sale("D", 1000))
	w := newWorld(t, p, newFakeBooks(
		invoiced("1", "A", 1000), invoiced("2", "B", 1000), invoiced("3", "X", 10000), invoiced("4", "C", 1000), invoiced("5", "D", 1000)))
	w.run()

	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Len(t, w.books.payments["3"], 1)
	require.Equal(t, "40.00", w.books.documents[2].Balance.String())
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, matching.CodeAmountDiffers, open[0].Code)
	require.Equal(t, "X", open[0].Reference)
}
