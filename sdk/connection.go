package sdk

import (
	"bytes"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what a call says about its connection. The hub holds settings and
// credentials against their schemas; a connector answers for itself all the same.
const (
	// CodeSettings: the settings do not follow the connector's schema.
	CodeSettings fault.Code = "connector.settings_invalid"
	// CodeCredential: a credential is missing.
	CodeCredential fault.Code = "connector.credential_missing"
)

// ReadSettings reads the settings of a connection over the defaults that into holds,
// which points to a struct. It fails with CodeSettings if they are no object, or hold
// something that the struct does not know.
func ReadSettings(c ports.Connection, into any) error {
	text := bytes.TrimSpace(c.Settings)
	if len(text) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil || text[0] != '{' || decoder.More() {
		return fault.Invalid(CodeSettings, "settings", "the settings do not follow the connector's schema").
			From(fault.Connector).WithRemedy("save the settings of the connection again")
	}
	return nil
}

// Credential gives the credential of a name. It fails with CodeCredential if there is
// none.
func Credential(c ports.Connection, name string) (string, error) {
	if c.Credentials[name] == "" {
		return "", fault.Invalid(CodeCredential, "credentials."+name, "the credential is missing").
			From(fault.Connector).WithRemedy("enter the credentials of the connection again")
	}
	return c.Credentials[name], nil
}
