package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// theDemo plays Klarna's part of the demonstration's world.
func theDemo(t *testing.T) (*far, object) {
	t.Helper()
	text, err := os.ReadFile("../../server/demo/world/world.json")
	require.NoError(t, err)
	var world struct{ Klarna object }
	require.NoError(t, json.Unmarshal(text, &world))
	return simulate(t, object{"payouts": world.Klarna["payouts"], "orders": world.Klarna["orders"]}), world.Klarna
}

// TestThePayoutsOfTheDemoAddUp reads every payout of the demonstration's world.
func TestThePayoutsOfTheDemoAddUp(t *testing.T) {
	t.Parallel()
	f, _ := theDemo(t)
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

// TestTheOrdersOfTheDemoAreThoseOfItsPayouts finds the order of every sale and every
// refund that the merchant made, by Klarna's id.
func TestTheOrdersOfTheDemoAreThoseOfItsPayouts(t *testing.T) {
	t.Parallel()
	f, world := theDemo(t)
	source := f.connectorWith(500)
	read := map[string]order.Purchase{}
	for _, placed := range world["orders"].([]any) {
		id := placed.(object)["order_id"].(string)
		result, err := f.readPurchase(source, id)
		require.NoError(t, err)
		read[id] = result.Purchase
		require.NotEmpty(t, result.Purchase.Rows, "the rows come to the total")
		require.NotContains(t, string(result.Raw[0].Bytes), "date_of_birth")
		for _, refund := range result.Purchase.Refunds {
			require.NotEmpty(t, refund.Rows, "the rows come to the amount")
		}
	}
	require.Len(t, read, 66)
	list, err := f.readPayouts(source, march(30), nil)
	require.NoError(t, err)
	for _, p := range list.payouts {
		r, err := f.readLines(source, p.Reference)
		require.NoError(t, err)
		for _, l := range r.lines {
			purchase := read[l.References[payout.OrderID]]
			switch l.Kind {
			case payout.Sale:
				require.Equal(t, l.References[payout.CaptureID], purchase.Captures[0].ID)
				require.Equal(t, l.Gross, purchase.Captures[0].Amount)
				require.Equal(t, l.OccurredAt, purchase.Captures[0].At)
			case payout.Refund:
				require.Equal(t, l.References[payout.RefundID], purchase.Refunds[0].ID)
				require.Equal(t, l.Gross.Neg(), purchase.Refunds[0].Amount)
				require.Equal(t, l.OccurredAt, purchase.Refunds[0].At)
			default:
				continue
			}
			for name, text := range purchase.References {
				require.Equal(t, text, l.References[name], name)
			}
		}
	}
}
