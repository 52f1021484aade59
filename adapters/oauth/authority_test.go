package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/oauth"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/ports"
)

const back = "https://hub.example/v1/oauth/callback"

func authority() *oauth.Authority { return oauth.NewAuthority(http.DefaultTransport, 5*time.Second) }

func integration(hosts map[string]string) consent.Client {
	d := declared
	d.Consent = &ports.Consent{
		AuthorizeURL: "https://auth.example.com/oauth-v1/auth", RevokeURL: "https://auth.example.com/oauth-v1/revoke",
		Parameters: map[string]string{"access_type": "offline", "account_type": "service"}, Only: true,
	}
	return consent.Client{Declared: d, Credentials: map[string]string{"client_id": "8VurtMGDTeAI", "client_secret": "yFKwme8LEQ"}, Hosts: hosts}
}

func TestTheAuthorizeURLCarriesWhatIsDeclaredAndNoSecret(t *testing.T) {
	t.Parallel()
	address := authority().AuthorizeURL(integration(map[string]string{"https://auth.example.com": "http://127.0.0.1:9001/sim"}), back, "state-1", "")
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:9001", u.Host)
	require.Equal(t, "/sim/oauth-v1/auth", u.Path)
	require.Equal(t, url.Values{
		"client_id": {"8VurtMGDTeAI"}, "response_type": {"code"}, "state": {"state-1"}, "redirect_uri": {back},
		"scope": {"invoice payment"}, "access_type": {"offline"}, "account_type": {"service"},
	}, u.Query())

	// The example of RFC 7636, appendix B.
	address = authority().AuthorizeURL(integration(nil), back, "state-1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	u, err = url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", u.Query().Get("code_challenge"))
	require.Equal(t, "S256", u.Query().Get("code_challenge_method"))
	require.NotEqual(t, authority().Verifier(), authority().Verifier())
}

func TestACodeIsExchangedForTokens(t *testing.T) {
	t.Parallel()
	hosts, _, last := server(t, http.StatusOK, map[string]any{"access_token": "T1", "refresh_token": "R1", "token_type": "bearer", "expires_in": 3600})
	before := time.Now()
	tokens, err := authority().Exchange(t.Context(), integration(hosts), back, "code-1", "verifier-1")
	require.NoError(t, err)
	require.Equal(t, "T1", tokens.Access)
	require.Equal(t, "R1", tokens.Refresh)
	require.WithinRange(t, tokens.Expires, before.Add(time.Hour-time.Minute), time.Now().Add(time.Hour))
	require.Equal(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {"code-1"}, "redirect_uri": {back}, "code_verifier": {"verifier-1"},
	}, last.PostForm)
	require.Equal(t, "Basic OFZ1cnRNR0RUZUFJOnlGS3dtZThMRVE=", last.Header.Get("Authorization"))
	require.Empty(t, last.Header.Get("TenantId"), "a header whose credential is missing is left out")
}

func TestARefreshTokenIsRenewed(t *testing.T) {
	t.Parallel()
	hosts, _, last := server(t, http.StatusOK, map[string]any{"access_token": "T2", "refresh_token": "R2", "token_type": "bearer", "expires_in": 3600})
	tokens, err := authority().Refresh(t.Context(), integration(hosts), "R1")
	require.NoError(t, err)
	require.Equal(t, "T2", tokens.Access)
	require.Equal(t, "R2", tokens.Refresh)
	require.Equal(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"R1"}}, last.PostForm)
}

func TestWhatTheServerRefusesIsToldApart(t *testing.T) {
	t.Parallel()
	exchange := func(c consent.Client) error {
		_, err := authority().Exchange(t.Context(), c, back, "secret-code", "")
		return err
	}
	refresh := func(c consent.Client) error {
		_, err := authority().Refresh(t.Context(), c, "secret-refresh")
		return err
	}
	revoke := func(c consent.Client) error { return authority().Revoke(t.Context(), c, "secret-refresh") }
	for name, c := range map[string]struct {
		status int
		error  string
		call   func(consent.Client) error
		code   fault.Code
		class  fault.Class
	}{
		"a used code":                   {400, "invalid_grant", exchange, oauth.CodeCodeRefused, fault.Auth},
		"a wrong client with a code":    {401, "invalid_client", exchange, oauth.CodeRefused, fault.Auth},
		"a used refresh token":          {400, "invalid_grant", refresh, ports.CodeConsentNeeded, fault.Auth},
		"a wrong client with a token":   {401, "invalid_client", refresh, oauth.CodeRefused, fault.Auth},
		"a server in trouble, refresh":  {503, "invalid_grant", refresh, oauth.CodeUnreachable, fault.NotSent},
		"a server in trouble, exchange": {500, "", exchange, oauth.CodeUnreachable, fault.NotSent},
		"a revocation by a stranger":    {401, "invalid_client", revoke, oauth.CodeRefused, fault.Auth},
		"a revocation in trouble":       {502, "", revoke, oauth.CodeUnreachable, fault.NotSent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hosts, asked, _ := server(t, c.status, map[string]any{"error": c.error, "error_description": "secret-refresh secret-code"})
			err := c.call(integration(hosts))
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.class, fault.ClassOf(err))
			require.NotContains(t, err.Error(), "secret-")
			require.EqualValues(t, 1, asked.Load(), "it is not asked twice")
		})
	}
}

func TestARevocationNamesTheTokenAndWhoRevokes(t *testing.T) {
	t.Parallel()
	hosts, _, last := server(t, http.StatusOK, map[string]any{"revoked": true})
	require.NoError(t, authority().Revoke(t.Context(), integration(hosts), "R1"))
	require.Equal(t, "/oauth-v1/revoke", last.URL.Path)
	require.Equal(t, url.Values{"token": {"R1"}, "token_type_hint": {"refresh_token"}}, last.PostForm)
	require.Equal(t, "Basic OFZ1cnRNR0RUZUFJOnlGS3dtZThMRVE=", last.Header.Get("Authorization"))
}

func TestAServerThatIsGoneIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c := integration(map[string]string{"https://auth.example.com": gone.URL})
	_, err := authority().Refresh(t.Context(), c, "secret-refresh")
	require.Equal(t, oauth.CodeUnreachable, fault.CodeOf(err))
	err = authority().Revoke(t.Context(), c, "secret-refresh")
	require.Equal(t, oauth.CodeUnreachable, fault.CodeOf(err))
	require.NotContains(t, err.Error(), "secret-")
}
