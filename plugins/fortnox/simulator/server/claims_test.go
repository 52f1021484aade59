package server_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
)

// Two companies of one integration are told apart by the tenant alone.
func TestACompanyIsToldByClientAndTenant(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := exampleWorld(t)
	claimOf := func(section string) func(*http.Request) bool {
		claim, err := server.Claims([]byte(section))
		require.NoError(t, err)
		return claim
	}
	own := claimOf(`{"client_id":"` + w.ClientID + `","tenant_id":` + strconv.Itoa(w.TenantID) + `}`)
	sister := claimOf(`{"client_id":"` + w.ClientID + `","tenant_id":` + strconv.Itoa(w.TenantID+1) + `}`)
	stranger := claimOf(`{"client_id":"stranger","tenant_id":` + strconv.Itoa(w.TenantID) + `}`)

	asksForTokens := func(tenant string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/oauth-v1/token", nil)
		r.SetBasicAuth(w.ClientID, "whatever")
		if tenant != "" {
			r.Header.Set("TenantId", tenant)
		}
		return r
	}
	bears := func(token string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/3/invoices", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	for name, c := range map[string]struct {
		request *http.Request
		want    [3]bool
	}{
		"a token for a tenant":     {asksForTokens(strconv.Itoa(w.TenantID)), [3]bool{true, false, false}},
		"a token for another":      {asksForTokens(strconv.Itoa(w.TenantID + 1)), [3]bool{false, true, false}},
		"a token by consent":       {asksForTokens(""), [3]bool{true, true, false}},
		"the consent page":         {httptest.NewRequest(http.MethodGet, "/oauth-v1/auth?client_id="+w.ClientID, nil), [3]bool{true, true, false}},
		"a call with a token":      {bears(s.token), [3]bool{true, false, false}},
		"a call with a broken one": {bears("a.b.c"), [3]bool{}},
		"a call without any":       {httptest.NewRequest(http.MethodGet, "/3/invoices", nil), [3]bool{}},
	} {
		require.Equal(t, c.want, [3]bool{own(c.request), sister(c.request), stranger(c.request)}, name)
	}
}
