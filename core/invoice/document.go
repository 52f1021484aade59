// Package invoice holds what kvitt knows of the invoices and credit invoices
// that stand in an accounting system.
package invoice

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
)

// Kind tells an invoice from a credit invoice.
type Kind string

// The kinds of document.
const (
	Invoice Kind = "invoice"
	Credit  Kind = "credit_invoice"
)

// Reference names one of the texts by which a document can be found.
type Reference string

// The references that matching rules may name.
const (
	ExternalReference1 Reference = "external_reference_1"
	ExternalReference2 Reference = "external_reference_2"
	OrderNumber        Reference = "order_number"
	OCR                Reference = "ocr"
	Number             Reference = "number"
)

// References lists the references that matching rules may name.
func References() []Reference {
	return []Reference{ExternalReference1, ExternalReference2, OrderNumber, OCR, Number}
}

// Document is an invoice or a credit invoice as its accounting system shows it.
type Document struct {
	// Number identifies the document in its accounting system.
	Number string
	Kind   Kind
	// Total is positive on an invoice and negative on a credit invoice.
	Total money.Amount
	// Balance is what is still to be paid, in the currency and with the sign of Total.
	Balance money.Amount
	// Rate is what one major unit of Total's currency is booked for in the currency of
	// the books; zero if that is the same, or unknown.
	Rate       decimal.Decimal
	Date       civil.Date
	DueDate    civil.Date
	Booked     bool
	Cancelled  bool
	References map[Reference]string
	// Partial says that the source listed the document without all references,
	// so that a search may find it by one that is not shown here.
	Partial bool
}
