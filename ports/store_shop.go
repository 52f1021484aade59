package ports

import (
	"context"
	"time"
)

// ShopOrderState is what has become of what a shop told of an order.
type ShopOrderState string

// The states of what a shop told.
const (
	// ShopOrderTold: it is kept and not registered yet.
	ShopOrderTold ShopOrderState = "told"
	// ShopOrderParked: it cannot be registered; Fault says why.
	ShopOrderParked ShopOrderState = "parked"
	// ShopOrderRegistered: order and events are registered.
	ShopOrderRegistered ShopOrderState = "registered"
)

// ShopOrderRecord is an order as the connection of a shop told it last, with what
// has become of it.
type ShopOrderRecord struct {
	// Num counts orders in the order in which they were first told.
	Num          int64
	ConnectionID string
	ShopOrder
	State ShopOrderState
	// Fault is why it was parked last. It stays until the order is registered.
	Fault  *FaultRecord
	ToldAt time.Time
}

// ShopOrderStore keeps what shops tell, from the page on which it stood until it is
// registered, and from then on so that a change is noticed.
type ShopOrderStore interface {
	// Tell keeps orders by their number, at most MaxBatch. One that says what is kept
	// already, on whatever page, changes nothing; any other replaces it and is told.
	Tell(ctx context.Context, connectionID string, orders []ShopOrder, at time.Time) error
	// Save replaces state and fault.
	Save(ctx context.Context, r ShopOrderRecord) error
	// Retell makes all parked orders of a connection told.
	Retell(ctx context.Context, connectionID string) error
	Get(ctx context.Context, connectionID, number string) (ShopOrderRecord, error)
	// List gives the orders in a state by Num, above after.
	List(ctx context.Context, connectionID string, state ShopOrderState, after int64, limit int) ([]ShopOrderRecord, error)
}
