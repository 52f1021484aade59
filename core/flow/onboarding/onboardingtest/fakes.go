// Package onboardingtest makes the parts of onboarding out of fakes, for tests of
// it and of what stands on it.
package onboardingtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/ports"
)

// Remote is the world of remote systems: a provider "klarna", an accounting system
// "fortnox" and a shop "storefront". Its fields may be changed before a call.
type Remote struct {
	mu sync.Mutex
	// Accounts and Series are what the accounting system has, with whether they are
	// active.
	Accounts, Series map[string]bool
	// Checks and AccountID are what verifying answers, by connector.
	Checks    map[string][]ports.Check
	AccountID map[string]string
	// Capabilities is what verifying says of capabilities, by connector.
	Capabilities map[string][]ports.CapabilityCheck
	// Fail makes every call to a connector fail.
	Fail map[string]error
	// Asked is what the last verification was to expect, Credentials what it got.
	Asked       map[string][]string
	Credentials map[string]string
	// Pieces are those of the exported ledger; FailPiece fails at that index.
	Pieces []string
	// OAuth makes a connector one whose tokens the hub gets.
	OAuth map[string]*ports.OAuth
	// Authority is the authorisation server of all of them.
	Authority *Authority
	FailPiece int
	Forgotten []string
	// Public is where providers reach the hub.
	Public string
	// Registered is what the provider klarna sends messages to, once Subscribes says that
	// its connector can have it do so.
	Registered    map[string]string
	registrations int
	Subscribes    bool
	// Callbacks makes a connector one whose provider sends messages.
	Callbacks map[string]*ports.Callbacks
}

// NewRemote makes a world in which everything is well.
func NewRemote() *Remote {
	r := &Remote{
		Accounts: map[string]bool{}, Series: map[string]bool{"K": true}, Checks: map[string][]ports.Check{}, Capabilities: map[string][]ports.CapabilityCheck{},
		OAuth: map[string]*ports.OAuth{}, Callbacks: map[string]*ports.Callbacks{}, Authority: &Authority{}, AccountID: map[string]string{"klarna": "K123456", "fortnox": "4711", "storefront": "shop.example.com"}, Fail: map[string]error{},
		Public: "https://hub.example/v1/callbacks", Registered: map[string]string{},
		Pieces: []string{"#FLAGGA 0\n", "#PROGRAM \"test\" 1\n"}, FailPiece: -1,
	}
	for _, account := range []string{"1510", "1516", "1686", "1689", "1930", "2641", "2999", "3740", "6040", "6380"} {
		r.Accounts[account] = true
	}
	for _, connector := range []string{"klarna", "fortnox", "storefront"} {
		r.Checks[connector] = []ports.Check{{Name: "access", State: ports.CheckOK, Detail: "the credentials are accepted"}}
	}
	return r
}

// Parts makes the parts of onboarding on a store.
func (r *Remote) Parts(store ports.Store, schemas onboarding.SchemaValidator, now func() time.Time) onboarding.Parts {
	clients := map[string]ports.OAuthClient{"fortnox": {ID: "hub-client", Secret: "hub-secret"}}
	keeper := consent.New(consent.Parts{
		Store: store, Secrets: Secrets{}, Authority: r.Authority, Bought: r, Redirect: "https://hub.example/v1/oauth/callback",
		Clients: clients, Now: now, Clock: Clock(now), Random: rand.Reader,
	})
	desk := remote.NewDesk(store, r, Secrets{}, keeper, machine{}, remote.Options{Owner: "test", Deadline: time.Minute, Clients: clients})
	callbacks := callback.New(callback.Parts{Store: store, Desk: desk, Catalogue: r, Now: now, Random: rand.Reader, Options: callback.Options{Grace: time.Hour}})
	return onboarding.Parts{
		Subscriptions: subscription.New(subscription.Parts{
			Store: store, Remote: desk, Addresses: callbacks, Catalogue: r, Secrets: Secrets{}, Now: now, Log: silence{}, Backoff: time.Second,
			URL: func(connectionID, token string) string {
				if r.Public == "" {
					return ""
				}
				return r.Public + "/" + connectionID + "/" + token
			},
		}),
		Store: store, Catalogue: r, Remote: desk, Secrets: Secrets{}, Tokens: keeper, Consents: keeper, Schemas: schemas,
		Clock: Clock(now), Now: now, Random: rand.Reader,
	}
}

// Descriptions of the connectors.
func descriptions() map[string]ports.Description {
	quota := ports.Quota{InFlight: 2}
	return map[string]ports.Description{
		"klarna": {
			ID: "klarna", Name: "Klarna", Version: "1.0.0", Protocol: 1, Capabilities: []ports.Capability{ports.CapabilityPayouts, ports.CapabilityPurchases},
			Settings:    json.RawMessage(`{"type":"object","properties":{"region":{"type":"string","enum":["eu","na"]},"webhook_secret":{"type":"string","writeOnly":true}}}`),
			Credentials: json.RawMessage(`{"type":"object","required":["username","password"],"properties":{"username":{"type":"string","minLength":3},"password":{"type":"string","writeOnly":true,"pattern":"^live_"}}}`),
			Quota:       quota, Operations: []ports.Operation{{Name: "Verify", Calls: 1}}, Hosts: []string{"https://api.klarna.com"},
		},
		"fortnox": {
			ID: "fortnox", Name: "Fortnox", Version: "1.0.0", Protocol: 1,
			Capabilities: []ports.Capability{
				ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityVouchers, ports.CapabilityChoices, ports.CapabilityBooks,
				ports.CapabilityInvoices, ports.CapabilityOrderBook,
			},
			Settings:    json.RawMessage(`{"type":"object","properties":{}}`),
			Credentials: json.RawMessage(`{"type":"object","required":["client_secret"],"properties":{"client_secret":{"type":"string","writeOnly":true}}}`),
			Quota:       quota,
			Operations:  []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListChoices", Calls: 1}, {Name: "ExportBooks", Calls: 1}},
			Hosts:       []string{"https://api.fortnox.se"},
		},
		"storefront": {
			ID: "storefront", Name: "Storefront", Version: "1.0.0", Protocol: 1, Capabilities: []ports.Capability{ports.CapabilityOrders},
			Settings: json.RawMessage(`{"type":"object","properties":{}}`), Credentials: json.RawMessage(`{"type":"object","properties":{}}`),
			Quota: quota, Operations: []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListOrders", Calls: 1}}, Hosts: []string{"https://shop.example.com"},
		},
	}
}

func (r *Remote) descriptions() map[string]ports.Description {
	all := descriptions()
	for id, declared := range r.Callbacks {
		description := all[id]
		description.Callbacks, description.Capabilities = declared, append(description.Capabilities, ports.CapabilityCallbacks)
		all[id] = description
	}
	if r.Subscribes {
		description := all["klarna"]
		description.Capabilities = append(description.Capabilities, ports.CapabilitySubscribe)
		description.Operations = append(description.Operations,
			ports.Operation{Name: "EnsureSubscription", Calls: 2, Recovery: ports.RecoverySearchable},
			ports.Operation{Name: "CheckSubscription", Calls: 1}, ports.Operation{Name: "EnsureUnsubscribed", Calls: 1, Recovery: ports.RecoveryByState})
		all["klarna"] = description
	}
	for id, declared := range r.OAuth {
		description := all[id]
		description.OAuth = declared
		all[id] = description
	}
	return all
}

// Connector gives one of them.
func (r *Remote) Serving(id, _ string) (ports.Connector, error) {
	description, ok := r.descriptions()[id]
	if !ok {
		return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no such connector")
	}
	if id == "fortnox" {
		return accounting{connector{r, description}}, nil
	}
	if id == "klarna" && r.Subscribes {
		return subscribing{connector{r, description}}, nil
	}
	return connector{r, description}, nil
}

// Status lists all of them as ready.
func (r *Remote) Status() []ports.ConnectorStatus {
	all := r.descriptions()
	return []ports.ConnectorStatus{
		{Description: all["fortnox"], SHA256: "f0", State: ports.ConnectorReady},
		{Description: all["klarna"], SHA256: "c0", State: ports.ConnectorReady},
		{Description: all["storefront"], SHA256: "50", State: ports.ConnectorReady},
	}
}

// Token gives none: no connection uses client credentials.
func (r *Remote) Token(context.Context, string, ports.OAuth, map[string]string, map[string]string) (string, error) {
	return "", nil
}

// Forget notes which connection's token was dropped.
func (r *Remote) Forget(connectionID, _ string) { r.Forgotten = append(r.Forgotten, connectionID) }

type connector struct {
	remote      *Remote
	description ports.Description
}

func (c connector) Describe() ports.Description { return c.description }

func (c connector) Verify(_ context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	id := c.description.ID
	if err := c.remote.Fail[id]; err != nil {
		return ports.VerifyReport{}, err
	}
	c.remote.Asked, c.remote.Credentials = req.Expect, req.Connection.Credentials
	return ports.VerifyReport{
		Checks: c.remote.Checks[id], Capabilities: c.remote.Capabilities[id], AccountID: c.remote.AccountID[id], AccountName: "Account " + c.remote.AccountID[id], Usage: ports.Usage{Calls: 1},
	}, nil
}

// accounting adds what an accounting system can do. What no test calls is left
// to the nil interfaces.
type accounting struct{ connector }

// ListChoices gives two choices per page, so that paging is met.
func (a accounting) ListChoices(_ context.Context, req ports.ChoicesRequest) (ports.ChoicesPage, error) {
	a.remote.mu.Lock()
	defer a.remote.mu.Unlock()
	if err := a.remote.Fail["fortnox"]; err != nil {
		return ports.ChoicesPage{}, err
	}
	offered := map[ports.ChoiceKind]map[string]bool{ports.ChooseAccount: a.remote.Accounts, ports.ChooseVoucherSeries: a.remote.Series}[req.Kind]
	page := ports.ChoicesPage{Usage: ports.Usage{Calls: 1}}
	for _, value := range sorted(offered) {
		switch {
		case value <= req.Cursor:
		case len(page.Choices) == 2:
			page.Next = page.Choices[1].Value
			return page, nil
		default:
			page.Choices = append(page.Choices, ports.Choice{Value: value, Label: "Account " + value, Active: offered[value]})
		}
	}
	return page, nil
}

// Period gives the year of a date.
func (a accounting) Period(context.Context, ports.PeriodRequest) (ports.Period, error) {
	return ports.Period{Year: "1"}, nil
}

// ExportBooks gives one piece after the other.
func (a accounting) ExportBooks(_ context.Context, req ports.ExportBooksRequest) (ports.BooksPiece, error) {
	n := len(req.Cursor)
	if n == a.remote.FailPiece {
		return ports.BooksPiece{}, fault.New("connector.unavailable", fault.NotSent, "the connector is down")
	}
	piece := ports.BooksPiece{Bytes: []byte(a.remote.Pieces[n]), Usage: ports.Usage{Calls: 1}}
	if n+1 < len(a.remote.Pieces) {
		piece.Next = req.Cursor + "x"
	}
	return piece, nil
}

// Secrets seals by writing the owner in front, which is enough to notice a text
// that was sealed for another.
type Secrets struct{}

// Seal implements ports.Secrets.
func (Secrets) Seal(_ context.Context, owner string, plain []byte) ([]byte, error) {
	return append([]byte("sealed:"+owner+":"), plain...), nil
}

// Open implements ports.Secrets.
func (Secrets) Open(_ context.Context, owner string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte("sealed:"+owner+":"))
	if !ok {
		return nil, fault.New("secrets.unreadable", fault.Auth, "sealed for another owner")
	}
	return plain, nil
}

// Clock tells the business moment.
type Clock func() time.Time

// Now implements ports.BusinessClock.
func (c Clock) Now() time.Time { return c() }

// silence is a log that nobody reads.
type silence struct{}

func (silence) Info(string, ...any) {}
func (silence) Warn(string, ...any) {}

type machine struct{}

func (machine) Now() time.Time                       { return time.Unix(0, 0) }
func (machine) After(time.Duration) <-chan time.Time { return nil }
