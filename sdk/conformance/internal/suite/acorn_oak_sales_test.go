package suite_test

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// oakDocument is an invoice or a credit invoice that somebody made in oak.
type oakDocument struct {
	Number     string           `json:"number"`
	Key        string           `json:"key"`
	Reference  string           `json:"reference"`
	Date       string           `json:"date"`
	Currency   string           `json:"currency"`
	Rows       []oakDocumentRow `json:"rows"`
	Credits    string           `json:"credits"`
	CreditedBy string           `json:"credited_by"`
	Sale       string           `json:"sale"`
	Booked     bool             `json:"booked"`
	Cancelled  bool             `json:"cancelled"`
}

type oakDocumentRow struct {
	Account string `json:"account"`
	Rate    string `json:"rate"`
	Text    string `json:"text"`
	Gross   int64  `json:"gross"`
}

// oakSale is an order in oak's own books.
type oakSale struct {
	Number    string           `json:"number"`
	Key       string           `json:"key"`
	Rows      []oakDocumentRow `json:"rows"`
	Invoice   string           `json:"invoice"`
	Cancelled bool             `json:"cancelled"`
}

// salesRoutes are those of documents and of sales.
func (o *oak) salesRoutes() map[string]func(*http.Request) (any, int) {
	return map[string]func(*http.Request) (any, int){
		"GET /documents":            o.findDocuments,
		"POST /documents":           o.makeDocument,
		"GET /documents/{n}":        func(r *http.Request) (any, int) { return o.onDocument(r, func(*oakDocument) int { return 200 }) },
		"PUT /documents/{n}/book":   func(r *http.Request) (any, int) { return o.onDocument(r, bookOak) },
		"PUT /documents/{n}/cancel": func(r *http.Request) (any, int) { return o.onDocument(r, cancelOak) },
		"GET /sales":                o.findSales,
		"POST /sales":               o.makeSale,
		"GET /sales/{n}":            func(r *http.Request) (any, int) { return o.onSale(r, func(*oakSale) int { return 200 }) },
		"PUT /sales/{n}/cancel":     func(r *http.Request) (any, int) { return o.onSale(r, cancelOakSale) },
	}
}

// bookOak books a document; a second time changes nothing.
func bookOak(d *oakDocument) int { d.Booked = true; return 200 }

// cancelOak cancels whatever it is asked to: the connector must know better.
func cancelOak(d *oakDocument) int { d.Cancelled = true; return 200 }

func cancelOakSale(s *oakSale) int { s.Cancelled = true; return 200 }

func (o *oak) findDocuments(r *http.Request) (any, int) {
	found := []*oakDocument{}
	for _, d := range o.documents {
		if d.Key == r.URL.Query().Get("key") {
			found = append(found, d)
		}
	}
	return map[string]any{"documents": found}, 200
}

func (o *oak) makeDocument(r *http.Request) (any, int) {
	d := &oakDocument{}
	if json.NewDecoder(r.Body).Decode(d) != nil {
		return nil, 400
	}
	d.Number = strconv.Itoa(5001 + len(o.documents))
	if d.Sale != "" {
		sale := o.sale(d.Sale)
		if sale == nil {
			return nil, 404
		}
		d.Rows, sale.Invoice = sale.Rows, d.Number
	}
	if original := o.document(d.Credits); original != nil {
		original.CreditedBy = d.Number
	}
	o.documents = append(o.documents, d)
	return d, 201
}

func (o *oak) document(number string) *oakDocument {
	for _, d := range o.documents {
		if d.Number == number {
			return d
		}
	}
	return nil
}

// onDocument does something with a document. Those of the world are booked.
func (o *oak) onDocument(r *http.Request, do func(*oakDocument) int) (any, int) {
	d := o.document(r.PathValue("n"))
	for _, i := range o.Invoices {
		if i.Number == r.PathValue("n") {
			d = &oakDocument{
				Number: i.Number, Date: "2026-04-01", Currency: "SEK", Booked: true,
				Rows: []oakDocumentRow{{Account: "3001", Rate: "25", Text: "acorns", Gross: i.Total}},
			}
		}
	}
	if d == nil {
		return nil, 404
	}
	return d, do(d)
}

func (o *oak) findSales(r *http.Request) (any, int) {
	found := []*oakSale{}
	for _, s := range o.sales {
		if s.Key == r.URL.Query().Get("key") {
			found = append(found, s)
		}
	}
	return map[string]any{"sales": found}, 200
}

func (o *oak) makeSale(r *http.Request) (any, int) {
	s := &oakSale{}
	if json.NewDecoder(r.Body).Decode(s) != nil {
		return nil, 400
	}
	s.Number = strconv.Itoa(len(o.sales) + 1)
	o.sales = append(o.sales, s)
	return s, 201
}

func (o *oak) sale(number string) *oakSale {
	for _, s := range o.sales {
		if s.Number == number {
			return s
		}
	}
	return nil
}

func (o *oak) onSale(r *http.Request, do func(*oakSale) int) (any, int) {
	s := o.sale(r.PathValue("n"))
	if s == nil {
		return nil, 404
	}
	return s, do(s)
}

// countSales says how many documents and sales there are in which state.
func (o *oak) countSales() map[string]int {
	counts := map[string]int{"documents": len(o.documents), "sales": len(o.sales)}
	for _, d := range o.documents {
		if d.Booked {
			counts["booked"]++
		}
		if d.Cancelled {
			counts["cancelled"]++
		}
	}
	for _, s := range o.sales {
		if s.Cancelled {
			counts["cancelled sales"]++
		}
	}
	return counts
}
