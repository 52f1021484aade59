// Package payment holds payment events: what happened between a customer, a
// merchant and a payment service provider on one transaction.
package payment

import (
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// CodeEventInvalid is the fault of an event that makes no sense.
const CodeEventInvalid fault.Code = "event.invalid"

// Kind is what happened.
type Kind string

// The kinds of event.
const (
	Prepare Kind = "prepare" // authorised; Amount is the authorised amount
	Payment Kind = "payment" // captured; Amount is gross
	Deposit Kind = "deposit" // the provider paid the merchant; Amount is net
	Refund  Kind = "refund"  // refund requested; Amount is gross
	Credit  Kind = "credit"  // the refund was settled; Amount is the net that left
	Cancel  Kind = "cancel"  // the rest of the authorisation was released
)

// Valid reports whether k is one of the closed set.
func (k Kind) Valid() bool {
	switch k {
	case Prepare, Payment, Deposit, Refund, Credit, Cancel:
		return true
	}
	return false
}

// Origin is who told kvitt of an event.
type Origin string

// The origins. Events that a payout proves book nothing themselves.
const (
	FromPayout Origin = "payout"
	FromShop   Origin = "shop"
)

// Event is one fact about one transaction.
type Event struct {
	Kind   Kind
	Origin Origin
	// Order is the order's number, or empty where only the transaction is known.
	Order string
	// Transaction is one payment method on one order.
	Transaction string
	// Method is Method.ID.
	Method string
	// Key is the caller's own key of the fact, unique within the merchant: the same
	// key is the same fact. It is empty for what a payout proves.
	Key string
	// Amount is never negative. It is net on a deposit or credit, else gross.
	Amount money.Amount
	// Fee includes FeeVAT; it is positive when the provider keeps it and negative
	// when the provider gives it back. A fee is stated once: with the payment if it
	// is known by then, else with the deposit or credit.
	Fee money.Amount
	// FeeVAT must be set where there is a fee, to 0 if it carries no VAT: a VAT that
	// nobody stated is not known to be 0.
	FeeVAT money.Amount
	At     time.Time
	// Reference is the provider's or the shop's name of the fact.
	Reference string
}

// Validate refuses an event that makes no sense on its own, with
// CodeEventInvalid.
func (e Event) Validate() error {
	switch {
	case !e.Kind.Valid():
		return fault.Invalid(CodeEventInvalid, "kind", "\""+string(e.Kind)+"\" is not a kind of event")
	case e.Transaction == "":
		return fault.Invalid(CodeEventInvalid, "transaction", "an event belongs to a transaction")
	case e.Amount.Currency() == "":
		return fault.Invalid(CodeEventInvalid, "amount", "an event has an amount")
	case e.Amount.Sign() < 0:
		return fault.Invalid(CodeEventInvalid, "amount", "an amount is never negative; the kind tells the direction")
	}
	return e.validateFee()
}

func (e Event) validateFee() error {
	if _, err := money.Sum(e.Amount.Currency(), e.Fee, e.FeeVAT); err != nil {
		return fault.Invalid(CodeEventInvalid, "fee", "a fee in another currency is another event").Wrap(err)
	}
	switch {
	case !e.Fee.IsZero() && !e.Kind.hasFee():
		return fault.Invalid(CodeEventInvalid, "fee", "a "+string(e.Kind)+" carries no fee").
			WithRemedy("state the fee with the payment, the deposit or the credit")
	case !e.Fee.IsZero() && e.FeeVAT.Currency() == "":
		return fault.Invalid(CodeEventInvalid, "fee_vat", "nobody says how much of the fee is VAT").
			WithRemedy("state the VAT that the fee includes, 0 if there is none")
	case e.Fee.Sign()*e.FeeVAT.Sign() < 0:
		return fault.Invalid(CodeEventInvalid, "fee_vat", "a fee and its VAT have the same sign")
	case e.FeeVAT.Abs().Minor() > e.Fee.Abs().Minor():
		return fault.Invalid(CodeEventInvalid, "fee_vat", "the VAT is part of the fee and cannot exceed it")
	}
	if gross, err := e.Gross(); err != nil || gross.Sign() < 0 {
		return fault.Invalid(CodeEventInvalid, "fee", "amount and fee make no gross amount from 0 up").Wrap(err)
	}
	return nil
}

// hasFee reports whether a provider states fees with this kind.
func (k Kind) hasFee() bool { return k == Payment || k == Deposit || k == Credit }

// ValidateFor refuses what Validate refuses and what cannot happen to a payment
// by m: nobody pays out a gift card, so that it has no deposit and no credit.
func (e Event) ValidateFor(m Method) error {
	if err := e.Validate(); err != nil {
		return err
	}
	if m.Kind != ByGiftCard {
		return nil
	}
	switch {
	case e.Kind == Deposit || e.Kind == Credit:
		return fault.Invalid(CodeEventInvalid, "kind", "no money moves when a gift card is used, so there is no "+string(e.Kind))
	case !e.Fee.IsZero():
		return fault.Invalid(CodeEventInvalid, "fee", "nobody takes a fee when a gift card is used")
	}
	return nil
}

// Gross is the amount before fees: amount + fee on a deposit, amount − fee on a
// credit, else the amount itself.
func (e Event) Gross() (money.Amount, error) {
	switch e.Kind {
	case Deposit:
		return e.Amount.Add(e.Fee)
	case Credit:
		return e.Amount.Sub(e.Fee)
	case Prepare, Payment, Refund, Cancel:
	}
	return e.Amount, nil
}

// Proven gives the events that a line of a payout proves: payment and deposit
// for a sale, refund and credit for a refund, none for other kinds. They book
// nothing, because the payout does.
//
// A fee larger than the sale leaves a net that a deposit cannot hold, because
// amounts are never negative. The fee is then a credit of its own: money that
// left the merchant with gross 0. A returned fee larger than the refund is, the
// same way, a deposit of its own.
func Proven(l payout.Line, method string) ([]Event, error) {
	if !l.Kind.NeedsDocument() {
		return nil, nil
	}
	fee, err := l.FeeExVAT.Add(l.FeeVAT)
	if err != nil {
		return nil, err
	}
	net, err := l.Net()
	if err != nil {
		return nil, err
	}
	requested, settled, opposite, direction := Payment, Deposit, Credit, +1
	if l.Kind == payout.Refund {
		requested, settled, opposite, direction = Refund, Credit, Deposit, -1
	}
	zero := money.Zero(l.Gross.Currency())
	feeVAT, err := zero.Add(l.FeeVAT) // a line without fee VAT states that there is none
	if err != nil {
		return nil, err
	}
	event := func(kind Kind, amount, fee, feeVAT money.Amount) Event {
		return Event{
			Kind: kind, Origin: FromPayout, Transaction: l.References[payout.OrderID], Method: method,
			Amount: amount.Abs(), Fee: fee, FeeVAT: feeVAT, At: l.OccurredAt, Reference: l.Key,
		}
	}
	events := []Event{event(requested, l.Gross, zero, zero)}
	if net.Sign() == -direction {
		return append(events, event(settled, l.Gross, zero, zero), event(opposite, fee, fee, feeVAT)), nil
	}
	return append(events, event(settled, net, fee, feeVAT)), nil
}
