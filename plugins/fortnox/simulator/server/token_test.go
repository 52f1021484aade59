package server_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func clientCredentials() url.Values { return url.Values{"grant_type": {"client_credentials"}} }

func TestTokenNamesTheTenantAndItsScopes(t *testing.T) {
	t.Parallel()
	s := start(t, func(w *world.Fortnox) { w.MissingScopes = []string{"inbox"} })
	status, contentType, body := s.askToken("exampleSecret", "4711", clientCredentials())
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "application/json", contentType)
	var answer object
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.EqualValues(t, 3600, answer["expires_in"])
	require.Equal(t, "bearer", answer["token_type"])
	require.NotContains(t, answer, "refresh_token")

	parts := strings.Split(answer["access_token"].(string), ".")
	require.Len(t, parts, 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims object
	require.NoError(t, json.Unmarshal(raw, &claims))
	require.EqualValues(t, 4711, claims["tenantId"])
	require.Equal(t, "1@4711", claims["sub"])
	require.Equal(t, "https://api.fortnox.se/oauth2", claims["iss"])
	require.EqualValues(t, 3600, claims["exp"].(float64)-claims["iat"].(float64))
	require.Contains(t, claims["scopes"], "payment")
	require.NotContains(t, claims["scopes"], "inbox")
	for _, claim := range []string{"userId", "clientId", "rightsAsJson", "authsource", "id", "jti", "aud", "token_type", "scope"} {
		require.Contains(t, claims, claim)
	}
}

func TestTokenCanBeNarrowed(t *testing.T) {
	t.Parallel()
	s := start(t)
	form := clientCredentials()
	form.Set("scope", "invoice payment nonsense")
	_, _, body := s.askToken("exampleSecret", "4711", form)
	var answer object
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.Equal(t, "invoice payment", answer["scope"])
	s.token = answer["access_token"].(string)
	s.refused("GET", "/3/accounts", "", http.StatusForbidden, 2000663)
	_, _ = s.list("/3/invoices", "Invoices")
}

func TestTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	cases := map[string]struct {
		secret, tenant, grant string
		status                int
		contentType, code     string
	}{
		"with the wrong secret as text": {"wrong", "4711", "client_credentials", 401, "text/plain;charset=UTF-8", "invalid_client"},
		"for another tenant":            {"exampleSecret", "4712", "client_credentials", 400, "text/html; charset=UTF-8", "invalid_grant"},
		"without a tenant":              {"exampleSecret", "", "client_credentials", 400, "text/html; charset=UTF-8", "invalid_grant"},
		"for another grant type":        {"exampleSecret", "4711", "password", 400, "text/html; charset=UTF-8", "unsupported_grant_type"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			status, contentType, body := s.askToken(c.secret, c.tenant, url.Values{"grant_type": {c.grant}})
			require.Equal(t, c.status, status)
			require.Equal(t, c.contentType, contentType)
			var answer struct{ Error string }
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			require.Equal(t, c.code, answer.Error)
		})
	}
	_, _, body := s.askToken("wrong", "4711", clientCredentials())
	require.JSONEq(t, `{"error":"invalid_client","error_description":"The client credentials are invalid"}`, body)
}

func TestTokenExpiresOnTheSimulatedClock(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, _ = s.list("/3/invoices", "Invoices")
	status, _ := s.call("POST", "/_sim/clock", `{"advance":"59m"}`)
	require.Equal(t, http.StatusOK, status)
	_, _ = s.list("/3/invoices", "Invoices")
	_, _ = s.call("POST", "/_sim/clock", `{"advance":"1m1s"}`)
	status, _, body := s.send(s.request("GET", "/3/invoices", ""))
	require.Equal(t, http.StatusUnauthorized, status)
	require.JSONEq(t, `{"message":"unauthorized"}`, body)
	s.login()
	_, _ = s.list("/3/invoices", "Invoices")
	require.True(t, s.control.Now().After(time.Date(2026, 4, 20, 9, 0, 0, 0, time.UTC)))
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	good := s.token
	parts := strings.Split(good, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	changed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), "4711", "4712", 1)))
	for name, token := range map[string]string{
		"nothing": "", "no token": "abc", "changed claims": parts[0] + "." + changed + "." + parts[2],
		"cut signature": good[:len(good)-4],
	} {
		s.token = token
		status, answer := s.call("GET", "/3/invoices", "")
		require.Equal(t, http.StatusUnauthorized, status, name)
		require.Equal(t, object{"message": "unauthorized"}, answer, name)
	}
}
