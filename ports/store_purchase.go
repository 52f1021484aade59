package ports

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
)

// PurchaseOrigin is what told of an order at a provider. Providers that cannot list
// orders leave kvitt to learn their ids (klarna.md 4).
type PurchaseOrigin string

// The origins of purchases.
const (
	LearnedByCallback PurchaseOrigin = "callback"
	LearnedByPerson   PurchaseOrigin = "person"
	LearnedByPayout   PurchaseOrigin = "payout"
)

// PurchaseRecord is an order at a provider with how far kvitt has come with it.
type PurchaseRecord struct {
	// Num counts purchases in the order in which they became known.
	Num          int64
	ConnectionID string
	// ID is the provider's id of the order.
	ID        string
	Origin    PurchaseOrigin
	LearnedAt time.Time
	// Purchase is as it was read last, its zero value before ReadAt is set.
	Purchase order.Purchase
	ReadAt   time.Time
	// DueAt is when it is to be read next, zero if it need not be.
	DueAt time.Time
	// Failures counts failed readings since the last that succeeded, Fault is the last.
	Failures int
	Fault    *FaultRecord
	// Unplanned are the kinds of flow that have not made their documents of what was
	// read last, sorted.
	Unplanned []merchant.FlowKind
}

// PurchaseStore keeps the orders at providers.
type PurchaseStore interface {
	// Learn makes an order known, due at a moment, and reports whether it was new. One
	// that is known is due at that moment, if it was not before.
	Learn(ctx context.Context, connectionID, id string, origin PurchaseOrigin, at time.Time) (fresh bool, err error)
	// Save replaces all fields but num, connection, id, origin and LearnedAt.
	Save(ctx context.Context, r PurchaseRecord) error
	Get(ctx context.Context, connectionID, id string) (PurchaseRecord, error)
	// Due gives up to limit purchases that are due at a moment, those due longest first.
	Due(ctx context.Context, connectionID string, at time.Time, limit int) ([]PurchaseRecord, error)
	// Unplanned gives up to limit purchases that a kind of flow has to look at, by Num,
	// above after.
	Unplanned(ctx context.Context, connectionID string, kind merchant.FlowKind, after int64, limit int) ([]PurchaseRecord, error)
	// List gives purchases by Num, above after; Named only those of which any reference,
	// or the id, is the given text.
	List(ctx context.Context, connectionID string, after int64, limit int) ([]PurchaseRecord, error)
	Named(ctx context.Context, connectionID, name string, limit int) ([]PurchaseRecord, error)
}
