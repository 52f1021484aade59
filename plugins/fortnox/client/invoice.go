package client

import (
	"context"
	"net/url"
)

// Invoice is an invoice or a credit invoice, from a list or by itself.
type Invoice struct {
	DocumentNumber            Text
	InvoiceDate               Date
	DueDate                   Date
	Total                     Number
	Balance                   Number
	Currency                  string
	CurrencyRate              Number
	CurrencyUnit              Number
	Booked                    Bool
	Cancelled                 Bool
	OCR                       Text
	ExternalInvoiceReference1 Text
	ExternalInvoiceReference2 Text
	// Credit is told of a single invoice only.
	Credit Bool
	// YourOrderNumber is not in lists; nil means that nothing was said.
	YourOrderNumber *Text
	// What follows is told of a single invoice only. CreditInvoiceReference is the credit
	// invoice that is linked to an invoice, InvoiceReference the invoice that a credit
	// invoice is linked to, see None.
	CreditInvoiceReference Text
	InvoiceReference       Text
	Comments               Text
	AccountingMethod       string
	VATIncluded            *Bool
	RoundOff               Number
	InvoiceRows            []InvoiceRowRead
}

// InvoiceRowRead is a row as Fortnox shows it. Total is net where prices are.
type InvoiceRowRead struct {
	ArticleNumber     Text
	Description       Text
	Unit              Text
	DeliveredQuantity Number
	AccountNumber     Text
	VAT               Number
	Total             Number
}

// InvoiceFilter is one of Fortnox's selections of invoices.
type InvoiceFilter string

// The selections in use.
const (
	FilterUnpaid   InvoiceFilter = "unpaid"
	FilterUnbooked InvoiceFilter = "unbooked"
)

// InvoiceQuery selects invoices. Of its members at most one of Search may be set:
// Fortnox heeds a single search parameter.
type InvoiceQuery struct {
	Filter InvoiceFilter
	// ModifiedSince is local time as Fortnox writes it, "2026-03-10 12:30".
	ModifiedSince string
	// Search is the name of a search parameter, Value what its field contains.
	Search, Value string
	// NewestFirst turns the order by document number round.
	NewestFirst bool
	Window      Window
}

// Invoices lists invoices by document number.
func (c *Client) Invoices(ctx context.Context, q InvoiceQuery) (Page[Invoice], error) {
	query := url.Values{"sortby": {"documentnumber"}, "sortorder": {"ascending"}}
	if q.NewestFirst {
		query.Set("sortorder", "descending")
	}
	if q.Filter != "" {
		query.Set("filter", string(q.Filter))
	}
	if q.ModifiedSince != "" {
		query.Set("lastmodified", q.ModifiedSince)
	}
	if q.Search != "" {
		query.Set(q.Search, q.Value)
	}
	return list[Invoice](ctx, c, address(q.Window.into(query), "invoices"), "Invoices")
}

// Invoice reads one invoice with everything that lists leave out.
func (c *Client) Invoice(ctx context.Context, number string) (Invoice, error) {
	var found Invoice
	err := c.get(ctx, address(nil, "invoices", number), "Invoice", &found)
	return found, err
}
