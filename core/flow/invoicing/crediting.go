package invoicing

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// credits plans the credit invoices of all refunds.
func (p *planner) credits(ctx context.Context) error {
	purchase := p.record.Purchase
	credits, unfit := invoicing.Credits(purchase)
	if err := p.each(ctx, "", func(context.Context) error { return unfit }); err != nil {
		return err
	}
	for _, c := range credits {
		id := purchase.Refunds[c.Refund].ID + "/" + purchase.Captures[c.Capture].ID
		if err := p.each(ctx, id, func(ctx context.Context) error { return p.credit(ctx, c) }); err != nil {
			return err
		}
	}
	return nil
}

// credit plans the credit invoice of a part of a refund. A draft that was never booked
// and is refunded in full is cancelled instead (fortnox.md 8).
func (p *planner) credit(ctx context.Context, c invoicing.Credit) error {
	purchase := p.record.Purchase
	refund, capture := purchase.Refunds[c.Refund], purchase.Captures[c.Capture]
	key := p.key(creditMark, p.record.ID, refund.ID, capture.ID)
	if _, known, err := p.known(ctx, key); err != nil || known || p.beforeCutOff(refund.At) {
		return err
	}
	if c.Assumed && p.holds() {
		return rowsUnknown("refund", refund.Amount)
	}
	original, err := p.original(ctx, c)
	if err != nil {
		return err
	}
	if !original.booked {
		return p.cancelDraft(ctx, c, original)
	}
	day := p.day(refund.At)
	m := invoicing.Maker{Purchase: purchase, Market: original.market, Settings: p.settings}
	draft, err := m.CreditInvoice(c, original.number, day)
	if err != nil {
		return err
	}
	total, err := draft.Total()
	if err != nil {
		return err
	}
	if err := p.notElsewhere(ctx, draft, invoice.Credit, total, false); err != nil {
		return err
	}
	content := posting.Document{Draft: draft, Original: original.number, Linked: !c.Again}
	if err := p.step(ctx, ports.StepCredit, key, content, total); err != nil || !c.Assumed {
		return err
	}
	return p.askToLook(ctx, refund.ID+"/"+capture.ID, "refund", c.Amount)
}

// original is the invoice that a refund credits.
type original struct {
	posted
	// key is that of the step that made its draft, empty if kvitt did not.
	key string
}

// original finds the invoice of a capture: kvitt's own or, from before the cut-off,
// the one that somebody else made.
func (p *planner) original(ctx context.Context, c invoicing.Credit) (original, error) {
	capture := p.record.Purchase.Captures[c.Capture]
	key := p.key(invoiceMark, p.record.ID, capture.ID)
	made, known, err := p.known(ctx, key)
	if err != nil {
		return original{}, err
	}
	if !known || made.State == ports.StepDropped { // given up, because others had booked until then
		if invoices, on := p.invoices(); on && !capture.At.Before(invoices.Since) {
			return original{}, errWaits
		}
		found, err := p.elsewhere(ctx, c)
		return original{posted: found}, err
	}
	if made.State != ports.StepDone {
		return original{}, errWaits
	}
	content, err := posting.ReadDocument(made)
	if err != nil {
		return original{}, err
	}
	o := original{posted{number: made.Number, market: content.Draft.Customer.Market}, key}
	booking, known, err := p.known(ctx, ending(key, bookedMark))
	switch {
	case err != nil:
		return o, err
	case known && booking.State == ports.StepDone:
		o.booked = true
	case known && booking.State != ports.StepParked && booking.State != ports.StepDropped:
		return o, errWaits
	}
	return o, nil
}

// cancelDraft plans the cancelling of an invoice that was never booked, if all of it is
// refunded; else the credit waits until the draft is booked.
func (p *planner) cancelDraft(ctx context.Context, c invoicing.Credit, o original) error {
	if !c.Whole {
		return errWaits
	}
	if booking, known, err := p.known(ctx, ending(o.key, bookedMark)); err != nil {
		return err
	} else if known && booking.State == ports.StepParked {
		if !booking.Unwritten() {
			return errWaits
		}
		booking.State = ports.StepDropped
		if err := p.tx.Steps().Save(ctx, booking); err != nil {
			return err
		}
	}
	return p.step(ctx, ports.StepCancel, ending(o.key, cancelMark),
		posting.Ending{Number: o.number, Kind: invoice.Invoice, Date: p.today()}, c.Amount)
}

func rowsUnknown(what string, amount money.Amount) error {
	return fault.New(invoicing.CodeRowsUnknown, fault.Conflict, "the provider does not say what the "+what+" of "+amount.String()+" consists of").
		WithRemedy("make the document in the accounting system by hand and adopt it, or set documents.unknown_rows to share")
}
