package onboardingtest

import (
	"context"
	"net/url"
	"strconv"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/ports"
)

// Code is the one code that an Authority takes.
const Code = "approved"

// Authority is an authorisation server whose refresh tokens are good for one use.
// Its fields may be changed before a call.
type Authority struct {
	mu sync.Mutex
	// Refreshable is the token that is good, empty if none is.
	Refreshable string
	// Renewals counts what it was asked to renew, Revoked lists what it has revoked.
	Renewals int
	Revoked  []string
	// Clients are the client ids that asked, Verifiers what they proved.
	Clients, Verifiers []string
	// Fail makes every request fail.
	Fail   error
	issued int
}

// AuthorizeURL implements consent.Authority.
func (a *Authority) AuthorizeURL(c consent.Client, redirect, state, verifier string) string {
	query := url.Values{"client_id": {c.Credentials[c.Declared.ClientID]}, "redirect_uri": {redirect}, "state": {state}}
	if verifier != "" {
		query.Set("challenge", "of "+verifier)
	}
	return "https://auth.example.com/?" + query.Encode()
}

// Verifier implements consent.Authority.
func (*Authority) Verifier() string { return "verifier" }

// Exchange implements consent.Authority.
func (a *Authority) Exchange(_ context.Context, c consent.Client, _, code, verifier string) (consent.Tokens, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Fail != nil {
		return consent.Tokens{}, a.Fail
	}
	if code != Code {
		return consent.Tokens{}, fault.New("oauth.code_refused", fault.Auth, "the code is not taken")
	}
	a.Clients, a.Verifiers = append(a.Clients, c.Credentials[c.Declared.ClientID]), append(a.Verifiers, verifier)
	return a.issue(), nil
}

// Refresh implements consent.Authority.
func (a *Authority) Refresh(_ context.Context, _ consent.Client, refresh string) (consent.Tokens, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Renewals++
	if a.Fail != nil {
		return consent.Tokens{}, a.Fail
	}
	if refresh == "" || refresh != a.Refreshable {
		return consent.Tokens{}, fault.New(ports.CodeConsentNeeded, fault.Auth, "the refresh token is not taken")
	}
	return a.issue(), nil
}

// Revoke implements consent.Authority.
func (a *Authority) Revoke(_ context.Context, _ consent.Client, refresh string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Fail == nil {
		a.Revoked = append(a.Revoked, refresh)
	}
	return a.Fail
}

func (a *Authority) issue() consent.Tokens {
	a.issued++
	n := strconv.Itoa(a.issued)
	a.Refreshable = "secret-refresh-" + n
	return consent.Tokens{Access: "secret-access-" + n, Refresh: a.Refreshable}
}
