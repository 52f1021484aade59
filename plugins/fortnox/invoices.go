package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of invoices.
const (
	// CodeCashMethod: the company books invoices when they are paid.
	CodeCashMethod fault.Code = "erp.cash_method"
	// CodeInvoiceUnnumbered: an invoice was made without a number.
	CodeInvoiceUnnumbered fault.Code = "fortnox.invoice_unnumbered"
	// CodeAmbiguousInvoice: several documents may be the one that was cut off.
	CodeAmbiguousInvoice fault.Code = "erp.ambiguous_invoice"
)

// EnsureInvoice implements ports.Invoices: with one request that makes the invoice, or of
// an order. A later attempt searches by the second reference; the document is the one
// that carries the key there or in its note. Of an order its state tells.
func (c *Connector) EnsureInvoice(ctx context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.InvoiceResult, error) {
		if req.Order != "" {
			return s.ensureInvoiceOf(ctx, req)
		}
		body, err := s.invoiceBody(req.Draft, req.Key)
		if err != nil {
			return ports.InvoiceResult{}, err
		}
		return s.ensureDraft(ctx, req.Write, req.Draft, body)
	})
}

// invoiceBody says an invoice in Fortnox's words, but for the customer.
func (s *session) invoiceBody(d invoice.Draft, key string) (client.InvoiceBody, error) {
	head, err := s.head(d, key)
	if err != nil {
		return client.InvoiceBody{}, err
	}
	rows, err := s.rows(d)
	if err != nil {
		return client.InvoiceBody{}, err
	}
	on, err := day("draft.date", d.Date)
	if err != nil {
		return client.InvoiceBody{}, err
	}
	return client.InvoiceBody{Head: head, InvoiceDate: on, DueDate: optional(d.Due), InvoiceRows: rows}, nil
}

func optional(on civil.Date) string {
	if on.IsZero() {
		return ""
	}
	return on.String()
}

// ensureDraft finds or makes a document that stands alone.
func (s *session) ensureDraft(ctx context.Context, w ports.Write, d invoice.Draft, body client.InvoiceBody) (ports.InvoiceResult, error) {
	if w.Attempt > 1 {
		found, ok, err := s.lookForInvoice(ctx, w.Key, body.ExternalInvoiceReference2)
		if err != nil {
			return ports.InvoiceResult{}, err
		}
		if ok {
			return invoiceResult(found, ports.Found)
		}
	}
	if err := s.booksWhenMade(ctx, d.Date); err != nil {
		return ports.InvoiceResult{}, err
	}
	customer, missing, err := s.customer(ctx, d)
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	body.CustomerNumber = customer
	if s.Left() < requestsWithCard(missing) {
		return ports.InvoiceResult{}, upstream.Exhausted(w)
	}
	made, err := withCard(ctx, s, missing, func() (client.Invoice, error) { return s.CreateInvoice(ctx, body) })
	if err != nil {
		return ports.InvoiceResult{}, err
	}
	if made.DocumentNumber == "" {
		return ports.InvoiceResult{}, unnumbered("Fortnox made an invoice and did not say its number")
	}
	return invoiceResult(made, ports.Created)
}

// requestsWithCard is the most requests that a document takes whose customer may be
// missing: one that is refused, one for the card, one more.
func requestsWithCard(missing *client.NewCustomer) int {
	const alone, withCard = 1, 3
	if missing == nil {
		return alone
	}
	return withCard
}

func unnumbered(reason string) error {
	return fault.New(CodeInvoiceUnnumbered, fault.Unknown, reason).From(fault.Upstream)
}

// invoiceResult shows a document that is there. What cannot be understood of it must not
// be taken for a document that was not made.
func invoiceResult(in client.Invoice, outcome ports.Outcome) (ports.InvoiceResult, error) {
	out, err := written(in)
	if err != nil {
		return ports.InvoiceResult{}, upstream.Halfway("document "+string(in.DocumentNumber)+" is in Fortnox", err)
	}
	return ports.InvoiceResult{Invoice: out, Outcome: outcome}, nil
}

// booksWhenMade fails unless the company books invoices when they are made
// (fakturametoden) in the year of a date: under the cash method an invoice is never
// booked, so that nothing of it would come into the books.
func (s *session) booksWhenMade(ctx context.Context, on civil.Date) error {
	year, err := s.year(ctx, on)
	if err != nil {
		return err
	}
	if year.AccountingMethod != accrual {
		return cashMethod()
	}
	return nil
}

func cashMethod() error {
	return fault.New(CodeCashMethod, fault.Validation, "the company books invoices when they are paid (kontantmetoden)").
		From(fault.Upstream).WithRemedy("change the accounting method in Fortnox to fakturametoden, or use a flow that books vouchers")
}

// mostHits bounds how many documents with the same reference are read.
const mostHits = 4

// lookForInvoice finds the document of an earlier attempt: not cancelled, not linked to
// another one, and with the key as its second reference or in its note. A search is for
// parts of texts, so what it finds is compared.
func (s *session) lookForInvoice(ctx context.Context, key, reference string) (client.Invoice, bool, error) {
	hits, err := all(s.connector.pageSize, func(i client.Invoice) string { return string(i.DocumentNumber) },
		func(w client.Window) (client.Page[client.Invoice], error) {
			return s.Invoices(ctx, client.InvoiceQuery{Search: searchParameter(invoice.ExternalReference2), Value: reference, Window: w})
		})
	if err != nil {
		return client.Invoice{}, false, upstream.Unsettled(err)
	}
	var numbers []string
	for _, hit := range hits {
		if string(hit.ExternalInvoiceReference2) == reference && !bool(hit.Cancelled) {
			numbers = append(numbers, string(hit.DocumentNumber))
		}
	}
	return only(numbers, func(number string) (client.Invoice, bool, error) {
		full, err := s.Invoice(ctx, number)
		ours := string(full.ExternalInvoiceReference2) == key || strings.Contains(string(full.Comments), key)
		return full, ours && !bool(full.Cancelled) && client.None(full.InvoiceReference) == "", err
	})
}

// only reads documents and gives the one that is ours, if there is one. More than one,
// or more than can be read, are for a person.
func only[T any](numbers []string, read func(string) (T, bool, error)) (found T, ok bool, err error) {
	if len(numbers) > mostHits {
		return found, false, ambiguousInvoice(len(numbers))
	}
	for _, number := range numbers {
		full, ours, err := read(number)
		switch {
		case err != nil:
			return found, false, upstream.Unsettled(err)
		case ours && ok:
			return found, false, ambiguousInvoice(len(numbers))
		case ours:
			found, ok = full, true
		}
	}
	return found, ok, nil
}

func ambiguousInvoice(n int) error {
	return fault.New(CodeAmbiguousInvoice, fault.Duplicate, strconv.Itoa(n)+" documents in Fortnox may be the one that was cut off").
		From(fault.Upstream).WithRemedy("cancel the documents that are too many in Fortnox, then retry")
}
