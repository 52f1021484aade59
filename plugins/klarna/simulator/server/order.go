package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// The statuses of an order, as Klarna's Order object names them.
const (
	statusAuthorized   = "AUTHORIZED"
	statusPartCaptured = "PART_CAPTURED"
	statusCaptured     = "CAPTURED"
	statusCancelled    = "CANCELLED"
	statusExpired      = "EXPIRED"
	statusClosed       = "CLOSED"
)

// The decisions on the risk of an order.
const (
	fraudAccepted = "ACCEPTED"
	fraudPending  = "PENDING"
	fraudRejected = "REJECTED"
	fraudStopped  = "STOPPED"
)

const (
	// authorizationDays is how long an authorization lasts, and what extending it adds.
	authorizationDays = 28
	// authorizationMost is the longest that it lasts from the creation of the order.
	authorizationMost = 180
)

// Order is an order in the members of Klarna's Order object. What follows from the rest
// of it, such as captured_amount, is not part of the world.
type Order struct {
	OrderID            string `json:"order_id"`
	KlarnaReference    string `json:"klarna_reference"`
	MerchantReference1 string `json:"merchant_reference1"`
	MerchantReference2 string `json:"merchant_reference2"`
	// Status follows from captures and clock where the world does not say another one.
	Status      string `json:"status"`
	FraudStatus string `json:"fraud_status"`
	// OrderAmount is the sum of the lines where the world does not say another one.
	OrderAmount         *int64 `json:"order_amount"`
	OriginalOrderAmount *int64 `json:"original_order_amount"`
	PurchaseCurrency    string `json:"purchase_currency"`
	PurchaseCountry     string `json:"purchase_country"`
	Locale              string `json:"locale"`
	// CreatedAt and ExpiresAt keep the world's spelling of the moment.
	CreatedAt            string          `json:"created_at"`
	ExpiresAt            string          `json:"expires_at"`
	Customer             json.RawMessage `json:"customer"`
	BillingAddress       json.RawMessage `json:"billing_address"`
	ShippingAddress      json.RawMessage `json:"shipping_address"`
	InitialPaymentMethod json.RawMessage `json:"initial_payment_method"`
	MerchantData         string          `json:"merchant_data"`
	OrderLines           []OrderLine     `json:"order_lines"`
	Captures             []Capture       `json:"captures"`
	Refunds              []Refund        `json:"refunds"`

	expires      time.Time
	acknowledged bool
}

// OrderLine is a line, member by member as it was written. Of the world's lines nothing
// is checked, so that they may make no sense.
type OrderLine map[string]json.RawMessage

// Capture is a capture in the members of Klarna's Capture object.
type Capture struct {
	CaptureID       string          `json:"capture_id"`
	KlarnaReference string          `json:"klarna_reference"`
	CapturedAmount  int64           `json:"captured_amount"`
	CapturedAt      string          `json:"captured_at"`
	Reference       string          `json:"reference,omitempty"`
	Description     string          `json:"description,omitempty"`
	OrderLines      []OrderLine     `json:"order_lines"`
	ShippingInfo    json.RawMessage `json:"shipping_info,omitempty"`

	moment time.Time
}

// Refund is a refund in the members of Klarna's Refund object.
type Refund struct {
	RefundID       string      `json:"refund_id"`
	RefundedAmount int64       `json:"refunded_amount"`
	RefundedAt     string      `json:"refunded_at"`
	Reference      string      `json:"reference,omitempty"`
	Description    string      `json:"description,omitempty"`
	OrderLines     []OrderLine `json:"order_lines"`

	moment time.Time
}

var isUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// complete fills in defaults and reports what cannot be simulated.
func (o *Order) complete() error {
	if !isUUID.MatchString(o.OrderID) {
		return errors.New("order_id must be a UUID")
	}
	if o.PurchaseCurrency == "" {
		return errors.New("purchase_currency is needed")
	}
	created, err := time.Parse(time.RFC3339, o.CreatedAt)
	if err != nil {
		return fmt.Errorf("created_at: %w", err)
	}
	if o.ExpiresAt == "" {
		o.ExpiresAt = spell(created.AddDate(0, 0, authorizationDays))
	}
	if o.expires, err = time.Parse(time.RFC3339, o.ExpiresAt); err != nil {
		return fmt.Errorf("expires_at: %w", err)
	}
	if o.OrderAmount == nil {
		sum := sumOf(o.OrderLines)
		o.OrderAmount = &sum
	}
	if o.OriginalOrderAmount == nil {
		original := *o.OrderAmount
		o.OriginalOrderAmount = &original
	}
	if o.KlarnaReference == "" {
		o.KlarnaReference = "K" + o.OrderID[:7]
	}
	if err := choose(&o.FraudStatus, []string{fraudAccepted, fraudPending, fraudRejected, fraudStopped}); err != nil {
		return fmt.Errorf("fraud_status: %w", err)
	}
	if err := o.completeEvents(); err != nil {
		return err
	}
	if o.Status == "" {
		o.Status = o.statusByAmounts()
	}
	if !slices.Contains([]string{statusAuthorized, statusPartCaptured, statusCaptured, statusCancelled, statusExpired, statusClosed}, o.Status) {
		return fmt.Errorf("status: %q is none of Klarna's", o.Status)
	}
	return nil
}

func (o *Order) completeEvents() error {
	var err error
	for i := range o.Captures {
		c := &o.Captures[i]
		if c.moment, err = time.Parse(time.RFC3339, c.CapturedAt); err != nil || c.CaptureID == "" {
			return fmt.Errorf("captures[%d]: capture_id and captured_at are needed", i)
		}
		if c.KlarnaReference == "" {
			c.KlarnaReference = o.captureReference(i)
		}
	}
	for i := range o.Refunds {
		r := &o.Refunds[i]
		if r.moment, err = time.Parse(time.RFC3339, r.RefundedAt); err != nil || r.RefundID == "" {
			return fmt.Errorf("refunds[%d]: refund_id and refunded_at are needed", i)
		}
	}
	return nil
}

func (o *Order) captureReference(i int) string { return fmt.Sprintf("%s-%d", o.KlarnaReference, i+1) }

// spell writes a moment as Klarna's orders do.
func spell(moment time.Time) string { return moment.UTC().Format("2006-01-02T15:04:05.000Z") }

// captured is the sum of all captures.
func (o *Order) captured() int64 {
	var sum int64
	for _, c := range o.Captures {
		sum += c.CapturedAmount
	}
	return sum
}

// refunded is the sum of all refunds.
func (o *Order) refunded() int64 {
	var sum int64
	for _, r := range o.Refunds {
		sum += r.RefundedAmount
	}
	return sum
}

// statusByAmounts is the status of an order that was neither cancelled nor closed.
func (o *Order) statusByAmounts() string {
	switch captured := o.captured(); {
	case captured == 0:
		return statusAuthorized
	case captured < *o.OrderAmount:
		return statusPartCaptured
	}
	return statusCaptured
}

// statusAt is the status at a moment: an authorization ends by itself.
func (o *Order) statusAt(now time.Time) string {
	if (o.Status == statusAuthorized || o.Status == statusPartCaptured) && !o.expires.After(now) {
		return statusExpired
	}
	return o.Status
}

// open tells whether an order is authorized for more.
func (o *Order) open(now time.Time) bool {
	status := o.statusAt(now)
	return status == statusAuthorized || status == statusPartCaptured
}

// remaining is what may still be captured.
func (o *Order) remaining(now time.Time) int64 {
	if !o.open(now) {
		return 0
	}
	return max(0, *o.OrderAmount-o.captured())
}

func sumOf(lines []OrderLine) int64 {
	var sum int64
	for _, l := range lines {
		amount, _ := Transaction(l).number("total_amount") // a line without one adds nothing
		sum += amount
	}
	return sum
}
