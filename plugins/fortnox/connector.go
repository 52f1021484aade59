package main

import (
	"net/http"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
)

// version is the connector's own. A build of one's own sets another with
// -ldflags "-X main.version=…".
var version = "0.1.0"

// CodeTokenMissing: the call brings no access token.
const CodeTokenMissing fault.Code = "auth.token_missing"

// Connector connects kvitt with Fortnox. It serves all merchants at once and
// keeps nothing that it cannot lose.
type Connector struct {
	transport http.RoundTripper
	now       func() time.Time
	// pageSize is how many documents are asked for at a time, at least 2.
	pageSize int
	// pieceSize is the most bytes of a piece of the books.
	pieceSize int
	years     *years
	exports   *exports
}

var (
	_ ports.Connector       = (*Connector)(nil)
	_ ports.DocumentSource  = (*Connector)(nil)
	_ ports.InvoicePayments = (*Connector)(nil)
	_ ports.PaymentSource   = (*Connector)(nil)
	_ ports.PaymentReleases = (*Connector)(nil)
	_ ports.Vouchers        = (*Connector)(nil)
	_ ports.Attachments     = (*Connector)(nil)
	_ ports.Choices         = (*Connector)(nil)
	_ ports.Books           = (*Connector)(nil)
	_ ports.Invoices        = (*Connector)(nil)
	_ ports.OrderBook       = (*Connector)(nil)
)

// Option changes a connector from what it is in use; tests have reasons to.
type Option func(*Connector)

// WithPageSize asks for fewer documents at a time, at least 2.
func WithPageSize(n int) Option { return func(c *Connector) { c.pageSize = max(n, 2) } }

// WithPieceSize cuts the books into smaller pieces.
func WithPieceSize(n int) Option { return func(c *Connector) { c.pieceSize = n } }

// WithClock replaces the machine's clock.
func WithClock(now func() time.Time) Option { return func(c *Connector) { c.now = now } }

// WithTransport replaces what carries HTTP requests.
func WithTransport(t http.RoundTripper) Option { return func(c *Connector) { c.transport = t } }

// New makes the connector.
func New(options ...Option) *Connector {
	const largestPiece = 1 << 20
	c := &Connector{now: time.Now, pageSize: client.MaxLimit, pieceSize: largestPiece}
	for _, option := range options {
		option(c)
	}
	c.years, c.exports = newYears(c.now), newExports(c.now)
	return c
}

// Describe implements ports.Connector.
func (c *Connector) Describe() ports.Description {
	return ports.Description{
		ID: "fortnox", Name: "Fortnox", Version: version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{
			ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityReleases, ports.CapabilityVouchers,
			ports.CapabilityAttachments, ports.CapabilityChoices, ports.CapabilityBooks, ports.CapabilityInvoices,
			ports.CapabilityOrderBook,
		},
		Settings: settingsSchema, Credentials: credentialsSchema, OAuth: oauth(),
		// 25 calls in any 5 seconds, counted for each integration and company
		// (Fortnox developer guide, rate limits).
		Quota: ports.Quota{
			Calls: 25, Window: 5 * time.Second, InFlight: 4, Account: []string{credentialClientID, credentialTenantID},
		},
		Operations: operations(),
		Hosts:      []string{client.Base, "https://apps.fortnox.se"},
	}
}

// operations declare the most that each method spends, first and later attempts.
func operations() []ports.Operation {
	return []ports.Operation{
		{Name: "Verify", Calls: 21},
		{Name: "ListDocuments", Calls: 1},
		{Name: "FindDocuments", Calls: 6},
		{Name: "ListPayments", Calls: 20},
		{Name: "EnsurePayment", Calls: 2, RecoveryCalls: 10, Recovery: ports.RecoveryByDifference},
		{Name: "EnsureReleased", Calls: 3, RecoveryCalls: 11, Recovery: ports.RecoveryByDifference},
		{Name: "EnsureVoucher", Calls: 2, RecoveryCalls: 6, Recovery: ports.RecoverySearchable},
		{Name: "EnsureAttachment", Calls: 2, RecoveryCalls: 10, Recovery: ports.RecoverySearchable},
		{Name: "EnsureInvoice", Calls: 7, RecoveryCalls: 13, Recovery: ports.RecoverySearchable},
		{Name: "EnsureCredit", Calls: 7, RecoveryCalls: 13, Recovery: ports.RecoveryByState},
		{Name: "EnsureBooked", Calls: 2, RecoveryCalls: 3, Recovery: ports.RecoveryByState},
		{Name: "EnsureCancelled", Calls: 2, RecoveryCalls: 2, Recovery: ports.RecoveryByState},
		{Name: "ReadInvoice", Calls: 1},
		{Name: "EnsureOrder", Calls: 6, RecoveryCalls: 12, Recovery: ports.RecoverySearchable},
		{Name: "EnsureOrderCancelled", Calls: 2, RecoveryCalls: 2, Recovery: ports.RecoveryByState},
		{Name: "ListChoices", Calls: 2},
		{Name: "Period", Calls: 2},
		{Name: "ExportBooks", Calls: 2},
	}
}

// session is one call of the hub: a client within its grant, and the settings.
type session struct {
	*client.Client
	connector  *Connector
	connection ports.Connection
	settings   settings
}

// open prepares a call. It makes no request. MaxBody is that of client.Options.
func (c *Connector) open(call ports.Call, maxBody int64) func() (*session, error) {
	return func() (*session, error) {
		chosen, err := parseSettings(call.Connection.Settings)
		if err != nil {
			return nil, err
		}
		if call.Connection.Credentials[client.AccessToken] == "" {
			return nil, fault.New(CodeTokenMissing, fault.Auth, "the call brings no access token").From(fault.Connector).
				WithRemedy("enter the credentials of the connection again")
		}
		options := client.Options{Transport: c.transport, MaxBody: maxBody, UserAgent: "kvitt-fortnox/" + version}
		return &session{
			Client: client.New(call, options), connector: c, connection: call.Connection, settings: chosen,
		}, nil
	}
}

// all reads a list of Fortnox to its end, within what the grant leaves.
func all[T any](limit int, key func(T) string, read func(client.Window) (client.Page[T], error)) ([]T, error) {
	return paging.All(limit, key, func(offset int) ([]T, int, error) {
		page, err := read(client.Window{Offset: offset, Limit: limit})
		return page.Items, page.Total, err
	})
}
