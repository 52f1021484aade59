package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/config"
)

// consenting is a stage on which the operator has an integration at Fortnox and
// the merchant has connected the company by approving it.
func consenting(t *testing.T) (*stage, string, cast) {
	t.Helper()
	s := raise(t, "")
	secret := filepath.Join(s.folder, "fortnox.secret")
	a := readAccount(t)
	require.NoError(t, os.WriteFile(secret, []byte(a.Fortnox.ClientSecret+"\n"), 0o600))
	s.change = func(c *config.Config) {
		c.OAuthClients = map[string]config.OAuthClient{"fortnox": {ID: a.Fortnox.ClientID, SecretFile: secret}}
	}
	s.open()
	c := s.enrol()
	var made api.Connection
	s.post("/v1/merchants/"+c.merchant+"/connections", map[string]any{"connector": "fortnox", "settings": map[string]any{}, "credentials": map[string]any{}}, &made)
	c.fortnox = made.ID
	require.Equal(t, http.StatusOK, s.consent(made.ID, true))
	require.EqualValues(t, "verified", s.connection(made.ID).State, "%+v", s.connection(made.ID).Checks)
	return s, made.ID, c
}

// consent goes the merchant's way: to the page, where it is approved or denied, and
// back to the hub.
func (s *stage) consent(id string, approve bool) int {
	s.t.Helper()
	var link api.ConsentLink
	s.post("/v1/connections/"+id+"/consent", nil, &link)
	var decided struct{ Redirect string }
	s.fortnox.control(s.t, http.MethodPost, "/_sim/fortnox/consent", map[string]any{"url": link.URL, "approve": approve}, &decided)
	return s.browse(decided.Redirect)
}

func (s *stage) browse(address string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	require.NoError(s.t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode
}

func (s *stage) connection(id string) (c api.Connection) {
	s.t.Helper()
	s.get("/v1/connections/"+id, &c)
	return c
}

// series reads the voucher series, which takes one call.
func (s *stage) series(id string) error {
	var choices api.ChoicePage
	return s.client.Get(s.t.Context(), "/v1/connections/"+id+"/choices/voucher_series", &choices)
}

// renewals counts how often the hub asked for tokens.
func (s *stage) renewals() (n int) {
	s.t.Helper()
	for _, q := range s.fortnox.requests(s.t) {
		if q.Path == "/oauth-v1/token" {
			n++
		}
	}
	return n
}

func TestACompanyIsConnectedByConsentAndStaysSo(t *testing.T) {
	t.Parallel()
	s, id, c := consenting(t)
	require.Equal(t, "4712", s.connection(id).AccountID)
	require.NoError(t, s.series(id))

	before := s.renewals()
	s.fortnox.control(t, http.MethodPost, "/_sim/clock", map[string]string{"advance": "1h"}, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := s.series(id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, before+1, s.renewals(), "an hour later the token is renewed, once for all")

	require.NoError(t, s.hub.Kill())
	s.open()
	require.NoError(t, s.series(id), "the next hub goes on with the tokens that were stored")
	require.Equal(t, before+1, s.renewals())

	var twice api.Connection
	s.post("/v1/merchants/"+c.merchant+"/connections", map[string]any{"connector": "fortnox", "settings": map[string]any{}, "credentials": map[string]any{}}, &twice)
	require.Equal(t, http.StatusConflict, s.consent(twice.ID, true), "one company is connected once")
	require.NoError(t, s.series(id))

	var gone api.Connection
	s.post("/v1/connections/"+id+"/disconnect", nil, &gone)
	require.EqualValues(t, "disconnected", gone.State)
	require.Error(t, s.series(id))
	require.Equal(t, http.StatusOK, s.consent(id, true))
	require.NoError(t, s.series(id))
}

func TestAFlowWaitsForConsentAndGoesOn(t *testing.T) {
	t.Parallel()
	s, id, c := consenting(t)
	flow := s.flow(c, s.connectKlarna(c))
	s.fortnox.control(t, http.MethodDelete, "/_sim/fortnox/consent", nil, nil)
	s.fortnox.control(t, http.MethodPost, "/_sim/clock", map[string]string{"advance": "61m"}, nil)
	var run api.Run
	s.post("/v1/flows/"+flow+"/runs", nil, &run)
	look := func() api.Run {
		var seen api.Run
		s.get("/v1/runs/"+run.ID, &seen)
		return seen
	}
	s.until("the run waits", func() bool { return look().Fault != nil })
	waiting := look()
	require.EqualValues(t, "running", waiting.State)
	require.EqualValues(t, "oauth.consent_needed", waiting.Fault.Code)
	require.EqualValues(t, "consent_needed", s.connection(id).State)

	asked := s.renewals()
	var again api.Run
	s.post("/v1/flows/"+flow+"/runs", nil, &again)
	require.Equal(t, run.ID, again.ID, "no run fails after it")
	require.Equal(t, http.StatusUnprocessableEntity, s.consent(id, false))
	require.EqualValues(t, "consent_needed", s.connection(id).State)
	require.Equal(t, asked, s.renewals(), "Fortnox is left alone meanwhile")

	require.Equal(t, http.StatusOK, s.consent(id, true))
	s.until("the run is done", func() bool { return look().State == "done" })
	done := look()
	require.Nil(t, done.Fault)
	require.Positive(t, done.DocumentsWritten)
}
