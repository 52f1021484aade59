package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestALineWithoutAnAccountNeedsAPersonInWhateverBatchAndShape(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{`{}`, direct} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			first, last := fee("x", 0, 0), fee("y", 0, 0)
			for _, l := range []*payout.Line{&first, &last} {
				l.Kind, l.RawType, l.Gross = payout.Commission, "COMMISSION", sek(-500)
			}
			w := newWorld(t, provider(9, paid("P1", 34000), first, sale("1001", 10000), sale("1002", 25000), last),
				newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000)))
			w.set(settings)
			w.run()
			require.Equal(t, payout.Booked, w.payout("P1").State)
			require.Len(t, w.exceptions(), 2)
			for _, e := range w.exceptions() {
				require.Equal(t, booking.CodeMissingAccount, e.Code)
			}
			lines := w.lines("P1")
			require.Equal(t, ports.LineException, lines[0].State)
			require.Equal(t, ports.LineException, lines[3].State)
			w.stands(map[ledger.Account]int64{"1930": 34000, "1686": 1000})
		})
	}
}
