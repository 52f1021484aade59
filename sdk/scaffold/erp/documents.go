package main

import (
	"context"
	"net/url"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeSearch: a search finds more than can be read. A part of it would look like all.
const CodeSearch fault.Code = "samplebooks.search_too_wide"

// callsFind is how many pages of a search are read.
const callsFind = 10

// ListDocuments gives what is not yet paid, or what has changed since a watermark,
// which is SampleBooks' own time when the reading began.
func (c *Connector) ListDocuments(ctx context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.DocumentPage, error) {
		query := url.Values{"open": {"true"}}
		if req.Since != "" {
			query = url.Values{"changed_since": {req.Since}}
		}
		list, err := read[remoteInvoice](ctx, remote, "invoices.1", req.Cursor, c.limit, query, "v1", "invoices")
		if err != nil {
			return ports.DocumentPage{}, err
		}
		page := ports.DocumentPage{Raw: []ports.RawPage{list.raw}, Next: list.next}
		if page.Next == "" {
			page.Watermark = list.began
		}
		page.Documents, err = documents(list)
		return page, err
	})
}

// FindDocuments searches the reference, in which SampleBooks looks for any part in
// any case, or the number.
func (c *Connector) FindDocuments(ctx context.Context, req ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *upstream.Client) (ports.DocumentPage, error) {
		query := url.Values{}
		switch req.Reference {
		case invoice.ExternalReference1:
			query.Set("reference", req.Value)
		case invoice.Number:
			query.Set("number", req.Value)
		case invoice.ExternalReference2, invoice.OrderNumber, invoice.OCR:
			return ports.DocumentPage{}, nil // SampleBooks keeps none of them
		}
		var page ports.DocumentPage
		cursor := ""
		for calls := 0; calls == 0 || cursor != "" && calls < callsFind; calls++ {
			list, err := read[remoteInvoice](ctx, remote, "search.1", cursor, c.limit, query, "v1", "invoices")
			if err != nil {
				return ports.DocumentPage{}, err
			}
			found, err := documents(list)
			if err != nil {
				return ports.DocumentPage{}, err
			}
			page.Documents, page.Raw = append(page.Documents, found...), append(page.Raw, list.raw)
			cursor = list.next
		}
		if cursor != "" {
			return ports.DocumentPage{}, fault.New(CodeSearch, fault.Validation, "more documents than can be read carry the reference").From(fault.Upstream).
				WithRemedy("choose a reference that tells documents apart in the setting match_keys")
		}
		return page, nil
	})
}

func documents(list list[remoteInvoice]) ([]invoice.Document, error) {
	var all []invoice.Document
	for _, item := range list.items {
		d, err := item.document()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
