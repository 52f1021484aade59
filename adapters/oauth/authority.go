package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/ports"
)

// CodeCodeRefused: the authorisation server does not take the code of an answer.
const CodeCodeRefused fault.Code = "oauth.code_refused"

const (
	invalidGrant = "invalid_grant"
	// largest is the most that an answer to a revocation may say.
	largest = 64 << 10
)

// Authority is a consent.Authority over HTTP.
type Authority struct {
	transport http.RoundTripper
	timeout   time.Duration
}

var _ consent.Authority = (*Authority)(nil)

// NewAuthority makes an authority. Each request ends after timeout.
func NewAuthority(transport http.RoundTripper, timeout time.Duration) *Authority {
	return &Authority{transport: transport, timeout: timeout}
}

// AuthorizeURL implements consent.Authority.
func (a *Authority) AuthorizeURL(c consent.Client, redirect, state, verifier string) string {
	declared := c.Declared.Consent
	var options []oauth2.AuthCodeOption
	for _, name := range slices.Sorted(maps.Keys(declared.Parameters)) {
		options = append(options, oauth2.SetAuthURLParam(name, declared.Parameters[name]))
	}
	if verifier != "" {
		options = append(options, oauth2.S256ChallengeOption(verifier))
	}
	return configOf(c, redirect).AuthCodeURL(state, options...)
}

// Verifier implements consent.Authority.
func (*Authority) Verifier() string { return oauth2.GenerateVerifier() }

// Exchange implements consent.Authority.
func (a *Authority) Exchange(ctx context.Context, c consent.Client, redirect, code, verifier string) (consent.Tokens, error) {
	var options []oauth2.AuthCodeOption
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	token, err := configOf(c, redirect).Exchange(a.through(ctx, c), code, options...)
	if grantRefused(err) {
		return consent.Tokens{}, fault.New(CodeCodeRefused, fault.Auth, "the authorisation server does not take the code any more").
			From(fault.Upstream).WithRemedy("ask for consent anew and follow the new link at once")
	}
	if err != nil {
		return consent.Tokens{}, failure(err)
	}
	return tokensOf(token), nil
}

// Refresh implements consent.Authority.
func (a *Authority) Refresh(ctx context.Context, c consent.Client, refresh string) (consent.Tokens, error) {
	token, err := configOf(c, "").TokenSource(a.through(ctx, c), &oauth2.Token{RefreshToken: refresh}).Token()
	if grantRefused(err) {
		return consent.Tokens{}, fault.New(ports.CodeConsentNeeded, fault.Auth, "the authorisation server takes the refresh token no more").
			From(fault.Upstream).WithRemedy("ask for consent anew")
	}
	if err != nil {
		return consent.Tokens{}, failure(err)
	}
	return tokensOf(token), nil
}

// Revoke implements consent.Authority (RFC 7009 §2.1).
func (a *Authority) Revoke(ctx context.Context, c consent.Client, refresh string) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	form := url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}}
	address := replaceHost(c.Declared.Consent.RevokeURL, c.Hosts)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return errUnreachable()
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	config := configOf(c, "")
	// RFC 6749 §2.3.1: both are form-encoded before they are joined.
	request.SetBasicAuth(url.QueryEscape(config.ClientID), url.QueryEscape(config.ClientSecret))
	answer, err := headers{c.Declared.HeadersFor(c.Credentials), a.transport}.RoundTrip(request)
	if err != nil {
		return errUnreachable() // the cause may quote the request
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, largest))
	switch {
	case err != nil || passing(answer.StatusCode):
		return errUnreachable()
	case answer.StatusCode < http.StatusMultipleChoices:
		return nil
	}
	return errRefused(describe(&oauth2.RetrieveError{Response: answer, Body: body}))
}

func configOf(c consent.Client, redirect string) *oauth2.Config {
	d := c.Declared
	return &oauth2.Config{
		ClientID: c.Credentials[d.ClientID], ClientSecret: c.Credentials[d.ClientSecret], Scopes: d.Scopes, RedirectURL: redirect,
		Endpoint: oauth2.Endpoint{
			AuthURL: replaceHost(d.Consent.AuthorizeURL, c.Hosts), TokenURL: replaceHost(d.TokenURL, c.Hosts), AuthStyle: oauth2.AuthStyleInHeader,
		},
	}
}

// through gives the context by which the library takes our client.
func (a *Authority) through(ctx context.Context, c consent.Client) context.Context {
	client := &http.Client{Timeout: a.timeout, Transport: headers{c.Declared.HeadersFor(c.Credentials), a.transport}}
	return context.WithValue(ctx, oauth2.HTTPClient, client)
}

func tokensOf(t *oauth2.Token) consent.Tokens {
	return consent.Tokens{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: t.Expiry}
}

// grantRefused tells a refusal of the grant from one of the client. The body is
// read whatever its content type says.
func grantRefused(err error) bool {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || passing(refused.Response.StatusCode) {
		return false
	}
	var body struct {
		Error string `json:"error"`
	}
	return json.Unmarshal(refused.Body, &body) == nil && body.Error == invalidGrant
}
