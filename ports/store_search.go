package ports

import "context"

// HitKind is what kind of thing a search found.
type HitKind string

// The kinds of things that references name.
const (
	HitPayout    HitKind = "payout"
	HitLine      HitKind = "line"
	HitDocument  HitKind = "document" // of the accounting system, as it was mirrored
	HitStep      HitKind = "step"     // what kvitt has written, or will
	HitOrder     HitKind = "order"    // of a shop or, by the field "purchase", at a provider
	HitEvent     HitKind = "event"
	HitException HitKind = "exception"
	HitRun       HitKind = "run"
)

// Hit is a thing that a text names.
type Hit struct {
	Kind       HitKind
	MerchantID string
	// ID is the id of the thing: of a document or order its number, of a line or step
	// its number in decimal digits.
	ID string
	// Field is what of it the text is ("reference", "order_id"), Value how it is written
	// there.
	Field string
	Value string
	// PayoutID is the payout of a line, step or exception; FlowID the flow of a payout,
	// run or step; ConnectionID where a document, or a shop's order, is from. Each is
	// empty if there is none.
	PayoutID     string
	FlowID       string
	ConnectionID string
	// Ordinal is that of a line.
	Ordinal int64
}

// Search is what to look for. Text is compared as matching.Normalise has it; an empty
// MerchantID means all merchants.
type Search struct {
	Kind       HitKind
	MerchantID string
	Text       string
}

// SearchStore finds things by the texts that name them, through indexes alone.
type SearchStore interface {
	// Find gives up to limit (1–1000) things of a kind. A thing that a text names in
	// several ways is given once. A text of which nothing is left finds nothing.
	Find(ctx context.Context, s Search, limit int) ([]Hit, error)
}
