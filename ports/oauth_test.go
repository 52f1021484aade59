package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func declared() ports.OAuth {
	return ports.OAuth{
		ClientID: "client_id", ClientSecret: "client_secret", Headers: map[string]string{"TenantId": "{tenant_id}", "X-Client": "id {client_id}!"},
		Consent: &ports.Consent{},
	}
}

func TestAConnectionBuysTokensIfItHasAllThatTheyNeedAndElseAsksForConsent(t *testing.T) {
	t.Parallel()
	whole := map[string]string{"client_id": "a", "client_secret": "b", "tenant_id": "1"}
	without := func(name string) map[string]string {
		less := map[string]string{}
		for key, value := range whole {
			if key != name {
				less[key] = value
			}
		}
		return less
	}
	require.False(t, declared().ByConsent(whole))
	require.Equal(t, map[string]string{"TenantId": "1", "X-Client": "id a!"}, declared().HeadersFor(whole))
	for name := range whole {
		require.True(t, declared().ByConsent(without(name)), "without %s", name)
	}
	require.Equal(t, map[string]string{"X-Client": "id a!"}, declared().HeadersFor(without("tenant_id")))
	none := declared()
	none.Consent = nil
	require.False(t, none.ByConsent(nil))
	only := declared()
	only.Consent = &ports.Consent{Only: true}
	require.True(t, only.ByConsent(whole))
}

func TestTheOperatorsClientServesConsentAlone(t *testing.T) {
	t.Parallel()
	hub := ports.OAuthClient{ID: "hub", Secret: "hush"}
	without := declared()
	without.Headers = nil // nothing but the client tells the two grants apart
	for name, given := range map[string]map[string]string{"nothing": {}, "another's account": {"tenant_id": "4711"}} {
		narrowed, complete := without.For(given, hub)
		require.Equal(t, "hub", complete["client_id"], name)
		require.Equal(t, "hush", complete["client_secret"], name)
		require.True(t, narrowed.ByConsent(complete), "with the operator's client no token is bought: %s", name)
		require.NotContains(t, given, "client_id", "what was given stays as it is")
	}
	require.False(t, without.Consent.Only)
	_, own := without.For(map[string]string{"client_id": "own"}, hub)
	require.Equal(t, map[string]string{"client_id": "own"}, own)
}
