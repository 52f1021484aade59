package cassette_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/cassette"
	"github.com/kvitt/kvitt/sdk/upstream"
)

const (
	apiKey = `sk_test/4+2"secret`
	person = "anna.andersson@example.com"
)

// vendor is a sandbox that repeats all that it is told, in every place where a
// secret can turn up.
func vendor(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "session="+url.QueryEscape(apiKey))
		w.Header().Set("X-Account", person)
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Link", "<https://psp.test/next?key="+url.QueryEscape(apiKey)+`>; rel="next"`)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, "{\n \"amount\": 12.50, \"echo\": %q, \"raw\": %q, \"auth\": %q,\n \"buyer\": {\"Email\": %q, \"birth-date\": {\"year\": 1970}, \"note\": %q}, \"access_token\": \"fresh-token-1\", \"lines\": [{\"note\": %q, \"id\": 1}] }",
			strings.ReplaceAll(string(body), person, "somebody"), url.QueryEscape(apiKey), r.Header.Get("Authorization"), person, person, person)
	}))
	t.Cleanup(server.Close)
	return server
}

func options(record bool) cassette.Options {
	return cassette.Options{Record: record, Secrets: []string{apiKey, "hunter2-hunter2"}, Fields: []string{"buyer.note", "lines.*.note"}}
}

// call makes the requests of a connector.
func call(t *testing.T, base string, transport http.RoundTripper) (answers []upstream.Answer, errs []error) {
	t.Helper()
	client := upstream.New(upstream.Config{
		Hosts: []string{base}, Transport: transport, Authorize: upstream.Basic("kvitt", apiKey),
	}, ports.Call{Grant: 9})
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, req := range []upstream.Request{
		upstream.Get(base + "/payouts?email=" + url.QueryEscape(person) + "&size=2"),
		upstream.Get(base + "/keys/" + url.PathEscape(apiKey)),
		{Method: http.MethodPost, URL: base + "/token", Header: form, Body: []byte("client_secret=" + url.QueryEscape(apiKey) + "&password=hunter2-hunter2")},
		{Method: http.MethodPost, URL: base + "/orders", Body: []byte(`{"key":"` + strings.ReplaceAll(apiKey, `"`, `\"`) + `","email":"` + person + `"}`)},
	} {
		answer, err := client.Do(t.Context(), req)
		answers, errs = append(answers, answer), append(errs, err)
	}
	return answers, errs
}

// record makes a recording and gives its path and text.
func record(t *testing.T, base string) (path, text string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "vendor")
	t.Run("recording", func(t *testing.T) { //nolint:paralleltest // the file is read when it is over
		answers, errs := call(t, base, cassette.Open(t, path, options(true)))
		for i := range answers {
			require.NoError(t, errs[i])
			require.Contains(t, string(answers[i].Body), person, "what the test sees is what the vendor said")
		}
	})
	file, err := os.ReadFile(path + ".yaml")
	require.NoError(t, err)
	return path, string(file)
}

func TestNoSecretReachesTheFile(t *testing.T) {
	t.Parallel()
	_, text := record(t, vendor(t).URL)
	for _, hidden := range []string{
		apiKey, url.QueryEscape(apiKey), url.PathEscape(apiKey), strings.ReplaceAll(apiKey, `"`, `\"`), "sk_test",
		base64.StdEncoding.EncodeToString([]byte(apiKey)), base64.StdEncoding.EncodeToString([]byte("kvitt:" + apiKey)),
		person, url.QueryEscape(person), "hunter2", "fresh-token", "1970", "session=", "Authorization", "Cookie",
	} {
		require.NotContains(t, text, hidden)
	}
	require.Contains(t, text, "12.50", "what is no secret is there")
}

func TestARecordingIsReplayedWithoutTheVendor(t *testing.T) {
	t.Parallel()
	server := vendor(t)
	path, _ := record(t, server.URL)
	server.Close()
	answers, errs := call(t, server.URL, cassette.Open(t, path, options(false)))
	for i := range answers {
		require.NoError(t, errs[i])
	}
	var read struct {
		Amount float64
		Buyer  struct{ Email string }
		Lines  []struct {
			ID   int
			Note string
		}
	}
	require.NoError(t, upstream.Decode(upstream.Request{}, answers[0], &read))
	require.Equal(t, "[redacted]", read.Buyer.Email)
	require.Equal(t, 1, read.Lines[0].ID)
	require.Equal(t, "[redacted]", read.Lines[0].Note)
	require.Equal(t, "7", answers[0].Header.Get("Retry-After"))
	require.Contains(t, string(answers[0].Body), "{\n \"amount\": 12.50,", "the vendor's spacing stays")
}

func TestWhatWasNotRecordedIsNotSent(t *testing.T) {
	t.Parallel()
	server := vendor(t)
	path, _ := record(t, server.URL)
	client := upstream.New(upstream.Config{
		Hosts: []string{server.URL}, Transport: cassette.Open(t, path, options(false)),
	}, ports.Call{Grant: 9})
	for _, req := range []upstream.Request{
		upstream.Get(server.URL + "/other"), upstream.Get(server.URL + "/payouts?size=3"),
		{Method: http.MethodPost, URL: server.URL + "/orders", Body: []byte(`{}`)},
	} {
		_, err := client.Do(t.Context(), req)
		require.Equal(t, upstream.CodeUnreachable, fault.CodeOf(err))
	}
}

// fatal is a test that notes why it was ended.
type fatal struct {
	testing.TB
	why string
}

func (f *fatal) Helper()                           {}
func (f *fatal) Fatal(args ...any)                 { f.why = fmt.Sprint(args...); panic(f) }
func (f *fatal) Fatalf(format string, args ...any) { f.why = fmt.Sprintf(format, args...); panic(f) }

func TestARecordingThatCannotBeTrustedEndsTheTest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options cassette.Options
		why     string
	}{
		"a secret that cannot be hidden": {cassette.Options{Record: true, Secrets: []string{"1234"}}, "a secret is too short"},
		"a file that is not there":       {cassette.Options{}, "which is made with Record"},
	} {
		f := &fatal{TB: t}
		require.Panics(t, func() { cassette.Open(f, filepath.Join(t.TempDir(), "none"), c.options) }, name)
		require.Contains(t, f.why, c.why, name)
	}
}
