package ports

import (
	"context"

	"github.com/kvitt/kvitt/core/order"
)

// PurchaseSource reads orders at a payment service provider. It only reads.
type PurchaseSource interface {
	// ReadPurchase gives one order with all that was captured and refunded so far. An
	// id that the provider does not know is a fault of class fault.NotFound.
	ReadPurchase(ctx context.Context, req ReadPurchaseRequest) (PurchaseResult, error)
}

// ReadPurchaseRequest asks for one order.
type ReadPurchaseRequest struct {
	Call
	// ID is the provider's id of the order (order.Purchase.ID).
	ID string
}

// PurchaseResult is one order and the answers that it was read from, without the
// personal data that kvitt has no use for (order.Buyer).
type PurchaseResult struct {
	Purchase order.Purchase
	Raw      []RawPage
	Usage    Usage
}
