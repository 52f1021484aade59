package main

import (
	_ "embed"
	"net/http"
	"time"

	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
)

// version changes with each release of the connector. A build of one's own sets another
// with -ldflags "-X main.version=…".
var version = "0.1.0"

//go:embed settings.schema.json
var settingsSchema []byte

//go:embed credentials.schema.json
var credentialsSchema []byte

// Connector reads payouts and their rows from Klarna's Settlements API, and orders from
// its Order Management API. It keeps nothing between two calls and is safe for
// concurrent use.
type Connector struct {
	transport http.RoundTripper
	// today is the machine's clock; no payout is looked for after it.
	today func() time.Time
	// size is the number of items asked for at a time, at least 2.
	size int
	// rates are the legal rates of VAT, to tell what a shop's rounded rate means.
	rates tax.Table
}

var (
	_ ports.Connector      = (*Connector)(nil)
	_ ports.PayoutSource   = (*Connector)(nil)
	_ ports.PurchaseSource = (*Connector)(nil)
	_ ports.CallbackReader = (*Connector)(nil)
	_ ports.PageReader     = (*Connector)(nil)
)

// New gives the connector.
func New() *Connector {
	return &Connector{today: time.Now, size: client.MaxSize, rates: tax.StandardTable()}
}

// The most calls that each operation spends.
const (
	callsVerify      = 2
	callsPayouts     = 2
	callsPayoutLines = 3
	callsPurchase    = 1
)

// Describe says what the connector is.
func (c *Connector) Describe() ports.Description {
	return ports.Description{
		ID: "klarna", Name: "Klarna", Version: version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityPayouts, ports.CapabilityPurchases, ports.CapabilityCallbacks, ports.CapabilityPages},
		Settings:     settingsSchema, Credentials: credentialsSchema,
		// Klarna allows a merchant id 200 calls a second, 50 in the playground. The
		// description is the same for both, and nothing here needs the 200.
		Quota: ports.Quota{Calls: 50, Window: time.Second, InFlight: 4, Account: []string{"merchant_id"}},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: callsVerify},
			{Name: "ListPayouts", Calls: callsPayouts},
			{Name: "ListPayoutLines", Calls: callsPayoutLines},
			{Name: "ReadPurchase", Calls: callsPurchase},
		},
		Hosts:     hosts(),
		Callbacks: callbacks(),
	}
}

// open gives a client for one call of the hub.
func (c *Connector) open(call ports.Call) func() (*client.Client, error) {
	return func() (*client.Client, error) {
		a, err := readAccount(call.Connection)
		if err != nil {
			return nil, err
		}
		if err := a.keyFits(); err != nil {
			return nil, err
		}
		return c.client(a, call), nil
	}
}

func (c *Connector) client(a account, call ports.Call) *client.Client {
	return client.New(client.Access{
		Settlements: a.settlements(), Orders: a.orders(), Username: a.username, APIKey: a.apiKey,
		Hosts: hosts(), UserAgent: "kvitt-klarna/" + version, Transport: c.transport,
	}, call)
}
