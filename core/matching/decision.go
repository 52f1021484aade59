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
	// Matched: the line settles the document named, wholly or in part.
	Matched State = "matched"
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
	// Rule is the pair of references that found the document.
	Rule KeyPair
	// Document is the number of the document, empty if none or several were found.
	Document string
	Kind     invoice.Kind
	// Amount is what the line moves against the document: its gross.
	Amount money.Amount
	// WriteOff is what closes the rest within the tolerance: the open balance minus
	// Amount, so on an invoice positive when the customer paid too little.
	WriteOff money.Amount
	// Compared lists what was laid side by side, for the person who looks.
	Compared []Comparison
	// Fault is why the line is an exception, else nil.
	Fault *fault.Error
}

// Comparison is a pair of values that was laid side by side. What is "document"
// (the key of the line, the number of the document), "open" or "total" (amounts),
// or a pair of references such as "merchant_reference1 = order_number".
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
