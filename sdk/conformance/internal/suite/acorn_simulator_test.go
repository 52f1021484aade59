package suite_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// oak is the remote system of the connector acorn: a payment provider and an
// accounting system in one, as small as can be.
type oak struct {
	mu       sync.Mutex
	Key      string       `json:"key"`
	Payouts  []oakPayout  `json:"payouts"`
	Invoices []oakInvoice `json:"invoices"`
	Accounts []string     `json:"accounts"`
	Orders   []oakOrder   `json:"orders"`
	// Purchases are orders at the payment provider.
	Purchases []oakPurchase `json:"purchases"`

	payments []oakPayment
	vouchers []oakVoucher
	files    []oakFile
	hooks    []oakHook
	// hooked counts hooks that were ever made.
	hooked int
	// documents and sales are what connectors make.
	documents []*oakDocument
	sales     []*oakSale
}

type oakPayout struct {
	ID       string    `json:"id"`
	Date     string    `json:"date"`
	Net      int64     `json:"net"`
	Currency string    `json:"currency"`
	Lines    []oakLine `json:"lines,omitempty"`
}

type oakLine struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Amount int64  `json:"amount"`
	Fee    int64  `json:"fee"`
	FeeVAT int64  `json:"fee_vat"`
	At     string `json:"at"`
	Order  string `json:"order"`
}

type oakInvoice struct {
	Number  string `json:"number"`
	Total   int64  `json:"total"`
	Balance int64  `json:"balance"`
	OCR     string `json:"ocr"`
}

type oakPayment struct {
	Number  string `json:"number"`
	Invoice string `json:"invoice"`
	Amount  int64  `json:"amount"`
	Account string `json:"account"`
	Date    string `json:"date"`
	Booked  bool   `json:"booked"`
}

type oakVoucher struct {
	Number int             `json:"number"`
	Key    string          `json:"key"`
	Rows   []oakVoucherRow `json:"rows"`
}

type oakVoucherRow struct {
	Account string `json:"account"`
	Amount  int64  `json:"amount"`
}

// oakOrder is what a shop sold at one rate, in Sweden.
type oakOrder struct {
	ID       string     `json:"id"`
	Changed  string     `json:"changed"`
	Currency string     `json:"currency"`
	Total    int64      `json:"total"`
	VATRate  string     `json:"vat_rate"`
	Events   []oakEvent `json:"events"`
}

type oakEvent struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Amount int64  `json:"amount"`
	At     string `json:"at"`
}

// oakPurchase is an order at the payment provider, with who bought.
type oakPurchase struct {
	ID       string         `json:"id"`
	Placed   string         `json:"placed"`
	State    string         `json:"state"`
	Currency string         `json:"currency"`
	Total    int64          `json:"total"`
	Buyer    string         `json:"buyer"`
	Born     string         `json:"born"`
	Rows     []oakRow       `json:"rows"`
	Captures []oakHappening `json:"captures"`
	Refunds  []oakHappening `json:"refunds"`
	Seen     bool           `json:"seen"`
}

type oakRow struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Gross    int64  `json:"gross"`
	VAT      int64  `json:"vat"`
	Rate     string `json:"rate"`
}

// oakHappening is a capture or a refund.
type oakHappening struct {
	ID     string   `json:"id"`
	At     string   `json:"at"`
	Amount int64    `json:"amount"`
	Rows   []oakRow `json:"rows"`
}

type oakFile struct {
	ID      string `json:"id"`
	Voucher string `json:"voucher"`
	Name    string `json:"name"`
}

func buildOak(section []byte, control *simulator.Control) (http.Handler, error) {
	o := &oak{}
	if err := json.Unmarshal(section, o); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	routes := o.salesRoutes()
	maps.Copy(routes, o.hookRoutes())
	maps.Copy(routes, map[string]func(*http.Request) (any, int){
		"GET /me":                     func(*http.Request) (any, int) { return map[string]string{"name": "Oak"}, 200 },
		"GET /payouts":                o.listPayouts,
		"GET /payouts/{id}/lines":     o.listLines,
		"GET /invoices":               o.listInvoices,
		"GET /invoices/{n}/payments":  o.listPayments,
		"POST /invoices/{n}/payments": o.pay,
		"PUT /payments/{n}/book":      o.book,
		"GET /accounts":               func(*http.Request) (any, int) { return map[string]any{"accounts": o.Accounts}, 200 },
		"GET /vouchers":               o.findVouchers,
		"POST /vouchers":              o.makeVoucher,
		"GET /books":                  o.export,
		"GET /orders":                 func(r *http.Request) (any, int) { return o.listOrders(r, control.Now()) },
		"GET /purchases/{id}":         o.readPurchase,
		"PUT /purchases/{id}/seen":    o.readPurchase,
		"GET /vouchers/{n}/files":     o.findFiles,
		"POST /vouchers/{n}/files":    o.attach,
		"GET /_sim/oak/files":         o.countFiles,
	})
	for pattern, handle := range routes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+o.Key && !strings.HasPrefix(r.URL.Path, "/_sim/") {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			o.mu.Lock()
			answer, status := handle(r)
			o.mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(answer)
		})
	}
	return control.Wrap(mux), nil
}

func window[T any](r *http.Request, all []T) ([]T, int) {
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset = min(offset, len(all))
	return all[offset:min(offset+limit, len(all))], len(all)
}

func (o *oak) listPayouts(r *http.Request) (any, int) {
	var found []oakPayout
	for _, p := range o.Payouts {
		if p.Date >= r.URL.Query().Get("since") {
			p.Lines = nil
			found = append(found, p)
		}
	}
	page, total := window(r, found)
	return map[string]any{"payouts": page, "total": total}, 200
}

// listOrders gives the orders that changed at or after a moment, and what time it is.
func (o *oak) listOrders(r *http.Request, now time.Time) (any, int) {
	var found []oakOrder
	for _, order := range o.Orders {
		if order.Changed >= r.URL.Query().Get("since") {
			found = append(found, order)
		}
	}
	page, total := window(r, found)
	return map[string]any{"orders": page, "total": total, "now": now.Format(time.RFC3339)}, 200
}

// readPurchase gives an order, and keeps that the merchant has seen it if it is told so.
func (o *oak) readPurchase(r *http.Request) (any, int) {
	for i := range o.Purchases {
		if o.Purchases[i].ID == r.PathValue("id") {
			o.Purchases[i].Seen = o.Purchases[i].Seen || r.Method == http.MethodPut
			return o.Purchases[i], 200
		}
	}
	return nil, 404
}

func (o *oak) listLines(r *http.Request) (any, int) {
	for _, p := range o.Payouts {
		if p.ID == r.PathValue("id") {
			page, total := window(r, p.Lines)
			return map[string]any{"lines": page, "total": total, "currency": p.Currency}, 200
		}
	}
	return nil, 404
}

func (o *oak) listInvoices(r *http.Request) (any, int) {
	var found []oakInvoice
	for _, i := range o.Invoices {
		q := r.URL.Query()
		if q.Get("search") != "" && q.Get("search") != i.Number && q.Get("search") != i.OCR || q.Get("open") != "" && i.Balance == 0 {
			continue
		}
		found = append(found, i)
	}
	page, total := window(r, found)
	return map[string]any{"invoices": page, "total": total}, 200
}

func (o *oak) listPayments(r *http.Request) (any, int) {
	found := []oakPayment{}
	for _, p := range o.payments {
		if p.Invoice == r.PathValue("n") {
			found = append(found, p)
		}
	}
	return map[string]any{"payments": found}, 200
}

func (o *oak) pay(r *http.Request) (any, int) {
	var p oakPayment
	if json.NewDecoder(r.Body).Decode(&p) != nil {
		return nil, 400
	}
	p.Number, p.Invoice = strconv.Itoa(len(o.payments)+1), r.PathValue("n")
	o.payments = append(o.payments, p)
	return p, 201
}

// book books a payment once.
func (o *oak) book(r *http.Request) (any, int) {
	n, _ := strconv.Atoi(r.PathValue("n"))
	p := &o.payments[n-1]
	if p.Booked {
		return p, 200
	}
	p.Booked = true
	for i := range o.Invoices {
		if o.Invoices[i].Number == p.Invoice {
			o.Invoices[i].Balance -= p.Amount
		}
	}
	return p, 200
}

func (o *oak) findVouchers(r *http.Request) (any, int) {
	found := []oakVoucher{}
	for _, v := range o.vouchers {
		if v.Key == r.URL.Query().Get("key") {
			found = append(found, v)
		}
	}
	return map[string]any{"vouchers": found}, 200
}

func (o *oak) makeVoucher(r *http.Request) (any, int) {
	var v oakVoucher
	if json.NewDecoder(r.Body).Decode(&v) != nil {
		return nil, 400
	}
	v.Number = len(o.vouchers) + 1
	o.vouchers = append(o.vouchers, v)
	return v, 201
}

func (o *oak) findFiles(r *http.Request) (any, int) {
	found := []oakFile{}
	for _, f := range o.files {
		if f.Voucher == r.PathValue("n") {
			found = append(found, f)
		}
	}
	return map[string]any{"files": found}, 200
}

func (o *oak) attach(r *http.Request) (any, int) {
	size, err := io.Copy(io.Discard, r.Body)
	if err != nil || size == 0 {
		return nil, 400
	}
	f := oakFile{ID: "F" + strconv.Itoa(len(o.files)+1), Voucher: r.PathValue("n"), Name: r.URL.Query().Get("name")}
	o.files = append(o.files, f)
	return f, 201
}

func (o *oak) countFiles(*http.Request) (any, int) {
	counts := o.countSales()
	counts["files"] = len(o.files)
	return counts, 200
}

func (o *oak) export(*http.Request) (any, int) {
	var sie strings.Builder
	sie.WriteString("#FLAGGA 0\n#SIETYP 4\n")
	for _, v := range o.vouchers {
		fmt.Fprintf(&sie, "#VER K %d 20260416\n{\n", v.Number)
		for _, row := range v.Rows {
			fmt.Fprintf(&sie, "#TRANS %s {} %d.00\n", row.Account, row.Amount/100)
		}
		sie.WriteString("}\n")
	}
	return map[string]string{"sie": sie.String()}, 200
}
