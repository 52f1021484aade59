package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeOrderInvoiceCancelled: the invoice that was made of an order has been cancelled.
const CodeOrderInvoiceCancelled fault.Code = "erp.order_invoice_cancelled"

// ensureInvoiceOf makes the invoice of an order. Fortnox dates it today and copies the
// order's references, so that a second request says what was asked for; asking first
// whether it is needed would cost as much. An order has one invoice, which tells a later
// attempt what an earlier one has done.
func (s *session) ensureInvoiceOf(ctx context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	if _, err := whole("order", req.Order); err != nil {
		return ports.InvoiceResult{}, err
	}
	change, err := changeOf(req.Draft, req.Key)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	if req.Attempt > 1 {
		result, found, err := s.invoiceOf(ctx, req.Order, change)
		if err != nil || found {
			return result, err
		}
	}
	if err := s.booksWhenMade(ctx, req.Draft.Date); err != nil {
		return ports.InvoiceResult{}, err
	}
	const requests = 2
	if s.Left() < requests {
		return ports.InvoiceResult{}, upstream.Exhausted(req.Write)
	}
	number, err := s.InvoiceOrder(ctx, req.Order)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	if number == "" {
		return ports.InvoiceResult{}, unnumbered("Fortnox made an invoice of order " + req.Order + " and did not say its number")
	}
	return s.change(ctx, string(number), change, ports.Created)
}

// changeOf says date and references. The order's second reference stays where none is
// asked for; the key is not needed to find the invoice again.
func changeOf(d invoice.Draft, key string) (client.InvoiceBody, error) {
	on, err := day("draft.date", d.Date)
	if err != nil {
		return client.InvoiceBody{}, err
	}
	return client.InvoiceBody{Head: referencesOf(d, key), InvoiceDate: on, DueDate: optional(d.Due)}, nil
}

// change writes on a draft that is there; whatever happens, it stays there.
func (s *session) change(ctx context.Context, number string, body client.InvoiceBody, outcome ports.Outcome) (ports.InvoiceResult, error) {
	changed, err := s.UpdateInvoice(ctx, number, body)
	if err != nil {
		return ports.InvoiceResult{}, upstream.Halfway("draft "+number+" is in Fortnox and does not say yet what it should", err)
	}
	return invoiceResult(changed, outcome)
}

// invoiceOf finds the invoice that was made of an order, and makes it say what was asked
// for.
func (s *session) invoiceOf(ctx context.Context, number string, change client.InvoiceBody) (ports.InvoiceResult, bool, error) {
	order, err := s.Order(ctx, number)
	if err != nil {
		return ports.InvoiceResult{}, false, upstream.Unsettled(err)
	}
	made := string(client.None(order.InvoiceReference))
	if made == "" {
		return ports.InvoiceResult{}, false, nil
	}
	found, err := s.Invoice(ctx, made)
	switch {
	case err != nil:
		return ports.InvoiceResult{}, false, upstream.Unsettled(err)
	case bool(found.Cancelled):
		return ports.InvoiceResult{}, false, fault.New(CodeOrderInvoiceCancelled, fault.Conflict, "invoice "+made+" of order "+number+" has been cancelled").
			From(fault.Upstream).WithRemedy("make the invoice in Fortnox by hand, then adopt it")
	case bool(found.Booked) || says(found, change):
		result, err := invoiceResult(found, ports.Found)
		return result, true, err
	}
	if s.Left() < 1 {
		return ports.InvoiceResult{}, false, upstream.Unsettled(upstream.Exhausted(ports.Write{Attempt: 1}))
	}
	result, err := s.change(ctx, made, change, ports.Found)
	return result, true, err
}

// says reports whether an invoice has the date and the references of a change.
func says(in client.Invoice, change client.InvoiceBody) bool {
	same := func(wanted string, is client.Text) bool { return wanted == "" || wanted == string(is) }
	return in.InvoiceDate.String() == change.InvoiceDate && (change.DueDate == "" || in.DueDate.String() == change.DueDate) &&
		same(change.ExternalInvoiceReference1, in.ExternalInvoiceReference1) && same(change.ExternalInvoiceReference2, in.ExternalInvoiceReference2) &&
		(change.YourOrderNumber == "" || in.YourOrderNumber != nil && same(change.YourOrderNumber, *in.YourOrderNumber)) &&
		same(change.Comments, in.Comments)
}
