package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultSize = 20
	maximalSize = 500
)

// window is a filter on payouts: by payout date, both ends included, and currency.
type window struct {
	start, end time.Time // zero = open
	currency   string    // empty = any
}

// readWindow reads start_date, end_date and currency_code.
func readWindow(r *http.Request, datesRequired bool) (window, *failure) {
	query := r.URL.Query()
	start, failed := readMoment(query, "start_date", datesRequired)
	if failed != nil {
		return window{}, failed
	}
	end, failed := readMoment(query, "end_date", datesRequired)
	if failed != nil {
		return window{}, failed
	}
	return window{start: start, end: end, currency: query.Get("currency_code")}, nil
}

// readMoment reads a date-time. A bare date means the first moment of that day,
// as an end too: the same date twice is an all but empty window.
func readMoment(query url.Values, name string, required bool) (time.Time, *failure) {
	value := query.Get(name)
	if value == "" {
		if required {
			return time.Time{}, badValue("%s is required", name)
		}
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if moment, err := time.Parse(layout, value); err == nil {
			return moment, nil
		}
	}
	return time.Time{}, badValue("%s is not an ISO 8601 date time", name)
}

func (w window) holds(p Payout) bool {
	return (w.start.IsZero() || !p.moment.Before(w.start)) &&
		(w.end.IsZero() || !p.moment.After(w.end)) &&
		(w.currency == "" || strings.EqualFold(w.currency, p.CurrencyCode))
}

func (w window) apply(entries []*entry) []*entry {
	var held []*entry
	for _, e := range entries {
		if w.holds(e.Payout) {
			held = append(held, e)
		}
	}
	return held
}

// page is the part of a collection that a request asks for.
type page struct {
	size, offset int
}

func readPage(r *http.Request) (page, *failure) {
	query := r.URL.Query()
	size, failed := readInteger(query, "size", defaultSize)
	if failed != nil {
		return page{}, failed
	}
	offset, failed := readInteger(query, "offset", 0)
	if failed != nil {
		return page{}, failed
	}
	switch {
	case size < 1 || size > maximalSize:
		return page{}, badValue("size must be from 1 to %d", maximalSize)
	case offset < 0:
		return page{}, badValue("offset must not be negative")
	}
	return page{size: size, offset: offset}, nil
}

func readInteger(query url.Values, name string, otherwise int) (int, *failure) {
	if !query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil {
		return 0, badValue("%s is not an integer", name)
	}
	return n, nil
}

// cut returns the page's part of total items as the bounds of a slice.
func (p page) cut(total int) (from, to int) {
	from = min(p.offset, total)
	return from, min(from+p.size, total)
}

// pagination describes the page in the answer. Of its members only count is
// guaranteed.
func (s *server) pagination(r *http.Request, p page, total int) map[string]any {
	from, to := p.cut(total)
	shown := map[string]any{"count": to - from}
	if s.world.Pagination == PaginationCount {
		return shown
	}
	shown["total"], shown["offset"] = total, p.offset
	if s.world.Pagination == PaginationNull {
		shown["next"], shown["prev"] = nil, nil
	}
	if to < total {
		shown["next"] = s.pageURL(r, page{p.size, to})
	}
	if p.offset > 0 {
		shown["prev"] = s.pageURL(r, page{p.size, max(0, p.offset-p.size)})
	}
	return shown
}

// pageURL is the request's own URL, absolute, for another page.
func (s *server) pageURL(r *http.Request, p page) string {
	query := r.URL.Query()
	query.Set("size", strconv.Itoa(p.size))
	query.Set("offset", strconv.Itoa(p.offset))
	return s.link(r, r.URL.Path, query)
}

// link is an absolute URL of the API.
func (s *server) link(r *http.Request, path string, query url.Values) string {
	base := s.world.BaseURL
	if base == "" {
		base = "http://" + r.Host
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return strings.TrimSuffix(base, "/") + path
}
