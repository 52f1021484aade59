// Package matching decides which invoice or credit invoice each line of a payout
// settles. It is pure: the same lines and documents give the same decisions, in
// whatever order they come, and what one line takes is gone for the next.
package matching

import (
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

// Rules say how lines and documents are compared.
type Rules struct {
	// Keys are tried in order; the first that finds a document decides.
	Keys []KeyPair
	// Tolerance is the largest difference, never negative, that is written off as
	// rounding. It applies to lines of its own currency only.
	Tolerance money.Amount
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
