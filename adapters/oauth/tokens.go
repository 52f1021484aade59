// Package oauth obtains access tokens for connections by what their connectors
// declare: endpoint, client authentication, scopes and extra headers. Tokens that
// were bought with client credentials live in memory only, as a new one can always
// be had; those of a consent are kept by core/flow/consent.
package oauth

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of obtaining tokens.
const (
	// CodeRefused: the authorisation server does not accept the credentials.
	CodeRefused fault.Code = "oauth.credentials_refused"
	// CodeUnreachable: the authorisation server could not be reached.
	CodeUnreachable fault.Code = "oauth.unreachable"
)

// headroom is how long before its end a token is no longer handed out, so that a
// request which waits for its turn still finds it valid.
const headroom = 2 * time.Minute

// Tokens is a ports.Tokens. It is safe for concurrent use.
type Tokens struct {
	transport http.RoundTripper
	timeout   time.Duration

	mu      sync.Mutex
	sources map[string]*source
}

var _ ports.Tokens = (*Tokens)(nil)

// New makes an empty set of tokens. Each token request ends after timeout.
func New(transport http.RoundTripper, timeout time.Duration) *Tokens {
	return &Tokens{transport: transport, timeout: timeout, sources: map[string]*source{}}
}

// Token gives a token, from memory while it is valid.
func (t *Tokens) Token(_ context.Context, connectionID string, declared ports.OAuth, credentials, hosts map[string]string) (string, error) {
	token, err := t.source(connectionID, declared, credentials, hosts).Token()
	if err == nil {
		return token.AccessToken, nil
	}
	return "", failure(err)
}

// Forget implements ports.Tokens.
func (t *Tokens) Forget(connectionID, token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if source, ok := t.sources[connectionID]; ok && (token == "" || source.gave(token)) {
		delete(t.sources, connectionID)
	}
}

// source gives the connection's token source. The lock is held while it is made,
// not while a token is fetched; the source itself fetches once at a time.
func (t *Tokens) source(connectionID string, declared ports.OAuth, credentials, hosts map[string]string) *source {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.sources[connectionID]; ok {
		return known
	}
	config := clientcredentials.Config{
		ClientID: credentials[declared.ClientID], ClientSecret: credentials[declared.ClientSecret],
		TokenURL: replaceHost(declared.TokenURL, hosts), Scopes: declared.Scopes, AuthStyle: oauth2.AuthStyleInHeader,
	}
	client := &http.Client{Timeout: t.timeout, Transport: headers{declared.HeadersFor(credentials), t.transport}}
	// The source outlives the request that first needs it, hence no context of it.
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, client)
	made := &source{fetch: oauth2.ReuseTokenSourceWithExpiry(nil, fetcher{ctx, config}, headroom)}
	t.sources[connectionID] = made
	return made
}

// source remembers which token it gave last.
type source struct {
	fetch oauth2.TokenSource
	last  atomic.Pointer[string]
}

func (s *source) Token() (*oauth2.Token, error) {
	token, err := s.fetch.Token()
	if err == nil {
		s.last.Store(&token.AccessToken)
	}
	return token, err
}

func (s *source) gave(token string) bool {
	last := s.last.Load()
	return last == nil || *last == token
}

type fetcher struct {
	ctx    context.Context //nolint:containedctx // carries the HTTP client, as the library wants it
	config clientcredentials.Config
}

func (f fetcher) Token() (*oauth2.Token, error) { return f.config.Token(f.ctx) }
