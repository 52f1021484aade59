package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// short is a world whose one line of 100.00 carries the order of no invoice; invoices
// of 112.00, 112.01 and 88.00 are there to choose from.
func short(t *testing.T, settings string) *world {
	t.Helper()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)),
		newFakeBooks(invoiced("less", "a", 8800), invoiced("more", "b", 11200), invoiced("most", "c", 11201), invoiced("far", "d", 50000)))
	w.set(settings)
	w.run()
	require.Len(t, w.exceptions(), 1)
	return w
}

func TestADifferenceIsWrittenOffUpToTheLimit(t *testing.T) {
	t.Parallel()
	for document, off := range map[string]int64{"more": 1200, "less": -1200} {
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			w := short(t, `{"write_off_limit":{"SEK":"12.00"}}`)
			id := w.exceptions()[0].ID
			for _, beyond := range []string{"most", "far"} {
				err := w.service.ResolveWritingOff(t.Context(), id, beyond, "too far", "anna")
				require.Equal(t, settlement.CodeWriteOff, fault.CodeOf(err))
				require.ErrorContains(t, err, "at most 12.00 SEK")
			}
			require.Equal(t, settlement.CodeWriteOff, fault.CodeOf(w.service.ResolveWritingOff(t.Context(), id, document, " ", "anna")), "without a reason")
			require.Zero(t, w.books.countPayments())

			require.NoError(t, w.service.ResolveWritingOff(t.Context(), id, document, "the customer was told so", "anna"))
			w.finish(w.current().ID)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Empty(t, w.exceptions())
			for _, d := range w.books.documents {
				if d.Number == document {
					require.True(t, d.Balance.IsZero())
				}
			}
			log := w.audit()
			var resolved ports.AuditEntry
			for _, e := range log {
				if e.Act == "exception.resolved" {
					resolved = e
				}
			}
			require.Equal(t, "anna", resolved.By)
			require.Equal(t, "document "+document+" chosen, "+sek(off).String()+" SEK written off: the customer was told so", resolved.Detail)
			w.stands(map[ledger.Account]int64{"1930": 10000, "3740": off})
		})
	}
}

func TestWithoutALimitOnlyTheToleranceIsWrittenOff(t *testing.T) {
	t.Parallel()
	w := short(t, `{}`)
	err := w.service.ResolveWritingOff(t.Context(), w.exceptions()[0].ID, "more", "because", "anna")
	require.Equal(t, settlement.CodeWriteOff, fault.CodeOf(err))
	require.ErrorContains(t, err, "at most 0.50 SEK")
}

// TestALimitWritesOffNothingByItself: only a person's decision does.
func TestALimitWritesOffNothingByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 9500)))
	w.set(`{"write_off_limit":{"SEK":"12.00"}}`)
	w.run()
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, fault.Code("match.amount_differs"), w.exceptions()[0].Code)
	require.Zero(t, w.books.countPayments())
}
