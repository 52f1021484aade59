// Package plan reads the file that tells the conformance suite what it cannot
// find out by itself: conformance.json.
//
//	{
//	  "level": 2,
//	  "simulator": {"world": "testdata/world.json"},
//	  "settings": {"environment": "playground"},
//	  "credentials": {"merchant_id": "K123456", "api_key": "example"}
//	}
//
// Everything else has a default or is discovered. plan.schema.json, beside this
// file, is its JSON Schema.
package plan

import (
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/civil"
)

// Plan is a connector's plan, complete with its defaults.
type Plan struct {
	// Level is the level that the connector claims, 1 to 4.
	Level     int       `json:"level"`
	Simulator Simulator `json:"simulator"`
	// Settings of the connection; by default an empty object.
	Settings json.RawMessage `json:"settings"`
	// Credentials are those that the world of the simulator accepts. Of a connector
	// with OAuth they are what the hub buys access tokens with.
	Credentials map[string]string `json:"credentials"`
	// Refused lists what to change in the credentials of a call so that the remote
	// system refuses them, each on its own. By default every secret credential, or
	// the access token, is garbled in turn.
	Refused []map[string]string `json:"refused"`
	// Since is the day from which payouts are read, by default a year before Today.
	Since civil.Date `json:"since"`
	// Today is the business date, by default the world's "now".
	Today civil.Date `json:"today"`
	// Expect is what a flow would need (ports.VerifyRequest.Expect); all of it must
	// be there.
	Expect map[string][]string `json:"expect"`
	// Unproven lists the payouts of the world that do not add up, have rows of unknown
	// types or must be held, by reference. All others must be proven.
	Unproven []string `json:"unproven"`
	// Purchases says which orders are read, nil if the connector has no psp.orders.
	Purchases *Purchases `json:"purchases"`
	// Callbacks are examples of what the provider sends, nil if it sends nothing.
	Callbacks *Callbacks `json:"callbacks"`
	// Writing says what writing cases may use, nil if the connector does not write.
	Writing *Writing `json:"writing"`
}

// Simulator says what there is in the remote system and how to start it.
type Simulator struct {
	// World is the path of the world file, relative to the plan.
	World string `json:"world"`
	// Section of the world file, by default the connector's id.
	Section string `json:"section"`
	// Set is merged into that section (RFC 7386), such as to lift a rate limit.
	Set json.RawMessage `json:"set"`
	// Small is merged into it as well for the cases about pages, such as to have two
	// items on a page. It is what makes a finished program read several.
	Small json.RawMessage `json:"small"`
	// Command starts the simulator as a program; a path with a separator is relative
	// to the plan. The suite adds --world, --now, --listen and --exit-with-parent, as
	// simulator.Command takes them. Only checks of binaries need it.
	Command []string `json:"command"`
	// State is a path below /_sim/ that gives what there is as JSON, such as counts of
	// documents. It sharpens the comparison of a disturbed write with an undisturbed one.
	State string `json:"state"`
}

// Purchases names orders at a payment service provider, which cannot be listed.
type Purchases struct {
	// IDs are the provider's ids of orders of the world, at least one.
	IDs []string `json:"ids"`
	// Withheld lists texts of the world that must not be passed on with an order, such
	// as dates of birth.
	Withheld []string `json:"withheld"`
}

// Callbacks are examples of what the provider sends.
type Callbacks struct {
	// Unsigned: nothing in a message shows who has sent it.
	Unsigned bool      `json:"unsigned"`
	Messages []Message `json:"messages"`
}

// Message is one that the provider sends to a connection with the plan's credentials.
type Message struct {
	Method  string              `json:"method"`
	Query   string              `json:"query"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
	// ReceivedAt is when it arrives, by default the world's "now".
	ReceivedAt time.Time `json:"received_at"`
	// Notices are those that it must give, in order.
	Notices []Notice `json:"notices"`
}

// Notice is what a message is about, see ports.Notice.
type Notice struct {
	Subject string `json:"subject"`
	ID      string `json:"id"`
	Order   string `json:"order"`
}

// Writing names what may be written on. Documents are discovered: the suite takes
// open ones from the list of unpaid documents.
type Writing struct {
	// Account receives payments, and stands on one side of vouchers.
	Account string `json:"account"`
	// CounterAccount stands on the other side of vouchers.
	CounterAccount string `json:"counter_account"`
	// Series of vouchers.
	Series string `json:"series"`
	// Date of everything that is written, by default Today.
	Date civil.Date `json:"date"`
	// Currency of vouchers, orders and invoices, by default SEK.
	Currency string `json:"currency"`
	// SalesAccount takes the rows of orders and invoices. A connector that makes neither
	// needs none.
	SalesAccount string `json:"sales_account"`
	// VATRate of these rows in per cent, by default 25, and Country where they are taxed,
	// by default SE: a rate of the merchant's own country.
	VATRate string `json:"vat_rate"`
	Country string `json:"country"`
}
