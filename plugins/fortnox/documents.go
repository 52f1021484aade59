package main

import (
	"context"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// listingCursor carries the place in the documents.
var listingCursor = paging.Codec[listing]{Name: "documents.1"}

// listing is how far ListDocuments has come.
type listing struct {
	// Set is the part of the list that is being read.
	Set set `json:"set"`
	// Watermark is what the next reading will begin with. It is taken at the first
	// request: what changes later is read again.
	Watermark string `json:"watermark"`
	paging.Position
}

// set is a list that Fortnox keeps.
type set string

// The sets. A first reading takes drafts before what is unpaid, because a draft
// can become unpaid meanwhile but nothing becomes a draft. Whether Fortnox counts
// drafts as unpaid is not documented; so they may come twice.
const (
	setDrafts  set = "drafts"
	setUnpaid  set = "unpaid"
	setChanged set = "changed"
)

// ListDocuments implements ports.DocumentSource with one request for each page.
// Documents come in the order of their numbers, which never change, so that many
// of them may share a second of change.
func (c *Connector) ListDocuments(ctx context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.DocumentPage, error) { return s.listDocuments(ctx, req.Since, req.Cursor) })
}

func (s *session) listDocuments(ctx context.Context, since, cursor string) (ports.DocumentPage, error) {
	at, err := startListing(since, cursor)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	limit := s.connector.pageSize
	query := client.InvoiceQuery{Window: client.Window{Offset: at.Offset, Limit: limit}}
	switch at.Set {
	case setDrafts:
		query.Filter = client.FilterUnbooked
	case setUnpaid:
		query.Filter = client.FilterUnpaid
	case setChanged:
		query.ModifiedSince = since
	}
	found, err := s.Invoices(ctx, query)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	if at.Watermark == "" {
		if at.Watermark, err = watermark(found.Answered, s.connector.now()); err != nil {
			return ports.DocumentPage{}, err
		}
	}
	return at.take(found, limit)
}

func startListing(since, cursor string) (listing, error) {
	at := listing{Set: setDrafts}
	if since != "" {
		at.Set = setChanged
		if err := checkWatermark(since); err != nil {
			return listing{}, err
		}
	}
	first := at.Set
	at, err := listingCursor.Read(cursor, at)
	if err != nil {
		return listing{}, err
	}
	fits := at.Set == first || first == setDrafts && at.Set == setUnpaid
	if !fits || cursor != "" && checkWatermark(at.Watermark) != nil {
		return listing{}, paging.Invalid("it belongs to another reading")
	}
	return at, nil
}

// take turns a page of Fortnox into one of the hub.
func (l listing) take(found client.Page[client.Invoice], limit int) (ports.DocumentPage, error) {
	documents, err := documentsOf(found.Items)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	step, err := paging.Advance(l.Position, documents, func(d invoice.Document) string { return d.Number }, found.Total, limit)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	page := ports.DocumentPage{Documents: step.Fresh}
	switch {
	case step.Last && l.Set == setDrafts:
		page.Next, err = listingCursor.Write(listing{Set: setUnpaid, Watermark: l.Watermark})
	case step.Last:
		page.Watermark = l.Watermark
	default:
		page.Next, err = listingCursor.Write(listing{Set: l.Set, Watermark: l.Watermark, Position: step.Next})
	}
	return page, err
}

func documentsOf(items []client.Invoice) ([]invoice.Document, error) {
	documents := make([]invoice.Document, 0, len(items))
	for _, item := range items {
		d, err := document(item)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return documents, nil
}
