package ports

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
)

// OrderSource tells what a shop sold and what became of the money. It only reads.
type OrderSource interface {
	// ListOrders gives the orders that changed at or after Since, in any sequence,
	// each with all that has happened to it so far. It may give an order again, in any
	// call, also one that did not change; of an order given twice the last counts. An
	// order that changes while the list is being read may be in it or wait for the next
	// reading, but must not push another one out.
	ListOrders(ctx context.Context, req ListOrdersRequest) (OrderPage, error)
}

// ListOrdersRequest asks for a page of orders.
type ListOrdersRequest struct {
	Call
	// Since is OrderPage.Watermark of the last reading or, at the first one, the
	// moment from which the merchant's shop is booked.
	Since time.Time
	// Cursor is empty for the first page, else OrderPage.Next of the page before.
	Cursor string
}

// OrderPage is at most 1000 orders, and 1 MiB without its raw pages.
type OrderPage struct {
	Orders []ShopOrder
	Raw    []RawPage
	// Next is the cursor of the next page, empty after the last.
	Next string
	// Watermark is, on the last page, what to pass as Since the next time. It lies so
	// far back that no change can be missed, and never before Since.
	Watermark time.Time
	Usage     Usage
}

// ShopOrder is an order as its shop tells it.
type ShopOrder struct {
	// Order is what the customer bought: the number that the customer and the payment
	// service provider know it by, of at most 80 characters, and the parts as sold,
	// after discounts, freight and fees included. What is refunded later changes
	// nothing of it. A gift card that pays for the order is no part but an event's
	// method; one that is sold is a part.
	order.Order
	// Events are what happened to its money, also the earlier ones. A test order has
	// none and is best left out.
	Events []ShopEvent
	Raw    payout.Raw
}

// ShopEvent is what happened to the money of an order. Only what took effect is one:
// neither an attempt that failed nor one that is still under way.
type ShopEvent struct {
	// Event has a Key that is stable and unique within the order, of at most 80
	// characters ("capture/389404469"). Transaction is one payment method on one order,
	// by the provider's id of it where the shop knows it, so that a payout finds it;
	// it is unique within the merchant. Method is the shop's own name of the method
	// ("shopify_payments"), which the merchant maps. A fee is stated only if the shop
	// knows it together with its VAT. Reference is the shop's name of the fact. Order
	// and Origin stay empty: they follow from where the event stands.
	payment.Event
	// Parts is what the amount of a payment or refund consists of, if the shop says;
	// else the amount takes its share of the order.
	Parts []order.Part
	Raw   payout.Raw
}
