package posting

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
)

// CodeOrderMissing: an invoice is to be made of an order that is not there.
const CodeOrderMissing fault.Code = "step.order_missing"

// Document is a planned order, invoice or credit invoice as it is stored.
type Document struct {
	Draft invoice.Draft `json:"draft"`
	// OrderStep is the key of the step whose order the whole invoice is made of, or empty.
	OrderStep string `json:"order_step,omitempty"`
	// Original is the number of the invoice that a credit invoice credits, and Linked
	// whether the accounting system is to link the two.
	Original string `json:"original,omitempty"`
	Linked   bool   `json:"linked,omitempty"`
}

// Ending is the planned booking or cancelling of a draft, or the cancelling of an order,
// as it is stored.
type Ending struct {
	Number string       `json:"number"`
	Kind   invoice.Kind `json:"kind,omitempty"`
	Date   civil.Date   `json:"date,omitzero"`
}

// ReadDocument reads the document of a step.
func ReadDocument(s ports.Step) (Document, error) {
	var d Document
	if err := json.Unmarshal(s.Content, &d); err != nil {
		return d, unreadable(s, err)
	}
	return d, nil
}

// Shown reads what the accounting system showed of the document of a step.
func Shown(s ports.Step) (invoice.Written, error) {
	var w invoice.Written
	if err := json.Unmarshal(s.Result, &w); err != nil {
		return w, unreadable(s, err)
	}
	return w, nil
}

func (c *Clerk) writeOrder(ctx context.Context, s ports.Step) (made, error) {
	orders, err := remote.Capability[ports.OrderBook](c.Target, ports.CapabilityOrderBook)
	if err != nil {
		return made{}, err
	}
	content, err := ReadDocument(s)
	if err != nil {
		return made{}, err
	}
	req := ports.OrderRequest{Draft: content.Draft}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.OrderResult
	err = c.Target.Do(ctx, "EnsureOrder", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = orders.EnsureOrder(ctx, req)
		return result.Usage, err
	})
	return made{number: result.Number, outcome: result.Outcome}, err
}

// invoices is a call that makes, books or cancels an invoice or a credit invoice.
type invoices func(ctx context.Context, invoices ports.Invoices, call ports.Call) (ports.InvoiceResult, error)

func (c *Clerk) onInvoices(ctx context.Context, operation string, attempt int, do invoices) (made, error) {
	capable, err := remote.Capability[ports.Invoices](c.Target, ports.CapabilityInvoices)
	if err != nil {
		return made{}, err
	}
	var result ports.InvoiceResult
	err = c.Target.Do(ctx, operation, attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		result, err = do(ctx, capable, call)
		return result.Usage, err
	})
	if err != nil {
		return made{}, err
	}
	shown, err := json.Marshal(result.Invoice)
	return made{number: result.Invoice.Number, outcome: result.Outcome, shown: shown}, err
}

func (c *Clerk) writeInvoice(ctx context.Context, s ports.Step) (made, error) {
	content, err := ReadDocument(s)
	if err != nil {
		return made{}, err
	}
	req := ports.InvoiceRequest{Draft: content.Draft}
	req.Key, req.Attempt = s.Key, s.Attempt
	if content.OrderStep != "" {
		if req.Order, err = c.orderOf(ctx, content.OrderStep); err != nil {
			return made{}, err
		}
	}
	return c.onInvoices(ctx, "EnsureInvoice", s.Attempt, func(ctx context.Context, invoices ports.Invoices, call ports.Call) (ports.InvoiceResult, error) {
		req.Call = call
		return invoices.EnsureInvoice(ctx, req)
	})
}

func (c *Clerk) writeCredit(ctx context.Context, s ports.Step) (made, error) {
	content, err := ReadDocument(s)
	if err != nil {
		return made{}, err
	}
	req := ports.CreditRequest{Draft: content.Draft, Original: content.Original, Linked: content.Linked}
	req.Key, req.Attempt = s.Key, s.Attempt
	return c.onInvoices(ctx, "EnsureCredit", s.Attempt, func(ctx context.Context, invoices ports.Invoices, call ports.Call) (ports.InvoiceResult, error) {
		req.Call = call
		return invoices.EnsureCredit(ctx, req)
	})
}

// endDraft books a draft or cancels it.
func (c *Clerk) endDraft(ctx context.Context, s ports.Step) (made, error) {
	var content Ending
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return made{}, unreadable(s, err)
	}
	req := ports.DocumentRequest{Number: content.Number, Kind: content.Kind, Date: content.Date}
	req.Key, req.Attempt = s.Key, s.Attempt
	operation, end := "EnsureBooked", ports.Invoices.EnsureBooked
	if s.Kind == ports.StepCancel {
		operation, end = "EnsureCancelled", ports.Invoices.EnsureCancelled
	}
	return c.onInvoices(ctx, operation, s.Attempt, func(ctx context.Context, invoices ports.Invoices, call ports.Call) (ports.InvoiceResult, error) {
		req.Call = call
		return end(invoices, ctx, req)
	})
}

func (c *Clerk) cancelOrder(ctx context.Context, s ports.Step) (made, error) {
	orders, err := remote.Capability[ports.OrderBook](c.Target, ports.CapabilityOrderBook)
	if err != nil {
		return made{}, err
	}
	var content Ending
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return made{}, unreadable(s, err)
	}
	req := ports.CancelOrderRequest{Number: content.Number}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.OrderResult
	err = c.Target.Do(ctx, "EnsureOrderCancelled", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = orders.EnsureOrderCancelled(ctx, req)
		return result.Usage, err
	})
	return made{number: result.Number, outcome: result.Outcome}, err
}

// orderOf gives the number of the order that a step has made.
func (c *Clerk) orderOf(ctx context.Context, key string) (string, error) {
	var made ports.Step
	err := c.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		made, err = tx.Steps().ByKey(ctx, key)
		return err
	})
	if err != nil {
		return "", err
	}
	if made.State != ports.StepDone || made.Number == "" {
		return "", fault.New(CodeOrderMissing, fault.Conflict, "the order that the invoice is made of is not there").
			WithRemedy("resolve the order's exception, then retry this one")
	}
	return made.Number, nil
}
