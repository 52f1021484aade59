package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/config"
)

func TestAConfigurationIsToldWithoutWhereItsSecretsLie(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.OAuthClients = map[string]config.OAuthClient{"fortnox": {ID: "8VurtMGDTeAI", SecretFile: "/etc/kvitt/fortnox.secret"}}
	c.Catalogue.TrustedKeys = []string{"RWQf6LRCGA9i53"}
	told, err := c.Told()
	require.NoError(t, err)
	for _, secret := range []string{"8VurtMGDTeAI", "fortnox.secret"} {
		require.NotContains(t, string(told), secret)
	}
	for _, open := range []string{`"fortnox"`, `"listen": "127.0.0.1:8484"`, "RWQf6LRCGA9i53", `"tick": "` + time.Minute.String() + `"`} {
		require.Contains(t, string(told), open)
	}
	require.Equal(t, "8VurtMGDTeAI", c.OAuthClients["fortnox"].ID, "the configuration itself stays")
}
