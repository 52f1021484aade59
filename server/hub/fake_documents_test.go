package hub_test

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// orderingProvider is a provider that also tells of orders, by their ids.
type orderingProvider struct {
	*fakeProvider
	orders map[string]order.Purchase
	reads  []string
}

func (f *orderingProvider) Describe() ports.Description {
	d := f.fakeProvider.Describe()
	d.Capabilities = append(d.Capabilities, ports.CapabilityPurchases)
	d.Operations = append(d.Operations, ports.Operation{Name: "ReadPurchase", Calls: 1})
	return d
}

func (f *orderingProvider) ReadPurchase(_ context.Context, req ports.ReadPurchaseRequest) (ports.PurchaseResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads = append(f.reads, req.ID)
	p, ok := f.orders[req.ID]
	if !ok {
		return ports.PurchaseResult{}, fault.New("fakepay.no_such_order", fault.NotFound, "no such order").From(fault.Upstream)
	}
	return ports.PurchaseResult{Purchase: p, Usage: ports.Usage{Calls: 1}}, nil
}

// invoicingBooks is an accounting system that also makes orders and invoices. Documents
// are known by the key that made them.
type invoicingBooks struct {
	*fakeBooks
	made     map[string]*invoice.Written
	orders   map[string]*ports.OrderResult
	asked    map[string]ports.OrderRequest
	numbered int
	// spoil changes a draft as it is made.
	spoil func(w *invoice.Written)
}

func newInvoicingBooks(documents ...invoice.Document) *invoicingBooks {
	return &invoicingBooks{
		fakeBooks: newFakeBooks(documents...), made: map[string]*invoice.Written{}, orders: map[string]*ports.OrderResult{}, asked: map[string]ports.OrderRequest{},
	}
}

func (f *invoicingBooks) Describe() ports.Description {
	d := f.fakeBooks.Describe()
	d.Capabilities = append(d.Capabilities, ports.CapabilityInvoices, ports.CapabilityOrderBook)
	for _, name := range []string{"EnsureInvoice", "EnsureCredit", "EnsureBooked", "EnsureCancelled", "EnsureOrder", "EnsureOrderCancelled"} {
		d.Operations = append(d.Operations, ports.Operation{Name: name, Calls: 3, RecoveryCalls: 4, Recovery: ports.RecoverySearchable})
	}
	d.Operations = append(d.Operations, ports.Operation{Name: "ReadInvoice", Calls: 1})
	return d
}

func (f *invoicingBooks) EnsureOrder(_ context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	result := ports.OrderResult{Outcome: ports.Found, Usage: ports.Usage{Calls: 1}}
	err := f.happen("EnsureOrder", req.Attempt, func() {
		if f.orders[req.Key] == nil {
			result.Outcome = ports.Created
			f.orders[req.Key], f.asked[req.Key] = &ports.OrderResult{Number: "O" + strconv.Itoa(len(f.orders)+1)}, req
		}
		result.Number = f.orders[req.Key].Number
	})
	return result, err
}

func (f *invoicingBooks) EnsureOrderCancelled(_ context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	result := ports.OrderResult{Number: req.Number, Outcome: ports.Created, Cancelled: true, Usage: ports.Usage{Calls: 1}}
	err := f.happen("EnsureOrderCancelled", req.Attempt, func() {
		for _, o := range f.orders {
			if o.Number == req.Number {
				o.Cancelled = true
			}
		}
	})
	return result, err
}

func (f *invoicingBooks) make(key string, attempt int, operation string, d invoice.Draft, kind invoice.Kind, credits string, also func()) (ports.InvoiceResult, error) {
	result := ports.InvoiceResult{Outcome: ports.Found, Usage: ports.Usage{Calls: 1}}
	err := f.happen(operation, attempt, func() {
		w := f.made[key]
		if w == nil || w.Cancelled {
			total, _ := d.Total()
			w = &invoice.Written{Rows: d.Rows, Credits: credits, Document: invoice.Document{
				Number: strconv.Itoa(5000 + f.drafts()), Kind: kind, Total: total, Balance: total, Date: d.Date, DueDate: d.Due, References: d.References,
			}}
			if f.spoil != nil {
				f.spoil(w)
			}
			f.made[key] = w
			f.documents = append(f.documents, w.Document)
			result.Outcome = ports.Created
			also()
		} else if attempt == 1 {
			panic(key + " was made twice on a first attempt")
		}
		result.Invoice = *w
	})
	return result, err
}

// drafts counts the documents that were ever made, and the next one.
func (f *invoicingBooks) drafts() int {
	f.numbered++
	return f.numbered
}

func (f *invoicingBooks) EnsureInvoice(_ context.Context, req ports.InvoiceRequest) (ports.InvoiceResult, error) {
	return f.make(req.Key, req.Attempt, "EnsureInvoice", req.Draft, invoice.Invoice, "", func() {
		for _, o := range f.orders {
			if o.Number == req.Order {
				o.Invoice = strconv.Itoa(5000 + f.numbered)
			}
		}
	})
}

func (f *invoicingBooks) EnsureCredit(_ context.Context, req ports.CreditRequest) (ports.InvoiceResult, error) {
	credits := ""
	if req.Linked {
		credits = req.Original
		for key, w := range f.made {
			if w.Credits == req.Original && key != req.Key {
				return ports.InvoiceResult{}, fault.New(ports.CodeCredited, fault.Conflict, "the invoice has a credit invoice already").From(fault.Upstream)
			}
		}
	}
	return f.make(req.Key, req.Attempt, "EnsureCredit", req.Draft, invoice.Credit, credits, func() {})
}

func (f *invoicingBooks) end(req ports.DocumentRequest, operation string, effect func(*invoice.Written)) (ports.InvoiceResult, error) {
	result := ports.InvoiceResult{Outcome: ports.Created, Usage: ports.Usage{Calls: 1}}
	err := f.happen(operation, req.Attempt, func() {
		for _, w := range f.made {
			if w.Number == req.Number {
				effect(w)
				result.Invoice = *w
				for i, d := range f.documents {
					if d.Number == w.Number {
						f.documents[i].Booked, f.documents[i].Cancelled = w.Booked, w.Cancelled
					}
				}
			}
		}
	})
	return result, err
}

func (f *invoicingBooks) EnsureBooked(_ context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return f.end(req, "EnsureBooked", func(w *invoice.Written) { w.Booked = true })
}

func (f *invoicingBooks) EnsureCancelled(_ context.Context, req ports.DocumentRequest) (ports.InvoiceResult, error) {
	return f.end(req, "EnsureCancelled", func(w *invoice.Written) { w.Cancelled = true })
}

func (f *invoicingBooks) ReadInvoice(_ context.Context, req ports.ReadInvoiceRequest) (ports.InvoiceReading, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range f.made {
		if w.Number == req.Number {
			return ports.InvoiceReading{Invoice: *w, Usage: ports.Usage{Calls: 1}}, nil
		}
	}
	return ports.InvoiceReading{}, fault.New("fakebooks.unknown", fault.NotFound, "no such invoice")
}
