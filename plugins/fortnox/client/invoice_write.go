package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// InvoiceBody has the fields of an invoice that the connector writes. Of an invoice
// that is there, what is left out stays as it is.
type InvoiceBody struct {
	Head
	InvoiceDate string       `json:",omitempty"`
	DueDate     string       `json:",omitempty"`
	InvoiceRows []InvoiceRow `json:",omitempty"`
}

// Head has the fields that invoices and orders share.
type Head struct {
	CustomerNumber            string `json:",omitempty"`
	CustomerName              string `json:",omitempty"`
	Address1                  string `json:",omitempty"`
	Address2                  string `json:",omitempty"`
	ZipCode                   string `json:",omitempty"`
	City                      string `json:",omitempty"`
	DeliveryName              string `json:",omitempty"`
	DeliveryAddress1          string `json:",omitempty"`
	DeliveryAddress2          string `json:",omitempty"`
	DeliveryZipCode           string `json:",omitempty"`
	DeliveryCity              string `json:",omitempty"`
	Phone1                    string `json:",omitempty"`
	YourReference             string `json:",omitempty"`
	Currency                  string `json:",omitempty"`
	ExternalInvoiceReference1 string `json:",omitempty"`
	ExternalInvoiceReference2 string `json:",omitempty"`
	YourOrderNumber           string `json:",omitempty"`
	TermsOfPayment            string `json:",omitempty"`
	Comments                  string `json:",omitempty"`
	VATIncluded               *bool  `json:",omitempty"`
	NotCompleted              *bool  `json:",omitempty"`
}

// InvoiceRow has the fields of a row that the connector writes. A row that only says
// something has a description alone.
type InvoiceRow struct {
	Description       string
	OrderedQuantity   string      `json:",omitempty"`
	DeliveredQuantity string      `json:",omitempty"`
	Price             json.Number `json:",omitempty"`
	// Discount is sent even if it is 0: a customer's card or a price list brings in
	// another one otherwise.
	Discount      json.Number `json:",omitempty"`
	VAT           json.Number `json:",omitempty"`
	AccountNumber json.Number `json:",omitempty"`
}

// CreateInvoice makes a draft.
func (c *Client) CreateInvoice(ctx context.Context, body InvoiceBody) (Invoice, error) {
	return c.invoice(ctx, http.MethodPost, body)
}

// UpdateInvoice changes a draft. Rows take the places of those that are there; what is
// beyond the last one is removed.
func (c *Client) UpdateInvoice(ctx context.Context, number string, body InvoiceBody) (Invoice, error) {
	return c.invoice(ctx, http.MethodPut, body, number)
}

// BookInvoice books a draft for good.
func (c *Client) BookInvoice(ctx context.Context, number string) (Invoice, error) {
	return c.invoice(ctx, http.MethodPut, nil, number, "bookkeep")
}

// CancelInvoice cancels a draft.
func (c *Client) CancelInvoice(ctx context.Context, number string) (Invoice, error) {
	return c.invoice(ctx, http.MethodPut, nil, number, "cancel")
}

// CreditInvoice makes a draft that credits a booked invoice and is linked to it. It
// gives the invoice, which names the draft as CreditInvoiceReference.
func (c *Client) CreditInvoice(ctx context.Context, number string) (Invoice, error) {
	return c.invoice(ctx, http.MethodPut, nil, number, "credit")
}

func (c *Client) invoice(ctx context.Context, method string, body any, segments ...string) (Invoice, error) {
	var answered Invoice
	target := address(nil, append([]string{"invoices"}, segments...)...)
	err := c.send(ctx, method, target, "Invoice", body, &answered)
	return answered, err
}
