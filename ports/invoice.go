package ports

import (
	"context"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
)

// Invoices makes invoices and credit invoices. What is made is a draft, which the hub
// compares with what it asked for before it has it booked.
type Invoices interface {
	// EnsureInvoice makes an invoice that is not booked yet. See Write for attempts.
	EnsureInvoice(ctx context.Context, req InvoiceRequest) (InvoiceResult, error)
	// EnsureCredit makes a credit invoice that is not booked yet. A system that links
	// one credit invoice to an invoice, and finds another than the one of this key
	// there, refuses with CodeCredited. See Write for attempts.
	EnsureCredit(ctx context.Context, req CreditRequest) (InvoiceResult, error)
	// EnsureBooked books a document. One that is booked is left as it is (Found).
	EnsureBooked(ctx context.Context, req DocumentRequest) (InvoiceResult, error)
	// EnsureCancelled cancels a document that is not booked. One that is cancelled is
	// left as it is (Found); one that is booked is refused with fault.Conflict.
	EnsureCancelled(ctx context.Context, req DocumentRequest) (InvoiceResult, error)
	// ReadInvoice gives one document as it stands now.
	ReadInvoice(ctx context.Context, req ReadInvoiceRequest) (InvoiceReading, error)
}

// CodeCredited: another credit invoice is linked to the invoice already, and the
// accounting system links no second one.
const CodeCredited fault.Code = "credit.linked_before"

// InvoiceRequest asks for one invoice.
type InvoiceRequest struct {
	Write
	Draft invoice.Draft
	// Order is the number of the order that the whole invoice is made of, or empty. The
	// order's rows are then the invoice's, whatever Draft says of them.
	Order string
}

// CreditRequest asks for one credit invoice.
type CreditRequest struct {
	Write
	Draft invoice.Draft
	// Original is the number of the invoice that is credited.
	Original string
	// Linked asks the system to link the two. Without it the credit invoice stands
	// alone and names the original in a text.
	Linked bool
}

// DocumentRequest asks to do something with one document.
type DocumentRequest struct {
	Write
	Number string
	Kind   invoice.Kind
	// Date is the day on which it is done, where the system asks for one.
	Date civil.Date
}

// ReadInvoiceRequest asks for one document.
type ReadInvoiceRequest struct {
	Call
	Number string
	Kind   invoice.Kind
}

// InvoiceResult is a document as the accounting system shows it after the call.
type InvoiceResult struct {
	Invoice invoice.Written
	Outcome Outcome
	Usage   Usage
}

// InvoiceReading is a document as the accounting system shows it.
type InvoiceReading struct {
	Invoice invoice.Written
	Usage   Usage
}

// OrderBook keeps orders in an accounting system, of which invoices are made later.
type OrderBook interface {
	// EnsureOrder makes an order. See Write for attempts.
	EnsureOrder(ctx context.Context, req OrderRequest) (OrderResult, error)
	// EnsureOrderCancelled cancels an order of which no invoice was made. One that is
	// cancelled is left as it is (Found); one that has an invoice is refused with
	// fault.Conflict.
	EnsureOrderCancelled(ctx context.Context, req CancelOrderRequest) (OrderResult, error)
}

// OrderRequest asks for one order. Its own number the accounting system chooses.
type OrderRequest struct {
	Write
	Draft invoice.Draft
}

// CancelOrderRequest asks to cancel one order.
type CancelOrderRequest struct {
	Write
	// Number is the accounting system's own, as OrderResult named it.
	Number string
}

// OrderResult is an order as the accounting system shows it after the call.
type OrderResult struct {
	// Number is the accounting system's own.
	Number string
	// Invoice is the number of the invoice that was made of it, or empty.
	Invoice   string
	Cancelled bool
	Outcome   Outcome
	Usage     Usage
}
