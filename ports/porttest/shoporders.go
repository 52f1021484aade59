package porttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func aShopOrder(number, page string) ports.ShopOrder {
	o := anOrder()
	o.Number = number
	return ports.ShopOrder{Order: o, Raw: payout.Raw{Page: page, Offset: 1, Length: 2}, Events: []ports.ShopEvent{{
		Event: payment.Event{
			Kind: payment.Payment, Transaction: "T1", Method: "Visa", Key: "capture/1", Amount: sek(90_00), Fee: sek(10_00), FeeVAT: sek(0), At: day(1), Reference: "ref",
		},
		Parts: someParts(), Raw: payout.Raw{Page: page, Offset: 3, Length: 4},
	}}}
}

func shopOrders(t *testing.T, open func(t *testing.T) Opened) {
	told := func(ctx context.Context, w *world, tx ports.Tx, orders ...ports.ShopOrder) {
		w.Helper()
		w.ok(tx.ShopOrders().Tell(ctx, thePSP, orders, day(1)))
	}
	numbers := func(ctx context.Context, w *world, tx ports.Tx, state ports.ShopOrderState) []string {
		w.Helper()
		list, err := tx.ShopOrders().List(ctx, thePSP, state, 0, 10)
		w.ok(err)
		var numbers []string
		for _, r := range list {
			numbers = append(numbers, r.Number)
		}
		return numbers
	}
	cases(t, open, map[string]func(w *world){
		"what was told is what one gets, by connection and number": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				told(ctx, w, tx, aShopOrder("1001", "p1"), ports.ShopOrder{Order: anOrder()})
				told(ctx, w, tx, aShopOrder("1001", "p2"))
				got, err := tx.ShopOrders().Get(ctx, thePSP, "1001")
				w.ok(err)
				require.NotZero(w, got.Num)
				require.Equal(w, ports.ShopOrderRecord{
					Num: got.Num, ConnectionID: thePSP, ShopOrder: aShopOrder("1001", "p2"), State: ports.ShopOrderTold, ToldAt: day(1),
				}, got)
				_, err = tx.ShopOrders().Get(ctx, theERP, "1001")
				w.missing(err)
				w.missing(tx.ShopOrders().Tell(ctx, "nobody", []ports.ShopOrder{aShopOrder("1", "p1")}, day(1)))
			})
		},
		"only an order that says something else is told again": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				told(ctx, w, tx, aShopOrder("1001", "p1"), aShopOrder("1002", "p1"))
				for _, number := range []string{"1001", "1002"} {
					r, err := tx.ShopOrders().Get(ctx, thePSP, number)
					w.ok(err)
					r.State = ports.ShopOrderRegistered
					w.ok(tx.ShopOrders().Save(ctx, r))
				}
				changed := aShopOrder("1002", "p2")
				changed.Events[0].Amount = sek(91_00)
				told(ctx, w, tx, aShopOrder("1001", "p2"), changed)
				require.Equal(w, []string{"1002"}, numbers(ctx, w, tx, ports.ShopOrderTold))
				require.Equal(w, []string{"1001"}, numbers(ctx, w, tx, ports.ShopOrderRegistered))
			})
		},
		"saving replaces state and fault and nothing else, and parked orders are told again": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				told(ctx, w, tx, aShopOrder("1001", "p1"), aShopOrder("1002", "p1"), aShopOrder("1003", "p1"))
				r, err := tx.ShopOrders().Get(ctx, thePSP, "1002")
				w.ok(err)
				want := r
				want.State, want.Fault = ports.ShopOrderParked, aFault()
				r = want
				r.Events, r.Country = nil, "NO"
				w.ok(tx.ShopOrders().Save(ctx, r))
				got, err := tx.ShopOrders().Get(ctx, thePSP, "1002")
				w.ok(err)
				require.Equal(w, want, got)
				require.Equal(w, []string{"1001", "1003"}, numbers(ctx, w, tx, ports.ShopOrderTold))
				w.ok(tx.ShopOrders().Retell(ctx, thePSP))
				require.Equal(w, []string{"1001", "1002", "1003"}, numbers(ctx, w, tx, ports.ShopOrderTold))
				rest, err := tx.ShopOrders().List(ctx, thePSP, ports.ShopOrderTold, got.Num, 10)
				w.ok(err)
				require.Len(w, rest, 1)
				require.Equal(w, aFault(), func() *ports.FaultRecord {
					r, err := tx.ShopOrders().Get(ctx, thePSP, "1002")
					w.ok(err)
					return r.Fault
				}())
				r.Number = "nobody"
				w.missing(tx.ShopOrders().Save(ctx, r))
			})
		},
		"an order has one open exception, which is closed with it": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, number := range []string{"1001", "1002", "1001"} {
					x := ports.Exception{ID: "x-" + number, MerchantID: theMerchant, Order: number, Code: "order.changed", State: ports.ExceptionOpen, RaisedAt: day(1)}
					w.ok(tx.Exceptions().Raise(ctx, x))
					got, err := tx.Exceptions().Get(ctx, x.ID)
					w.ok(err)
					require.Equal(w, x, got)
				}
				w.ok(tx.Exceptions().ResolveOrder(ctx, theMerchant, "1001", "it is registered", "kvitt", day(2)))
				open, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, open, 1)
				require.Equal(w, "x-1002", open[0].ID)
			})
		},
	})
}
