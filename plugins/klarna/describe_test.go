package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func TestTheDescriptionIsTheSameOverTheWire(t *testing.T) {
	t.Parallel()
	d := New().Describe()
	require.Equal(t, d, New().Describe())
	over := wiretest.Client(t, New()).Describe()
	require.JSONEq(t, string(d.Settings), string(over.Settings))
	require.Equal(t, d.Quota, over.Quota)
	require.Equal(t, d.Operations, over.Operations)
	require.Len(t, d.Hosts, 12)
	require.Equal(t, []ports.Capability{ports.CapabilityPayouts, ports.CapabilityPurchases, ports.CapabilityCallbacks, ports.CapabilityPages}, d.Capabilities)
	for _, name := range []string{"Verify", "ListPayouts", "ListPayoutLines", "ReadPurchase"} {
		_, declared := d.Operation(name)
		require.True(t, declared, name)
	}
}

// property is what a form needs to show a field.
type property struct {
	Title, Description string
	WriteOnly          bool `json:"writeOnly"`
	Default            any
	Enum               []any
}

func properties(t *testing.T, schema []byte) map[string]property {
	t.Helper()
	var s struct{ Properties map[string]property }
	require.NoError(t, json.Unmarshal(schema, &s))
	return s.Properties
}

func TestSchemasExplainThemselvesAndKeepSecrets(t *testing.T) {
	t.Parallel()
	d := New().Describe()
	credentials, settings := properties(t, d.Credentials), properties(t, d.Settings)
	for _, schema := range []map[string]property{credentials, settings} {
		for name, p := range schema {
			require.NotEmpty(t, p.Title, name)
			require.NotEmpty(t, p.Description, name)
			require.Equal(t, name == "api_key", p.WriteOnly, name)
		}
	}
	for _, name := range d.Quota.Account {
		require.Contains(t, credentials, name)
		require.False(t, credentials[name].WriteOnly, "the name of a lane is not a secret")
	}
	var offered []string
	for _, value := range settings["settlement_base_url"].Enum {
		if value != "" {
			offered = append(offered, value.(string))
		}
	}
	require.ElementsMatch(t, d.Hosts, offered)
}

func TestSchemasAcceptWhatTheConnectorAccepts(t *testing.T) {
	t.Parallel()
	compile := func(schema []byte) *jsonschema.Schema {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
		require.NoError(t, err)
		c := jsonschema.NewCompiler()
		require.NoError(t, c.AddResource("schema.json", document))
		return c.MustCompile("schema.json")
	}
	settings, credentials := compile(New().Describe().Settings), compile(New().Describe().Credentials)
	defaults := map[string]any{}
	for name, p := range properties(t, New().Describe().Settings) {
		defaults[name] = p.Default
	}
	text, err := json.Marshal(defaults)
	require.NoError(t, err)
	a, err := readAccount(ports.Connection{Settings: text, Credentials: map[string]string{"merchant_id": "K1", "api_key": "k"}})
	require.NoError(t, err)
	bare, err := readAccount(ports.Connection{Credentials: map[string]string{"merchant_id": "K1", "api_key": "k"}})
	require.NoError(t, err)
	require.Equal(t, bare, a, "the schema's defaults are the connector's")

	for _, c := range []struct {
		schema *jsonschema.Schema
		text   string
		good   bool
	}{
		{settings, `{}`, true},
		{settings, `{"region":"na","environment":"playground","platform":"kustom","settlement_base_url":"https://api.klarna.com"}`, true},
		{settings, `{"region":"as"}`, false},
		{settings, `{"settlement_base_url":"https://evil.test"}`, false},
		{settings, `{"sandbox":true}`, false},
		{credentials, `{"merchant_id":"K123456","username":"K123456_abc","api_key":"klarna_test_api_SECRET"}`, true},
		{credentials, `{"merchant_id":"K123456","api_key":"shared-Secret+/="}`, true},
		{credentials, `{"api_key":"klarna_test_api_SECRET"}`, false},
		{credentials, `{"merchant_id":"K1","api_key":"a b"}`, false},
		{credentials, `{"merchant_id":"K1","api_key":"a","username":"a:b"}`, false},
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(c.text)))
		require.NoError(t, err)
		require.Equal(t, c.good, c.schema.Validate(value) == nil, c.text)
	}
}
