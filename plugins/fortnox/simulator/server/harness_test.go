package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// sim is a running simulator and a client that has a token.
type sim struct {
	t       *testing.T
	url     string
	token   string
	control *simulator.Control
}

type object = map[string]any

// exampleWorld is the world of testdata, without a rate limit.
func exampleWorld(t *testing.T) world.Fortnox {
	t.Helper()
	raw, err := os.ReadFile("../testdata/example-world.json")
	require.NoError(t, err)
	var file struct{ Fortnox json.RawMessage }
	require.NoError(t, json.Unmarshal(raw, &file))
	w, err := world.Parse(file.Fortnox)
	require.NoError(t, err)
	w.RateLimit.Requests = -1
	return w
}

// start runs the example world, changed as the test wants it.
func start(t *testing.T, changes ...func(*world.Fortnox)) *sim {
	t.Helper()
	w := exampleWorld(t)
	for _, change := range changes {
		change(&w)
	}
	control := simulator.New(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	handler, err := server.New(w, control)
	require.NoError(t, err)
	remote := httptest.NewServer(handler)
	t.Cleanup(remote.Close)
	s := &sim{t: t, url: remote.URL, control: control}
	s.login()
	return s
}

func (s *sim) login() {
	s.t.Helper()
	status, _, body := s.askToken("exampleSecret", "4711", url.Values{"grant_type": {"client_credentials"}})
	require.Equal(s.t, http.StatusOK, status, body)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(s.t, json.Unmarshal([]byte(body), &answer))
	s.token = answer.AccessToken
}

func (s *sim) askToken(secret, tenant string, form url.Values) (status int, contentType, body string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/oauth-v1/token",
		strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if tenant != "" {
		request.Header.Set("TenantId", tenant)
	}
	request.SetBasicAuth("exampleClient", secret)
	return s.send(request)
}

func (s *sim) send(request *http.Request) (status int, contentType, body string) {
	s.t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), string(raw)
}

func (s *sim) request(method, path, body string) *http.Request {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Accept", "application/json")
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

// call sends a request and reads a JSON object, if there is any.
func (s *sim) call(method, path, body string) (int, object) {
	s.t.Helper()
	status, _, raw := s.send(s.request(method, path, body))
	var answer object
	if raw != "" {
		require.NoError(s.t, json.Unmarshal([]byte(raw), &answer), raw)
	}
	return status, answer
}

// do is call for a request that must succeed; it returns what the wrapper holds.
func (s *sim) do(method, path, body, wrapper string) object {
	s.t.Helper()
	status, answer := s.call(method, path, body)
	require.Less(s.t, status, 300, "%s %s: %v", method, path, answer)
	inner, ok := answer[wrapper].(object)
	require.True(s.t, ok, "%s %s: no %s in %v", method, path, wrapper, answer)
	return inner
}

// list gets a list and the numbers that MetaInformation gives.
func (s *sim) list(path, wrapper string) (items []object, meta object) {
	s.t.Helper()
	status, answer := s.call(http.MethodGet, path, "")
	require.Equal(s.t, http.StatusOK, status, "%s: %v", path, answer)
	all, ok := answer[wrapper].([]any)
	require.True(s.t, ok, "%s: no %s in %v", path, wrapper, answer)
	for _, item := range all {
		items = append(items, item.(object))
	}
	return items, answer["MetaInformation"].(object)
}

// numbers are the values of one field of a list.
func numbers(items []object, field string) []any {
	values := []any{}
	for _, item := range items {
		values = append(values, item[field])
	}
	return values
}

// refused sends a request that must be refused and checks status and code.
func (s *sim) refused(method, path, body string, status, code int) {
	s.t.Helper()
	got, answer := s.call(method, path, body)
	require.Equal(s.t, status, got, "%s %s: %v", method, path, answer)
	information, _ := answer["ErrorInformation"].(object)
	key := "code"
	if status == http.StatusNotFound {
		key = "Code"
	}
	require.EqualValues(s.t, code, information[key], "%s %s: %v", method, path, answer)
}

// balance is what the books say about an account, debit positive.
func (s *sim) balance(account int) string {
	s.t.Helper()
	_, answer := s.call(http.MethodGet, "/_sim/fortnox/ledger", "")
	for _, item := range answer["accounts"].([]any) {
		if a := item.(object); a["number"].(float64) == float64(account) {
			return a["balance"].(string)
		}
	}
	return "0.00"
}

func (s *sim) counts() object {
	s.t.Helper()
	_, answer := s.call(http.MethodGet, "/_sim/fortnox/counts", "")
	return answer
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.NewEncoder(&b).Encode(value))
	return b.String()
}

func parse(t *testing.T, raw string) object {
	t.Helper()
	var answer object
	require.NoError(t, json.Unmarshal([]byte(raw), &answer), raw)
	return answer
}
