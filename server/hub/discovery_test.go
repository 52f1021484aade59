package hub_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

func (w *world) discover() discovery.Found {
	w.t.Helper()
	catalogue := fakeCatalogue{"fakepay": w.provider, "fakebooks": w.books}
	desk := remote.NewDesk(w.store, catalogue, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	found, err := discovery.New(w.store, desk, w.clock).Discover(w.t.Context(), flowID)
	require.NoError(w.t, err)
	return found
}

// elsewhere are ten sales whose invoices carry the order in the second external
// reference.
func elsewhere(paid int) ([]payout.Line, []invoice.Document) {
	var lines []payout.Line
	var documents []invoice.Document
	for i := range 10 {
		order := strconv.Itoa(1001 + i)
		lines = append(lines, sale(order, int64(10000+i)))
		d := invoiced("F"+strconv.Itoa(i), "", int64(10000+i))
		d.References = map[invoice.Reference]string{invoice.ExternalReference2: order}
		if i < paid {
			d.Balance = sek(0)
		}
		documents = append(documents, d)
	}
	return lines, documents
}

// TestReferencesAreDiscoveredBeforeAnythingIsRead: the merchant has not run the flow
// yet, so both systems are asked, and nothing of it is kept.
func TestReferencesAreDiscoveredBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	lines, documents := elsewhere(4)
	w := newWorld(t, provider(3, paid("P1", 100045), lines...), newFakeBooks(documents...))

	found := w.discover()

	require.False(t, found.Stored)
	require.False(t, found.Mirrored)
	require.Equal(t, []string{"P1"}, found.Payouts)
	require.Equal(t, 10, found.Lines)
	keys := []matching.KeyPair{{Line: payout.MerchantReference1, Document: invoice.ExternalReference2}}
	require.Equal(t, keys, found.Proposed)
	require.Equal(t, 10, found.Covered, "the four that are paid were searched for")
	require.Positive(t, found.Searches)
	require.Zero(t, found.KeysCover, "the flow's own keys find nothing")
	w.view(func(ctx context.Context, tx ports.Tx) error {
		known, err := tx.Payouts().List(ctx, "m-1", ports.Page{Limit: 10})
		require.Empty(t, known)
		if err != nil {
			return err
		}
		mirrored, err := tx.Documents().ByKeys(ctx, "c-target", []ports.DocumentKey{{Reference: invoice.ExternalReference2, Value: "1001"}})
		require.Empty(t, mirrored)
		return err
	})

	proposed, err := json.Marshal(map[string]any{"match_keys": found.Proposed})
	require.NoError(t, err)
	settings, err := booking.Parse(proposed)
	require.NoError(t, err, "what is proposed can be sent as settings")
	require.Equal(t, keys, settings.MatchKeys)
	w.set(string(proposed))
	w.run()
	waiting := 0
	for _, l := range w.lines("P1") {
		if l.State != ports.LineMatched {
			waiting++
		}
	}
	require.Equal(t, 4, waiting, "those that others have paid are for a person, the others match")

	again := w.discover()
	require.True(t, again.Stored)
	require.True(t, again.Mirrored)
	require.Equal(t, 10, again.Covered)
	require.Equal(t, 10, again.KeysCover)
}

func TestSearchesOfADiscoveryAreBounded(t *testing.T) {
	t.Parallel()
	var lines []payout.Line
	for i := range 150 {
		lines = append(lines, sale("unknown-"+strconv.Itoa(i), 100))
	}
	w := newWorld(t, provider(50, paid("P1", 15000), lines...), newFakeBooks(invoiced("1", "1001", 100)))
	found := w.discover()
	require.Equal(t, 150, found.Lines)
	require.Empty(t, found.Pairs)
	require.Len(t, found.Missed, 3)
	require.LessOrEqual(t, len(w.books.searches), 60)
	require.Equal(t, len(w.books.searches), found.Searches)
}
