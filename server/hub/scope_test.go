package hub_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// weekly is a world of one payout a week from 5 March 2026, P1 to P6.
func weekly(t *testing.T) *world {
	t.Helper()
	p, b := &fakeProvider{pageSize: 2, lines: map[string][]payout.Line{}}, newFakeBooks()
	for n := range 6 {
		reference, order := fmt.Sprintf("P%d", n+1), fmt.Sprintf("%d001", n+1)
		listed := paid(reference, 1000)
		listed.Date = time.Date(2026, 3, 5+7*n, 8, 0, 0, 0, time.UTC)
		p.payouts = append(p.payouts, listed)
		p.lines[reference] = []payout.Line{sale(order, 1000)}
		document := invoiced(fmt.Sprint(n+1), order, 1000)
		document.Date = civil.Date{Year: 2026, Month: 3, Day: 1}
		b.documents = append(b.documents, document)
	}
	return newWorld(t, p, b)
}

func (w *world) runScoped(scope ports.RunScope) ports.Run {
	w.t.Helper()
	run, err := w.service.StartScoped(w.t.Context(), flowID, "test", "anna", scope)
	require.NoError(w.t, err)
	return w.finish(run.ID)
}

func (w *world) bookedPayouts() []string {
	var references []string
	for _, v := range w.books.vouchers {
		for _, p := range w.provider.payouts {
			if v.Voucher.Date() == civil.In(p.Date, time.UTC) {
				references = append(references, p.Reference)
			}
		}
	}
	slices.Sort(references)
	return references
}

func (w *world) enable(on bool) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, flowID, on) })
}

func march(day int) civil.Date { return civil.Date{Year: 2026, Month: 3, Day: day} }

func TestARunByRangeOrByNameBooksThatAloneInAnyOrderAndOnce(t *testing.T) {
	t.Parallel()
	w := weekly(t)
	w.setMode(merchant.Live, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)) // P1 lies before
	run := w.runScoped(ports.RunScope{Payouts: []string{"P6", "P1", "unknown"}})
	require.Equal(t, ports.RunDone, run.State)
	require.Equal(t, []string{"P6"}, w.bookedPayouts())
	progress, err := w.service.Progress(t.Context(), run)
	require.NoError(t, err)
	require.Equal(t, settlement.Progress{Listed: 1, Read: 1, Planned: 1, Booked: 1}, progress)

	// P2 to P4, the first and the last day included, after a younger one is booked.
	for range 2 {
		w.runScoped(ports.RunScope{From: march(1), To: march(26)})
		require.Equal(t, []string{"P2", "P3", "P4", "P6"}, w.bookedPayouts())
	}
	w.run()
	require.Equal(t, []string{"P2", "P3", "P4", "P5", "P6"}, w.bookedPayouts(), "the newest payout of a scoped run hides none from the next")
	require.Equal(t, 5, w.books.countPayments())
}

func TestRunsAboutCertainPayoutsQueueAndTheWholeRunFollows(t *testing.T) {
	t.Parallel()
	w := weekly(t)
	first, err := w.service.StartScoped(t.Context(), flowID, "test", "anna", ports.RunScope{Payouts: []string{"P2"}})
	require.NoError(t, err)
	second, err := w.service.StartScoped(t.Context(), flowID, "test", "anna", ports.RunScope{Payouts: []string{"P3"}})
	require.NoError(t, err)
	whole, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	again, err := w.service.Start(t.Context(), flowID, "test")
	require.NoError(t, err)
	require.Equal(t, whole.ID, again.ID)
	w.finish(first.ID)
	require.Equal(t, []string{"P2"}, w.bookedPayouts())
	progress, err := w.service.Progress(t.Context(), second)
	require.NoError(t, err)
	require.Zero(t, progress)
	w.finish(second.ID)
	require.Equal(t, []string{"P2", "P3"}, w.bookedPayouts())
	w.finish(whole.ID)
	require.Len(t, w.bookedPayouts(), 6)
}

func TestATrialBooksWhatItNamesAlsoInShadowAndSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, mode := range []merchant.Mode{merchant.Shadow, merchant.Approve} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := weekly(t)
			w.setMode(mode)
			w.run()
			w.enable(false)
			_, err := w.service.StartScoped(t.Context(), flowID, "test", "anna", ports.RunScope{Payouts: []string{"P3"}})
			require.Equal(t, fault.Code("flow.disabled"), fault.CodeOf(err), "only a trial runs while the flow is off")
			w.runScoped(ports.RunScope{Payouts: []string{"P3"}, Trial: true})
			w.enable(true)
			require.Equal(t, []string{"P3"}, w.bookedPayouts())
			require.Equal(t, payout.Closed, w.payout("P3").State)
			before := maps.Clone(w.books.ledger)
			w.run()
			require.Equal(t, before, w.books.ledger, "the mode holds for all else")
		})
	}
}

func TestAScopeThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	w := weekly(t)
	for name, c := range map[string]struct {
		scope ports.RunScope
		field string
	}{
		"nothing":                    {ports.RunScope{}, "payouts"},
		"names and a range":          {ports.RunScope{Payouts: []string{"P1"}, From: march(1), To: march(2)}, "payouts"},
		"a range without an end":     {ports.RunScope{From: march(1)}, "to"},
		"a range that ends too soon": {ports.RunScope{From: march(2), To: march(1)}, "to"},
		"a range before the flow's":  {ports.RunScope{From: civil.Date{Year: 2026, Month: 2, Day: 1}, To: civil.Date{Year: 2026, Month: 2, Day: 28}}, "to"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.service.StartScoped(t.Context(), flowID, "test", "anna", c.scope)
			require.Equal(t, settlement.CodeScopeInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}
