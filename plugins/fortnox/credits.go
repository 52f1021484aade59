package main

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of credit invoices.
const (
	// CodeOriginalOpen: only a booked invoice can be credited.
	CodeOriginalOpen fault.Code = "erp.original_not_booked"
	// CodeOriginalCurrency: the credit invoice is in another currency than the invoice.
	CodeOriginalCurrency fault.Code = "erp.original_currency"
)

// EnsureCredit implements ports.Invoices. Fortnox links one credit invoice to an invoice:
// first it makes a draft that takes everything back, then the draft is given the rows
// that were asked for. One that is not linked is an invoice with negative rows.
func (c *Connector) EnsureCredit(ctx context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.InvoiceResult, error) { return s.ensureCredit(ctx, req) })
}

func (s *session) ensureCredit(ctx context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	if _, err := whole("original", req.Original); err != nil {
		return ports.InvoiceResult{}, err
	}
	body, err := s.invoiceBody(req.Draft, req.Key)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	if req.Linked {
		return s.ensureLinked(ctx, req, body)
	}
	names := client.InvoiceRow{Description: "Kredit av faktura " + req.Original}
	body.InvoiceRows = append([]client.InvoiceRow{names}, body.InvoiceRows...)
	return s.ensureDraft(ctx, req.Write, req.Draft, body)
}

// ensureLinked makes the one credit invoice that is linked to an invoice. The invoice is
// read first, because a second one is not made, and Fortnox is said not to refuse it
// aloud.
func (s *session) ensureLinked(ctx context.Context, req ports.CreditRequest, body client.InvoiceBody) (ports.InvoiceResult, error) {
	original, err := s.asItStands(ctx, req.Write, req.Original)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	// What is not named here the draft has from the invoice: who bought, the currency, the terms.
	body.Head = client.Head{
		ExternalInvoiceReference1: body.ExternalInvoiceReference1, ExternalInvoiceReference2: body.ExternalInvoiceReference2,
		YourOrderNumber: body.YourOrderNumber, Comments: body.Comments, VATIncluded: body.VATIncluded,
	}
	if link := string(client.None(original.CreditInvoiceReference)); link != "" {
		return s.linkedBefore(ctx, req, original, link, body)
	}
	switch {
	case original.AccountingMethod != "" && original.AccountingMethod != accrual:
		return ports.InvoiceResult{}, cashMethod()
	case !bool(original.Booked):
		return ports.InvoiceResult{}, fault.New(CodeOriginalOpen, fault.Conflict, "invoice "+req.Original+" is not booked").
			From(fault.Upstream).WithRemedy("cancel the invoice, as it is not booked")
	case original.Currency != string(req.Draft.Currency):
		return ports.InvoiceResult{}, fault.Invalid(CodeOriginalCurrency, "draft.currency",
			"invoice "+req.Original+" is in "+original.Currency+" and the credit invoice in "+string(req.Draft.Currency)).From(fault.Connector)
	}
	const requests = 2
	if s.Left() < requests {
		return ports.InvoiceResult{}, upstream.Exhausted(req.Write)
	}
	answered, err := s.CreditInvoice(ctx, req.Original)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	link := string(client.None(answered.CreditInvoiceReference))
	if link == "" {
		return ports.InvoiceResult{}, unnumbered("Fortnox credited invoice " + req.Original + " and did not say the number of the credit invoice")
	}
	return s.change(ctx, link, body, ports.Created)
}

// linkedBefore judges the credit invoice that is linked already. It is ours if it has the
// key. If it is still the draft that Fortnox makes, an earlier attempt was cut off before
// it could say more: no first attempt goes past a link.
func (s *session) linkedBefore(ctx context.Context, req ports.CreditRequest, original client.Invoice, link string, body client.InvoiceBody) (ports.InvoiceResult, error) {
	found, err := s.asItStands(ctx, req.Write, link)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	untouched := found.Comments == "" || found.Comments == original.Comments
	switch {
	case strings.Contains(string(found.Comments), req.Key) && !bool(found.Cancelled):
		return invoiceResult(found, ports.Found)
	case req.Attempt > 1 && untouched && !bool(found.Booked) && !bool(found.Cancelled):
		if s.Left() < 1 {
			return ports.InvoiceResult{}, upstream.Exhausted(req.Write)
		}
		return s.change(ctx, link, body, ports.Found)
	}
	return ports.InvoiceResult{}, fault.New(ports.CodeCredited, fault.Conflict, "credit invoice "+link+" is linked to invoice "+req.Original+" already").
		From(fault.Upstream).WithRemedy("make a credit invoice that is not linked; Fortnox links one to an invoice")
}
