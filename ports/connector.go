// Package ports holds the interfaces through which kvitt meets the world: the
// capabilities of connectors, the store, clocks and secrets.
//
// A connector is any value that implements Connector. A capability is opting in
// to one more interface: PayoutSource, DocumentSource, InvoicePayments with
// PaymentSource, PaymentReleases, Vouchers, Attachments, Choices, Books, CallbackReader,
// PageReader, Subscriptions and others. There are no methods that answer "not implemented".
//
// All calls go from the hub to the connector and may come from many goroutines
// and for many merchants at once. A context carries the deadline of the call;
// a connector gives up when it ends. Every failure is a *fault.Error whose class
// tells the hub what it may do next; on a write, any error that does not prove
// that nothing happened is of class fault.Unknown or fault.Temporary, and the hub
// then treats the outcome as open.
package ports

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/payout"
)

// Connector is what every connector can do.
type Connector interface {
	// Describe says what the connector is. It needs no network and no credentials
	// and gives the same answer every time.
	Describe() Description
	// Verify checks that a connection works, item by item, without changing
	// anything at the remote system. It returns an error only when it could not
	// check at all; a check that fails is part of the report.
	Verify(ctx context.Context, req VerifyRequest) (VerifyReport, error)
}

// Call is what every request to a connector carries.
type Call struct {
	Connection Connection
	// Grant is how many calls to the remote API the connector may spend on this
	// request. It must stop with CodeGrantExhausted before it spends more.
	Grant int
}

// Connection is one merchant's account at a remote system, as a call carries it.
type Connection struct {
	ID string
	// Settings follow the connector's settings schema.
	Settings json.RawMessage
	// Credentials follow its credentials schema; with OAuth they hold the
	// short-lived "access_token" that the hub has obtained. Never log them.
	Credentials map[string]string
	// Hosts maps a host of the description to the base URL to use in its place,
	// as an operator does to point a connector at a simulator.
	Hosts map[string]string
}

// Usage says what a request cost. It travels with errors too, see UsageOf.
type Usage struct {
	// Calls is the number of calls made to the remote API.
	Calls int
	// RateLimited is how many of them were refused for exceeding a limit.
	RateLimited int
	// RetryAfter is how long the remote system asks to be left alone.
	RetryAfter time.Duration
	// Spread is at most how much earlier the first call was answered than the last: its
	// place in the window is free so much earlier. 0 if nobody measured it.
	Spread time.Duration
}

// RawPage is one answer of a remote system as it was received.
type RawPage struct {
	// SHA256 of Bytes in lower-case hex; payout.Raw.Page refers to it.
	SHA256    string
	MediaType string
	Bytes     []byte
}

// VerifyRequest asks to check a connection.
type VerifyRequest struct {
	Call
	// Expect lists what the enabled flows need, such as accounts that must exist:
	// {"account": ["1686", "1930"], "voucher_series": ["K"], "capability":
	// ["psp.orders"]}. Names that a connector does not know it leaves alone.
	Expect map[string][]string
	// Today is the business date for which years and locks are checked.
	Today time.Time
}

// VerifyReport is the outcome of a check.
type VerifyReport struct {
	Checks []Check
	// Capabilities says which of the connector's capabilities the account may use,
	// whether flows use them now or not: a flow that needs one is not switched on where
	// it is refused. One that is left out is unknown, which keeps nothing from being
	// tried.
	Capabilities []CapabilityCheck
	// AccountID and AccountName name the remote account, if it could be read.
	AccountID   string
	AccountName string
	Usage       Usage
}

// CheckState is the outcome of one item of a check.
type CheckState string

// The outcomes of a check. A warning does not stop a connection from being used.
const (
	CheckOK      CheckState = "ok"
	CheckWarning CheckState = "warning"
	CheckFailed  CheckState = "failed"
)

// Check is one item that was checked.
type Check struct {
	// Name is stable and short ("financial_year").
	Name   string
	State  CheckState
	Detail string
	// Remedy says what to do when the check did not pass.
	Remedy string
}

// CapabilityState is whether an account may use a capability of its connector.
type CapabilityState string

// The states of a capability on one account.
const (
	// CapabilityVerified: the remote system has let the account do something of it.
	CapabilityVerified CapabilityState = "verified"
	// CapabilityRefused: the account lacks a right, a scope or a licence for it. What
	// else keeps it from being used now, such as a missing year, is a check and no refusal.
	CapabilityRefused CapabilityState = "refused"
	// CapabilityUnknown: it could not be told.
	CapabilityUnknown CapabilityState = "unknown"
)

// CapabilityCheck says whether an account may use a capability.
type CapabilityCheck struct {
	// Capability is one of the connector's own.
	Capability Capability
	State      CapabilityState
	Detail     string
	// Remedy says what to do where it is refused.
	Remedy string
}

// PayoutSource lists payouts and their rows.
type PayoutSource interface {
	// ListPayouts gives the payouts sent at or after Since, oldest first. It may
	// give a payout again at any time and in any call; the hub knows payouts by
	// their reference. Rows that appear while the list is being read may be in it
	// or wait for the next reading, but must not push another one out.
	ListPayouts(ctx context.Context, req ListPayoutsRequest) (PayoutPage, error)
	// ListPayoutLines gives the rows of one payout. The rows and keys are the same
	// at every reading. When the source lists fewer or other rows than it
	// announced, the connector fails with payout.CodeIncomplete rather than end.
	ListPayoutLines(ctx context.Context, req ListPayoutLinesRequest) (LinePage, error)
}

// ListPayoutsRequest asks for a page of payouts.
type ListPayoutsRequest struct {
	Call
	Since time.Time
	// Cursor is empty for the first page, else PayoutPage.Next of the page before.
	Cursor string
}

// PayoutPage is at most 1000 payouts.
type PayoutPage struct {
	Payouts []payout.Payout
	Raw     []RawPage
	// Next is the cursor of the next page, empty after the last.
	Next  string
	Usage Usage
}

// ListPayoutLinesRequest asks for a page of the rows of one payout.
type ListPayoutLinesRequest struct {
	Call
	Reference string
	Cursor    string
}

// LinePage is at most 1000 lines.
type LinePage struct {
	Lines []payout.Line
	Raw   []RawPage
	Next  string
	Usage Usage
}
