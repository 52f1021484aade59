package ports

import (
	"maps"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeConsentNeeded: a connection has no consent of the merchant, or no longer.
// Flows wait for it.
const CodeConsentNeeded fault.Code = "oauth.consent_needed"

// Consent declares the authorization-code grant with refresh tokens (RFC 6749
// §4.1 and §6).
type Consent struct {
	// AuthorizeURL is where the merchant approves.
	AuthorizeURL string `json:"authorize_url"`
	// RevokeURL is where a refresh token is revoked (RFC 7009), empty if nowhere.
	RevokeURL string `json:"revoke_url,omitempty"`
	// PKCE: the server takes a code challenge (RFC 7636, S256).
	PKCE bool `json:"pkce,omitempty"`
	// Parameters are added to the authorize URL ("access_type": "offline").
	Parameters map[string]string `json:"parameters,omitempty"`
	// Only: client credentials buy no tokens here.
	Only bool `json:"only,omitempty"`
}

// ByConsent says which grant a connection uses. Where both are declared it buys
// tokens with client credentials if it has everything that they need: the client's
// id and secret, and every credential that Headers name.
func (o OAuth) ByConsent(credentials map[string]string) bool {
	switch {
	case o.Consent == nil:
		return false
	case o.Consent.Only, credentials[o.ClientID] == "", credentials[o.ClientSecret] == "":
		return true
	}
	return len(o.HeadersFor(credentials)) < len(o.Headers)
}

// HeadersFor fills the headers of a token request from the credentials. Those that
// name a credential which is missing are left out.
func (o OAuth) HeadersFor(credentials map[string]string) map[string]string {
	filled := make(map[string]string, len(o.Headers))
	for name, template := range o.Headers {
		if value, whole := fill(template, credentials); whole {
			filled[name] = value
		}
	}
	return filled
}

// fill replaces "{name}" by the credential of that name. It says whether there is
// one for each.
func fill(template string, credentials map[string]string) (string, bool) {
	var out strings.Builder
	for {
		before, rest, opened := strings.Cut(template, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !opened || !closed {
			out.WriteString(template)
			return out.String(), true
		}
		if credentials[name] == "" {
			return "", false
		}
		out.WriteString(before + credentials[name])
		template = after
	}
}

// OAuthClient is the operator's own integration at a remote system.
type OAuthClient struct{ ID, Secret string }

// For narrows the declaration to the grant that a connection uses, and completes
// the credentials with the operator's client if it is consent and the connection
// names no client of its own. Client credentials never get the operator's client:
// with them whoever names an account reaches it, and a merchant could name
// another's.
func (o OAuth) For(credentials map[string]string, own OAuthClient) (OAuth, map[string]string) {
	if !o.ByConsent(credentials) {
		return o, credentials
	}
	only := *o.Consent
	only.Only = true
	o.Consent = &only
	if own.ID == "" || credentials[o.ClientID] != "" {
		return o, credentials
	}
	complete := map[string]string{}
	maps.Copy(complete, credentials)
	complete[o.ClientID], complete[o.ClientSecret] = own.ID, own.Secret
	return o, complete
}
