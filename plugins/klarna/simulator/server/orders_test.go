package server_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const uuidPattern = `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`

func line(kind, reference string, quantity, total, rate, tax int) map[string]any {
	return map[string]any{
		"type": kind, "reference": reference, "name": reference, "quantity": quantity, "quantity_unit": "pcs",
		"unit_price": total / max(quantity, 1), "tax_rate": rate, "total_amount": total, "total_discount_amount": 0, "total_tax_amount": tax,
	}
}

// order is two books of 500.00 with 6 % VAT and a freight of 250.00 with 25 %: 1250.00.
func order(id string, more map[string]any) map[string]any {
	o := map[string]any{
		"order_id": id, "klarna_reference": "K4MADNY", "merchant_reference1": "10001", "purchase_currency": "SEK", "purchase_country": "SE",
		"locale": "sv-SE", "created_at": "2026-04-01T09:00:00.000Z", "customer": map[string]any{"date_of_birth": "1981-09-06"},
		"billing_address":        map[string]any{"given_name": "Klara", "family_name": "Joyce", "country": "se"},
		"initial_payment_method": map[string]any{"type": "INVOICE", "description": "Pay later"},
		"order_lines":            []any{line("physical", "BOOK", 2, 100000, 600, 5660), line("shipping_fee", "FREIGHT", 1, 25000, 2500, 5000)},
	}
	maps.Copy(o, more)
	return o
}

func withOrders(orders ...any) map[string]any { return map[string]any{"orders": orders} }

// manage asks the Order Management API.
func (k klarna) manage(method, path, body string, headers ...string) (*http.Response, string) {
	k.t.Helper()
	request, err := http.NewRequest(method, k.url+"/ordermanagement/v1/orders/"+path, strings.NewReader(body))
	require.NoError(k.t, err)
	request.Header.Set("Authorization", "Basic "+apiKey)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(k.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(k.t, err)
	return response, string(text)
}

// must gives the answer of what must succeed with a status.
func (k klarna) must(status int, method, path, body string) *http.Response {
	k.t.Helper()
	response, answer := k.manage(method, path, body)
	require.Equal(k.t, status, response.StatusCode, "%s %s: %s", method, path, answer)
	return response
}

func (k klarna) order(id string) map[string]any {
	k.t.Helper()
	response, body := k.manage(http.MethodGet, id, "")
	require.Equal(k.t, http.StatusOK, response.StatusCode, body)
	var o map[string]any
	require.NoError(k.t, json.Unmarshal([]byte(body), &o))
	return o
}

// state is what the life cycle of an order moves.
func state(o map[string]any) []any {
	return []any{o["status"], o["captured_amount"], o["refunded_amount"], o["remaining_authorized_amount"]}
}

func TestAnOrderLivesAsKlarnaDocuments(t *testing.T) {
	t.Parallel()
	k := start(t, withOrders(order(orderA, nil)))
	require.Equal(t, []any{"AUTHORIZED", 0.0, 0.0, 125000.0}, state(k.order(orderA)))

	first := k.must(201, http.MethodPost, orderA+"/captures", `{"captured_amount":100000,"reference":"F-1","order_lines":[
		{"type":"physical","reference":"BOOK","name":"BOOK","quantity":2,"unit_price":50000,"total_amount":100000}]}`)
	require.Regexp(t, uuidPattern, first.Header.Get("Capture-Id"))
	require.Equal(t, k.url+"/ordermanagement/v1/orders/"+orderA+"/captures/"+first.Header.Get("Capture-Id"), first.Header.Get("Location"))
	require.Equal(t, []any{"PART_CAPTURED", 100000.0, 0.0, 25000.0}, state(k.order(orderA)))
	_, answer := k.manage(http.MethodGet, orderA+"/captures/"+first.Header.Get("Capture-Id"), "")
	require.Contains(t, answer, `"reference":"F-1"`)
	require.Contains(t, answer, `"klarna_reference":"K4MADNY-1"`)

	k.must(201, http.MethodPost, orderA+"/captures", `{"captured_amount":25000}`)
	require.Equal(t, []any{"CAPTURED", 125000.0, 0.0, 0.0}, state(k.order(orderA)))
	captures := k.order(orderA)["captures"].([]any)
	require.Len(t, captures[0].(map[string]any)["order_lines"], 1)
	require.Equal(t, []any{}, captures[1].(map[string]any)["order_lines"], "a capture without lines has none")

	refund := k.must(201, http.MethodPost, orderA+"/refunds", `{"refunded_amount":9500,"reference":"K-1"}`)
	require.Regexp(t, uuidPattern, refund.Header.Get("Refund-Id"))
	require.Equal(t, []any{"CAPTURED", 125000.0, 9500.0, 0.0}, state(k.order(orderA)), "a refund does not change the status")
	_, answer = k.manage(http.MethodGet, orderA+"/refunds/"+refund.Header.Get("Refund-Id"), "")
	require.Contains(t, answer, `"refunded_amount":9500`)
	acknowledged := func() string {
		_, all := k.send(http.MethodGet, k.url+"/_sim/klarna/orders", "", "")
		return all
	}
	require.Contains(t, acknowledged(), `"acknowledged":false`)
	k.must(204, http.MethodPost, orderA+"/acknowledge", "")
	require.Contains(t, acknowledged(), `"acknowledged":true`)
}

func TestWhatTheStateForbidsIsRefusedByItsCode(t *testing.T) {
	t.Parallel()
	captured := func(amount int) map[string]any {
		return map[string]any{"captures": []any{map[string]any{"capture_id": "c1", "captured_amount": amount, "captured_at": "2026-04-02T09:00:00Z"}}}
	}
	for name, c := range map[string]struct {
		order        map[string]any
		method, path string
		body         string
		status       int
		code         string
	}{
		"capturing more than remains":          {nil, "POST", orderA + "/captures", `{"captured_amount":125001}`, 403, "CAPTURE_NOT_ALLOWED"},
		"capturing more than is left":          {captured(100000), "POST", orderA + "/captures", `{"captured_amount":25001}`, 403, "CAPTURE_NOT_ALLOWED"},
		"capturing before the risk is decided": {map[string]any{"fraud_status": "PENDING"}, "POST", orderA + "/captures", `{"captured_amount":1}`, 403, "CAPTURE_NOT_ALLOWED"},
		"capturing what was cancelled":         {map[string]any{"status": "CANCELLED"}, "POST", orderA + "/captures", `{"captured_amount":1}`, 403, "CAPTURE_NOT_ALLOWED"},
		"capturing what has expired":           {map[string]any{"expires_at": "2026-04-20T08:00:00Z"}, "POST", orderA + "/captures", `{"captured_amount":1}`, 403, "CAPTURE_NOT_ALLOWED"},
		"capturing nothing":                    {nil, "POST", orderA + "/captures", `{"captured_amount":0}`, 400, "BAD_VALUE"},
		"capturing without an amount":          {nil, "POST", orderA + "/captures", `{}`, 400, "BAD_VALUE"},
		"capturing a line without a name":      {nil, "POST", orderA + "/captures", `{"captured_amount":1,"order_lines":[{"quantity":1}]}`, 400, "BAD_VALUE"},
		"refunding what was not captured":      {nil, "POST", orderA + "/refunds", `{"refunded_amount":1}`, 403, "REFUND_NOT_ALLOWED"},
		"refunding more than was captured":     {captured(100000), "POST", orderA + "/refunds", `{"refunded_amount":100001}`, 403, "REFUND_NOT_ALLOWED"},
		"cancelling what was captured":         {captured(1), "POST", orderA + "/cancel", "", 403, "CANCEL_NOT_ALLOWED"},
		"releasing what was not captured":      {nil, "POST", orderA + "/release-remaining-authorization", "", 403, "NOT_ALLOWED"},
		"extending what was cancelled":         {map[string]any{"status": "CANCELLED"}, "POST", orderA + "/extend-authorization-time", "", 403, "NOT_ALLOWED"},
		"renaming what was cancelled":          {map[string]any{"status": "CANCELLED"}, "PATCH", orderA + "/merchant-references", `{"merchant_reference1":"X"}`, 403, "NOT_ALLOWED"},
		"a reference of 256 characters":        {nil, "PATCH", orderA + "/merchant-references", `{"merchant_reference1":"` + strings.Repeat("å", 256) + `"}`, 400, "BAD_VALUE"},
		"authorizing less than was captured":   {captured(100000), "PATCH", orderA + "/authorization", `{"order_amount":99999}`, 403, "NOT_ALLOWED"},
		"an order that there is not":           {nil, "GET", orderB, "", 404, "NO_SUCH_ORDER"},
		"an id that is none":                   {nil, "GET", "10001", "", 400, "INVALID_ORDER_ID"},
		"a capture that there is not":          {nil, "GET", orderA + "/captures/" + orderB, "", 404, "NO_SUCH_CAPTURE"},
		"a refund that there is not":           {nil, "GET", orderA + "/refunds/" + orderB, "", 404, "NOT_FOUND"},
		"a list of orders, which Klarna lacks": {nil, "GET", "", "", 403, "NOT_ALLOWED"},
		"a body that is not JSON":              {nil, "POST", orderA + "/captures", `captured_amount=1`, 400, "BAD_VALUE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := start(t, withOrders(order(orderA, c.order)))
			was := k.order(orderA)
			response, body := k.manage(c.method, c.path, c.body)
			require.Equal(t, c.status, response.StatusCode, body)
			require.Contains(t, body, `"error_code":"`+c.code+`"`)
			require.Contains(t, body, response.Header.Get("Klarna-Correlation-Id"))
			require.NotEmpty(t, response.Header.Get("X-Ratelimit-Remaining"))
			require.Equal(t, was, k.order(orderA), "nothing has happened")
		})
	}
}

func TestAnIdempotencyKeyIsRememberedForADay(t *testing.T) {
	t.Parallel()
	k := start(t, withOrders(order(orderA, nil)))
	capture := func(amount string) *http.Response {
		response, _ := k.manage(http.MethodPost, orderA+"/captures", `{"captured_amount":`+amount+`}`, "Klarna-Idempotency-Key", "key")
		return response
	}
	first, again := capture("100"), capture("200")
	require.Equal(t, 201, again.StatusCode)
	require.Equal(t, first.Header.Get("Capture-Id"), again.Header.Get("Capture-Id"), "the body is not compared")
	require.Equal(t, 100.0, k.order(orderA)["captured_amount"])
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/clock", map[string]string{"advance": "24h"}))
	later := capture("200")
	require.NotEqual(t, first.Header.Get("Capture-Id"), later.Header.Get("Capture-Id"))
	require.Equal(t, 300.0, k.order(orderA)["captured_amount"])

	refused, _ := k.manage(http.MethodPost, orderA+"/refunds", `{"refunded_amount":301}`, "Klarna-Idempotency-Key", "other")
	require.Equal(t, 403, refused.StatusCode)
	refused, _ = k.manage(http.MethodPost, orderA+"/refunds", `{"refunded_amount":300}`, "Klarna-Idempotency-Key", "other")
	require.Equal(t, 403, refused.StatusCode, "a refusal is remembered as well")
}

func TestAnAuthorizationEndsByItself(t *testing.T) {
	t.Parallel()
	k := start(t, withOrders(order(orderA, nil), order(orderB, map[string]any{"created_at": "2025-12-01T09:00:00Z", "expires_at": "2026-05-29T09:00:00Z"})))
	require.Equal(t, "2026-04-29T09:00:00.000Z", k.order(orderA)["expires_at"], "28 days after 1 April")
	k.must(204, http.MethodPost, orderA+"/extend-authorization-time", "")
	require.Equal(t, "2026-05-27T09:00:00.000Z", k.order(orderA)["expires_at"])
	k.must(204, http.MethodPost, orderB+"/extend-authorization-time", "")
	require.Equal(t, "2026-05-30T09:00:00.000Z", k.order(orderB)["expires_at"], "at most 180 days after 1 December")
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/clock", map[string]string{"set": "2026-05-27T09:00:00Z"}))
	require.Equal(t, []any{"EXPIRED", 0.0, 0.0, 0.0}, state(k.order(orderA)))
}

func TestAnOrderIsChangedAndClosed(t *testing.T) {
	t.Parallel()
	k := start(t, withOrders(order(orderA, nil), order(orderB, nil)))
	k.must(204, http.MethodPatch, orderA+"/merchant-references", `{"merchant_reference2":"501"}`)
	require.Equal(t, "10001", k.order(orderA)["merchant_reference1"], "what is not named stays")
	require.Equal(t, "501", k.order(orderA)["merchant_reference2"])
	k.must(204, http.MethodPatch, orderA+"/merchant-references", `{"merchant_reference2":""}`)
	require.NotContains(t, k.order(orderA), "merchant_reference2")

	k.must(204, http.MethodPatch, orderA+"/authorization", `{"order_amount":90000}`)
	require.Equal(t, []any{}, k.order(orderA)["order_lines"], "lines that are left out are gone")
	require.Equal(t, 90000.0, k.order(orderA)["order_amount"])
	require.Equal(t, 125000.0, k.order(orderA)["original_order_amount"])

	k.must(201, http.MethodPost, orderA+"/captures", `{"captured_amount":40000}`)
	k.must(204, http.MethodPost, orderA+"/release-remaining-authorization", "")
	require.Equal(t, []any{"CLOSED", 40000.0, 0.0, 0.0}, state(k.order(orderA)))
	k.must(204, http.MethodPost, orderB+"/cancel", "")
	require.Equal(t, []any{"CANCELLED", 0.0, 0.0, 0.0}, state(k.order(orderB)))
}

func TestOrdersNeedTheCredentialAndKeepToTheLimit(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"orders": []any{order(orderA, nil)}, "rate_limit": 2})
	response, body := k.send(http.MethodGet, k.url+"/ordermanagement/v1/orders/"+orderA, "Basic wrong", "")
	require.Equal(t, 401, response.StatusCode)
	require.Empty(t, body)
	k.order(orderA)
	k.order(orderA)
	response, body = k.manage(http.MethodGet, orderA, "")
	require.Equal(t, 429, response.StatusCode)
	require.Contains(t, body, "TOO_MANY_REQUESTS")
}

func TestAWorldWithANonsensicalOrderIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]any
		reason string
	}{
		"an id that is none":        {map[string]any{"order_id": "10001"}, "order_id"},
		"no currency":               {map[string]any{"purchase_currency": ""}, "purchase_currency"},
		"no date":                   {map[string]any{"created_at": "soon"}, "created_at"},
		"a status that is none":     {map[string]any{"status": "DONE"}, "status"},
		"a fraud status":            {map[string]any{"fraud_status": "MAYBE"}, "fraud_status"},
		"a capture without an id":   {map[string]any{"captures": []any{map[string]any{"captured_at": "2026-04-01T09:00:00Z"}}}, "capture_id"},
		"a refund without a moment": {map[string]any{"refunds": []any{map[string]any{"refund_id": "r"}}}, "refunded_at"},
		"a member that is none":     {map[string]any{"amount": 1}, "amount"},
	} {
		require.ErrorContains(t, readWorld(t, world(withOrders(order(orderA, c.change)))), c.reason, name)
	}
	require.ErrorContains(t, readWorld(t, world(withOrders(order(orderA, nil), order(orderA, nil)))), "not unique")
}
