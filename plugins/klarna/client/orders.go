package client

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeOrderInvalid: an order that makes no sense.
const CodeOrderInvalid fault.Code = "klarna.order_invalid"

// Order is Klarna's Order object as far as kvitt reads it. Amounts are minor units
// and include tax; orders from the USA and Canada state the tax in a line of its own.
type Order struct {
	ID                 string        `json:"order_id"`
	KlarnaReference    string        `json:"klarna_reference"`
	MerchantReference1 string        `json:"merchant_reference1"`
	MerchantReference2 string        `json:"merchant_reference2"`
	Status             string        `json:"status"`
	FraudStatus        string        `json:"fraud_status"`
	Amount             *int64        `json:"order_amount"`
	Currency           string        `json:"purchase_currency"`
	Country            string        `json:"purchase_country"`
	CreatedAt          string        `json:"created_at"`
	Billing            Address       `json:"billing_address"`
	Shipping           Address       `json:"shipping_address"`
	Lines              []OrderLine   `json:"order_lines"`
	Captures           []Capture     `json:"captures"`
	Refunds            []Refund      `json:"refunds"`
	Method             PaymentMethod `json:"initial_payment_method"`
}

// PaymentMethod is how the customer has chosen to pay.
type PaymentMethod struct {
	Type string `json:"type"`
}

// Address is Klarna's address, of a person or of an organisation.
type Address struct {
	GivenName    string `json:"given_name"`
	FamilyName   string `json:"family_name"`
	Organisation string `json:"organization_name"`
	Attention    string `json:"attention"`
	Street       string `json:"street_address"`
	Street2      string `json:"street_address2"`
	Postcode     string `json:"postal_code"`
	City         string `json:"city"`
	Country      string `json:"country"`
	Email        string `json:"email"`
	Phone        string `json:"phone"`
}

// OrderLine is a row of an order, a capture or a refund.
type OrderLine struct {
	Type      string `json:"type"`
	Reference string `json:"reference"`
	Name      string `json:"name"`
	Quantity  int64  `json:"quantity"`
	Unit      string `json:"quantity_unit"`
	// TaxRate is in hundredths of a per cent.
	TaxRate int64  `json:"tax_rate"`
	Total   *int64 `json:"total_amount"`
	// TotalTax is nil if the shop has not said how much tax Total includes.
	TotalTax *int64 `json:"total_tax_amount"`
}

// Capture is a part of an order that was captured.
type Capture struct {
	ID        string      `json:"capture_id"`
	Reference string      `json:"reference"`
	Amount    *int64      `json:"captured_amount"`
	At        string      `json:"captured_at"`
	Lines     []OrderLine `json:"order_lines"`
}

// Refund is what was given back of an order.
type Refund struct {
	ID        string      `json:"refund_id"`
	Reference string      `json:"reference"`
	Amount    *int64      `json:"refunded_amount"`
	At        string      `json:"refunded_at"`
	Lines     []OrderLine `json:"order_lines"`
}

// Order reads an order. The page is Klarna's answer without what it says of the
// customer's person.
func (c *Client) Order(ctx context.Context, id string) (jsonpage.Item[Order], ports.RawPage, error) {
	answer, err := c.Do(ctx, upstream.Get(upstream.Address(c.access.Orders, nil, "ordermanagement", "v1", "orders", id)))
	if err != nil {
		return jsonpage.Item[Order]{}, ports.RawPage{}, err
	}
	if answer.Body, err = impersonal(answer.Body); err != nil {
		return jsonpage.Item[Order]{}, ports.RawPage{}, err
	}
	item, err := jsonpage.Object(answer.Body, ReadOrder)
	return item, answer.Raw(), err
}

// impersonal empties Klarna's customer object, which holds date of birth and national
// identification number, before anything reads or keeps the answer. All members go,
// whatever they are called: kvitt has no use for any.
func impersonal(body []byte) ([]byte, error) {
	const customer = "customer"
	whole, err := jsonpage.Object(body, func(v jsonpage.Value, _ string) ([]jsonpage.Member, error) { return v.Members() })
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Backward(whole.Value) {
		// A struct of Go, and so other readers, would take the name in any case.
		if strings.EqualFold(m.Name, customer) {
			body = slices.Concat(body[:m.Offset], []byte("{}"), body[m.Offset+int64(len(m.Bytes)):])
		}
	}
	return body, nil
}

// ReadOrder reads an order. It refuses what has the wrong type and leaves meaning to
// its caller. Where stands before the names of fields in faults.
func ReadOrder(object jsonpage.Value, where string) (Order, error) {
	var o Order
	if err := json.Unmarshal(object.Bytes, &o); err != nil {
		return Order{}, OrderInvalid(jsonpage.Join(where, upstream.WrongMember(err)), "this is not the type that Klarna documents")
	}
	for field, text := range map[string]string{
		"order_id": o.ID, "klarna_reference": o.KlarnaReference, "merchant_reference1": o.MerchantReference1,
		"merchant_reference2": o.MerchantReference2, "initial_payment_method.type": o.Method.Type,
	} {
		if len(text) > longest {
			return Order{}, OrderInvalid(jsonpage.Join(where, field), "the text is longer than any that Klarna gives")
		}
	}
	if o.Amount == nil {
		return Order{}, OrderInvalid(jsonpage.Join(where, "order_amount"), "an order needs its amount")
	}
	return o, nil
}

// OrderInvalid is the fault of an order that makes no sense.
func OrderInvalid(field, reason string) *fault.Error {
	return fault.Invalid(CodeOrderInvalid, field, reason).From(fault.Upstream).
		WithRemedy("compare the order with the one in Klarna's merchant portal")
}
