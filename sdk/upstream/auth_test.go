package upstream_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// echoing is a system that answers with a status and the header it was sent.
func echoing(t *testing.T, status int, header string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, r.Header.Get(header))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestCredentialsGoIntoTheHeaderThatTheProviderWants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		authorize    func(http.Header)
		header, want string
	}{
		// printf user:pass | base64
		"user and password":    {upstream.Basic("user", "pass"), "Authorization", "Basic dXNlcjpwYXNz"},
		"a token":              {upstream.Bearer("t0ken"), "Authorization", "Bearer t0ken"},
		"a key":                {upstream.HeaderKey("X-API-Key", "k3y"), "X-Api-Key", "k3y"},
		"a key without scheme": {upstream.HeaderKey("Authorization", "k3y"), "Authorization", "k3y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := echoing(t, http.StatusOK, c.header)
			client := upstream.New(upstream.Config{Hosts: []string{base}, Authorize: c.authorize}, ports.Call{Grant: 1})
			answer, err := client.Do(t.Context(), upstream.Get(base))
			require.NoError(t, err)
			require.Equal(t, c.want, string(answer.Body))
		})
	}
}

// sveaLike signs as Svea does: base64 of the merchant and SHA-512 over body, secret
// and time.
func sveaLike(secret string) func(upstream.Outgoing) error {
	return func(out upstream.Outgoing) error {
		const now = "2026-03-10 12:00"
		sum := sha512.Sum512([]byte(string(out.Body) + secret + now))
		out.Header.Set("Timestamp", now)
		out.Header.Set("Authorization", "Svea "+base64.StdEncoding.EncodeToString([]byte("100:"+hex.EncodeToString(sum[:]))))
		return nil
	}
}

func TestASignatureCoversWhatIsSent(t *testing.T) {
	t.Parallel()
	base := echoing(t, http.StatusOK, "Authorization")
	client := upstream.New(upstream.Config{Hosts: []string{base}, Sign: sveaLike("s3cret")}, ports.Call{Grant: 1})
	answer, err := client.Do(t.Context(), upstream.Request{Method: http.MethodPost, URL: base, Body: []byte("{}")})
	require.NoError(t, err)
	// printf '{}s3cret2026-03-10 12:00' | sha512sum, then printf 100:… | base64
	require.Equal(t, "Svea MTAwOjk0ZThhYzEzNmNkNTAxZWRlZDI1N2ZjODczMjAzOTgzZTBkZTFlOGRiMWRkZWFhNmE2MmM1MjRhYzM1Y2FhMzQ0NTZkMjg4YzQ0MzEyZTc3ZGQwMjI0ZDIyMWUwZDI3YTI4OGRhODkzYjJkOTk1NWM0MWQxY2I1ZDYyMDAxNzA2", string(answer.Body))
}

func TestARequestThatCannotBeSignedIsNotSent(t *testing.T) {
	t.Parallel()
	var requests int
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		err  error
		code fault.Code
	}{
		"an error, which may name the key": {errors.New("bad key hunter2"), upstream.CodeRequest},
		"a fault of the connector's own":   {fault.New("psp.key_invalid", fault.Auth, "the key is no PEM file"), "psp.key_invalid"},
	} {
		client := upstream.New(upstream.Config{
			Hosts: []string{server.URL}, Sign: func(upstream.Outgoing) error { return c.err },
		}, ports.Call{Grant: 1})
		_, err := client.Do(t.Context(), upstream.Request{Method: http.MethodPost, URL: server.URL})
		require.Equal(t, c.code, fault.CodeOf(err), name)
		require.NotContains(t, err.Error(), "hunter2")
		require.Zero(t, client.Usage().Calls)
	}
	require.Zero(t, requests)
}

func TestASignerCannotSendTheRequestElsewhere(t *testing.T) {
	t.Parallel()
	base := echoing(t, http.StatusOK, "X-Request")
	client := upstream.New(upstream.Config{Hosts: []string{base}, Sign: func(out upstream.Outgoing) error {
		out.URL.Host = "evil.test"
		return nil
	}}, ports.Call{Grant: 1})
	_, err := client.Do(t.Context(), upstream.Get(base))
	require.NoError(t, err)
}

func TestNoFaultShowsASecret(t *testing.T) {
	t.Parallel()
	const password, key = "correct horse", "sk_live_4242"
	repeating := func(text string) upstream.Config {
		return upstream.Config{
			Authorize: upstream.Basic("kvitt", password),
			Classify: func(upstream.Request, upstream.Answer) *fault.Error {
				return fault.New("psp.refused", fault.Validation, "said "+text).WithField(text).WithRemedy("try " + text).Wrap(errors.New(text))
			},
		}
	}
	for name, said := range map[string]string{
		"as it is":                      password,
		"in a query":                    "correct+horse",
		"encoded":                       base64.StdEncoding.EncodeToString([]byte(password)),
		"as the header":                 "Basic " + base64.StdEncoding.EncodeToString([]byte("kvitt:"+password)),
		"another one of the connection": "x" + key + "x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := repeating(said)
			base := echoing(t, http.StatusBadRequest, "Authorization")
			config.Hosts = []string{base}
			client := upstream.New(config, ports.Call{Grant: 1, Connection: ports.Connection{
				Credentials: map[string]string{"password": password, "key": key, "pin": "e"},
			}})
			_, err := client.Do(t.Context(), upstream.Get(base))
			require.Equal(t, fault.Code("psp.refused"), fault.CodeOf(err))
			f := fault.Of(err)
			for _, text := range []string{f.Error(), f.Reason, f.Remedy, f.Field} {
				require.Contains(t, text, "[redacted]")
				require.NotContains(t, text, "horse")
				require.NotContains(t, text, key)
				require.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte("kvitt:"+password)))
			}
			require.Contains(t, f.Reason, "said", "what is short garbles no text")
		})
	}
}

func TestHalfOfALongSecretIsASecretToo(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("eyJhbGciOiJIUzI1NiJ9.", 50)
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, r.Header.Get("Authorization")+" is not welcome")
	}))
	t.Cleanup(remote.Close)
	said := upstream.Refusals{Read: func(answer upstream.Answer) upstream.Said { return upstream.Said{Message: string(answer.Body)} }}
	client := upstream.New(upstream.Config{
		Hosts: []string{remote.URL}, Authorize: upstream.Bearer(token), Classify: said.Classify,
	}, ports.Call{Grant: 1, Connection: ports.Connection{Credentials: map[string]string{"access_token": token}}})
	_, err := client.Do(t.Context(), upstream.Get(remote.URL))
	require.Equal(t, fault.Auth, fault.ClassOf(err))
	require.Contains(t, err.Error(), "is not welcome")
	require.NotContains(t, err.Error(), "eyJ")
}
