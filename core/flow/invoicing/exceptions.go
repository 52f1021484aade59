package invoicing

import (
	"context"
	"errors"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// about is what an exception concerns.
type about struct {
	purchase ports.PurchaseRecord
	fact     string
	document string
	step     int64
	amount   money.Amount
}

// fact names what of an order an exception concerns: a capture of the invoices flow,
// a part of a refund of the refunds flow, or the order itself.
func (w *work) fact(purchaseID, kind, id string) string {
	return strings.Join([]string{w.flow.Source, purchaseID, kind, id}, "|")
}

// purchaseOf gives the provider's id of the order that a fact belongs to.
func purchaseOf(fact string) (connectionID, purchaseID, kind, id string) {
	parts := strings.SplitN(fact+"|||", "|", 5)
	return parts[0], parts[1], parts[2], parts[3]
}

// raise opens an exception, or brings the open one of the same subject up to date.
func (w *work) raise(ctx context.Context, tx ports.Tx, what about, why *fault.Error) error {
	at := w.clock.Now().UTC()
	reference := what.purchase.ID
	if number, err := invoicing.Number(w.settings.Documents.OrderNumber, what.purchase.Purchase); err == nil && !what.purchase.ReadAt.IsZero() {
		reference = number
	}
	e := ports.Exception{
		ID:         identify("ex-", w.flow.ID, what.fact, string(why.Code), w.machine().UTC().Format("2006-01-02T15:04:05.999999999")),
		MerchantID: w.merchant.ID, StepID: what.step, Fact: what.fact, Code: why.Code, Reference: reference,
		Reason: why.Reason, Remedy: why.Remedy, Document: what.document, Amount: what.amount, State: ports.ExceptionOpen, RaisedAt: at,
	}
	if w.raised != nil {
		*w.raised = append(*w.raised, e)
		return nil
	}
	return tx.Exceptions().Raise(ctx, e)
}

// documentOf gives the document that a fault is about, or empty.
func documentOf(err error) string {
	var e *elsewhere
	if errors.As(err, &e) {
		return e.number
	}
	return ""
}
