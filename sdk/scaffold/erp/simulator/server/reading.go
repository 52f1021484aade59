package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The sizes of pages.
const (
	defaultLimit = 25
	mostLimit    = 100
)

func (s *server) accounts(r *http.Request) (any, *refusal) {
	return list(s, r, s.world.Accounts, func(a Account) string { return a.Number })
}

func (s *server) series(r *http.Request) (any, *refusal) {
	return list(s, r, s.world.Series, func(of Series) string { return of.Code })
}

// invoices lists documents by number, so that one which is paid meanwhile pushes no
// other one out.
func (s *server) invoices(r *http.Request) (any, *refusal) {
	query := r.URL.Query()
	var since time.Time
	if text := query.Get("changed_since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, refused(http.StatusBadRequest, "invalid_changed_since")
		}
	}
	var shown []Invoice
	for _, invoice := range s.world.Invoices {
		if !invoice.ChangedAt.Before(since) && invoice.fits(query) {
			shown = append(shown, *invoice)
		}
	}
	return list(s, r, shown, func(i Invoice) string { return strconv.Itoa(i.Number) })
}

// fits compares an invoice with a search: "reference" is looked for anywhere in the
// reference, in any case.
func (i *Invoice) fits(query url.Values) bool {
	number := query.Get("number")
	return strings.Contains(strings.ToLower(i.Reference), strings.ToLower(query.Get("reference"))) &&
		(number == "" || number == strconv.Itoa(i.Number)) &&
		(query.Get("open") != "true" || !i.Open.IsZero() && !i.Cancelled)
}

func (s *server) invoicePayments(r *http.Request) (any, *refusal) {
	invoice, refusal := s.invoice(r)
	if refusal != nil {
		return nil, refusal
	}
	return list(s, r, invoice.payments, func(p Payment) string { return p.ID })
}

func (s *server) invoice(r *http.Request) (*Invoice, *refusal) {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || n < 1 || n > len(s.world.Invoices) {
		return nil, refused(http.StatusNotFound, "no_such_invoice")
	}
	return s.world.Invoices[n-1], nil
}

// page is one answer of a list.
type page[T any] struct {
	Items []T  `json:"items"`
	More  bool `json:"more"`
	// AsOf is SampleBooks' own time.
	AsOf time.Time `json:"as_of"`
}

// list gives the page of items that begins behind the one that "after" names, which
// need not be in the list any more: items are in the order of their ids.
func list[T any](s *server, r *http.Request, items []T, id func(T) string) (any, *refusal) {
	limit := defaultLimit
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLimit {
			return nil, refused(http.StatusBadRequest, "invalid_limit")
		}
		limit = n
	}
	limit = min(limit, s.world.PageSize)
	if after := r.URL.Query().Get("after"); after != "" {
		at := 0
		for at < len(items) && !behind(id(items[at]), after) {
			at++
		}
		items = items[at:]
	}
	shown := page[T]{Items: items, More: len(items) > limit, AsOf: s.control.Now()}
	if shown.More {
		shown.Items = items[:limit]
	}
	if shown.Items == nil {
		shown.Items = []T{}
	}
	return shown, nil
}

// behind compares ids: numbers by value, others as text.
func behind(id, after string) bool {
	a, errA := strconv.Atoi(id)
	b, errB := strconv.Atoi(after)
	if errA == nil && errB == nil {
		return a > b
	}
	return id > after
}
