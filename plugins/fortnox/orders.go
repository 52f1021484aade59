package main

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of orders.
const (
	// CodeOrderUnnumbered: an order was made without a number.
	CodeOrderUnnumbered fault.Code = "fortnox.order_unnumbered"
	// CodeOrderInvoiced: an order of which an invoice was made cannot be cancelled.
	CodeOrderInvoiced fault.Code = "erp.order_invoiced"
)

// EnsureOrder implements ports.OrderBook. A later attempt searches by the second
// reference, as with invoices.
func (c *Connector) EnsureOrder(ctx context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.OrderResult, error) { return s.ensureOrder(ctx, req) })
}

func (s *session) ensureOrder(ctx context.Context, req ports.OrderRequest) (ports.OrderResult, error) {
	body, err := s.orderBody(req.Draft, req.Key)
	if err != nil {
		return ports.OrderResult{}, err
	}
	if req.Attempt > 1 {
		found, ok, err := s.lookForOrder(ctx, req.Key, body.ExternalInvoiceReference2)
		if err != nil || ok {
			return orderResult(found, ports.Found), err
		}
	}
	customer, missing, err := s.customer(ctx, req.Draft)
	if err != nil {
		return ports.OrderResult{}, err
	}
	body.CustomerNumber = customer
	if s.Left() < requestsWithCard(missing) {
		return ports.OrderResult{}, upstream.Exhausted(req.Write)
	}
	made, err := withCard(ctx, s, missing, func() (client.Order, error) { return s.CreateOrder(ctx, body) })
	if err != nil {
		return ports.OrderResult{}, err
	}
	if made.DocumentNumber == "" {
		return ports.OrderResult{}, fault.New(CodeOrderUnnumbered, fault.Unknown, "Fortnox made an order and did not say its number").From(fault.Upstream)
	}
	return orderResult(made, ports.Created), nil
}

// orderBody says an order in Fortnox's words, but for the customer. All that is ordered
// counts as delivered, since the invoice takes what is delivered.
func (s *session) orderBody(d invoice.Draft, key string) (client.OrderBody, error) {
	body, err := s.invoiceBody(d, key)
	if err != nil {
		return client.OrderBody{}, err
	}
	for i, row := range body.InvoiceRows {
		body.InvoiceRows[i].OrderedQuantity = row.DeliveredQuantity
	}
	return client.OrderBody{Head: body.Head, OrderDate: body.InvoiceDate, OrderRows: body.InvoiceRows}, nil
}

// lookForOrder finds the order of an earlier attempt, as lookForInvoice does.
func (s *session) lookForOrder(ctx context.Context, key, reference string) (client.Order, bool, error) {
	hits, err := all(s.connector.pageSize, func(o client.Order) string { return string(o.DocumentNumber) },
		func(w client.Window) (client.Page[client.Order], error) { return s.Orders(ctx, reference, w) })
	if err != nil {
		return client.Order{}, false, upstream.Unsettled(err)
	}
	var numbers []string
	for _, hit := range hits {
		if string(hit.ExternalInvoiceReference2) == reference && !bool(hit.Cancelled) {
			numbers = append(numbers, string(hit.DocumentNumber))
		}
	}
	return only(numbers, func(number string) (client.Order, bool, error) {
		full, err := s.Order(ctx, number)
		ours := string(full.ExternalInvoiceReference2) == key || strings.Contains(string(full.Comments), key)
		return full, ours && !bool(full.Cancelled), err
	})
}

func orderResult(o client.Order, outcome ports.Outcome) ports.OrderResult {
	return ports.OrderResult{
		Number: string(o.DocumentNumber), Invoice: string(client.None(o.InvoiceReference)), Cancelled: bool(o.Cancelled), Outcome: outcome,
	}
}

// EnsureOrderCancelled implements ports.OrderBook.
func (c *Connector) EnsureOrderCancelled(ctx context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.OrderResult, error) { return s.ensureOrderCancelled(ctx, req) })
}

func (s *session) ensureOrderCancelled(ctx context.Context, req ports.CancelOrderRequest) (ports.OrderResult, error) {
	if _, err := whole("number", req.Number); err != nil {
		return ports.OrderResult{}, err
	}
	const requests = 2
	if s.Left() < requests {
		return ports.OrderResult{}, upstream.Exhausted(req.Write)
	}
	found, err := s.Order(ctx, req.Number)
	switch {
	case err != nil && req.Attempt > 1:
		return ports.OrderResult{}, upstream.Unsettled(err)
	case err != nil:
		return ports.OrderResult{}, err
	case bool(found.Cancelled):
		return orderResult(found, ports.Found), nil
	case client.None(found.InvoiceReference) != "":
		return ports.OrderResult{}, fault.New(CodeOrderInvoiced, fault.Conflict, "invoice "+string(found.InvoiceReference)+" was made of order "+req.Number).
			From(fault.Upstream).WithRemedy("cancel or credit the invoice")
	}
	cancelled, err := s.CancelOrder(ctx, req.Number)
	if err != nil {
		return ports.OrderResult{}, err
	}
	return orderResult(cancelled, ports.Created), nil
}
