package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

const redirect = "https://hub.example/v1/oauth/callback"

func consentQuery(changes ...string) url.Values {
	q := url.Values{
		"client_id": {"exampleClient"}, "response_type": {"code"}, "state": {"s-1"}, "redirect_uri": {redirect},
		"scope": {"companyinformation invoice"}, "access_type": {"offline"}, "account_type": {"service"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

// decide presses a button on the page and gives the query of where the browser is
// sent.
func (s *sim) decide(query url.Values, decision string) url.Values {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/oauth-v1/auth?"+query.Encode(),
		strings.NewReader("decision="+decision))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	still := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := still.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(s.t, http.StatusFound, response.StatusCode)
	target, err := response.Location()
	require.NoError(s.t, err)
	require.Equal(s.t, redirect, target.Scheme+"://"+target.Host+target.Path)
	return target.Query()
}

// later moves the simulated clock.
func (s *sim) later(d time.Duration) {
	s.t.Helper()
	status, _ := s.call(http.MethodPost, "/_sim/clock", `{"advance":"`+d.String()+`"}`)
	require.Equal(s.t, http.StatusOK, status)
}

type granted struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
	Error   string `json:"error"`
}

func (s *sim) grant(form url.Values) (int, granted) {
	s.t.Helper()
	status, _, body := s.askToken("exampleSecret", "", form)
	var g granted
	require.NoError(s.t, json.Unmarshal([]byte(body), &g), body)
	return status, g
}

func (s *sim) exchange(code string) (int, granted) {
	s.t.Helper()
	return s.grant(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}})
}

func (s *sim) renew(refresh string) (int, granted) {
	s.t.Helper()
	return s.grant(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (s *sim) approve() granted {
	s.t.Helper()
	status, g := s.exchange(s.decide(consentQuery(), "approve").Get("code"))
	require.Equal(s.t, http.StatusOK, status)
	return g
}

func TestThePageNamesTheCompanyAndWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, contentType, page := s.send(s.request(http.MethodGet, "/oauth-v1/auth?"+consentQuery().Encode(), ""))
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, contentType, "text/html")
	for _, shown := range []string{"exampleClient", "as a service account", "<li>invoice</li>", `value="deny"`} {
		require.Contains(t, page, shown)
	}
}

func TestWhatCannotBeAskedForIsRefusedOnThePage(t *testing.T) {
	t.Parallel()
	s := start(t)
	for why, query := range map[string]url.Values{
		"client id":     consentQuery("client_id", "another"),
		"response type": consentQuery("response_type", "token"),
		"state":         consentQuery("state", ""),
		"redirect URI":  consentQuery("redirect_uri", "/somewhere"),
		"scope":         consentQuery("scope", "everything"),
		"account type":  consentQuery("account_type", "person"),
	} {
		status, _, page := s.send(s.request(http.MethodGet, "/oauth-v1/auth?"+query.Encode(), ""))
		require.Equal(t, http.StatusBadRequest, status, why)
		require.Contains(t, page, why)
	}
	barred := start(t, func(w *world.Fortnox) { w.NoServiceAccounts = true })
	_, _, page := barred.send(barred.request(http.MethodGet, "/oauth-v1/auth?"+consentQuery().Encode(), ""))
	require.Contains(t, page, "Client does not allow service account")
}

func TestADenialComesBackWithTheState(t *testing.T) {
	t.Parallel()
	answer := start(t).decide(consentQuery(), "deny")
	require.Equal(t, "access_denied", answer.Get("error"))
	require.Equal(t, "s-1", answer.Get("state"))
	require.Empty(t, answer.Get("code"))
}

func TestACodeIsGoodOnceForTenMinutesAndItsAddress(t *testing.T) {
	t.Parallel()
	s := start(t)
	code := s.decide(consentQuery(), "approve").Get("code")
	status, g := s.exchange(code)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "companyinformation invoice", g.Scope)
	require.NotEmpty(t, g.Refresh)
	s.token = g.Access
	s.do(http.MethodGet, "/3/companyinformation", "", "CompanyInformation")
	status, g = s.exchange(code)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "invalid_grant", g.Error)

	late := s.decide(consentQuery(), "approve").Get("code")
	s.later(10 * time.Minute)
	status, _ = s.exchange(late)
	require.Equal(t, http.StatusBadRequest, status)

	elsewhere := s.decide(consentQuery(), "approve").Get("code")
	status, _ = s.grant(url.Values{"grant_type": {"authorization_code"}, "code": {elsewhere}, "redirect_uri": {"https://other.example"}})
	require.Equal(t, http.StatusBadRequest, status)
}

func TestWithoutOfflineAccessThereIsNoRefreshToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, g := s.exchange(s.decide(consentQuery("access_type", ""), "approve").Get("code"))
	require.NotEmpty(t, g.Access)
	require.Empty(t, g.Refresh)
}

func TestARefreshTokenIsGoodOnceForFortyFiveDays(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.approve()
	status, second := s.renew(first.Refresh)
	require.Equal(t, http.StatusOK, status)
	require.NotEqual(t, first.Refresh, second.Refresh)
	status, contentType, body := s.askToken("exampleSecret", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, contentType, "text/html")
	require.JSONEq(t, `{"error":"invalid_grant","error_description":"Invalid refresh token"}`, body)

	s.later(45*24*time.Hour - time.Second)
	status, third := s.renew(second.Refresh)
	require.Equal(t, http.StatusOK, status)
	s.later(45 * 24 * time.Hour)
	status, _ = s.renew(third.Refresh)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestARevokedTokenRenewsNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	revoke := func(token string) (int, string) {
		form := url.Values{"token_type_hint": {"refresh_token"}, "token": {token}}
		request := s.request(http.MethodPost, "/oauth-v1/revoke", form.Encode())
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth("exampleClient", "exampleSecret")
		status, _, body := s.send(request)
		return status, body
	}
	g := s.approve()
	status, body := revoke(g.Refresh)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"revoked":true}`, body)
	status, _ = s.renew(g.Refresh)
	require.Equal(t, http.StatusBadRequest, status)
	s.token = g.Access
	s.do(http.MethodGet, "/3/companyinformation", "", "CompanyInformation") // access tokens live on
}

func TestTheCompanyDecidesByHandAndWithdraws(t *testing.T) {
	t.Parallel()
	s := start(t)
	body, err := json.Marshal(map[string]any{"url": "https://apps.fortnox.se/oauth-v1/auth?" + consentQuery().Encode(), "approve": true})
	require.NoError(t, err)
	_, answer := s.call(http.MethodPost, "/_sim/fortnox/consent", string(body))
	target, err := url.Parse(answer["redirect"].(string))
	require.NoError(t, err)
	_, g := s.exchange(target.Query().Get("code"))
	require.NotEmpty(t, g.Refresh)
	_, ended := s.call(http.MethodDelete, "/_sim/fortnox/consent", "")
	require.EqualValues(t, 1, ended["ended"])
	status, _ := s.renew(g.Refresh)
	require.Equal(t, http.StatusBadRequest, status)
}
