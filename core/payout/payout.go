// Package payout is money that a payment service provider sent to a merchant,
// the rows that explain it, and the proof that they add up to the last öre.
package payout

import (
	"time"

	"github.com/kvitt/kvitt/core/money"
)

// Payout is one transfer from a provider, as the provider reports it.
type Payout struct {
	// Reference is the provider's own id and usually stands on the bank statement.
	Reference string
	// Date is the moment at which the provider sent the money, in UTC.
	Date time.Time
	// Net is what reached the bank, negative if the provider collected it. It is 0
	// when a debt was carried forward.
	Net money.Amount
	// Account is the merchant's account at the provider, such as a merchant id.
	Account string
	// HoldReason is why a person must look before anything is booked ("fees are
	// invoiced separately"), or empty.
	HoldReason string
	Raw        Raw
}

// State is how far kvitt has come with a payout.
type State string

// The states, in order. Held is left only when the reason is gone.
const (
	Fetching State = "fetching" // rows are being read
	Held     State = "held"     // nothing may be booked; the exception says why
	Fetched  State = "fetched"  // all rows are in and proven
	Planned  State = "planned"  // every write is decided and stored
	Booking  State = "booking"  // the first write may have happened
	Booked   State = "booked"   // every planned write is done
	Closed   State = "closed"   // and no line waits or needs a person
	Undoing  State = "undoing"  // everything that was booked is being taken back
	Undone   State = "undone"   // and all of it was; it may be booked anew
)
