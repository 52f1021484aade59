package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
)

const (
	newMerchant = `{"name":"Nya AB","organisation_number":"556016-0680","country":"SE","zone":"Europe/Stockholm","currency":"SEK"}`
	newKlarna   = `{"connector":"klarna","settings":{"region":"eu"},"credentials":{"username":"K1_x","password":"live_hunter2"}}`
)

func TestContractIsValidWithItsExamples(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	document, err := openapi3.NewLoader().LoadFromData(h.send(t, "", "GET", "/openapi.json", nil).Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, document.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaDefaultsValidation()))
	examples := 0
	for _, schema := range document.Components.Schemas {
		if schema.Value.Example != nil {
			examples++
		}
	}
	require.Greater(t, examples, 15)
}

func TestDocsNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	page := h.send(t, "", "GET", "/docs", nil)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	text := page.Body.String()
	require.Contains(t, text, "Switch a flow on")
	require.Contains(t, text, `id="schema-Effects"`)
	require.NotContains(t, text, "<script")
	require.NotRegexp(t, `(?i)(src|href)="?https?://`, text)
}

func TestRequestsThatDoNotFitTheContract(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	cases := map[string]struct {
		method, path, body  string
		status              int
		code, field, reason string
	}{
		"an unknown property":               {"POST", "/v1/merchants", strings.Replace(newMerchant, `"zone"`, `"zoen"`, 1), 400, "request.invalid", "zoen", "there is no such property"},
		"a property in other letters":       {"POST", "/v1/merchants", strings.Replace(newMerchant, `"name"`, `"Name"`, 1), 400, "request.invalid", "Name", "there is no such property"},
		"a missing property":                {"POST", "/v1/keys", `{"label":"x"}`, 400, "request.invalid", "scope", "this is required"},
		"a wrong type":                      {"POST", "/v1/keys", `{"label":7,"scope":"support"}`, 400, "request.invalid", "label", "value must be a string"},
		"a text too long":                   {"POST", "/v1/keys", `{"label":"` + strings.Repeat("x", 101) + `","scope":"support"}`, 400, "request.invalid", "label", "maximum string length is 100"},
		"a value outside the list":          {"POST", "/v1/keys", `{"label":"x","scope":"root"}`, 400, "request.invalid", "scope", `value is not one of the allowed values ["operator","support","merchant"]`},
		"a moment that is none":             {"POST", "/v1/merchants/merchant-1/flows", `{"kind":"payouts","source":"a","target":"b","since":"yesterday"}`, 400, "request.invalid", "since", "this is not a date-time"},
		"credentials that are no object":    {"POST", "/v1/merchants/merchant-1/connections", `{"connector":"klarna","credentials":"hunter2"}`, 400, "request.invalid", "credentials", "value must be an object"},
		"a change of nothing":               {"PATCH", "/v1/connections/connection-1", `{}`, 400, "request.invalid", "", "there must be at least 1 properties"},
		"a body that is not JSON":           {"POST", "/v1/merchants", `{"name":`, 400, "request.malformed", "", "the body is not one JSON document"},
		"two documents in a body":           {"POST", "/v1/keys", `{"label":"x","scope":"support"}{}`, 400, "request.malformed", "", "the body is not one JSON document"},
		"no body where one is needed":       {"POST", "/v1/merchants", ``, 400, "request.invalid", "", "the request needs a body"},
		"a body where none is needed":       {"POST", "/v1/flows/flow-1/enable", `{"force":true}`, 400, "request.invalid", "", "the request takes no body"},
		"a body too large":                  {"POST", "/v1/merchants", `{"name":"` + strings.Repeat("x", 5000) + `"}`, 413, "request.too_large", "", "the body has more than 4096 bytes"},
		"an unknown parameter":              {"GET", "/v1/merchants?limt=5", "", 400, "request.invalid", "limt", "there is no such parameter"},
		"a limit above the most":            {"GET", "/v1/merchants?limit=501", "", 400, "request.invalid", "limit", "number must be at most 500"},
		"a limit that is no number":         {"GET", "/v1/merchants?limit=ten", "", 400, "request.invalid", "limit", "this is not an integer"},
		"a state that is none":              {"GET", "/v1/payouts/payout-1/lines?state=lost", "", 400, "request.invalid", "state", `value is not one of the allowed values ["pending","matched","no_document","waiting","exception"]`},
		"a cursor that is none":             {"GET", "/v1/payouts/payout-1/lines?after=x", "", 400, "request.invalid", "after", "this is not the cursor of a page before"},
		"a day that is none":                {"GET", "/v1/connections/connection-2/choices/accounts?on=2026-02-30", "", 400, "request.invalid", "on", "this is not a date written YYYY-MM-DD"},
		"a kind of choice that is none":     {"GET", "/v1/connections/connection-2/choices/colours", "", 400, "request.invalid", "kind", `value is not one of the allowed values ["accounts","voucher_series","modes_of_payment"]`},
		"a country that does not exist":     {"POST", "/v1/merchants", strings.Replace(newMerchant, `"SE"`, `"XX"`, 1), 422, "merchant.invalid", "country", "this is not an ISO 3166 country code in upper case, such as SE"},
		"a zone that does not exist":        {"POST", "/v1/merchants", strings.Replace(newMerchant, "Stockholm", "Svealand", 1), 422, "merchant.invalid", "zone", "this is not an IANA time zone, such as Europe/Stockholm"},
		"a currency that does not exist":    {"POST", "/v1/merchants", strings.Replace(newMerchant, "SEK", "SKR", 1), 422, "merchant.invalid", "currency", "this is not a current ISO 4217 currency code, such as SEK"},
		"a number of another form":          {"POST", "/v1/merchants", strings.Replace(newMerchant, "556016-0680", "55601-60680", 1), 422, "merchant.invalid", "organisation_number", "a Swedish organisation number is written with six digits, a hyphen and four digits"},
		"a connector that is not there":     {"POST", "/v1/merchants/merchant-1/connections", `{"connector":"svea","credentials":{}}`, 422, "connector.unknown", "connector", "no such connector is installed"},
		"a setting that does not exist":     {"POST", "/v1/merchants/merchant-1/connections", strings.Replace(newKlarna, "region", "reigon", 1), 422, "connection.settings_invalid", "settings.reigon", "there is no such property"},
		"a secret that does not fit":        {"POST", "/v1/merchants/merchant-1/connections", strings.Replace(newKlarna, "live_hunter2", "hunter2", 1), 422, "connection.credentials_invalid", "credentials.password", "this does not match the pattern ^live_"},
		"a booking setting that is wrong":   {"PUT", "/v1/flows/flow-1/settings", `{"waiting_days":-1}`, 422, "flow.settings_invalid", "settings.waiting_days", "a line waits 0 to 365 days"},
		"a booking setting that is unknown": {"PUT", "/v1/flows/flow-1/settings", `{"waitng_days":7}`, 422, "flow.settings_invalid", "settings.waitng_days", "there is no such setting"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, operator, c.method, c.path, c.body, c.status)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.field, p.Field)
			require.Equal(t, c.reason, p.Reason)
			require.NotContains(t, p.Detail, "hunter2")
		})
	}
	require.NotContains(t, h.log.String(), "hunter2")
}

func TestBodiesMustSayThatTheyAreJSON(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	p := h.problem(t, operator, "POST", "/v1/merchants", newMerchant, http.StatusUnsupportedMediaType, "Content-Type", "text/plain")
	require.Equal(t, "request.media_type", p.Code)
}

func TestAddressesThatDoNotExist(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for path, c := range map[string]struct {
		method, code string
		status       int
	}{
		"/v1/nothing":   {"GET", "request.no_route", http.StatusNotFound},
		"/":             {"GET", "request.no_route", http.StatusNotFound},
		"/v1/merchants": {"DELETE", "request.method_not_allowed", http.StatusMethodNotAllowed},
	} {
		answer := h.send(t, operator, c.method, path, nil)
		require.Equal(t, c.status, answer.Code)
		require.Contains(t, answer.Body.String(), c.code)
		require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
	}
}

func TestFaultsBecomeStatuses(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	wait := fault.New("lane.busy", fault.RateLimited, "too many calls")
	wait.RetryAfter = 1500 * time.Millisecond
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"what makes no sense":              {fault.New("a.b", fault.Validation, "x"), 422, "a.b"},
		"credentials that were refused":    {fault.New("a.b", fault.Auth, "x").From(fault.Upstream), 422, "a.b"},
		"what is not there":                {fault.New("a.b", fault.NotFound, "x"), 404, "a.b"},
		"what is there already":            {fault.New("a.b", fault.Duplicate, "x"), 409, "a.b"},
		"what the state forbids":           {fault.New("a.b", fault.Conflict, "x"), 409, "a.b"},
		"what must wait":                   {wait, 429, "lane.busy"},
		"what may pass":                    {fault.New("a.b", fault.Temporary, "x"), 503, "a.b"},
		"what was not sent":                {fault.New("a.b", fault.NotSent, "x"), 503, "a.b"},
		"what nobody knows":                {fault.New("a.b", fault.Unknown, "x"), 502, "a.b"},
		"what took too long":               {context.DeadlineExceeded, 504, "request.timeout"},
		"the hub's own trouble":            {errors.New("disk full at /secret/path"), 500, "hub.internal"},
		"a fault that wraps other trouble": {fault.New("a.b", fault.Conflict, "x").Wrap(errors.New("/secret/path")), 409, "a.b"},
	} {
		t.Run(name, func(t *testing.T) {
			h.engine.fail = c.err
			answer := h.do(t, operator, "POST", "/v1/flows/flow-1/runs", "")
			require.Equal(t, c.status, answer.Code)
			require.Contains(t, answer.Body.String(), `"code":"`+c.code+`"`)
			require.NotContains(t, answer.Body.String(), "/secret/path")
			if c.status == http.StatusTooManyRequests {
				require.Equal(t, "2", answer.Header().Get("Retry-After"))
			}
		})
	}
	require.Contains(t, h.log.String(), "disk full at /secret/path", "what the caller is not told stands in the log")
}

func TestAPanicIsOneRequestsTrouble(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.engine.panics = true
	p := h.problem(t, operator, "POST", "/v1/flows/flow-1/runs", "", http.StatusInternalServerError)
	require.Equal(t, "hub.internal", p.Code)
	require.Contains(t, h.log.String(), "a bug")
	h.engine.panics = false
	require.Equal(t, http.StatusAccepted, h.do(t, operator, "POST", "/v1/flows/flow-1/runs", "").Code)
}

func TestRequestsHaveADeadline(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	var bounded bool
	h.engine.wait = func(ctx context.Context) { _, bounded = ctx.Deadline() }
	h.do(t, operator, "POST", "/v1/flows/flow-1/runs", "")
	require.True(t, bounded)
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.Equal(t, "mine-1", h.do(t, "", "GET", "/v1/health", "", "X-Request-ID", "mine-1").Header().Get("X-Request-ID"))
	made := h.do(t, "", "GET", "/v1/health", "", "X-Request-ID", "a b\x01").Header().Get("X-Request-ID")
	require.Regexp(t, `^[0-9a-f]{16}$`, made)
	require.Contains(t, h.log.String(), "request_id="+made)
	require.Contains(t, h.log.String(), "route=/v1/health")
}

func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.do(t, operator, "POST", "/v1/merchants/merchant-1/connections", newKlarna)
	h.send(t, operator, "GET", "/proof/payout-1?token=tok_secret", nil)
	for _, secret := range []string{operator, "hunter2", "tok_secret"} {
		require.NotContains(t, h.log.String(), secret)
	}
}
