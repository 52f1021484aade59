// Package merchant holds who kvitt works for: merchants, their connections to
// remote systems, and the flows that join two connections.
package merchant

import (
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/money"
)

// Merchant is a company whose money kvitt follows.
type Merchant struct {
	ID                 string
	Name               string
	OrganisationNumber string
	// Country is the ISO 3166 code of the country in which it is established.
	Country string
	// Zone is the IANA zone in which its accounting dates are cut.
	Zone string
	// Currency is the currency of its books.
	Currency  money.Currency
	CreatedAt time.Time
}

// ConnectionState is whether a connection can be used.
type ConnectionState string

// The states of a connection.
const (
	Unverified ConnectionState = "unverified" // never checked since it changed
	Verified   ConnectionState = "verified"   // every check passed
	Failing    ConnectionState = "failing"    // a check failed
	// ConsentNeeded: the merchant must give consent, for the first time or again.
	ConsentNeeded ConnectionState = "consent_needed"
	// Disconnected: what the connection could be used with is gone.
	Disconnected ConnectionState = "disconnected"
)

// Connection is one merchant's account at a remote system.
type Connection struct {
	ID         string
	MerchantID string
	// Connector is the id of the connector that serves it ("klarna").
	Connector string
	Label     string
	// Settings are what the connector's settings schema asks for.
	Settings json.RawMessage
	// AccountID and AccountName are what the remote system calls the account,
	// known after the first check; one account is connected once per merchant.
	AccountID   string
	AccountName string
	State       ConnectionState
	// Pause is zero while the connection may be used.
	Pause     Pause
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Pause keeps all calls from a connection until a person ends it.
type Pause struct {
	By     string
	Reason string
	// Since is when it began, zero for no pause.
	Since time.Time
}

// FlowKind is what a flow moves.
type FlowKind string

// The kinds of flow.
const (
	// Payouts matches, pays and proves a provider's payouts.
	Payouts FlowKind = "payouts"
	// Events books what the merchant's own web shop registers, or a connection to it
	// tells.
	Events FlowKind = "events"
	// Orders, Invoices and Refunds make orders, invoices and credit invoices in an
	// accounting system of a provider's orders, captures and refunds.
	Orders   FlowKind = "orders"
	Invoices FlowKind = "invoices"
	Refunds  FlowKind = "refunds"
)

// MakesDocuments reports whether flows of the kind make documents of what a provider
// knows of orders.
func (k FlowKind) MakesDocuments() bool { return k == Orders || k == Invoices || k == Refunds }

// Mode is what a flow may write to its target.
type Mode string

// The modes of a flow.
const (
	// Shadow reads and writes nothing.
	Shadow Mode = "shadow"
	// Approve plans, and writes what a person has released.
	Approve Mode = "approve"
	// Live writes what it plans.
	Live Mode = "live"
)

// Known reports whether m is one of the modes.
func (m Mode) Known() bool { return m == Shadow || m == Approve || m == Live }

// Asks reports whether what is planned waits until a person releases it.
func (m Mode) Asks() bool { return m == Approve }

// Flow joins two connections of one merchant.
type Flow struct {
	ID         string
	MerchantID string
	Kind       FlowKind
	// Source is the connection that is read, Target the one that is written. Where
	// events come from callers and from no connection, Source is the Target.
	Source  string
	Target  string
	Enabled bool
	// Mode is Live if a flow is created without one.
	Mode Mode
	// LeftShadow says that others booked, if anybody, what lies before Since: the flow
	// wrote nothing then. The store sets it when the flow leaves Shadow.
	LeftShadow bool
	// Settings are the booking settings, versioned: each change is a new version
	// and every document names the version that made it.
	Settings        json.RawMessage
	SettingsVersion int
	// Since is the first moment from which payouts are taken, and from which what a
	// shop's connection tells is booked.
	Since     time.Time
	CreatedAt time.Time
	// Schedule is when it runs by itself; the zero one is never.
	Schedule Schedule
	// NextRunAt is when it does so next, zero while nothing is due: without a schedule,
	// or switched off.
	NextRunAt time.Time
	// LastTrigger is what started its newest run, empty before the first. The store
	// alone sets it.
	LastTrigger string
}

// Schedule is when a flow runs by itself (package schedule).
type Schedule struct {
	// Cron has the five fields minute, hour, day of month, month and day of week.
	Cron string
	// Zone is the IANA zone of whose wall clock Cron speaks.
	Zone string
	// Jitter bounds by how much runs are put off, each flow by a time of its own, so
	// that not all of one schedule start at once. Whole seconds.
	Jitter time.Duration
}

// FromShop reports whether the flow books what a connection to a shop tells.
func (f Flow) FromShop() bool { return f.Kind == Events && f.Source != f.Target }

// ReadsOrders reports whether the flow reads orders at its source.
func (f Flow) ReadsOrders() bool { return f.FromShop() || f.Kind.MakesDocuments() }
