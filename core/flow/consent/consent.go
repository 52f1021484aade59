// Package consent is how a merchant opens an account at a remote system to kvitt
// without handing over a password: the way to the page where the merchant
// approves, what comes back from there, and the tokens that it brings.
//
// Refresh tokens may be good for one use. Hence a connection's tokens are renewed
// by one caller at a time, and what was renewed is stored before it is used.
package consent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of asking for consent.
const (
	// CodeNotOffered: the connection's connector has no consent to ask for, or the
	// connection has what client credentials need.
	CodeNotOffered fault.Code = "oauth.consent_not_offered"
	// CodeClientMissing: nothing says which integration asks.
	CodeClientMissing fault.Code = "oauth.client_missing"
	// CodeStateUnknown: the answer belongs to no request.
	CodeStateUnknown fault.Code = "oauth.state_unknown"
	// CodeStateUsed: the request was answered before.
	CodeStateUsed fault.Code = "oauth.state_used"
	// CodeStateExpired: the answer came too late.
	CodeStateExpired fault.Code = "oauth.state_expired"
	// CodeDenied: the merchant has refused.
	CodeDenied fault.Code = "oauth.consent_denied"
	// CodeFailed: the authorisation server could not ask the merchant.
	CodeFailed fault.Code = "oauth.consent_failed"
)

// Tokens are what an authorisation server gives.
type Tokens struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// Client is an integration at an authorisation server, and how to reach it.
type Client struct {
	Declared    ports.OAuth
	Credentials map[string]string
	// Hosts replace hosts, see ports.Connection.
	Hosts map[string]string
}

// Authority speaks with authorisation servers.
type Authority interface {
	// AuthorizeURL is where the merchant approves. The verifier is empty without PKCE.
	AuthorizeURL(c Client, redirect, state, verifier string) string
	// Verifier makes an unpredictable PKCE code verifier.
	Verifier() string
	// Exchange turns the code of an answer into tokens.
	Exchange(ctx context.Context, c Client, redirect, code, verifier string) (Tokens, error)
	// Refresh gives new tokens for a refresh token. It fails with
	// ports.CodeConsentNeeded if the server takes it no more.
	Refresh(ctx context.Context, c Client, refresh string) (Tokens, error)
	// Revoke ends a refresh token. One that has ended already is no failure.
	Revoke(ctx context.Context, c Client, refresh string) error
}

// Parts are what a keeper is made of. All are required but Clients and Hosts.
type Parts struct {
	Store     ports.Store
	Secrets   ports.Secrets
	Authority Authority
	// Bought gives the tokens of connections that use client credentials.
	Bought ports.Tokens
	// Redirect is the address to which answers come back.
	Redirect string
	// Clients are the operator's own integrations, Hosts replace hosts, both by
	// connector id.
	Clients map[string]ports.OAuthClient
	Hosts   map[string]map[string]string
	// Now is machine time, in which tokens live; Clock says when things happen to
	// merchants.
	Now    func() time.Time
	Clock  ports.BusinessClock
	Random io.Reader
}

// Keeper keeps the tokens of all connections and gives them out. There is one in
// a hub, because two would renew the same token. It is safe for concurrent use.
type Keeper struct {
	parts Parts

	mu     sync.Mutex
	chains map[chainKey]*chain
}

var _ ports.Tokens = (*Keeper)(nil)

// New makes a keeper.
func New(parts Parts) *Keeper { return &Keeper{parts: parts, chains: map[chainKey]*chain{}} }

// client gives the integration of a connection.
func (k *Keeper) client(ctx context.Context, record ports.ConnectionRecord, declared ports.OAuth) (Client, error) {
	plain, err := k.parts.Secrets.Open(ctx, record.ID, record.Credentials)
	if err != nil {
		return Client{}, err
	}
	credentials := map[string]string{}
	if err := json.Unmarshal(plain, &credentials); err != nil {
		return Client{}, errors.New("reading stored credentials: they are no object of texts") // the cause could quote them
	}
	declared, credentials = declared.For(credentials, k.parts.Clients[record.Connector])
	return Client{Declared: declared, Credentials: credentials, Hosts: k.parts.Hosts[record.Connector]}, nil
}

// seal and open turn tokens into what is stored and back.
func (k *Keeper) seal(ctx context.Context, connectionID string, tokens Tokens) ([]byte, error) {
	text, err := json.Marshal(tokens)
	if err != nil {
		return nil, err
	}
	return k.parts.Secrets.Seal(ctx, connectionID, text)
}

func (k *Keeper) open(ctx context.Context, connectionID string, sealed []byte) (Tokens, error) {
	plain, err := k.parts.Secrets.Open(ctx, connectionID, sealed)
	if err != nil {
		return Tokens{}, err
	}
	var tokens Tokens
	if err := json.Unmarshal(plain, &tokens); err != nil {
		return Tokens{}, errors.New("reading stored tokens: they are not as they were written")
	}
	return tokens, nil
}

func errNeeded(reason string) error {
	return fault.New(ports.CodeConsentNeeded, fault.Auth, reason).From(fault.Upstream).
		WithRemedy("ask for consent with POST /v1/connections/{id}/consent and follow the link; flows that wait go on by themselves")
}
