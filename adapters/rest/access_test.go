package rest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

// call is one operation of the contract with a request that fits it.
type call struct {
	method, template, path, body, media string
	scopes                              []string
}

// programSHA256 is the digest of the program that the contract shows to be sent.
const programSHA256 = "dc6df2ffd8685c09a484fe382b22029cb075bdf7d21b15234b6e277fcb4c0fdb"

// calls makes a fitting request to every operation, for things of the settled
// merchant.
func calls(t *testing.T, h *hub) []call {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(h.send(t, "", "GET", "/openapi.json", nil).Body.Bytes())
	require.NoError(t, err)
	ids := map[string]string{
		"merchants": statementtest.Merchant, "connections": statementtest.Target, "flows": statementtest.Flow,
		"suspense": "su-" + statementtest.Booked + "-S1", "runs": statementtest.Run, "payouts": statementtest.Booked, "exceptions": "exception-2", "connectors": "klarna",
		"events": "event-1", "callbacks": "callback-1", "swaps": "swap-1",
		"lines": "268435457", // the first of the first payout
	}
	var all []call
	for template, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			if o.Security != nil {
				continue // open to everybody
			}
			c := call{method: method, template: template}
			collection := strings.Split(template, "/")[2]
			c.path = strings.NewReplacer("{id}", ids[collection], "{kind}", "accounts", "{number}", "1001", "{order}", "o-1001", "{transaction}", "T-1", "{n}", "1", "{hash}", strings.Repeat("0", 64), "{version}", "1.0.0", "{sha256}", programSHA256).Replace(template)
			if strings.HasSuffix(template, "/search") {
				c.path += "?q=1001"
			}
			if method == http.MethodDelete && strings.HasSuffix(template, "/{version}") {
				c.path = strings.Replace(c.path, "1.0.0", "1.0.1", 1) + "?reason=old" // the other one serves
			}
			if o.RequestBody != nil {
				for media, content := range o.RequestBody.Value.Content {
					c.media, c.body = media, example(t, content)
				}
				require.NotEmpty(t, c.body, "%s %s", method, template)
			}
			for _, scope := range o.Extensions["x-kvitt-scopes"].([]any) {
				c.scopes = append(c.scopes, scope.(string))
			}
			all = append(all, c)
		}
	}
	require.Greater(t, len(all), 30)
	return all
}

// example gives what the contract shows of a request's body, with what it names
// exchanged for what the harness knows.
func example(t *testing.T, content *openapi3.MediaType) string {
	t.Helper()
	shown := content.Example
	if shown == nil {
		shown = content.Schema.Value.Example
	}
	text, isText := shown.(string)
	if !isText {
		written, err := json.Marshal(shown)
		require.NoError(t, err)
		text = string(written)
	}
	return strings.NewReplacer(
		"merchant-8a2f60c1d3e45b97", other, "connection-00c0ffee00c0ffee", statementtest.Source, "connection-0badcafe0badcafe", statementtest.Target,
		`"secret"`, `"live_secret"`, // the fake of Klarna takes no other
	).Replace(text)
}

func (h *hub) request(t *testing.T, key string, c call) *httptest.ResponseRecorder {
	t.Helper()
	return h.do(t, key, c.method, c.path, c.body, "Content-Type", c.media)
}

func TestEveryRouteNeedsAKey(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for _, c := range calls(t, h) {
		for _, key := range []string{"", "kvitt_guessed"} {
			p := h.problem(t, key, c.method, c.path, c.body, http.StatusUnauthorized, "Content-Type", c.media)
			require.Equal(t, "access.unauthenticated", p.Code, "%s %s", c.method, c.template)
		}
	}
	require.Empty(t, h.engine.did)
}

func TestEveryRouteHidesWhatIsAnotherMerchants(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for _, c := range calls(t, h) {
		if !strings.Contains(c.template, "{id}") || strings.Contains(c.template, "/connectors/") || !contains(c.scopes, "merchant") {
			continue
		}
		hidden := h.problem(t, stranger, c.method, c.path, c.body, http.StatusNotFound, "Content-Type", c.media)
		parts := strings.Split(c.path, "/") // the id is the third
		if parts[3] = strings.Replace(parts[3], "-", "-no-such-", 1); parts[2] == "lines" {
			parts[3] = "999999999999"
		}
		c.path = strings.Join(parts, "/")
		missing := h.problem(t, stranger, c.method, c.path, c.body, http.StatusNotFound, "Content-Type", c.media)
		hidden.RequestID, missing.RequestID = "", ""
		require.Equal(t, missing, hidden, "%s %s: what is hidden answers like what is not there", c.method, c.template)
	}
	require.Empty(t, h.engine.did)
}

func TestEveryRouteKeepsToItsScopes(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	keys := map[string]string{"operator": operator, "support": support, "merchant": own}
	for _, c := range calls(t, h) {
		for scope, key := range keys {
			if contains(c.scopes, scope) {
				require.NotEqual(t, http.StatusForbidden, h.request(t, key, c).Code, "%s %s as %s", c.method, c.template, scope)
				continue
			}
			p := h.problem(t, key, c.method, c.path, c.body, http.StatusForbidden, "Content-Type", c.media)
			require.Equal(t, "access.forbidden", p.Code)
		}
		require.Contains(t, c.scopes, "operator", "an operator may do everything: %s %s", c.method, c.template)
	}
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

func TestAMerchantSeesItselfAlone(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	type page struct{ Items []struct{ ID string } }
	require.Len(t, get[page](t, h, operator, "GET", "/v1/merchants", "", http.StatusOK).Items, 2)
	mine := get[page](t, h, own, "GET", "/v1/merchants", "", http.StatusOK)
	require.Len(t, mine.Items, 1)
	require.Equal(t, statementtest.Merchant, mine.Items[0].ID)
}

func TestAFlowCannotJoinAnotherMerchantsConnections(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	p := h.problem(t, stranger, "POST", "/v1/merchants/"+other+"/flows",
		`{"kind":"payouts","source":"connection-1","target":"connection-2"}`, http.StatusUnprocessableEntity)
	require.Equal(t, "flow.invalid", p.Code)
	require.Equal(t, "source", p.Field)
}

func TestAnExceptionFilterCannotReachAnotherMerchant(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	page := get[struct{ Items []any }](t, h, stranger, "GET", "/v1/merchants/"+other+"/exceptions?payout="+statementtest.Booked, "", http.StatusOK)
	require.Empty(t, page.Items)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	made := get[struct{ ID, Key string }](t, h, operator, "POST", "/v1/keys",
		`{"label":"shop","scope":"merchant","merchant_id":"merchant-other"}`, http.StatusCreated, "Idempotency-Key", "k1")
	require.True(t, strings.HasPrefix(made.Key, "kvitt_"))
	require.NotContains(t, h.log.String(), made.Key)
	get[struct{}](t, h, made.Key, "GET", "/v1/merchants/"+other, "", http.StatusOK)

	// The answer holds a secret and is not kept: the same request makes another key.
	again := get[struct{ ID, Key string }](t, h, operator, "POST", "/v1/keys",
		`{"label":"shop","scope":"merchant","merchant_id":"merchant-other"}`, http.StatusCreated, "Idempotency-Key", "k1")
	require.NotEqual(t, made.Key, again.Key)

	for name, c := range map[string]struct{ body, field string }{
		"a merchant's key names its merchant":     {`{"label":"x","scope":"merchant"}`, "merchant_id"},
		"an operator's key is not limited to one": {`{"label":"x","scope":"operator","merchant_id":"merchant-other"}`, "merchant_id"},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, operator, "POST", "/v1/keys", c.body, http.StatusUnprocessableEntity)
			require.Equal(t, "key.invalid", p.Code)
			require.Equal(t, c.field, p.Field)
		})
	}
}
