package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/kvitt/kvitt/sdk/upstream"
)

// Payment is a payment of an invoice. Lists tell neither account nor write-offs.
type Payment struct {
	Number        Text
	InvoiceNumber Text
	Amount        Number // kronor
	Currency      string // of the invoice
	CurrencyUnit  Number
	// AmountCurrency and CurrencyRate are told of a single payment only.
	AmountCurrency       Number
	CurrencyRate         Number
	PaymentDate          Date
	Booked               Bool
	ModeOfPaymentAccount Text
	WriteOffs            []struct {
		AccountNumber Text
		Amount        Number
	}
}

// NewPayment has the writable fields of a payment. Currency is not among them:
// it is always the invoice's. Amount is AmountCurrency at CurrencyRate, kronor for one unit.
type NewPayment struct {
	InvoiceNumber        json.Number
	Amount               json.Number
	AmountCurrency       json.Number
	CurrencyRate         json.Number `json:",omitempty"`
	PaymentDate          string
	ModeOfPayment        string `json:",omitempty"`
	ModeOfPaymentAccount json.Number
	WriteOffs            []NewWriteOff `json:",omitempty"`
}

// NewWriteOff has the writable fields of a write-off, in kronor.
type NewWriteOff struct {
	Amount                 json.Number
	AccountNumber          json.Number
	TransactionInformation string `json:",omitempty"`
}

// Payments lists payments whose invoice number contains a text.
func (c *Client) Payments(ctx context.Context, invoiceNumber string, w Window) (Page[Payment], error) {
	query := url.Values{}
	if invoiceNumber != "" {
		query.Set("invoicenumber", invoiceNumber)
	}
	return list[Payment](ctx, c, address(w.into(query), "invoicepayments"), "InvoicePayments")
}

// Payment reads one payment.
func (c *Client) Payment(ctx context.Context, number string) (Payment, error) {
	var found Payment
	err := c.get(ctx, address(nil, "invoicepayments", number), "InvoicePayment", &found)
	return found, err
}

// CreatePayment registers a payment. It has no effect until it is booked.
func (c *Client) CreatePayment(ctx context.Context, p NewPayment) (Payment, error) {
	var made Payment
	err := c.send(ctx, http.MethodPost, address(nil, "invoicepayments"), "InvoicePayment", p, &made)
	return made, err
}

// BookPayment books a registered payment.
func (c *Client) BookPayment(ctx context.Context, number string) (Payment, error) {
	var booked Payment
	err := c.send(ctx, http.MethodPut, address(nil, "invoicepayments", number, "bookkeep"), "InvoicePayment", nil, &booked)
	return booked, err
}

// DeletePayment removes a payment that is not booked.
func (c *Client) DeletePayment(ctx context.Context, number string) error {
	_, err := c.JSON(ctx, upstream.Request{Method: http.MethodDelete, URL: address(nil, "invoicepayments", number)}, nil, nil)
	return err
}
