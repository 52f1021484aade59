package ports

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// MethodRecord is a payment method as it is kept. It never changes: how it is
// booked stands in the settings of its merchant's flow of events.
type MethodRecord struct {
	payment.Method
	CreatedAt time.Time
}

// MethodStore keeps payment methods.
type MethodStore interface {
	// Create fails with CodeExists if the merchant has a method of this id.
	Create(ctx context.Context, m MethodRecord) error
	Get(ctx context.Context, merchantID, id string) (MethodRecord, error)
	// List gives a merchant's methods by id; Page.After is an id.
	List(ctx context.Context, merchantID string, page Page) ([]MethodRecord, error)
}

// OrderStore keeps what customers ordered.
type OrderStore interface {
	// Create fails with CodeExists if the merchant has an order of this number.
	Create(ctx context.Context, merchantID string, o order.Order, at time.Time) error
	// Replace puts another order in the place of the one of its number.
	Replace(ctx context.Context, merchantID string, o order.Order, at time.Time) error
	Get(ctx context.Context, merchantID, number string) (order.Order, error)
}

// EventState is what has become of an event.
type EventState string

// The states of an event.
const (
	// EventRecorded: it stands, and books nothing by itself.
	EventRecorded EventState = "recorded"
	// EventPending: what it builds on is not there yet.
	EventPending EventState = "pending"
	// EventFlagged: it breaks a bound; a person must look.
	EventFlagged EventState = "flagged"
	// EventParked: it stands, but a setting is missing without which it cannot be
	// booked.
	EventParked EventState = "parked"
	// EventDue: it stands and waits for the voucher of its day or payout.
	EventDue EventState = "due"
	// EventWithdrawn: a person has said that it did not happen; it counts for nothing.
	EventWithdrawn EventState = "withdrawn"
	// EventBooked: its voucher is planned; the voucher's step says how far it is.
	EventBooked EventState = "booked"
)

// EventRecord is an event with what has become of it.
type EventRecord struct {
	// Num counts events in the order in which they were stored.
	Num        int64
	ID         string
	MerchantID string
	payment.Event
	// Fingerprint is a hash of what the caller sent, so that the same key with other
	// content is noticed.
	Fingerprint string
	// Parts is what the caller said the amount consists of, nil if nothing.
	Parts []order.Part
	// Taken is what is booked of it by VAT rate; nil if nothing is.
	Taken []order.Part
	// Market is where a booked sale or refund is taxed, and how.
	Market tax.Market
	// Delivered is the day on which what a payment paid for was delivered, or what a
	// refund took back had been, if it is booked so; it is zero before.
	Delivered civil.Date
	State     EventState
	Fault     *FaultRecord
	// Steps are the keys of the steps that book it, and of those that took such a
	// booking back, in the order planned. Bookings counts how often it was booked.
	Steps           []string
	Bookings        int
	SettingsVersion int
	RegisteredAt    time.Time
}

// EventFilter narrows a list of events; empty fields do not.
type EventFilter struct {
	State       EventState
	Kind        payment.Kind
	Transaction string
	Order       string
	Method      string
	// Step is the key of a step that books the events.
	Step string
}

// EventStore keeps payment events. What happened never changes; what became of
// it does.
type EventStore interface {
	// Create stores new events in the order given. It fails with CodeExists if the
	// merchant has an event of one of the keys. At most MaxBatch events of one
	// merchant.
	Create(ctx context.Context, events []EventRecord) error
	// Save replaces taken parts, market, delivery, state, fault, steps, bookings and settings version.
	Save(ctx context.Context, e EventRecord) error
	Get(ctx context.Context, id string) (EventRecord, error)
	ByKey(ctx context.Context, merchantID, key string) (EventRecord, error)
	// List gives a merchant's events by Num, above after.
	List(ctx context.Context, merchantID string, filter EventFilter, after int64, limit int) ([]EventRecord, error)
}
