package e2e_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

// account is what the merchant must enter to be let in; it stands in the world.
type account struct {
	Klarna struct {
		MerchantID string `json:"merchant_id"`
		Username   string `json:"username"`
		APIKey     string `json:"api_key"`
	} `json:"klarna"`
	Fortnox struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		TenantID     int    `json:"tenant_id"`
	} `json:"fortnox"`
}

func readAccount(t *testing.T) account {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "world.json"))
	require.NoError(t, err)
	var a account
	require.NoError(t, json.Unmarshal(text, &a))
	return a
}

// cast is who plays: ids in the hub.
type cast struct {
	merchant, klarna, fortnox, flow string
}

// onboard sets a merchant up over the API.
func (s *stage) onboard() cast {
	s.t.Helper()
	c := s.enrol()
	c.klarna = s.connectKlarna(c)
	c.fortnox = s.connectFortnox(c)
	c.flow = s.flow(c, c.klarna)
	return c
}

// enrol makes the merchant.
func (s *stage) enrol() cast {
	s.t.Helper()
	var merchant api.Merchant
	s.post("/v1/merchants", map[string]any{
		"name": "Testbolaget AB", "organisation_number": "559999-0008", "country": "SE", "zone": "Europe/Stockholm", "currency": "SEK",
	}, &merchant)
	return cast{merchant: merchant.ID}
}

func (s *stage) connectKlarna(c cast) string {
	s.t.Helper()
	a := readAccount(s.t)
	return s.connect(c, map[string]any{
		"connector": "klarna", "settings": map[string]any{"region": "eu", "environment": "playground"},
		"credentials": map[string]any{"merchant_id": a.Klarna.MerchantID, "username": a.Klarna.Username, "api_key": a.Klarna.APIKey},
	})
}

func (s *stage) connectFortnox(c cast) string {
	s.t.Helper()
	a := readAccount(s.t)
	return s.connect(c, map[string]any{
		"connector": "fortnox", "settings": map[string]any{},
		"credentials": map[string]any{
			"client_id": a.Fortnox.ClientID, "client_secret": a.Fortnox.ClientSecret, "tenant_id": strconv.Itoa(a.Fortnox.TenantID),
		},
	})
}

// flow has the payouts of a connection booked, and gives its id.
func (s *stage) flow(c cast, source string) string {
	s.t.Helper()
	settings := map[string]any{"voucher_series": "K", "shape": s.shape}
	maps.Copy(settings, s.settings)
	var flow api.Flow
	s.post("/v1/merchants/"+c.merchant+"/flows", map[string]any{
		"kind": "payouts", "source": source, "target": c.fortnox, "since": "2026-03-30T00:00:00Z",
		"settings": settings,
	}, &flow)
	s.post("/v1/flows/"+flow.ID+"/enable", nil, nil)
	return flow.ID
}

func (s *stage) connect(c cast, input map[string]any) string {
	s.t.Helper()
	var made, verified api.Connection
	s.post("/v1/merchants/"+url.PathEscape(c.merchant)+"/connections", input, &made)
	s.post("/v1/connections/"+url.PathEscape(made.ID)+"/verify", nil, &verified)
	require.EqualValues(s.t, "verified", verified.State, "%+v", verified.Checks)
	return made.ID
}

func (s *stage) post(path string, in, out any) {
	s.t.Helper()
	require.NoError(s.t, s.client.Post(s.t.Context(), path, in, out), path)
}

func (s *stage) get(path string, out any) {
	s.t.Helper()
	require.NoError(s.t, s.client.Get(s.t.Context(), path, out), path)
}
