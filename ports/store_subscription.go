package ports

import (
	"context"
	"time"
)

// SubscriptionPhase is how far a subscription has come.
type SubscriptionPhase string

// The phases of a subscription.
const (
	// SubscriptionWaiting: nothing is registered, as no enabled flow reads from the
	// connection.
	SubscriptionWaiting SubscriptionPhase = "waiting"
	// SubscriptionPending: it is being registered, for the first time or anew.
	SubscriptionPending SubscriptionPhase = "pending"
	// SubscriptionActive: the provider sends messages.
	SubscriptionActive SubscriptionPhase = "active"
	// SubscriptionFailing: the last attempt failed. Flows go on by their schedules.
	SubscriptionFailing SubscriptionPhase = "failing"
	// SubscriptionEnding: the provider is still to be told that nobody wants it.
	SubscriptionEnding SubscriptionPhase = "ending"
)

// SubscriptionRecord is what a merchant wants of the provider's messages to a connection,
// and what is registered there.
type SubscriptionRecord struct {
	ConnectionID string
	// MerchantID is that of the connection. The store alone sets it.
	MerchantID string
	// Wanted says that the merchant has opted in.
	Wanted bool
	Phase  SubscriptionPhase
	// ID is the provider's, empty while nothing is known to be registered.
	ID       string
	Subjects []Subject
	// Sealed is the address with its token, and what the provider has granted, see Secrets.
	Sealed []byte
	// Attempt counts the attempts whose outcome is open, Failures those that failed in a row.
	Attempt  int
	Failures int
	// Fault is why the last attempt failed.
	Fault *FaultRecord
	// RegisteredAt is when the provider was last told, zero if it knows nothing.
	RegisteredAt time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SubscriptionStore keeps at most one subscription for each connection.
type SubscriptionStore interface {
	// Save stores a subscription in the place of the one before. When it was created
	// stays.
	Save(ctx context.Context, s SubscriptionRecord) error
	// Get fails with CodeNotFound if the connection has none.
	Get(ctx context.Context, connectionID string) (SubscriptionRecord, error)
	// Delete forgets one; that there is none is no error.
	Delete(ctx context.Context, connectionID string) error
}
