package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/kvitt/kvitt/sdk/upstream"
)

// Order is an order, from a list or by itself.
type Order struct {
	DocumentNumber            Text
	Cancelled                 Bool
	ExternalInvoiceReference2 Text
	// InvoiceReference is the invoice that was made of the order, "0" if none was.
	// Lists tell neither it nor Comments.
	InvoiceReference Text
	Comments         Text
}

// OrderBody has the fields of an order that the connector writes.
type OrderBody struct {
	Head
	OrderDate string       `json:",omitempty"`
	OrderRows []InvoiceRow `json:",omitempty"`
}

// CreateOrder makes an order.
func (c *Client) CreateOrder(ctx context.Context, body OrderBody) (Order, error) {
	var made Order
	err := c.send(ctx, http.MethodPost, address(nil, "orders"), "Order", body, &made)
	return made, err
}

// Order reads one order.
func (c *Client) Order(ctx context.Context, number string) (Order, error) {
	var found Order
	err := c.get(ctx, address(nil, "orders", number), "Order", &found)
	return found, err
}

// Orders lists the orders whose second reference contains a text, newest first; an
// empty text is in all of them.
func (c *Client) Orders(ctx context.Context, reference string, w Window) (Page[Order], error) {
	query := url.Values{"sortby": {"documentnumber"}, "sortorder": {"descending"}}
	if reference != "" {
		query.Set("externalinvoicereference2", reference)
	}
	return list[Order](ctx, c, address(w.into(query), "orders"), "Orders")
}

// CancelOrder cancels an order.
func (c *Client) CancelOrder(ctx context.Context, number string) (Order, error) {
	var cancelled Order
	err := c.send(ctx, http.MethodPut, address(nil, "orders", number, "cancel"), "Order", nil, &cancelled)
	return cancelled, err
}

// InvoiceOrder makes an invoice of an order and gives its number. The published
// document says that the answer is the invoice; the clients that are known are
// answered with the order. Both are taken.
func (c *Client) InvoiceOrder(ctx context.Context, number string) (Text, error) {
	var answered struct {
		Order   *Order
		Invoice *Invoice
	}
	target := address(nil, "orders", number, "createinvoice")
	_, err := c.JSON(ctx, upstream.Request{Method: http.MethodPut, URL: target}, map[string]any{}, &answered)
	switch {
	case err != nil:
		return "", err
	case answered.Invoice != nil:
		return answered.Invoice.DocumentNumber, nil
	case answered.Order != nil:
		return None(answered.Order.InvoiceReference), nil
	}
	return "", nil
}

// None gives the number of a document that a field refers to, empty for the "0" with
// which Fortnox says that there is none.
func None(reference Text) Text {
	if reference == "0" {
		return ""
	}
	return reference
}
