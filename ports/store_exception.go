package ports

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// ExceptionState is whether a person still has to look.
type ExceptionState string

// The states of an exception.
const (
	ExceptionOpen     ExceptionState = "open"
	ExceptionResolved ExceptionState = "resolved"
)

// Exception is something a person must decide.
type Exception struct {
	ID         string
	MerchantID string
	PayoutID   string
	// LineID and StepID say what it concerns, 0 if the whole payout.
	LineID int64
	StepID int64
	// EventID is the payment event it concerns, or empty.
	EventID string
	// Order is the number of the order that it concerns as its shop told it, or empty.
	Order string
	// Fact is what of an order at a provider it concerns, such as a capture, by a name
	// of kvitt's own, or empty.
	Fact string
	Code fault.Code
	// Reference is the text by which people know the line or the payout.
	Reference string
	Reason    string
	Remedy    string
	// Amount is the line's gross, or not set.
	Amount money.Amount
	// Document is the document it concerns, or empty.
	Document   string
	State      ExceptionState
	Resolution string
	RaisedAt   time.Time
	ResolvedAt time.Time
	ResolvedBy string
	// Parking is zero unless a person has set the exception aside.
	Parking Parking
}

// Parking says that a person knows of an exception and need not be told of it.
type Parking struct {
	By   string
	Note string
	At   time.Time
	// Until is when it ends by itself, zero for never.
	Until time.Time
}

// Parked reports whether the exception is set aside at a moment.
func (e Exception) Parked(at time.Time) bool {
	return !e.Parking.At.IsZero() && (e.Parking.Until.IsZero() || at.Before(e.Parking.Until))
}

// ExceptionFilter narrows a list of exceptions; empty fields do not.
type ExceptionFilter struct {
	PayoutID string
	EventID  string
	State    ExceptionState
	Code     fault.Code
	// FlowID leaves what concerns a flow: its payouts and steps, and events and orders if
	// it is a flow of events.
	FlowID string
	// Reference is compared with reference, document and order as matching.Normalise has
	// it.
	Reference string
	// Before leaves what was raised before a moment.
	Before time.Time
	// Parked leaves what is set aside at the moment At, or what is not.
	Parked *bool
	At     time.Time
}

// ExceptionStore keeps exceptions. A line, a step, an event, an order, a fact and
// a payout has at most one open exception of its own.
type ExceptionStore interface {
	// Raise opens an exception, or updates code, reference, reason, remedy and document
	// of the open one of the same payout, line, step, event, order and fact, whose id it
	// then keeps. One that was parked is so no more if its code is another.
	Raise(ctx context.Context, e Exception) error
	// Resolve closes an open exception. It fails with CodeConflict if it is closed.
	Resolve(ctx context.Context, id, resolution, by string, at time.Time) error
	// ResolveLine closes the open exception of a line, if there is one, ResolveEvent
	// that of an event, ResolveOrder that of an order of a merchant, ResolveFact that of
	// a fact.
	ResolveLine(ctx context.Context, lineID int64, resolution, by string, at time.Time) error
	ResolveEvent(ctx context.Context, eventID, resolution, by string, at time.Time) error
	ResolveOrder(ctx context.Context, merchantID, number, resolution, by string, at time.Time) error
	ResolveFact(ctx context.Context, merchantID, fact, resolution, by string, at time.Time) error
	// Park sets an open exception aside; the zero Parking ends that. It fails with
	// CodeConflict if the exception is closed.
	Park(ctx context.Context, id string, p Parking) error
	Get(ctx context.Context, id string) (Exception, error)
	// List gives a merchant's exceptions, oldest first; Page.After is an id.
	List(ctx context.Context, merchantID string, filter ExceptionFilter, page Page) ([]Exception, error)
}
