package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// line is a row of a document in kronor.
func line(kind order.RowKind, name, quantity, gross string, rate uint8, account ledger.Account) invoice.Row {
	return invoice.Row{Account: account, Row: order.Row{
		Kind: kind, Name: name, Quantity: decimal.RequireFromString(quantity), Gross: sek(gross), Rate: tax.Percent(rate),
	}}
}

// aSale is three jumpers, a book, freight, a reduction and a gift card: 747.00 + 112.00 +
// 49.00 - 50.00 - 100.00 = 758.00.
func aSale() invoice.Draft {
	home := order.Address{Name: "Hedda Hassel", Street: "Storgatan 1", Postcode: "111 22", City: "Åsön", Country: "SE"}
	return invoice.Draft{
		Date: on("2026-04-16"), Currency: "SEK", Note: "Klarna <order> 42",
		Customer: invoice.Customer{
			Buyer:  order.Buyer{Name: "Hedda Hassel", Email: "hedda@example.com", Phone: "070-1", Billing: home, Delivery: home},
			Market: tax.Market{Treatment: tax.Domestic, Country: "SE"},
		},
		References: map[invoice.Reference]string{invoice.ExternalReference1: "10100", invoice.OrderNumber: "W-10100"},
		Rows: []invoice.Row{
			line(order.GoodsRow, "Tröja | blå", "3", "747.00", 25, "3001"), line(order.GoodsRow, "Bok", "1", "112.00", 12, "3002"),
			line(order.FreightRow, "", "1", "49.00", 25, "3520"), line(order.DiscountRow, "Rabatt", "1", "-50.00", 25, "3001"),
			line(order.GiftCardRow, "Presentkort", "1", "-100.00", 0, "2421"),
		},
	}
}

// aReturn takes one jumper back, less a fee: -249.00 + 29.00 = -220.00.
func aReturn() invoice.Draft {
	d := aSale()
	d.Date, d.Note = on("2026-04-18"), "Refund 7"
	d.References = map[invoice.Reference]string{invoice.ExternalReference1: "10100", invoice.ExternalReference2: "R-7"}
	d.Rows = []invoice.Row{line(order.GoodsRow, "Tröja", "1", "-249.00", 25, "3001"), line(order.ReturnFeeRow, "", "1", "29.00", 25, "3001")}
	return d
}

// finnishSale is taxed in Finland: 125.50 EUR at 25.5 %.
func finnishSale() invoice.Draft {
	d := aSale()
	d.Currency = "EUR"
	d.Customer.Market = tax.Market{Treatment: tax.OSS, Country: "FI"}
	rate, err := tax.ParseRate("25.5")
	if err != nil {
		panic(err)
	}
	d.Rows = []invoice.Row{{Account: "3170", Row: order.Row{
		Kind: order.GoodsRow, Name: "Halsduk", Quantity: decimal.NewFromInt(1), Gross: money.New(12550, "EUR"), Rate: rate,
	}}}
	return d
}

const (
	invoiceKey = "kv:KL:c1:capture-1:I;"
	creditKey  = "kv:KL:c1:refund-7:C;"
	orderKey   = "kv:KL:c1:order-42:O;"
)

// card makes the customer that all Swedish consumers share.
func (r *remote) card() {
	r.tb.Helper()
	r.ask(http.MethodPost, "customers", `{"Customer":{"CustomerNumber":"KV-SE-SEVAT-SEK","Name":"Privatkund SE SEK","Type":"PRIVATE"}}`, nil)
}

// ask makes a request of Fortnox's API as somebody else would.
func (r *remote) ask(method, path, body string, into any) {
	r.tb.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, r.url+"/3/"+path, strings.NewReader(body))
	require.NoError(r.tb, err)
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Content-Type", "application/json")
	answer := r.send(request)
	if into != nil {
		require.NoError(r.tb, json.Unmarshal(answer, into))
	}
}

// raw is a document as Fortnox shows it.
func (r *remote) raw(kind, number string) map[string]any {
	r.tb.Helper()
	wrapper := map[string]string{"invoices": "Invoice", "orders": "Order", "customers": "Customer"}[kind]
	var found map[string]map[string]any
	r.ask(http.MethodGet, kind+"/"+number, "", &found)
	return found[wrapper]
}

func (r *remote) tryInvoice(ctx context.Context, c everything, d invoice.Draft, attempt int) (ports.InvoiceResult, error) {
	return c.EnsureInvoice(ctx, ports.InvoiceRequest{Write: r.write("EnsureInvoice", invoiceKey, attempt), Draft: d})
}

func (r *remote) tryCredit(ctx context.Context, c everything, original string, linked bool, attempt int) (ports.InvoiceResult, error) {
	return c.EnsureCredit(ctx, ports.CreditRequest{
		Write: r.write("EnsureCredit", creditKey, attempt), Draft: aReturn(), Original: original, Linked: linked,
	})
}

func (r *remote) tryOrder(ctx context.Context, c everything, attempt int) (ports.OrderResult, error) {
	return c.EnsureOrder(ctx, ports.OrderRequest{Write: r.write("EnsureOrder", orderKey, attempt), Draft: aSale()})
}

// end asks to book or to cancel a document.
func (r *remote) end(method, number string, attempt int) ports.DocumentRequest {
	return ports.DocumentRequest{Write: r.write(method, "kv:end;", attempt), Number: number, Kind: invoice.Invoice}
}

func (r *remote) book(c everything, number string) {
	r.tb.Helper()
	_, err := c.EnsureBooked(context.Background(), r.end("EnsureBooked", number, 1))
	require.NoError(r.tb, err)
}

type steps = []struct{ method, path string }

// tries is an attempt at a document of which the outcome counts.
func tries(do func(context.Context, *remote, everything, int) (ports.InvoiceResult, error)) func(context.Context, *remote, everything, int) (ports.Outcome, ports.Usage, error) {
	return func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
		result, err := do(ctx, r, c, attempt)
		return result.Outcome, result.Usage, err
	}
}

// sales are the documents that a flow of sales makes.
func sales() map[string]writing {
	withCard := func(r *remote, _ everything) { r.card() }
	const draft = "1006" // of the example world
	return map[string]writing{
		"invoice": {
			method: "EnsureInvoice", dated: true, prepare: withCard, requests: steps{{http.MethodPost, "^/3/invoices$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return r.tryInvoice(ctx, c, aSale(), attempt)
			}),
			want: map[string]int{"invoices": 1},
		},
		"invoice of a new customer": {
			method: "EnsureInvoice", dated: true, effect: 2,
			requests: steps{{http.MethodPost, "^/3/invoices$"}, {http.MethodPost, "^/3/customers$"}, {http.MethodPost, "^/3/invoices$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return r.tryInvoice(ctx, c, aSale(), attempt)
			}),
			want: map[string]int{"invoices": 1, "customers": 1},
		},
		"invoice of an order": {
			method: "EnsureInvoice", dated: true,
			prepare: func(r *remote, c everything) {
				_, err := r.tryOrder(context.Background(), c, 1)
				require.NoError(r.tb, err)
			},
			requests: steps{{http.MethodPut, "^/3/orders/1/createinvoice$"}, {http.MethodPut, "^/3/invoices/[0-9]+$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return c.EnsureInvoice(ctx, ports.InvoiceRequest{Write: r.write("EnsureInvoice", invoiceKey, attempt), Draft: aSale(), Order: "1"})
			}),
			want: map[string]int{"invoices": 1},
		},
		"linked credit invoice": {
			method: "EnsureCredit", effect: 1,
			requests: steps{{http.MethodGet, "^/3/invoices/1001$"}, {http.MethodPut, "^/3/invoices/1001/credit$"}, {http.MethodPut, "^/3/invoices/[0-9]+$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return r.tryCredit(ctx, c, "1001", true, attempt)
			}),
			want: map[string]int{"invoices": 1},
		},
		"credit invoice that stands alone": {
			method: "EnsureCredit", dated: true, prepare: withCard, requests: steps{{http.MethodPost, "^/3/invoices$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return r.tryCredit(ctx, c, "1003", false, attempt)
			}),
			want: map[string]int{"invoices": 1},
		},
		"booked invoice": {
			method: "EnsureBooked", requests: steps{{http.MethodPut, "^/3/invoices/1006/bookkeep$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return c.EnsureBooked(ctx, r.end("EnsureBooked", draft, attempt))
			}),
			want: map[string]int{"booked_invoices": 1},
		},
		"cancelled invoice": {
			method: "EnsureCancelled", effect: 1, requests: steps{{http.MethodGet, "^/3/invoices/1006$"}, {http.MethodPut, "^/3/invoices/1006/cancel$"}},
			try: tries(func(ctx context.Context, r *remote, c everything, attempt int) (ports.InvoiceResult, error) {
				return c.EnsureCancelled(ctx, r.end("EnsureCancelled", draft, attempt))
			}),
			want: map[string]int{"cancelled": 1},
		},
		"order": {
			method: "EnsureOrder", prepare: withCard, requests: steps{{http.MethodPost, "^/3/orders$"}},
			try: func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
				result, err := r.tryOrder(ctx, c, attempt)
				return result.Outcome, result.Usage, err
			},
			want: map[string]int{"orders": 1},
		},
		"cancelled order": {
			method: "EnsureOrderCancelled", effect: 1, requests: steps{{http.MethodGet, "^/3/orders/1$"}, {http.MethodPut, "^/3/orders/1/cancel$"}},
			prepare: func(r *remote, c everything) {
				_, err := r.tryOrder(context.Background(), c, 1)
				require.NoError(r.tb, err)
			},
			try: func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
				result, err := c.EnsureOrderCancelled(ctx, ports.CancelOrderRequest{Write: r.write("EnsureOrderCancelled", "kv:x;", attempt), Number: "1"})
				return result.Outcome, result.Usage, err
			},
			want: map[string]int{"cancelled": 1},
		},
	}
}
