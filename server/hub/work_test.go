package hub_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/matching"
)

// work gives what is unfinished as "kind state count".
func (w *world) work(state statement.WorkState) ([]string, []statement.WorkItem) {
	w.t.Helper()
	items, err := statement.New(w.store).Work(w.t.Context(), "m-1", state, w.clock.Now())
	require.NoError(w.t, err)
	list := []string{}
	for _, i := range items {
		list = append(list, string(i.Kind)+" "+string(i.State)+" "+strconv.FormatInt(i.Count, 10))
		require.NotEmpty(w.t, i.Next, "each says what moves it on: %+v", i)
	}
	return list, items
}

func TestWorkSaysWhatIsUnfinishedFromTheFirstRunToTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(5, paid("P1", 30000), sale("1001", 10000), sale("1002", 10000), sale("1003", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.clock.now = payday
	none, _ := w.work("")
	require.Empty(t, none)

	w.books.fail = func(op string, _ int, done bool) error {
		if op == "EnsureVoucher" && !done {
			w.pause("c-target")
		}
		return nil
	}
	run, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	begun, items := w.work("")
	require.Equal(t, []string{"run under_way 1"}, begun)
	require.Equal(t, run.ID, items[0].ID)
	w.rest()
	list, items := w.work(statement.Waiting)
	require.Equal(t, []string{"line waiting 2", "run waiting 1"}, list)
	require.Equal(t, w.payout("P1").ID, items[0].ID)
	require.Equal(t, payday, items[0].Since)
	require.Equal(t, remote.CodePaused, items[1].Code)
	require.Contains(t, items[1].Reason, "Anna: year-end closing")
	list, _ = w.work(statement.UnderWay)
	require.Contains(t, list, "payout under_way 1")

	w.books.fail = nil
	w.resume("c-target")
	w.finish(run.ID)
	list, _ = w.work("")
	require.Equal(t, []string{"line waiting 2"}, list, "all that can be written is")

	w.clock.now = payday.AddDate(0, 0, 8) // they have waited for seven days
	w.run()
	list, items = w.work("")
	require.Equal(t, []string{"exception exception 2"}, list)
	require.Equal(t, matching.CodeNoDocument, items[0].Code)
	require.NotEmpty(t, items[0].Remedy)
	require.NoError(t, w.service.Park(t.Context(), w.exceptions()[0].ID, "it comes in May", civil.Date{Year: 2026, Month: time.May, Day: 4}, "anna"))
	list, _ = w.work("")
	require.Equal(t, []string{"exception exception 1", "exception parked 1"}, list)

	w.books.documents = append(w.books.documents, invoiced("2", "1002", 10000), invoiced("3", "1003", 10000))
	w.clock.now = w.clock.now.AddDate(0, 0, 1)
	w.run()
	list, _ = w.work("")
	require.Empty(t, list)
}

func TestAnExceptionSaysWhatWasCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 54900), sale("1001", 54900)), newFakeBooks(invoiced("1", "1001", 49900)))
	w.run()
	raised := w.exceptions()
	require.Len(t, raised, 1)
	compared, err := statement.New(w.store).Compared(t.Context(), raised[0])
	require.NoError(t, err)
	said := map[string]string{}
	for _, c := range compared {
		said[c.What] = c.Line + " / " + c.Document
	}
	require.Equal(t, map[string]string{"document": "sale/1001 / 1", "merchant_reference1 = external_reference_1": "1001 / 1001", "open": "549.00 / 499.00"}, said)
}
