package sdk_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
)

func TestSettingsAreReadOverTheirDefaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{``: "eu", ` `: "eu", `{}`: "eu", `{"region":"na"}`: "na"} {
		settings := struct{ Region string }{Region: "eu"}
		require.NoError(t, sdk.ReadSettings(ports.Connection{Settings: json.RawMessage(text)}, &settings))
		require.Equal(t, want, settings.Region)
	}
}

func TestSettingsThatNoSchemaAllowsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `null`, `"eu"`, `{"region":1}`, `{"country":"SE"}`, `{`, `{} {}`} {
		var settings struct{ Region string }
		err := sdk.ReadSettings(ports.Connection{Settings: json.RawMessage(text)}, &settings)
		require.Equal(t, sdk.CodeSettings, fault.CodeOf(err), text)
		require.Equal(t, fault.Validation, fault.ClassOf(err))
	}
}

func TestACredentialThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	c := ports.Connection{Credentials: map[string]string{"api_key": "k", "empty": ""}}
	key, err := sdk.Credential(c, "api_key")
	require.NoError(t, err)
	require.Equal(t, "k", key)
	for _, name := range []string{"empty", "other"} {
		_, err = sdk.Credential(c, name)
		require.Equal(t, sdk.CodeCredential, fault.CodeOf(err))
		require.Equal(t, "credentials."+name, fault.Of(err).Field)
	}
}
