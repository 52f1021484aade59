package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeReference: Fortnox cannot be searched by that reference.
const CodeReference fault.Code = "erp.reference_unsupported"

// searchParameter names the parameter by which Fortnox searches a reference.
func searchParameter(r invoice.Reference) string {
	switch r {
	case invoice.ExternalReference1:
		return "externalinvoicereference1"
	case invoice.ExternalReference2:
		return "externalinvoicereference2"
	case invoice.OrderNumber:
		return "yourordernumber"
	case invoice.OCR:
		return "ocr"
	case invoice.Number:
		return "documentnumber"
	}
	return ""
}

// FindDocuments implements ports.DocumentSource. Fortnox searches for parts of
// texts in any case, so a search finds every way of writing the value, and much
// else: what does not carry it is left out. The newest documents are looked
// through first, as far as the grant goes.
func (c *Connector) FindDocuments(ctx context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.DocumentPage, error) {
		documents, err := s.findDocuments(ctx, req.Reference, req.Value)
		return ports.DocumentPage{Documents: documents}, err
	})
}

func (s *session) findDocuments(ctx context.Context, reference invoice.Reference, value string) ([]invoice.Document, error) {
	parameter := searchParameter(reference)
	if parameter == "" {
		return nil, fault.Invalid(CodeReference, "reference", "\""+string(reference)+"\" is not a reference that Fortnox can be searched by").
			From(fault.Connector)
	}
	if value = matching.Normalise(value); value == "" {
		return nil, nil // an empty search would find every document
	}
	switch {
	case reference == invoice.OrderNumber:
		return s.findByOrderNumber(ctx, parameter, value)
	case reference == invoice.Number && isNumber(value):
		found, err := s.single(ctx, value)
		return found, err
	}
	return s.search(ctx, parameter, value, func(d invoice.Document) bool {
		return matching.Normalise(d.References[reference]) == value
	})
}

func isNumber(value string) bool {
	_, err := whole("", value)
	return err == nil
}

// single reads one document by its number; none is no failure.
func (s *session) single(ctx context.Context, number string) ([]invoice.Document, error) {
	found, err := s.Invoice(ctx, number)
	if fault.ClassOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := document(found)
	if err != nil {
		return nil, err
	}
	return []invoice.Document{d}, nil
}

// search looks through the hits of a search, newest first, and keeps what is
// wanted. Documents that appear meanwhile push others back, not out.
func (s *session) search(ctx context.Context, parameter, value string, wanted func(invoice.Document) bool) ([]invoice.Document, error) {
	var kept []invoice.Document
	for offset := 0; ; {
		page, err := s.Invoices(ctx, client.InvoiceQuery{
			Search: parameter, Value: value, NewestFirst: true,
			Window: client.Window{Offset: offset, Limit: s.connector.pageSize},
		})
		if err != nil {
			return nil, err
		}
		documents, err := documentsOf(page.Items)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			if wanted(d) {
				kept = append(kept, d)
			}
		}
		offset += len(documents)
		if len(documents) == 0 || page.Total >= 0 && offset >= page.Total {
			return kept, nil
		}
		if s.Left() == 0 {
			sdk.Logger(ctx).Warn("search has too many hits to read them all", "parameter", parameter, "hits", page.Total, "read", offset)
			return kept, nil
		}
	}
}

// findByOrderNumber reads each hit by itself, because lists do not show the order
// number. Those come first that a payout most likely settles; there are no more
// than the grant allows.
func (s *session) findByOrderNumber(ctx context.Context, parameter, value string) ([]invoice.Document, error) {
	page, err := s.Invoices(ctx, client.InvoiceQuery{
		Search: parameter, Value: value, NewestFirst: true, Window: client.Window{Limit: s.connector.pageSize},
	})
	if err != nil {
		return nil, err
	}
	hits, err := documentsOf(page.Items)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(hits, func(a, b invoice.Document) int { return cmp.Compare(unlikely(a), unlikely(b)) })
	if room := s.Left(); len(hits) > room || page.Total > len(hits) {
		sdk.Logger(ctx).Warn("search has too many hits to read them all", "parameter", parameter, "hits", page.Total, "read", min(len(hits), room))
		hits = hits[:min(len(hits), room)]
	}
	var proven []invoice.Document
	for _, hit := range hits {
		found, err := s.single(ctx, hit.Number)
		if err != nil {
			return nil, err
		}
		proven = append(proven, found...)
	}
	return proven, nil
}

// unlikely ranks hits: what is open first, what is cancelled last.
func unlikely(d invoice.Document) int {
	switch {
	case d.Cancelled:
		return 2
	case d.Balance.IsZero() && d.Booked:
		return 1
	}
	return 0
}
