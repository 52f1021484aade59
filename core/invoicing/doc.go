// Package invoicing holds the pure rules by which an order at a payment service
// provider becomes documents of an accounting system: an order, an invoice for each
// capture, a credit invoice for each refund, and whether what the accounting system
// made is what was asked for.
package invoicing

import "github.com/kvitt/kvitt/core/fault"

// Faults of documents.
const (
	// CodeRowsUnknown: nobody says what a capture or refund consists of, and the setting
	// documents.unknown_rows wants a person to say it.
	CodeRowsUnknown fault.Code = "invoice.rows_unknown"
	// CodeExceedsCaptures: a refund exceeds what was captured, or credited before.
	CodeExceedsCaptures fault.Code = "credit.exceeds_captures"
	// CodeInvoiceDiffers and the codes of credits: the draft in the accounting system is
	// not what was asked for.
	CodeInvoiceDiffers     fault.Code = "invoice.differs"
	CodeCreditRowsMissing  fault.Code = "credit.rows_missing"
	CodeCreditKindWrong    fault.Code = "credit.kind_wrong"
	CodeCreditTotalDiffers fault.Code = "credit.total_differs"
	// CodeNumberTemplate: the template of order numbers cannot be filled.
	CodeNumberTemplate fault.Code = "order.number_unknown"
)
