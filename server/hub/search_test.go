package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/ports"
)

func TestWhatAFlowHasReadAndWrittenIsFoundByItsReferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("0A-17", 10000)), newFakeBooks(invoiced("INV-1", "#a-17", 10000)))
	run := w.run()
	find := func(text string) map[ports.HitKind][]string {
		found, err := statement.New(w.store).Search(t.Context(), "m-1", text, 10)
		require.NoError(t, err)
		kinds := map[ports.HitKind][]string{}
		for _, hits := range found {
			for _, h := range hits.List {
				kinds[hits.Kind] = append(kinds[hits.Kind], h.Field+" "+h.Value)
			}
		}
		return kinds
	}
	require.Equal(t, map[ports.HitKind][]string{ports.HitLine: {"merchant_reference1 0A-17"}, ports.HitDocument: {"reference A-17"}}, find("a-17"))
	require.Equal(t, map[ports.HitKind][]string{ports.HitLine: {"order_id o-0A-17"}}, find("O-0a-17"))
	require.Equal(t, map[ports.HitKind][]string{ports.HitDocument: {"number INV-1"}, ports.HitStep: {"document INV-1"}}, find("INV-1"))
	require.Equal(t, map[ports.HitKind][]string{ports.HitPayout: {"reference P1"}}, find("#p1"))
	require.Equal(t, map[ports.HitKind][]string{ports.HitRun: {"id " + run.ID}}, find(run.ID))
	require.Empty(t, find("A-1"))
}
