package settlement

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// learnOrders tells the flows beside this one that make invoices and credit invoices, or
// book events, of the provider's orders of captures and refunds that they have not seen yet. Their lines wait for the documents
// like any other line.
func (w *work) learnOrders(ctx context.Context, tx ports.Tx, lines []payout.Line) error {
	var makers []merchant.Flow
	err := walk.Flows(ctx, tx, w.merchant.ID, func(f merchant.Flow) error {
		if f.Enabled && f.ReadsOrders() && f.Source == w.flow.Source && f.Target == w.flow.Target {
			makers = append(makers, f)
		}
		return nil
	})
	if err != nil || len(makers) == 0 {
		return err
	}
	learned := false
	for _, l := range lines {
		id := l.References[payout.OrderID]
		if id == "" || !l.Kind.NeedsDocument() {
			continue
		}
		known, err := tx.Purchases().Get(ctx, w.flow.Source, id)
		if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		if err == nil && seenIn(known.Purchase, l) {
			continue
		}
		if _, err := tx.Purchases().Learn(ctx, w.flow.Source, id, ports.LearnedByPayout, w.clock.Now().UTC()); err != nil {
			return err
		}
		learned = true
	}
	if !learned {
		return nil
	}
	for _, f := range makers {
		if _, _, err := start.Run(ctx, tx, f, string(merchant.Payouts), w.machine()); err != nil {
			return err
		}
	}
	return nil
}

// seenIn reports whether an order, as it was read last, has the capture or refund of a
// line.
func seenIn(p order.Purchase, l payout.Line) bool {
	if l.Kind == payout.Refund {
		id := l.References[payout.RefundID]
		return id != "" && slices.ContainsFunc(p.Refunds, func(r order.Refund) bool { return r.ID == id })
	}
	id := l.References[payout.CaptureID]
	return id != "" && slices.ContainsFunc(p.Captures, func(c order.Capture) bool { return c.ID == id })
}
