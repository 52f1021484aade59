package hub_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
)

// ticking is a clock that goes on by a second whenever it is read.
func ticking() func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

func TestWorkThatGivesWayAfterEveryPageLosesNothingAndCountsEveryCall(t *testing.T) {
	t.Parallel()
	const orders, pageSize = 20, 3
	lines, documents := []payout.Line{}, []invoice.Document{}
	for i := range orders {
		order := string(rune('A'+i)) + "-1"
		lines, documents = append(lines, sale(order, 100)), append(documents, invoiced(order, order, 100))
	}
	p := provider(pageSize, paid("P1", 100*orders), lines...)
	var pages int64
	p.beforePage = func(int) { pages++ }
	w := newWorld(t, p, newFakeBooks(documents...))
	const onePiece = 2 * time.Second // read at its start, before the piece and after it
	w.restartOn(ticking(), onePiece)
	run := w.run()

	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.lines("P1"), orders)
	require.Equal(t, orders, w.books.countPayments())
	const listing = 1
	require.Equal(t, pages+listing, run.Report.Calls["fakepay"], "a page that was read ahead in vain has cost a call too")
}
