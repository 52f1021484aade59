package hub_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/ports"
)

func TestAnExceptionThatIsSetAsideStaysOpenAndClosesByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks())
	w.run()
	id := w.exceptions()[0].ID
	day := func(n int) civil.Date { return civil.Date{Year: 2026, Month: time.April, Day: n} }
	for _, c := range []struct {
		note  string
		until civil.Date
		field string
	}{{" ", day(30), "note"}, {strings.Repeat("x", 501), day(30), "note"}, {"later", day(20), "until"}} {
		err := w.service.Park(t.Context(), id, c.note, c.until, "anna")
		require.Equal(t, settlement.CodeParkingInvalid, fault.CodeOf(err))
		require.Equal(t, c.field, fault.Of(err).Field)
	}
	require.Equal(t, fault.Conflict, fault.ClassOf(w.service.Unpark(t.Context(), id, "anna")), "it is not set aside")
	require.NoError(t, w.service.Park(t.Context(), id, "a new invoice comes", day(21), "anna"))
	parked := w.exceptions()[0]
	// The day begins in Stockholm, which is two hours ahead in April.
	require.Equal(t, ports.Parking{By: "anna", Note: "a new invoice comes", At: w.clock.Now(), Until: time.Date(2026, 4, 20, 22, 0, 0, 0, time.UTC)}, parked.Parking)
	w.run()
	require.Equal(t, parked.Parking, w.exceptions()[0].Parking, "a run that finds the same changes nothing")
	require.NoError(t, w.service.Unpark(t.Context(), id, "bo"))
	require.NoError(t, w.service.Park(t.Context(), id, "for good", civil.Date{}, "anna"))

	w.books.documents = append(w.books.documents, invoiced("1", "1001", 10000))
	w.clock.now = w.clock.now.AddDate(0, 0, 1) // what was searched for is not searched for again at once
	w.run()
	require.Empty(t, w.exceptions())
	require.Equal(t, settlement.CodeNotOpen, fault.CodeOf(w.service.Park(t.Context(), id, "too late", civil.Date{}, "anna")))
	w.view(func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: id}, ports.Page{Limit: 10})
		var acts []string
		for _, e := range entries {
			acts = append(acts, strings.TrimSpace(e.Act+" by "+e.By+" "+e.Detail))
		}
		require.Equal(t, []string{"exception.parked by anna for good", "exception.unparked by bo", "exception.parked by anna a new invoice comes"}, acts)
		return err
	})
}
