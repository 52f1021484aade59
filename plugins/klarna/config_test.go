package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func TestHostsFollowRegionEnvironmentAndPlatform(t *testing.T) {
	t.Parallel()
	// From Klarna's page on API URLs and Kustom's on authentication.
	cases := map[string]struct {
		settings            string
		merchant, user      string
		key                 string
		settlements, orders string
	}{
		"nothing chosen":          {``, "K1", "", "klarna_live_api_x", "https://api.klarna.com", ""},
		"Europe":                  {`{"region":"eu"}`, "K1", "", "klarna_live_api_x", "https://api.klarna.com", ""},
		"North America":           {`{"region":"na"}`, "N1", "", "klarna_live_api_x", "https://api-na.klarna.com", ""},
		"Oceania":                 {`{"region":"oc"}`, "O1", "", "klarna_live_api_x", "https://api-oc.klarna.com", ""},
		"Europe's playground":     {`{"environment":"playground"}`, "PK1", "", "klarna_test_api_x", "https://api.playground.klarna.com", ""},
		"America's playground":    {`{"region":"na","environment":"playground"}`, "PN1", "", "old", "https://api-na.playground.klarna.com", ""},
		"Oceania's playground":    {`{"region":"oc","environment":"playground"}`, "PO1", "", "old", "https://api-oc.playground.klarna.com", ""},
		"a key of Kustom":         {`{}`, "K1", "", "kco_live_api_x", "https://api.kustom.co", ""},
		"a test key of Kustom":    {`{"environment":"playground"}`, "PK1", "", "kco_test_api_x", "https://api.playground.kustom.co", ""},
		"a merchant id of Kustom": {`{"region":"na"}`, "M123", "", "old", "https://api-na.kustom.co", ""},
		"a username of Kustom":    {`{"environment":"playground"}`, "K1", "PM123-abc", "old", "https://api.playground.kustom.co", ""},
		"Klarna by choice":        {`{"platform":"klarna"}`, "M123", "", "kco_live_api_x", "https://api.klarna.com", ""},
		"Kustom by choice":        {`{"platform":"kustom"}`, "K1", "", "klarna_live_api_x", "https://api.kustom.co", ""},
		"settlements elsewhere": {
			`{"platform":"kustom","settlement_base_url":"https://api.klarna.com"}`, "M1", "", "old", "https://api.klarna.com", "https://api.kustom.co",
		},
	}
	for name, c := range cases {
		a, err := readAccount(ports.Connection{
			Settings:    json.RawMessage(c.settings),
			Credentials: map[string]string{"merchant_id": c.merchant, "username": c.user, "api_key": c.key},
		})
		require.NoError(t, err, name)
		require.NoError(t, a.keyFits(), name)
		require.Equal(t, c.settlements, a.settlements(), name)
		if c.orders == "" {
			c.orders = c.settlements
		}
		require.Equal(t, c.orders, a.orders(), name)
		require.Contains(t, hosts(), a.settlements(), name)
	}
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	good := map[string]string{"merchant_id": "K1", "api_key": "klarna_live_api_x"}
	for name, c := range map[string]struct {
		settings    string
		credentials map[string]string
		field       string
		code        fault.Code
	}{
		"no JSON":                   {`{`, good, "settings", CodeSettings},
		"an unknown region":         {`{"region":"as"}`, good, "settings.region", CodeSettings},
		"an unknown environment":    {`{"environment":"test"}`, good, "settings.environment", CodeSettings},
		"an unknown platform":       {`{"platform":"adyen"}`, good, "settings.platform", CodeSettings},
		"a host of somebody else":   {`{"settlement_base_url":"https://evil.test"}`, good, "settings.settlement_base_url", CodeSettings},
		"no merchant id":            {`{}`, map[string]string{"api_key": "x"}, "credentials.merchant_id", CodeCredentials},
		"no key":                    {`{}`, map[string]string{"merchant_id": "K1"}, "credentials.api_key", CodeCredentials},
		"a key with a line break":   {`{}`, map[string]string{"merchant_id": "K1", "api_key": "a\nb"}, "credentials.api_key", CodeCredentials},
		"a username with a colon":   {`{}`, map[string]string{"merchant_id": "K1", "api_key": "x", "username": "a:b"}, "credentials.username", CodeCredentials},
		"a test key for live":       {`{}`, map[string]string{"merchant_id": "K1", "api_key": "klarna_test_api_x"}, "credentials.api_key", CodeKeyEnvironment},
		"a live key for playground": {`{"environment":"playground"}`, map[string]string{"merchant_id": "K1", "api_key": "kco_live_api_x"}, "credentials.api_key", CodeKeyEnvironment},
	} {
		f := simulate(t, nil)
		call := f.call(3)
		call.Connection.Settings, call.Connection.Credentials = json.RawMessage(c.settings), c.credentials
		_, err := listLines(t.Context(), f.connectorWith(500), call, "P", "")
		require.Equal(t, c.code, fault.CodeOf(err), name)
		require.Equal(t, c.field, fault.Of(err).Field, name)
		_, err = f.connectorWith(500).ListPayouts(t.Context(), ports.ListPayoutsRequest{Call: call})
		require.Equal(t, c.code, fault.CodeOf(err), name)
		require.Empty(t, f.requests(), name)
	}
}
