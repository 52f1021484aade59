package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/oauth"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

var declared = ports.OAuth{
	TokenURL: "https://auth.example.com/oauth-v1/token", ClientID: "client_id", ClientSecret: "client_secret",
	Scopes: []string{"invoice", "payment"}, Headers: map[string]string{"TenantId": "{tenant_id}"},
}

var credentials = map[string]string{"client_id": "8VurtMGDTeAI", "client_secret": "yFKwme8LEQ", "tenant_id": "4711"}

// server answers token requests and counts them.
func server(t *testing.T, status int, answer map[string]any) (hosts map[string]string, asked *atomic.Int64, last *http.Request) {
	t.Helper()
	asked, last = &atomic.Int64{}, &http.Request{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		*last = *r
		w.Header().Set("Content-Type", "text/plain") // as Fortnox does for refusals
		if status == http.StatusOK {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return map[string]string{"https://auth.example.com": s.URL}, asked, last
}

func tokens() *oauth.Tokens { return oauth.New(http.DefaultTransport, 5*time.Second) }

func TestATokenIsAskedForAsDeclaredAndKept(t *testing.T) {
	t.Parallel()
	hosts, asked, last := server(t, http.StatusOK, map[string]any{"access_token": "T1", "token_type": "bearer", "expires_in": 3600})
	own := tokens()
	for range 3 {
		token, err := own.Token(t.Context(), "c-1", declared, credentials, hosts)
		require.NoError(t, err)
		require.Equal(t, "T1", token)
	}
	require.EqualValues(t, 1, asked.Load())
	require.Equal(t, "/oauth-v1/token", last.URL.Path)
	require.Equal(t, "4711", last.Header.Get("TenantId"))
	require.Equal(t, "client_credentials", last.PostForm.Get("grant_type"))
	require.Equal(t, "invoice payment", last.PostForm.Get("scope"))
	// The example of Fortnox' documentation: client 8VurtMGDTeAI, secret yFKwme8LEQ.
	require.Equal(t, "Basic OFZ1cnRNR0RUZUFJOnlGS3dtZThMRVE=", last.Header.Get("Authorization"))

	own.Forget("c-1", "T0")
	_, err := own.Token(t.Context(), "c-1", declared, credentials, hosts)
	require.NoError(t, err)
	require.EqualValues(t, 1, asked.Load(), "another token was refused, not this one")
	own.Forget("c-1", "T1")
	_, err = own.Token(t.Context(), "c-1", declared, credentials, hosts)
	require.NoError(t, err)
	require.EqualValues(t, 2, asked.Load())
}

func TestATokenNearItsEndIsNotHandedOut(t *testing.T) {
	t.Parallel()
	hosts, asked, _ := server(t, http.StatusOK, map[string]any{"access_token": "T1", "token_type": "bearer", "expires_in": 60})
	own := tokens()
	for range 2 {
		_, err := own.Token(t.Context(), "c-1", declared, credentials, hosts)
		require.NoError(t, err)
	}
	require.EqualValues(t, 2, asked.Load())
}

func TestARefusalSaysWhatToDoAndNoSecret(t *testing.T) {
	t.Parallel()
	hosts, _, _ := server(t, http.StatusUnauthorized, map[string]any{
		"error": "invalid_client", "error_description": "The client credentials are invalid: " + credentials["client_secret"],
	})
	_, err := tokens().Token(t.Context(), "c-1", declared, credentials, hosts)
	require.Equal(t, oauth.CodeRefused, fault.CodeOf(err))
	require.Equal(t, fault.Auth, fault.ClassOf(err))
	require.ErrorContains(t, err, "invalid_client")
	require.NotContains(t, err.Error(), credentials["client_secret"])
	require.NotEmpty(t, fault.Of(err).Remedy)
}

func TestAServerThatCannotAnswerNowIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		hosts, _, _ := server(t, status, nil)
		_, err := tokens().Token(t.Context(), "c-1", declared, credentials, hosts)
		require.Equal(t, oauth.CodeUnreachable, fault.CodeOf(err), "status %d", status)
		require.Equal(t, fault.NotSent, fault.ClassOf(err), "the call that needed the token was not made")
	}
}

func TestAServerIsLeftAloneAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "65000": time.Hour, "Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", asked)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		t.Cleanup(s.Close)
		_, err := tokens().Token(t.Context(), "c-1", declared, credentials, map[string]string{"https://auth.example.com": s.URL})
		require.Equal(t, want, fault.Of(err).RetryAfter, "Retry-After: %q", asked)
	}
}
