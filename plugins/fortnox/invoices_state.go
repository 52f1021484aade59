package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of what a document has become.
const (
	// CodeDocumentOpen: Fortnox took the request to book a document and shows it unbooked.
	CodeDocumentOpen fault.Code = "erp.document_not_booked"
	// CodeDocumentBooked: a booked document cannot be cancelled.
	CodeDocumentBooked fault.Code = "erp.document_booked"
)

// EnsureBooked implements ports.Invoices. Fortnox books on the date of the document. A
// first attempt does not ask before, as booking what is booked is refused.
func (c *Connector) EnsureBooked(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.InvoiceResult, error) { return s.ensureBooked(ctx, req) })
}

func (s *session) ensureBooked(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	if _, err := whole("number", req.Number); err != nil {
		return ports.InvoiceResult{}, err
	}
	if req.Attempt > 1 {
		found, err := s.Invoice(ctx, req.Number)
		if err != nil {
			return ports.InvoiceResult{}, upstream.Unsettled(err)
		}
		if found.Booked {
			return invoiceResult(found, ports.Found)
		}
	}
	if s.Left() < 1 {
		return ports.InvoiceResult{}, upstream.Exhausted(req.Write)
	}
	booked, err := s.BookInvoice(ctx, req.Number)
	if f := fault.Of(err); f != nil && (f.Class == fault.Validation || f.Class == fault.Conflict) {
		return s.refusedToBook(ctx, req.Number, err)
	}
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	if !booked.Booked {
		return ports.InvoiceResult{}, fault.New(CodeDocumentOpen, fault.Unknown, "document "+req.Number+" is not booked").
			From(fault.Upstream).WithRemedy("book the document in Fortnox")
	}
	return invoiceResult(booked, ports.Created)
}

// refusedToBook finds out why: the code for what is booked already is not documented.
func (s *session) refusedToBook(ctx context.Context, number string, refusal error) (ports.InvoiceResult, error) {
	found, err := s.Invoice(ctx, number)
	switch {
	case err != nil:
		return ports.InvoiceResult{}, upstream.Unsettled(err)
	case bool(found.Booked):
		return invoiceResult(found, ports.Found)
	case bool(found.Cancelled):
		return ports.InvoiceResult{}, fault.New(matching.CodeCancelled, fault.Conflict, "document "+number+" has been cancelled").
			From(fault.Upstream).WithRemedy("make the document anew").Wrap(refusal)
	case found.AccountingMethod != "" && found.AccountingMethod != accrual:
		return ports.InvoiceResult{}, cashMethod()
	}
	return ports.InvoiceResult{}, refusal
}

// EnsureCancelled implements ports.Invoices.
func (c *Connector) EnsureCancelled(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.InvoiceResult, error) { return s.ensureCancelled(ctx, req) })
}

func (s *session) ensureCancelled(ctx context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	if _, err := whole("number", req.Number); err != nil {
		return ports.InvoiceResult{}, err
	}
	const requests = 2
	if s.Left() < requests {
		return ports.InvoiceResult{}, upstream.Exhausted(req.Write)
	}
	found, err := s.asItStands(ctx, req.Write, req.Number)
	switch {
	case err != nil:
		return ports.InvoiceResult{}, err
	case bool(found.Cancelled):
		return invoiceResult(found, ports.Found)
	case bool(found.Booked):
		return ports.InvoiceResult{}, fault.New(CodeDocumentBooked, fault.Conflict, "document "+req.Number+" is booked").
			From(fault.Upstream).WithRemedy("credit the document")
	}
	cancelled, err := s.CancelInvoice(ctx, req.Number)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	return invoiceResult(cancelled, ports.Created)
}

// asItStands reads a document before something is done with it. In a later attempt a
// failure leaves open what an earlier one has done.
func (s *session) asItStands(ctx context.Context, w ports.Write, number string) (client.Invoice, error) {
	found, err := s.Invoice(ctx, number)
	if err != nil && w.Attempt > 1 {
		return client.Invoice{}, upstream.Unsettled(err)
	}
	return found, err
}

// ReadInvoice implements ports.Invoices.
func (c *Connector) ReadInvoice(ctx context.Context, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.InvoiceReading, error) {
		if _, err := whole("number", req.Number); err != nil {
			return ports.InvoiceReading{}, err
		}
		found, err := s.Invoice(ctx, req.Number)
		if err != nil {
			return ports.InvoiceReading{}, err
		}
		out, err := written(found)
		return ports.InvoiceReading{Invoice: out}, err
	})
}
