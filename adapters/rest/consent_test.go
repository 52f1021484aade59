package rest_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/ports"
)

// consenting is a hub whose Fortnox takes consent.
func consenting(t *testing.T) *hub {
	t.Helper()
	h := newHub(t)
	h.remote.OAuth["fortnox"] = &ports.OAuth{
		ClientID: "client_id", ClientSecret: "client_secret",
		Consent: &ports.Consent{AuthorizeURL: "https://auth.example.com", RevokeURL: "https://auth.example.com/revoke", PKCE: true},
	}
	return h
}

func (h *hub) connect(t *testing.T, connector, credentials string) api.Connection {
	t.Helper()
	return get[api.Connection](t, h, stranger, "POST", "/v1/merchants/"+other+"/connections",
		`{"connector":"`+connector+`","settings":{},"credentials":`+credentials+`}`, http.StatusCreated)
}

func (h *hub) connection(t *testing.T, id string) api.Connection {
	t.Helper()
	return get[api.Connection](t, h, stranger, "GET", "/v1/connections/"+id, "", http.StatusOK)
}

// ask gives the state of a new request for consent.
func (h *hub) ask(t *testing.T, id string) string {
	t.Helper()
	link := get[api.ConsentLink](t, h, stranger, "POST", "/v1/connections/"+id+"/consent", "", http.StatusCreated)
	require.True(t, link.ExpiresAt.After(h.now))
	address, err := url.Parse(link.URL)
	require.NoError(t, err)
	require.Equal(t, "hub-client", address.Query().Get("client_id"), "the hub's own integration asks")
	require.Equal(t, "https://hub.example/v1/oauth/callback", address.Query().Get("redirect_uri"))
	require.NotEmpty(t, address.Query().Get("challenge"))
	return address.Query().Get("state")
}

// answer comes back from the authorisation server, as the browser brings it.
func (h *hub) answer(t *testing.T, query url.Values, status int, said ...string) {
	t.Helper()
	page := h.do(t, "", "GET", "/v1/oauth/callback?"+query.Encode(), "")
	require.Equal(t, status, page.Code, page.Body)
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-referrer", page.Header().Get("Referrer-Policy"))
	for _, text := range said {
		require.Contains(t, page.Body.String(), text)
	}
	for _, values := range query {
		require.NotContains(t, page.Body.String(), values[0], "what the address holds is not repeated")
	}
	require.NotContains(t, page.Body.String(), "secret-")
}

func approved(state string) url.Values {
	return url.Values{"state": {state}, "code": {onboardingtest.Code}, "session_state": {"of-the-other-system"}}
}

func TestAMerchantConnectsByConsent(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	made := h.connect(t, "fortnox", `{"client_secret":""}`)
	checked := get[api.Connection](t, h, stranger, "POST", "/v1/connections/"+made.ID+"/verify", "", http.StatusOK)
	require.EqualValues(t, "consent_needed", checked.State)
	state := h.ask(t, made.ID)
	h.remote.AccountID["fortnox"] = "4712"
	h.answer(t, approved(state), http.StatusOK, "Fortnox is connected", "Account 4712")
	after := h.connection(t, made.ID)
	require.EqualValues(t, "verified", after.State)
	require.Equal(t, "4712", after.AccountID)
	require.Equal(t, []string{"hub-client"}, h.remote.Authority.Clients)
	require.Equal(t, "secret-access-2", h.remote.Credentials["access_token"], "it is verified with a fresh token")
	require.NotContains(t, h.remote.Credentials, "client_secret")
	audit := h.do(t, stranger, "GET", "/v1/merchants/"+other+"/audit", "").Body.String()
	for _, act := range []string{"connection.consent_asked", "connection.consent_given", "connection.verified", "Stranger (key-stranger)"} {
		require.Contains(t, audit, act)
	}
	for _, secret := range []string{state, onboardingtest.Code, "secret-access", "secret-refresh", "hub-secret"} {
		require.NotContains(t, h.log.String(), secret)
		require.NotContains(t, audit, `"`+secret)
	}
}

func TestAnAnswerThatBelongsNowhereSaysSo(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	made := h.connect(t, "fortnox", `{"client_secret":""}`)
	h.answer(t, approved("made-up-state"), http.StatusNotFound, "oauth.state_unknown")
	h.answer(t, url.Values{}, http.StatusNotFound, "oauth.state_unknown")
	h.answer(t, url.Values{"state": {h.ask(t, made.ID)}, "error": {"access_denied"}}, http.StatusUnprocessableEntity, "oauth.consent_denied")
	wrong := url.Values{"state": {h.ask(t, made.ID)}, "code": {"stolen-code"}}
	h.answer(t, wrong, http.StatusUnprocessableEntity, "oauth.code_refused")
	h.answer(t, wrong, http.StatusConflict, "oauth.state_used")
	late := h.ask(t, made.ID)
	h.now = h.now.Add(31 * time.Minute)
	h.answer(t, approved(late), http.StatusConflict, "oauth.state_expired")
	require.EqualValues(t, "unverified", h.connection(t, made.ID).State)
}

func TestConsentIsRefusedWhereThereIsNone(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	static := h.connect(t, "klarna", `{"username":"K123","password":"live_x"}`)
	require.Equal(t, "oauth.consent_not_offered", h.problem(t, stranger, "POST", "/v1/connections/"+static.ID+"/consent", "", http.StatusConflict).Code)
}

func TestOneAccountIsConnectedOnceAlsoByConsent(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	first, second := h.connect(t, "fortnox", `{"client_secret":""}`), h.connect(t, "fortnox", `{"client_secret":""}`)
	h.answer(t, approved(h.ask(t, first.ID)), http.StatusOK)
	h.answer(t, approved(h.ask(t, second.ID)), http.StatusConflict, "connection.duplicate_account")
	require.EqualValues(t, "unverified", h.connection(t, second.ID).State)
	h.noGrant(t, second.ID)
	before := h.remote.Authority.Refreshable
	h.remote.AccountID["fortnox"] = "another"
	h.answer(t, approved(h.ask(t, first.ID)), http.StatusConflict, "connection.account_changed")
	require.NotEqual(t, before, h.remote.Authority.Refreshable)
	h.noTrial(t, first.ID)
	require.EqualValues(t, "4711", h.connection(t, first.ID).AccountID, "the consent for the right account stays")
}

func (h *hub) noTrial(t *testing.T, id string) {
	t.Helper()
	h.missing(t, id, true)
}

func (h *hub) noGrant(t *testing.T, id string) {
	t.Helper()
	h.missing(t, id, true)
	h.missing(t, id, false)
}

func (h *hub) missing(t *testing.T, id string, trial bool) {
	t.Helper()
	err := h.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Consents().Grant(ctx, id, trial)
		return err
	})
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
}

func TestDisconnectingRevokesWipesAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	made := h.connect(t, "fortnox", `{"client_secret":""}`)
	h.answer(t, approved(h.ask(t, made.ID)), http.StatusOK)
	gone := get[api.Connection](t, h, stranger, "POST", "/v1/connections/"+made.ID+"/disconnect", "", http.StatusOK)
	require.EqualValues(t, "disconnected", gone.State)
	require.Equal(t, []string{"secret-refresh-2"}, h.remote.Authority.Revoked)
	h.noGrant(t, made.ID)
	require.NoError(t, h.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, made.ID)
		require.NotContains(t, string(record.Credentials), "client_secret")
		return err
	}))
	checked := get[api.Connection](t, h, stranger, "POST", "/v1/connections/"+made.ID+"/verify", "", http.StatusUnprocessableEntity)
	require.Empty(t, checked.ID)
	require.Contains(t, h.do(t, stranger, "GET", "/v1/merchants/"+other+"/audit", "").Body.String(), "connection.disconnected")
	h.answer(t, approved(h.ask(t, made.ID)), http.StatusOK)
	require.EqualValues(t, "verified", h.connection(t, made.ID).State)
}

func TestAConnectionThatAFlowUsesIsNotDisconnected(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	source, target := h.connect(t, "klarna", `{"username":"K123","password":"live_x"}`), h.connect(t, "fortnox", `{"client_secret":""}`)
	flow := get[api.Flow](t, h, stranger, "POST", "/v1/merchants/"+other+"/flows",
		`{"kind":"payouts","source":"`+source.ID+`","target":"`+target.ID+`","since":"2026-03-30T00:00:00Z","settings":{}}`, http.StatusCreated)
	enable := func(on bool) {
		require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, flow.ID, on) }))
	}
	enable(true)
	for _, id := range []string{source.ID, target.ID} {
		refusal := h.problem(t, stranger, "POST", "/v1/connections/"+id+"/disconnect", "", http.StatusConflict)
		require.Equal(t, "connection.in_use", refusal.Code)
		require.Contains(t, refusal.Reason, flow.ID)
	}
	enable(false)
	get[api.Connection](t, h, stranger, "POST", "/v1/connections/"+source.ID+"/disconnect", "", http.StatusOK)
}

func TestTheChecklistSaysThatConsentIsMissing(t *testing.T) {
	t.Parallel()
	h := consenting(t)
	source, target := h.connect(t, "klarna", `{"username":"K123","password":"live_x"}`), h.connect(t, "fortnox", `{"client_secret":""}`)
	get[api.Connection](t, h, stranger, "POST", "/v1/connections/"+target.ID+"/verify", "", http.StatusOK)
	get[api.Flow](t, h, stranger, "POST", "/v1/merchants/"+other+"/flows",
		`{"kind":"payouts","source":"`+source.ID+`","target":"`+target.ID+`","since":"2026-03-30T00:00:00Z","settings":{}}`, http.StatusCreated)
	require.Contains(t, h.do(t, stranger, "GET", "/v1/merchants/"+other+"/checklist", "").Body.String(), `"oauth.consent_needed"`)
}
