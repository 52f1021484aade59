package server_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

const (
	apiKey   = "klarna_test_api_SECRET"
	username = "K123456_abc123"

	orderA = "aaaaaaaa-0000-4000-8000-00000000000a"
	orderB = "bbbbbbbb-0000-4000-8000-00000000000b"
	orderC = "cccccccc-0000-4000-8000-00000000000c"
)

// today is the start of the simulated clock.
var today = time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)

// transaction is a row with what every row has.
func transaction(kind, detailed, orderID string, amount int, more map[string]any) map[string]any {
	t := map[string]any{
		"type": kind, "detailed_type": detailed, "order_id": orderID, "amount": amount,
		"short_order_id": "shortrid", "currency_code": "SEK", "purchase_country": "SE",
		"sale_date": "2026-04-01T09:00:00Z", "capture_date": "2026-04-01T10:00:00Z",
	}
	maps.Copy(t, more)
	return t
}

// fee is a fee row of a capture with 25 % VAT.
func fee(detailed, orderID, capture string, amount, vat int) map[string]any {
	return transaction("FEE", detailed, orderID, amount,
		map[string]any{"capture_id": capture, "vat_rate": 2500, "vat_amount": vat})
}

func sale(orderID, capture, reference string, amount int) map[string]any {
	return transaction("SALE", "PURCHASE", orderID, amount,
		map[string]any{"capture_id": capture, "merchant_reference1": reference})
}

// totals returns every total of the published API, 0 unless named.
func totals(named map[string]any) map[string]any {
	all := map[string]any{}
	for _, name := range []string{
		"sale", "return", "reversal", "fee", "fee_correction", "tax", "commission", "charge", "credit",
		"holdback", "release", "repay", "deposit", "fee_refund", "tax_refund",
		"opening_debt_balance", "closing_debt_balance", "settlement",
	} {
		all[name+"_amount"] = 0
	}
	maps.Copy(all, named)
	return all
}

func payout(reference, date, currency string, totals map[string]any, rows ...map[string]any) map[string]any {
	return map[string]any{
		"payment_reference": reference, "payout_date": date, "currency_code": currency,
		"currency_code_of_registration_country": "SEK", "merchant_settlement_type": "NET",
		"totals": totals, "transactions": rows,
	}
}

// plainPayout sells 1250.00 and 499.00, returns 299.00, and pays 1377.12 after
// 58.30 of fees and 14.58 of VAT on them, which is rounded per row.
func plainPayout() map[string]any {
	return payout("XISA93DJ", "2026-04-02T07:45:00Z", "SEK",
		totals(map[string]any{
			"sale_amount": 174900, "return_amount": 29900, "fee_amount": 5830,
			"tax_amount": 1458, "settlement_amount": 137712,
		}),
		sale(orderA, "cA", "10001", 125000),
		fee("PURCHASE_FEE_PERCENTAGE", orderA, "cA", 3738, 935),
		fee("PURCHASE_FEE_FIXED", orderA, "cA", 300, 75),
		sale(orderB, "cB", "10002", 49900),
		fee("PURCHASE_FEE_PERCENTAGE", orderB, "cB", 1492, 373),
		fee("PURCHASE_FEE_FIXED", orderB, "cB", 300, 75),
		transaction("RETURN", "PURCHASE_RETURN", orderC, 29900,
			map[string]any{"refund_id": "rC", "merchant_reference1": "9987"}),
	)
}

// world is a merchant with payouts in two currencies on the same day, one before
// it and one of a day to come.
func world(settings map[string]any) map[string]any {
	w := map[string]any{
		"merchant_id": "K123456", "username": username, "api_key": apiKey,
		"payouts": []any{
			payout("SEK2", "2026-04-09T07:45:00Z", "SEK", totals(map[string]any{"sale_amount": 1000, "holdback_amount": 1000}),
				sale(orderB, "cB2", "10002", 1000),
				transaction("HOLDBACK", "ROLLING_RESERVE", "", 1000, map[string]any{"order_id": nil})),
			payout("EUR1", "2026-04-09T07:45:00Z", "EUR", totals(map[string]any{"sale_amount": 5000, "settlement_amount": 5000})),
			plainPayout(),
			payout("LATER", "2026-04-23T07:45:00Z", "SEK", totals(nil),
				transaction("SALE", "PURCHASE", orderA, 700, map[string]any{"capture_id": "cA2", "capture_date": "2026-04-19T10:00:00Z"}),
				transaction("SALE", "PURCHASE", orderA, 800, map[string]any{"capture_id": "cA3", "capture_date": "2026-04-21T10:00:00Z"})),
		},
	}
	maps.Copy(w, settings)
	return w
}

// klarna is a running simulator.
type klarna struct {
	t   *testing.T
	url string
}

func start(t *testing.T, settings map[string]any) klarna {
	t.Helper()
	section, err := json.Marshal(world(settings))
	require.NoError(t, err)
	read, err := server.ReadWorld(section)
	require.NoError(t, err)
	running := httptest.NewServer(server.New(read, simulator.New(today)))
	t.Cleanup(running.Close)
	return klarna{t, running.URL}
}

// settlements asks the Settlements API, or an absolute URL that it has answered.
func (k klarna) settlements(path string) (*http.Response, string) {
	k.t.Helper()
	if !strings.HasPrefix(path, "http://") {
		path = k.url + "/settlements/v1" + path
	}
	return k.send(http.MethodGet, path, "Basic "+apiKey, "")
}

func (k klarna) send(method, url, authorization, body string) (*http.Response, string) {
	k.t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(k.t, err)
	request.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(request)
	require.NoError(k.t, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(k.t, err)
	return response, string(got)
}

// control calls the control API and returns the status.
func (k klarna) control(method, path string, body any) int {
	k.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(k.t, err)
	response, _ := k.send(method, k.url+path, "", string(encoded))
	return response.StatusCode
}

// collection is a page of payouts or transactions.
type collection struct {
	Payouts      []map[string]any
	Transactions []map[string]any
	Pagination   map[string]any
}

func (k klarna) list(path string) collection {
	k.t.Helper()
	response, body := k.settlements(path)
	require.Equal(k.t, http.StatusOK, response.StatusCode, body)
	var c collection
	require.NoError(k.t, json.Unmarshal([]byte(body), &c))
	return c
}

// column returns one member of each object.
func column(objects []map[string]any, member string) []any {
	values := []any{}
	for _, object := range objects {
		values = append(values, object[member])
	}
	return values
}

func basic(userinfo string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(userinfo))
}
