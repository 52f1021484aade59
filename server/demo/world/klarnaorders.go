package world

import (
	"strings"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

// Order has the members of Klarna's Order object (Order Management API) that a shop
// gives, with the capture and the refund of it. What a payout says of them has the same
// ids and amounts.
type Order struct {
	OrderID            string    `json:"order_id"`
	KlarnaReference    string    `json:"klarna_reference"`
	MerchantReference1 string    `json:"merchant_reference1"`
	MerchantReference2 string    `json:"merchant_reference2,omitempty"`
	PurchaseCurrency   string    `json:"purchase_currency"`
	PurchaseCountry    string    `json:"purchase_country"`
	CreatedAt          time.Time `json:"created_at"`
	// Status is what follows from the captures where it is not said.
	Status         string        `json:"status,omitempty"`
	PaymentMethod  PaymentMethod `json:"initial_payment_method"`
	Customer       Customer      `json:"customer"`
	BillingAddress Address       `json:"billing_address"`
	Lines          []OrderLine   `json:"order_lines"`
	Captures       []Capture     `json:"captures"`
	Refunds        []Refund      `json:"refunds,omitempty"`
}

// PaymentMethod is how the customer has paid.
type PaymentMethod struct {
	Type string `json:"type"`
}

// Customer is what a merchant's books must never hold.
type Customer struct {
	DateOfBirth string `json:"date_of_birth"`
}

// Address is where a customer lives.
type Address struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Street     string `json:"street_address"`
	Postcode   string `json:"postal_code"`
	City       string `json:"city"`
	Country    string `json:"country"`
}

// OrderLine is one row. Amounts are öre and include VAT; a rate of 2500 is 25 %.
type OrderLine struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Quantity    int64  `json:"quantity"`
	UnitPrice   int64  `json:"unit_price"`
	TaxRate     int64  `json:"tax_rate"`
	TotalAmount int64  `json:"total_amount"`
	TotalTax    int64  `json:"total_tax_amount"`
}

// Capture is what was delivered. Its lines are there if whoever captured gave them.
type Capture struct {
	CaptureID string      `json:"capture_id"`
	Amount    int64       `json:"captured_amount"`
	At        time.Time   `json:"captured_at"`
	Lines     []OrderLine `json:"order_lines,omitempty"`
}

// Refund is what was given back.
type Refund struct {
	RefundID string      `json:"refund_id"`
	Amount   int64       `json:"refunded_amount"`
	At       time.Time   `json:"refunded_at"`
	Lines    []OrderLine `json:"order_lines"`
}

// placeOrders gives the orders of a story. Only those by phone were captured with their
// lines; the shop and the stall capture the whole order.
func placeOrders(d draw.Seed, s story, b books) []Order {
	var all []Order
	for _, o := range s.orders {
		row := orderRow(d, b, o)
		lines := linesOf(o.charged(), o.captured, +1)
		placed := Order{
			OrderID: row.OrderID, KlarnaReference: row.ShortOrderID, MerchantReference1: o.reference, MerchantReference2: row.MerchantReference2,
			PurchaseCurrency: "SEK", PurchaseCountry: "SE", CreatedAt: o.placed, PaymentMethod: PaymentMethod{row.PaymentMethod},
			Customer: Customer{d.Birthday(o.reference)}, BillingAddress: home(d, o), Lines: lines,
			Captures: []Capture{{CaptureID: row.CaptureID, Amount: int64(value(o.charged())), At: o.captured}},
		}
		if o.channel == phone {
			placed.Captures[0].Lines = lines
		}
		for _, r := range s.refunds {
			if r.order == o.reference {
				placed.Refunds = append(placed.Refunds, Refund{
					RefundID: d.UUID("refund/" + r.order), Amount: int64(r.total()), At: r.moment,
					Lines: append(linesOf(r.returned, o.captured, +1), linesOf(r.kept, o.captured, -1)...),
				})
			}
		}
		all = append(all, placed)
	}
	return all
}

// charged is what the customer was charged for, which may be more than the invoice has.
func (o order) charged() []item {
	if o.reference == tooMuch {
		return append(o.basket[:len(o.basket):len(o.basket)], item{vase, 1})
	}
	return o.basket
}

func linesOf(basket []item, supplied time.Time, sign int64) []OrderLine {
	var lines []OrderLine
	for _, i := range basket {
		rate, kind := int64(i.taxed.vat(supplied)), "physical"
		switch i.good {
		case freight:
			kind = "shipping_fee"
		case returnFee:
			kind = "return_fee"
		}
		total := i.price * ore(i.quantity)
		lines = append(lines, OrderLine{
			Type: kind, Name: i.name, Quantity: int64(i.quantity), UnitPrice: sign * int64(i.price), TaxRate: 100 * rate,
			TotalAmount: sign * int64(total), TotalTax: sign * int64(total.share(ore(rate), ore(100+rate))),
		})
	}
	return lines
}

func home(d draw.Seed, o order) Address {
	given, family, _ := strings.Cut(o.customer, " ")
	return Address{
		GivenName: given, FamilyName: family, Street: d.Street(o.reference), Postcode: d.Postcode(o.reference), City: d.City(o.reference), Country: "SE",
	}
}
