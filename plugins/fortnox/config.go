package main

import (
	"bytes"
	_ "embed"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeSettings: the settings of the connection do not follow the schema.
const CodeSettings fault.Code = "fortnox.settings_invalid"

// Names of credentials. tenantID and the client's are what the hub obtains access
// tokens with; a call usually brings the token alone.
const (
	credentialClientID     = "client_id"
	credentialClientSecret = "client_secret"
	credentialTenantID     = "tenant_id"
)

//go:embed settings.schema.json
var settingsSchema []byte

//go:embed credentials.schema.json
var credentialsSchema []byte

// settings are what a merchant chooses for a connection.
type settings struct {
	// ModeOfPayment is a code, or empty to name payments by their account alone.
	ModeOfPayment string `json:"mode_of_payment"`
}

func parseSettings(raw json.RawMessage) (settings, error) {
	var s settings
	if len(bytes.TrimSpace(raw)) == 0 {
		return s, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return settings{}, fault.Invalid(CodeSettings, "settings", "the settings do not follow the connector's schema").
			From(fault.Connector).WithRemedy("save the settings of the connection again")
	}
	return s, nil
}

// scopes are what the consent must cover (Fortnox developer guide, scopes). A
// scope always gives both reading and writing.
func scopes() []string {
	return []string{
		"companyinformation", "settings", "bookkeeping", "invoice", "payment", "currency", "inbox", "connectfile",
	}
}

func oauth() *ports.OAuth {
	return &ports.OAuth{
		TokenURL:     "https://apps.fortnox.se/oauth-v1/token",
		ClientID:     credentialClientID,
		ClientSecret: credentialClientSecret,
		Scopes:       scopes(),
		Headers:      map[string]string{"TenantId": "{" + credentialTenantID + "}"},
		// A service account outlives the person who approves (Fortnox developer blog,
		// service accounts); offline is what brings a refresh token.
		Consent: &ports.Consent{
			AuthorizeURL: "https://apps.fortnox.se/oauth-v1/auth",
			RevokeURL:    "https://apps.fortnox.se/oauth-v1/revoke",
			Parameters:   map[string]string{"access_type": "offline", "account_type": "service"},
		},
	}
}
