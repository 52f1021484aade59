package matching

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Faults of lines that cannot be matched without a person.
const (
	// CodeNoDocument: no document carries the line's references. Match does not
	// raise it, because the document may still come; whoever waits for it does.
	CodeNoDocument fault.Code = "match.no_document"
	// CodeAmountDiffers: the document is found but the amounts do not fit.
	CodeAmountDiffers fault.Code = "match.amount_differs"
	// CodeAmbiguous: several documents fit equally well.
	CodeAmbiguous fault.Code = "match.ambiguous"
	// CodeSuggested: a weak key found a document, and a person has to accept it.
	CodeSuggested fault.Code = "match.suggested"
	// CodeCreditIsInvoice: the refund was booked as an invoice, not as a credit.
	CodeCreditIsInvoice fault.Code = "match.credit_is_invoice"
	// CodeSummary: the line is a total of sales or refunds without a row of its own.
	CodeSummary fault.Code = "match.summary"
	// CodeAlreadySettled: kvitt has settled the document with another line.
	CodeAlreadySettled fault.Code = "match.already_settled"
	// CodeNotBooked: the document is still a draft.
	CodeNotBooked fault.Code = "erp.not_booked"
	// CodeCancelled: the document was cancelled.
	CodeCancelled fault.Code = "erp.cancelled"
	// CodeAlreadyPaid: somebody else registered the payment of the invoice.
	CodeAlreadyPaid fault.Code = "erp.already_paid"
	// CodeAlreadyCredited: somebody else settled the credit invoice.
	CodeAlreadyCredited fault.Code = "erp.already_credited"
)

// Candidate is a document that lines may settle.
type Candidate struct {
	Document invoice.Document
	// Claimed is what kvitt has planned or paid against the document but Balance
	// does not show yet, with the sign of Document.Total.
	Claimed money.Amount
	// PaidByKvitt is what kvitt itself has paid on the document so far, with the
	// sign of Document.Total. It tells a second line from a stranger's payment.
	PaidByKvitt money.Amount
}

// State is the outcome for a line.
type State string

// The outcomes.
const (
	// Matched: the line settles the document or documents named, wholly or in part.
	Matched State = "matched"
	// Suggested: the line may settle the document named, and a person must accept
	// it. Nothing is claimed for it: other lines see the document as it was.
	Suggested State = "suggested"
	// Exception: a document was found, and a person must decide.
	Exception State = "exception"
	// None: no document carries the line's references, so far.
	None State = "none"
)

// Decision is what Match found for one line.
type Decision struct {
	// Line is the key of the line.
	Line  string
	State State
	// Partial says that the document stays open after a match.
	Partial bool
	// Rule is the pair of references that found the document; it is empty where
	// amount and date alone did.
	Rule KeyPair
	// Document is the number of the document, empty if none or several were found.
	Document string
	Kind     invoice.Kind
	// Amount is what the line moves against its document or documents: its gross.
	Amount money.Amount
	// WriteOff is what closes the rest within the tolerance: the open balance minus
	// Amount, so on an invoice positive when the customer paid too little.
	WriteOff money.Amount
	// Parts are what the line moves against each of two or more documents. With
	// them Document is empty, and Partial and WriteOff are not set. A line of one
	// document has no Parts.
	Parts []Part
	// Compared lists what was laid side by side, for the person who looks.
	Compared []Comparison
	// Fault is why the line is an exception or suggested, else nil.
	Fault *fault.Error
}

// Part is what a line moves against one document.
type Part struct {
	// Document is its number.
	Document string
	Kind     invoice.Kind
	// Amount has the sign of the line's gross; over all parts it adds up to it.
	Amount money.Amount
	// WriteOff closes the rest within the tolerance, as in Decision. It is 0 where
	// the line has several parts, since several must add up exactly.
	WriteOff money.Amount
	// Partial says that the document stays open.
	Partial bool
}

// Settles gives what the line moves against each document if the match or the
// suggestion is carried out: one part for one document, else Parts. It is empty
// for other outcomes.
func (d Decision) Settles() []Part {
	switch {
	case d.State != Matched && d.State != Suggested:
		return nil
	case len(d.Parts) > 0:
		return d.Parts
	default:
		return []Part{d.whole()}
	}
}

// whole is the one part of a decision on one document.
func (d *Decision) whole() Part {
	return Part{Document: d.Document, Kind: d.Kind, Amount: d.Amount, WriteOff: d.WriteOff, Partial: d.Partial}
}

// Comparison is a pair of values that was laid side by side. What is "document"
// (the key of the line, the number of the document), "open" or "total" (amounts),
// "together" (what several lines or documents add up to), "kind", "date", or a pair
// of references such as "merchant_reference1 = order_number".
type Comparison struct {
	What     string `json:"what"`
	Line     string `json:"line"`
	Document string `json:"document"`
}

// NeedsDocument reports whether a line has to settle a document. A sale or
// refund of 0 moves no money and has none.
func NeedsDocument(l payout.Line) bool {
	return l.Kind.NeedsDocument() && !l.Gross.IsZero()
}
