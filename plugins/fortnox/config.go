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
	// CustomerPolicy says whom documents are made out to.
	CustomerPolicy customerPolicy `json:"customer_policy"`
	// OSSVATType is the VAT type of consumers taxed in another EU country.
	OSSVATType vatType `json:"oss_vat_type"`
	// RowQuantity says how many pieces a row has.
	RowQuantity rowQuantity `json:"row_quantity"`
	// TermsOfPayment is a code, or empty for those of Fortnox.
	TermsOfPayment string `json:"terms_of_payment"`
}

// customerPolicy is a way to choose the customer of a document.
type customerPolicy string

// The policies. With customersGeneric, which is the default, all buyers of a country, VAT
// type and currency share one card, and each document has the buyer's name and address.
const (
	customersGeneric customerPolicy = "generic"
	customersOwn     customerPolicy = "own"
)

// rowQuantity is a way to write how many pieces a row is about.
type rowQuantity string

// The ways. With quantityOne, which is the default, a row is one piece at the price of
// all; then no price is rounded.
const (
	quantityOne  rowQuantity = "one"
	quantityReal rowQuantity = "real"
)

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
		"companyinformation", "settings", "bookkeeping", "invoice", "payment", "customer", "order", "currency", "inbox", "connectfile",
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
