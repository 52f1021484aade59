package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

func aPurchase(id, name string) order.Purchase {
	rows := []order.Row{{
		Kind: order.GoodsRow, Article: "A1", Name: "Chair", Quantity: decimal.NewFromInt(2), Unit: "pcs", Gross: sek(125_00), VAT: sek(25_00), Rate: tax.Percent(25),
	}}
	return order.Purchase{
		ID: id, References: map[payout.Reference]string{payout.MerchantReference1: name, payout.OrderID: id}, State: order.PurchaseOpen,
		PlacedAt: day(1), Method: "INVOICE", Total: sek(125_00), Rows: rows,
		Buyer:    order.Buyer{Name: "Anna", Billing: order.Address{Name: "Anna", Country: "SE"}},
		Captures: []order.Capture{{ID: "c1", Reference: "r1", At: day(2), Amount: sek(125_00), Rows: rows}},
		Refunds:  []order.Refund{{ID: "f1", At: day(3), Amount: sek(10_00)}},
		Raw:      payout.Raw{Page: "p1", Length: 2},
	}
}

func purchases(t *testing.T, open func(t *testing.T) Opened) {
	learn := func(ctx context.Context, w *world, tx ports.Tx, id string, at time.Time) bool {
		w.Helper()
		fresh, err := tx.Purchases().Learn(ctx, thePSP, id, ports.LearnedByCallback, at)
		w.ok(err)
		return fresh
	}
	ids := func(w *world, list []ports.PurchaseRecord, err error) []string {
		w.Helper()
		w.ok(err)
		var ids []string
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		return ids
	}
	cases(t, open, map[string]func(w *world){
		"an order is learned once, and due at the earliest moment that anybody named": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				require.True(w, learn(ctx, w, tx, "o1", day(2)))
				require.False(w, learn(ctx, w, tx, "o1", day(3)))
				got, err := tx.Purchases().Get(ctx, thePSP, "o1")
				w.ok(err)
				require.Equal(w, ports.PurchaseRecord{
					Num: got.Num, ConnectionID: thePSP, ID: "o1", Origin: ports.LearnedByCallback, LearnedAt: day(2), DueAt: day(2),
				}, got)
				require.NotZero(w, got.Num)
				require.False(w, learn(ctx, w, tx, "o1", day(1)))
				got, err = tx.Purchases().Get(ctx, thePSP, "o1")
				w.ok(err)
				require.Equal(w, day(1), got.DueAt)
				require.Equal(w, day(2), got.LearnedAt)
				_, err = tx.Purchases().Get(ctx, theERP, "o1")
				w.missing(err)
				_, err = tx.Purchases().Learn(ctx, "nobody", "o1", ports.LearnedByPerson, day(1))
				w.missing(err)
			})
		},
		"what was read is what one gets": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				learn(ctx, w, tx, "o1", day(1))
				want, err := tx.Purchases().Get(ctx, thePSP, "o1")
				w.ok(err)
				want.Purchase, want.ReadAt, want.DueAt, want.Failures, want.Fault = aPurchase("o1", "1001"), day(4), day(5), 2, aFault()
				want.Unplanned = []merchant.FlowKind{merchant.Invoices, merchant.Orders, merchant.Refunds}
				w.ok(tx.Purchases().Save(ctx, want))
				got, err := tx.Purchases().Get(ctx, thePSP, "o1")
				w.ok(err)
				require.Equal(w, want, got)
				want.ID = "nobody"
				w.missing(tx.Purchases().Save(ctx, want))
			})
		},
		"what is due comes first that is due longest, and what need not be read is not due": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for i, id := range []string{"o3", "o1", "o2"} {
					learn(ctx, w, tx, id, day(3-i))
				}
				done, err := tx.Purchases().Get(ctx, thePSP, "o1")
				w.ok(err)
				list, err := tx.Purchases().Due(ctx, thePSP, day(2), 10)
				require.Equal(w, []string{"o2", "o1"}, ids(w, list, err))
				done.DueAt = time.Time{}
				w.ok(tx.Purchases().Save(ctx, done))
				list, err = tx.Purchases().Due(ctx, thePSP, day(9), 1)
				require.Equal(w, []string{"o2"}, ids(w, list, err))
				list, err = tx.Purchases().Due(ctx, thePSP, day(9), 10)
				require.Equal(w, []string{"o2", "o3"}, ids(w, list, err))
			})
		},
		"each kind of flow has its own list": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for i, kinds := range [][]merchant.FlowKind{{merchant.Orders}, {merchant.Invoices, merchant.Refunds}, {merchant.Invoices}} {
					id := []string{"o1", "o2", "o3"}[i]
					learn(ctx, w, tx, id, day(1))
					r, err := tx.Purchases().Get(ctx, thePSP, id)
					w.ok(err)
					r.Unplanned = kinds
					w.ok(tx.Purchases().Save(ctx, r))
				}
				list, err := tx.Purchases().Unplanned(ctx, thePSP, merchant.Invoices, 0, 10)
				require.Equal(w, []string{"o2", "o3"}, ids(w, list, err))
				rest, err := tx.Purchases().Unplanned(ctx, thePSP, merchant.Invoices, list[0].Num, 10)
				require.Equal(w, []string{"o3"}, ids(w, rest, err))
				list, err = tx.Purchases().Unplanned(ctx, thePSP, merchant.Refunds, 0, 10)
				require.Equal(w, []string{"o2"}, ids(w, list, err))
				list, err = tx.Purchases().Unplanned(ctx, thePSP, merchant.Orders, 0, 10)
				require.Equal(w, []string{"o1"}, ids(w, list, err))
				_, err = tx.Purchases().Unplanned(ctx, thePSP, merchant.Payouts, 0, 10)
				require.Error(w, err)
			})
		},
		"a fact has one open exception, which is closed with it": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, fact := range []string{"f1", "f2", "f1"} {
					x := ports.Exception{ID: "x-" + fact, MerchantID: theMerchant, Fact: fact, Code: "invoice.differs", State: ports.ExceptionOpen, RaisedAt: day(1)}
					w.ok(tx.Exceptions().Raise(ctx, x))
					got, err := tx.Exceptions().Get(ctx, x.ID)
					w.ok(err)
					require.Equal(w, x, got)
				}
				w.ok(tx.Exceptions().ResolveFact(ctx, theMerchant, "f1", "it is made", "kvitt", day(2)))
				open, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, open, 1)
				require.Equal(w, "x-f2", open[0].ID)
			})
		},
		"an order is found by its id and by the references it has now": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				learn(ctx, w, tx, "o1", day(1))
				learn(ctx, w, tx, "o2", day(1))
				for _, name := range []string{"1001", "1002"} {
					r, err := tx.Purchases().Get(ctx, thePSP, "o1")
					w.ok(err)
					r.Purchase, r.ReadAt = aPurchase("o1", name), day(2)
					w.ok(tx.Purchases().Save(ctx, r))
				}
				for name, want := range map[string][]string{"o1": {"o1"}, "1002": {"o1"}, "1001": nil, "o2": {"o2"}} {
					list, err := tx.Purchases().Named(ctx, thePSP, name, 10)
					require.Equal(w, want, ids(w, list, err), name)
				}
				list, err := tx.Purchases().List(ctx, thePSP, 0, 10)
				require.Equal(w, []string{"o1", "o2"}, ids(w, list, err))
			})
		},
	})
}
