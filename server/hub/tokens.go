package hub

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/kvitt/kvitt/adapters/oauth"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/config"
)

// tokenTimeout ends a request for an access token.
const tokenTimeout = 20 * time.Second

// clients are the operator's own integrations by connector id.
type clients map[string]ports.OAuthClient

// readClients reads the secrets of the operator's integrations.
func readClients(cfg config.Config) (clients, error) {
	read := clients{}
	for connector, c := range cfg.OAuthClients {
		secret, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("reading the client secret for %s: %w", connector, err)
		}
		if secret = bytes.TrimSpace(secret); len(secret) == 0 {
			return nil, fault.Invalid(config.CodeInvalid, "oauth_clients."+connector+".secret_file", "the file is empty")
		}
		read[connector] = ports.OAuthClient{ID: c.ID, Secret: string(secret)}
	}
	return read, nil
}

// newKeeper makes the one keeper of tokens.
func newKeeper(cfg config.Config, listener net.Listener, store ports.Store, secrets ports.Secrets, business ports.BusinessClock, own clients) *consent.Keeper {
	transport := tokenTransport()
	return consent.New(consent.Parts{
		Store: store, Secrets: secrets, Authority: oauth.NewAuthority(transport, tokenTimeout), Bought: oauth.New(transport, tokenTimeout),
		Redirect: strings.TrimSuffix(publicURL(cfg, listener), "/") + rest.CallbackPath, Clients: own, Hosts: cfg.Hosts,
		Now: time.Now, Clock: business, Random: rand.Reader,
	})
}

// publicURL is how people reach the API.
func publicURL(cfg config.Config, listener net.Listener) string {
	if cfg.PublicURL != "" {
		return cfg.PublicURL
	}
	return "http://" + listener.Addr().String()
}

func tokenTransport() *http.Transport {
	return &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: tokenTimeout}).DialContext, TLSHandshakeTimeout: tokenTimeout,
		ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute,
	}
}
