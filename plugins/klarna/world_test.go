package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// TestThePayoutsOfTheDemoAddUp reads every payout of the demonstration's world.
func TestThePayoutsOfTheDemoAddUp(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../server/demo/world/world.json")
	require.NoError(t, err)
	var world struct{ Klarna object }
	require.NoError(t, json.Unmarshal(text, &world))
	f := simulate(t, object{"payouts": world.Klarna["payouts"]})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		list, err := f.readPayouts(source, march(30), nil)
		require.NoError(t, err)
		require.Len(t, list.payouts, 4)
		carried := int64(0)
		for _, p := range list.payouts {
			r, err := f.readLines(source, p.Reference)
			require.NoError(t, err)
			sums := map[payout.Kind]payout.KindSum{}
			for _, l := range r.lines {
				sums[l.Kind], err = sums[l.Kind].Add(l)
				require.NoError(t, err)
			}
			var all []payout.KindSum
			for _, sum := range sums {
				all = append(all, sum)
			}
			proof, err := payout.Prove(p, all)
			require.NoError(t, err)
			require.NoError(t, proof.Check(all))
			carried += sums[payout.Carry].Gross.Minor()
		}
		require.Zero(t, carried, "the debt of one payout is repaid by another")
	})
}
