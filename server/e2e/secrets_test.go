package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/config"
)

// The log is at its most talkative, calls fail and credentials are refused, and
// every resource of the API is read.
func TestNoSecretIsInLogsAnswersOrFiles(t *testing.T) {
	t.Parallel()
	s := raise(t, "")
	klarna, fortnox := listenIn(t, s.klarna.URL), listenIn(t, s.fortnox.URL)
	s.change = func(c *config.Config) {
		c.LogLevel = "trace"
		c.Hosts = map[string]map[string]string{
			"klarna":  {"https://api.playground.klarna.com": klarna.URL},
			"fortnox": {"https://api.fortnox.se": fortnox.URL, "https://apps.fortnox.se": fortnox.URL},
		}
	}
	s.open()
	operator, err := os.ReadFile(filepath.Join(s.folder, "data", "operator.key"))
	require.NoError(t, err)
	answers := listenIn(t, s.hub.URL)
	s.client = client.New(answers.URL, string(operator))

	c := s.onboard()
	mistyped := s.mistype(c)
	for _, system := range []*simulator{s.klarna, s.fortnox} {
		for n := len(system.requests(t)) + 1; n < 60; n += 7 {
			system.inflict(t, misfortune{Request: n, Kind: "status", Status: http.StatusInternalServerError})
		}
	}
	s.settle(c)
	s.readEverything(c)

	a := readAccount(t)
	secrets := append(mistyped, a.Klarna.APIKey, a.Fortnox.ClientSecret, string(operator),
		basic(a.Klarna.Username, a.Klarna.APIKey), basic(a.Fortnox.ClientID, a.Fortnox.ClientSecret))
	tokens := regexp.MustCompile(`"access_token":\s*"([^"]+)"`).FindAllStringSubmatch(fortnox.all(), -1)
	require.NotEmpty(t, tokens)
	for _, token := range tokens {
		secrets = append(secrets, token[1])
	}
	places := s.writtenFiles()
	places["the API's answers"] = answers.all()
	for place, text := range places {
		for _, secret := range secrets {
			require.NotContains(t, text, secret, "%s must not show a secret", place)
		}
	}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// mistype tries to connect with secrets that the remote systems refuse, or that do
// not even have the form of one, and gives those.
func (s *stage) mistype(c cast) []string {
	s.t.Helper()
	a := readAccount(s.t)
	secrets := []string{"klarna_test_api_mistyped-and-secret-all-the-same", "client-secret-mistyped-and-secret-all-the-same", "no secret at all"}
	for _, credentials := range []map[string]any{
		{"connector": "klarna", "credentials": map[string]any{"merchant_id": a.Klarna.MerchantID, "username": a.Klarna.Username, "api_key": secrets[0]}},
		{"connector": "fortnox", "credentials": map[string]any{"client_id": a.Fortnox.ClientID, "client_secret": secrets[1], "tenant_id": "4712"}},
		{"connector": "klarna", "credentials": map[string]any{"merchant_id": a.Klarna.MerchantID, "api_key": secrets[2]}},
	} {
		if credentials["connector"] == "klarna" {
			credentials["settings"] = map[string]any{"environment": "playground"}
		}
		var made api.Connection
		if s.client.Post(s.t.Context(), "/v1/merchants/"+c.merchant+"/connections", credentials, &made) == nil {
			err := s.client.Post(s.t.Context(), "/v1/connections/"+made.ID+"/verify", nil, &made)
			require.True(s.t, err != nil || made.State != "verified", "the connection must be refused")
		}
	}
	return secrets
}

// readEverything reads each resource that the API's own description names.
func (s *stage) readEverything(c cast) {
	s.t.Helper()
	payouts := list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts")
	runs := list[api.Run](s, "/v1/merchants/"+c.merchant+"/runs")
	ids := map[string][]string{
		"connectors": {"klarna", "fortnox"}, "merchants": {c.merchant}, "connections": {c.klarna, c.fortnox},
		"flows": {c.flow}, "runs": {runs[0].ID}, "payouts": {payouts[0].ID}, "exceptions": {"none"}, "proof": {payouts[0].ID},
	}
	var contract struct {
		Paths map[string]map[string]json.RawMessage
	}
	s.get("/openapi.json", &contract)
	read := 0
	for path, methods := range contract.Paths {
		if methods["get"] == nil {
			continue
		}
		path = strings.ReplaceAll(path, "{kind}", "accounts")
		collection := strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "/v1"), "/"), "/")[0]
		for _, id := range append(ids[collection], "unknown") {
			if _, err := s.client.Bytes(s.t.Context(), strings.ReplaceAll(path, "{id}", id)); err == nil {
				read++
			}
		}
	}
	require.Greater(s.t, read, 20, "the resources are there")
}

// writtenFiles gives the hub's log and its data, which the merchant's secrets are in
// only under seal. The operator's key and the keyset are secrets by themselves.
func (s *stage) writtenFiles() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	require.NoError(s.t, filepath.WalkDir(s.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "operator.key" || entry.Name() == "keyset.json" {
			return err
		}
		if filepath.Base(filepath.Dir(path)) == "connectors" {
			return nil // programs
		}
		content, err := os.ReadFile(path)
		files[entry.Name()] = string(content)
		return err
	}))
	require.Contains(s.t, files, "kvitt.db")
	require.Contains(s.t, files, "e2e.test.log")
	return files
}
