package order

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

// RowKind is what a row of an order, a capture or a refund stands for.
type RowKind string

// The closed set of kinds of row.
const (
	GoodsRow     RowKind = "goods"
	FreightRow   RowKind = "freight"
	FeeRow       RowKind = "fee"        // charged to the customer, for paying later or for handling
	DiscountRow  RowKind = "discount"   // a reduction that stands as a row of its own; negative
	GiftCardRow  RowKind = "gift_card"  // a gift card or store credit that pays; negative, without VAT
	ReturnFeeRow RowKind = "return_fee" // kept of a refund, so it reduces what is credited
	TaxRow       RowKind = "sales_tax"  // a tax stated apart from the goods (USA, Canada)
	SummaryRow   RowKind = "summary"    // the source names no rows; stands for all that is sold at one rate
)

// RowKinds lists every kind of row.
func RowKinds() []RowKind {
	return []RowKind{GoodsRow, FreightRow, FeeRow, DiscountRow, GiftCardRow, ReturnFeeRow, TaxRow, SummaryRow}
}

// Row is one row of an order, a capture or a refund. Amounts include VAT and all
// discounts of the row. In an order, a capture and a refund what is sold is positive,
// and what reduces it (DiscountRow, GiftCardRow, and ReturnFeeRow in a refund) is
// negative.
type Row struct {
	Kind RowKind
	// Article is the merchant's own number of the article, or empty.
	Article string
	Name    string
	// Quantity is never negative; 0 is a row that only says something.
	Quantity decimal.Decimal
	Unit     string
	Gross    money.Amount
	// VAT is what the source states, or not set: then it follows from Gross.
	VAT  money.Amount
	Rate tax.Rate
}

// Buyer is who bought. Dates of birth and national identification numbers are never
// part of it.
type Buyer struct {
	Name string
	// Business is the name of the organisation that buys, or empty for a consumer.
	Business           string
	OrganisationNumber string
	Email, Phone       string
	Billing, Delivery  Address
}

// Address is where a buyer is found.
type Address struct {
	Name, Street, Street2, Postcode, City string
	// Country is an ISO 3166 code.
	Country string
}

// PurchaseState is how far an order has come at its payment service provider.
type PurchaseState string

// The states of a purchase. Refunds may follow in any of the last three.
const (
	// PurchasePending: the provider has not decided yet whether it takes the risk.
	PurchasePending PurchaseState = "pending"
	// PurchaseOpen: more may be captured.
	PurchaseOpen PurchaseState = "open"
	// PurchaseComplete: nothing is left to capture.
	PurchaseComplete PurchaseState = "complete"
	// PurchaseEnded: cancelled or expired; what was captured before stands.
	PurchaseEnded PurchaseState = "ended"
)

// PurchaseStates lists every state of a purchase.
func PurchaseStates() []PurchaseState {
	return []PurchaseState{PurchasePending, PurchaseOpen, PurchaseComplete, PurchaseEnded}
}

// Purchase is an order as its payment service provider knows it, with all that was
// captured and refunded so far.
type Purchase struct {
	// ID is the provider's id of the order.
	ID string
	// References name it as the lines of payouts do.
	References map[payout.Reference]string
	State      PurchaseState
	PlacedAt   time.Time
	// Method is the provider's name of the payment method ("INVOICE").
	Method string
	Buyer  Buyer
	// Total is what was ordered.
	Total money.Amount
	// Rows come to Total, empty if the provider does not say what was ordered.
	Rows     []Row
	Captures []Capture
	Refunds  []Refund
	Raw      payout.Raw
}

// Capture is a part of an order that was delivered and is to be paid.
type Capture struct {
	// ID is the provider's id, Reference the merchant's own, or empty.
	ID, Reference string
	At            time.Time
	// Amount is what was captured, never negative.
	Amount money.Amount
	// Rows are what was captured and come to Amount, empty if the provider does not say.
	Rows []Row
}

// Refund is what was given back of an order. It belongs to the order, not to one of
// its captures.
type Refund struct {
	ID, Reference string
	At            time.Time
	// Amount is what was refunded, never negative.
	Amount money.Amount
	// Rows are what was given back, with the signs of a sale, and come to Amount. They
	// are empty if the provider does not say.
	Rows []Row
}
