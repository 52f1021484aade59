// Package oauth obtains access tokens for connections by what their connectors
// declare: endpoint, client authentication, scopes and extra headers. Tokens live
// in memory only; with the client-credentials grant a new one can always be had.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
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
	sources map[string]oauth2.TokenSource
}

var _ ports.Tokens = (*Tokens)(nil)

// New makes an empty set of tokens. Each token request ends after timeout.
func New(transport http.RoundTripper, timeout time.Duration) *Tokens {
	return &Tokens{transport: transport, timeout: timeout, sources: map[string]oauth2.TokenSource{}}
}

// Token gives a token, from memory while it is valid.
func (t *Tokens) Token(_ context.Context, connectionID string, declared ports.OAuth, credentials, hosts map[string]string) (string, error) {
	token, err := t.source(connectionID, declared, credentials, hosts).Token()
	if err == nil {
		return token.AccessToken, nil
	}
	unreachable := fault.New(CodeUnreachable, fault.NotSent, "the authorisation server gave no token").
		From(fault.Upstream).WithRemedy("wait; kvitt tries again by itself")
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return "", unreachable
	}
	switch status := refused.Response.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		unreachable.RetryAfter = retryAfter(refused.Response.Header)
		return "", unreachable
	default:
		// The body may quote the request; its error code alone is safe to repeat.
		return "", fault.New(CodeRefused, fault.Auth, "the authorisation server refused the credentials: "+describe(refused)).
			From(fault.Upstream).WithRemedy("check client id, client secret and consent, then enter the credentials again")
	}
}

// retryAfter reads how many seconds the server asks to be left alone, an hour at
// most. Servers that give a date are tried again like those that say nothing.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour) //nolint:gosec // 16 bits fit
}

// describe gives the error code of RFC 6749 §5.2. The body is read whatever its
// content type says: Fortnox sends refusals as text/plain and text/html.
func describe(refused *oauth2.RetrieveError) string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(refused.Body, &body) == nil && body.Error != "" {
		return body.Error
	}
	return refused.Response.Status
}

// Forget drops the token of a connection.
func (t *Tokens) Forget(connectionID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sources, connectionID)
}

// source gives the connection's token source. The lock is held while it is made,
// not while a token is fetched; the source itself fetches once at a time.
func (t *Tokens) source(connectionID string, declared ports.OAuth, credentials, hosts map[string]string) oauth2.TokenSource {
	t.mu.Lock()
	defer t.mu.Unlock()
	if source, ok := t.sources[connectionID]; ok {
		return source
	}
	config := clientcredentials.Config{
		ClientID: credentials[declared.ClientID], ClientSecret: credentials[declared.ClientSecret],
		TokenURL: replaceHost(declared.TokenURL, hosts), Scopes: declared.Scopes, AuthStyle: oauth2.AuthStyleInHeader,
	}
	client := &http.Client{Timeout: t.timeout, Transport: headers{fill(declared.Headers, credentials), t.transport}}
	// The source outlives the request that first needs it, hence no context of it.
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, client)
	source := oauth2.ReuseTokenSourceWithExpiry(nil, fetcher{ctx, config}, headroom)
	t.sources[connectionID] = source
	return source
}

type fetcher struct {
	ctx    context.Context //nolint:containedctx // carries the HTTP client, as the library wants it
	config clientcredentials.Config
}

func (f fetcher) Token() (*oauth2.Token, error) { return f.config.Token(f.ctx) }

// fill replaces "{name}" in header values by the credential of that name.
func fill(templates, credentials map[string]string) map[string]string {
	filled := make(map[string]string, len(templates))
	for name, template := range templates {
		for credential, value := range credentials {
			template = strings.ReplaceAll(template, "{"+credential+"}", value)
		}
		filled[name] = template
	}
	return filled
}

// replaceHost points the URL at the base URL that the operator has set for its
// host, if any.
func replaceHost(address string, hosts map[string]string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	for declared, base := range hosts {
		d, errDeclared := url.Parse(declared)
		b, errBase := url.Parse(base)
		if errDeclared == nil && errBase == nil && d.Host == u.Host {
			u.Scheme, u.Host = b.Scheme, b.Host
			u.Path = strings.TrimSuffix(b.Path, "/") + u.Path
			return u.String()
		}
	}
	return address
}

type headers struct {
	extra map[string]string
	next  http.RoundTripper
}

func (h headers) RoundTrip(req *http.Request) (*http.Response, error) {
	if len(h.extra) > 0 {
		req = req.Clone(req.Context())
		for name, value := range h.extra {
			req.Header.Set(name, value)
		}
	}
	return h.next.RoundTrip(req)
}
