// Package matching decides which invoices and credit invoices the lines of a
// payout settle. It is pure: the same lines and documents give the same decisions,
// in whatever order they come, and what one line takes is gone for the next.
package matching

import (
	"iter"
	"time"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// KeyPair is one rule: a line and a document belong together when this reference
// of the line equals that reference of the document, both normalised.
type KeyPair struct {
	Line     payout.Reference  `json:"line"`
	Document invoice.Reference `json:"document"`
	// Prefix and Suffix are what one of the two sides adds to the number that both
	// share ("KL-" where the order number is "KL-1001"), or empty.
	Prefix string `json:"prefix,omitempty"`
	Suffix string `json:"suffix,omitempty"`
}

// DefaultDateWindowDays is how many days after its capture an invoice is usually
// dated at the latest.
const DefaultDateWindowDays = 14

// Rules say how lines and documents are compared.
type Rules struct {
	// Keys are tried in order, but those whose reference names the very capture or
	// refund of the line come before those that name its order. The first under
	// which a document stands decides; later ones only choose among several.
	Keys []KeyPair
	// Tolerance is the largest difference, never negative, that is written off as
	// rounding. It applies to lines of its own currency only.
	Tolerance money.Amount
	// Several lets a line settle several documents of its order that add up to it.
	// Without it such a line is ambiguous, and no decision has Parts.
	Several bool
	// Suggest are tried in order where Keys find nothing. What they find is
	// suggested, never matched.
	Suggest []KeyPair
	// DateWindowDays is how many days after the line's moment a document without a
	// common reference may be dated to be suggested by its amount alone. 0 suggests
	// nothing by amount.
	DateWindowDays int
	// Zone is where the moment of a line becomes the first day of that window; nil
	// is UTC.
	Zone *time.Location
}

// DefaultKeys are the pairs that fit shops which write the provider's merchant
// reference on the invoice.
func DefaultKeys() []KeyPair {
	return []KeyPair{
		{Line: payout.MerchantReference1, Document: invoice.ExternalReference1},
		{Line: payout.MerchantReference1, Document: invoice.OrderNumber},
		{Line: payout.MerchantReference2, Document: invoice.OCR},
	}
}

// pairs gives the keys for lines of a kind, strongest first.
func (r Rules) pairs(kind payout.Kind) iter.Seq[KeyPair] {
	return func(yield func(KeyPair) bool) {
		for _, exact := range [2]bool{true, false} {
			for _, pair := range r.Keys {
				if pair.exact(kind) == exact && !yield(pair) {
					return
				}
			}
		}
	}
}

// exact reports whether the pair compares what is unique to one capture or one
// refund. The capture of a refund line is not: it may have been refunded twice.
func (p KeyPair) exact(kind payout.Kind) bool {
	switch p.Line {
	case payout.TransactionID:
		return true
	case payout.CaptureID, payout.CaptureReference:
		return kind == payout.Sale
	case payout.RefundID, payout.RefundReference:
		return kind == payout.Refund
	default:
		return false
	}
}
