package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

// listing is the cursor of ListDocuments.
type listing struct {
	// Set is the part of the list that is being read.
	Set set `json:"set"`
	// Watermark is what the next reading will begin with. It is taken at the first
	// request: what changes later is read again.
	Watermark string `json:"watermark"`
	position
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
	s, err := c.open(req.Call, 0)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	page, err := s.listDocuments(ctx, req.Since, req.Cursor)
	if err != nil {
		return ports.DocumentPage{}, s.Failed(err)
	}
	page.Usage = s.Usage()
	return page, nil
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
	if err := readCursor(cursor, &at); err != nil {
		return listing{}, err
	}
	fits := at.Set == first || first == setDrafts && at.Set == setUnpaid
	if !fits || !at.valid() || cursor != "" && checkWatermark(at.Watermark) != nil {
		return listing{}, fault.Invalid(CodeCursor, "cursor", "the cursor belongs to another reading").From(fault.Connector)
	}
	return at, nil
}

// take turns a page of Fortnox into one of the hub.
func (l listing) take(found client.Page[client.Invoice], limit int) (ports.DocumentPage, error) {
	documents, keys, err := documentsOf(found.Items)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	known, next, last, err := l.advance(keys, found.Total, limit)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	page := ports.DocumentPage{Documents: documents[known:]}
	switch {
	case last && l.Set == setDrafts:
		page.Next, err = writeCursor(listing{Set: setUnpaid, Watermark: l.Watermark})
	case last:
		page.Watermark = l.Watermark
	default:
		page.Next, err = writeCursor(listing{Set: l.Set, Watermark: l.Watermark, position: next})
	}
	return page, err
}

func documentsOf(items []client.Invoice) (documents []invoice.Document, keys []string, err error) {
	for _, item := range items {
		d, err := document(item)
		if err != nil {
			return nil, nil, err
		}
		documents, keys = append(documents, d), append(keys, d.Number)
	}
	return documents, keys, nil
}
