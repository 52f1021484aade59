package suite

import (
	"context"

	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func purchases() capability {
	return capability{
		name:  ports.CapabilityPurchases,
		reads: []string{"ReadPurchase"},
		learn: learnPurchases,
		questions: func(_ *Session, f *facts) []question {
			var all []question
			for _, p := range f.purchases {
				all = append(all, readPurchase(p.ID))
			}
			return all
		},
		cases: purchaseCases(),
	}
}

func askPurchase(ctx context.Context, c ports.Connector, call ports.Call, id string) (ports.PurchaseResult, error) {
	source, err := as[ports.PurchaseSource](c)
	if err != nil {
		return ports.PurchaseResult{}, err
	}
	return source.ReadPurchase(ctx, ports.ReadPurchaseRequest{Call: call, ID: id})
}

func readPurchase(id string) question {
	return question{method: "ReadPurchase", about: "of order " + id, kept: true, pointed: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.PurchaseResult, error) {
			return askPurchase(ctx, c, call, id)
		}, tellPurchase)}
}

func tellPurchase(r ports.PurchaseResult) answer {
	a, p := answer{raw: r.Raw, usage: r.Usage}, r.Purchase
	a.moment("the moment of order "+p.ID, p.PlacedAt)
	for _, h := range happenings(p) {
		if h.what != theOrder {
			a.moment("the moment of "+h.what, h.at)
		}
		a.amount("the amount of "+h.what, h.amount)
		for _, row := range h.rows {
			a.amount("a row of "+h.what, row.Gross)
			a.amount("the VAT of a row of "+h.what, row.VAT)
		}
	}
	p.Raw, p.PlacedAt = payout.Raw{}, p.PlacedAt.UTC()
	p.Captures, p.Refunds = inUTC(p.Captures, func(c *order.Capture) { c.At = c.At.UTC() }), inUTC(p.Refunds, func(r *order.Refund) { r.At = r.At.UTC() })
	a.entry(p.ID, r.Purchase.Raw, p)
	return a
}

// inUTC gives a copy whose moments read alike in any zone; read.utc looks at the zone.
func inUTC[T any](list []T, set func(*T)) []T {
	copied := append([]T(nil), list...)
	for i := range copied {
		set(&copied[i])
	}
	return copied
}

// purchaseOf reads an order as the noun that it is.
func (st *stage) purchaseOf(ctx context.Context, id string) (ports.PurchaseResult, error) {
	inner, cancel := st.within(ctx)
	defer cancel()
	r, err := askPurchase(inner, st.c.Connector, st.granted("ReadPurchase", 1), id)
	st.listen("ReadPurchase", err)
	if err != nil {
		return r, wrong(readPurchase(id).String(), err, "the order, which the plan names")
	}
	return r, nil
}

func learnPurchases(ctx context.Context, st *stage, f *facts) error {
	if st.setup.Plan.Purchases == nil {
		return wrong("ReadPurchase", "no order to ask for", "ids of orders of the world in the plan, purchases.ids: orders cannot be listed")
	}
	for _, id := range st.setup.Plan.Purchases.IDs {
		r, err := st.purchaseOf(ctx, id)
		if err != nil {
			return err
		}
		// By the id that was asked for: purchases.valid tells if the answer has another.
		r.Purchase.ID = id
		f.purchases = append(f.purchases, r.Purchase)
	}
	return nil
}
