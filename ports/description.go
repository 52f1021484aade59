package ports

import (
	"encoding/json"
	"time"
)

// ProtocolVersion is the major version of the protocol between hub and
// connector. Everything finer is told by capabilities.
const ProtocolVersion = 1

// Capability names an interface that a connector implements.
type Capability string

// The capabilities.
const (
	CapabilityPayouts     Capability = "psp.payouts"          // PayoutSource
	CapabilityDocuments   Capability = "erp.documents"        // DocumentSource
	CapabilityPayments    Capability = "erp.payments"         // InvoicePayments and PaymentSource
	CapabilityReleases    Capability = "erp.payment_releases" // PaymentReleases
	CapabilityVouchers    Capability = "erp.vouchers"         // Vouchers
	CapabilityAttachments Capability = "erp.attachments"      // Attachments
	CapabilityChoices     Capability = "erp.choices"          // Choices
	CapabilityBooks       Capability = "erp.books"            // Books
	CapabilityOrders      Capability = "commerce.orders"      // OrderSource
	CapabilityPurchases   Capability = "psp.orders"           // PurchaseSource
	CapabilityInvoices    Capability = "erp.invoices"         // Invoices
	CapabilityOrderBook   Capability = "erp.orders"           // OrderBook
	CapabilityCallbacks   Capability = "psp.callbacks"        // CallbackReader
	CapabilitySubscribe   Capability = "psp.subscriptions"    // Subscriptions
	CapabilityPages       Capability = "psp.pages"            // PageReader
)

// Description says what a connector is. It is static: the same as JSON by the
// connector's `describe` command and over RPC.
type Description struct {
	// ID is short, lower case and unique among connectors ("klarna").
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	// Protocol is ProtocolVersion.
	Protocol     int          `json:"protocol"`
	Capabilities []Capability `json:"capabilities"`
	// Settings and Credentials are JSON Schemas (2020-12) of objects. Properties
	// with "writeOnly": true are secret and never shown again.
	Settings    json.RawMessage `json:"settings"`
	Credentials json.RawMessage `json:"credentials"`
	// OAuth is how the hub obtains access tokens, nil if credentials are static.
	OAuth *OAuth `json:"oauth,omitempty"`
	Quota Quota  `json:"quota"`
	// Operations lists every method that spends calls.
	Operations []Operation `json:"operations"`
	// Hosts lists every base URL that the connector calls ("https://api.fortnox.se").
	Hosts []string `json:"hosts"`
	// Callbacks is how the hub takes what the provider sends, nil if it sends nothing.
	Callbacks *Callbacks `json:"callbacks,omitempty"`
}

// OAuth declares how the hub gets access tokens: with client credentials (RFC
// 6749 §4.4), by the merchant's consent (§4.1), or by either, see ByConsent.
type OAuth struct {
	TokenURL string `json:"token_url"`
	// ClientID and ClientSecret name the credential properties to authenticate
	// with, by HTTP Basic.
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	Scopes       []string `json:"scopes"`
	// Headers are sent with the token request; "{name}" is replaced by the
	// credential of that name. One that names a credential which the connection does
	// not have is left out.
	Headers map[string]string `json:"headers,omitempty"`
	// Consent is the grant by consent, nil if there is none.
	Consent *Consent `json:"consent,omitempty"`
}

// Quota is the remote API's limit for one remote account.
type Quota struct {
	// Calls may be made within Window; 0 means no limit.
	Calls  int           `json:"calls"`
	Window time.Duration `json:"window_ns"`
	// InFlight is how many calls may run at the same time, at least 1.
	InFlight int `json:"in_flight"`
	// Account lists the credential properties that together name the remote
	// account whose calls are counted.
	Account []string `json:"account"`
}

// Recovery is how the outcome of a write that was cut off is found out.
type Recovery string

// The recoveries.
const (
	RecoveryNone         Recovery = ""              // the operation only reads
	RecoveryKeyed        Recovery = "keyed"         // the remote system knows an idempotency key
	RecoverySearchable   Recovery = "searchable"    // the key stands in a field that can be searched
	RecoveryByState      Recovery = "by-state"      // the state of the document tells
	RecoveryByDifference Recovery = "by-difference" // the difference to the balance before tells
	RecoveryUnsafe       Recovery = "unsafe"        // a person must look
)

// Operation declares what a method costs and how it recovers.
type Operation struct {
	// Name is the method ("EnsurePayment").
	Name string `json:"name"`
	// Calls is the most API calls that a first attempt can spend.
	Calls int `json:"calls"`
	// RecoveryCalls is the most that a later attempt can spend.
	RecoveryCalls int      `json:"recovery_calls,omitempty"`
	Recovery      Recovery `json:"recovery,omitempty"`
}

// Operation gives the declaration of a method, and whether there is one.
func (d Description) Operation(name string) (Operation, bool) {
	for _, op := range d.Operations {
		if op.Name == name {
			return op, true
		}
	}
	return Operation{}, false
}

// Has reports whether the connector has a capability.
func (d Description) Has(c Capability) bool {
	for _, own := range d.Capabilities {
		if own == c {
			return true
		}
	}
	return false
}

// Opens reports whether a credential is one with which access tokens are bought, the
// token itself, or one that names the account.
func (d Description) Opens(credential string) bool {
	if d.OAuth != nil && (credential == d.OAuth.ClientID || credential == d.OAuth.ClientSecret) {
		return true
	}
	for _, name := range d.Quota.Account {
		if credential == name {
			return true
		}
	}
	return credential == "" || credential == "access_token"
}
