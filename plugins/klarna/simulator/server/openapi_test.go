package server_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

// Klarna's published OpenAPI documents, below the shared folder.
const (
	specification       = "specs/klarna/settlements-v1-openapi.yml"
	ordersSpecification = "specs/klarna/order-management-v1-openapi-2023-12-05.json"
)

// exchanges are requests whose answers are held against the specification. An
// exchange with a deviation is a known difference between the document and what
// Klarna says or does elsewhere: the check must fail, and with that text.
var exchanges = map[string]struct {
	settings  map[string]any
	path      string
	deviation string
}{
	"payouts":              {path: "/payouts?start_date=2026-04-01T00:00:00Z&end_date=2026-04-30T23:59:59Z&currency_code=SEK&size=500"},
	"a page of payouts":    {path: "/payouts?size=1&offset=1"},
	"one payout":           {path: "/payouts/XISA93DJ"},
	"no such payout":       {path: "/payouts/NONE"},
	"summary":              {path: "/payouts/summary?start_date=2026-04-01T00:00:00Z&end_date=2026-04-30T23:59:59Z"},
	"transactions":         {path: "/transactions?payment_reference=XISA93DJ&size=3&offset=3"},
	"transactions, signed": {settings: map[string]any{"signed_amounts": true}, path: "/transactions?payment_reference=XISA93DJ"},
	"transactions, mixed":  {settings: map[string]any{"spelling": "mixed"}, path: "/transactions?payment_reference=XISA93DJ"},
	"payouts, mixed":       {settings: map[string]any{"spelling": "mixed"}, path: "/payouts"},
	"an order's":           {path: "/transactions?order_id=" + orderA},
	"only the count":       {settings: map[string]any{"pagination": "count_only"}, path: "/payouts"},
	"no question":          {path: "/transactions"},
	"csv":                  {path: "/reports/payout-with-transactions?payment_reference=XISA93DJ"},
	"pdf":                  {path: "/reports/payout?payment_reference=XISA93DJ"},
	"csv of a range":       {path: "/reports/payouts-summary-with-transactions?start_date=2026-04-01T00:00:00Z&end_date=2026-04-30T23:59:59Z"},
	"pdf of a range":       {path: "/reports/payouts-summary?start_date=2026-04-01T00:00:00Z&end_date=2026-04-30T23:59:59Z"},

	"a bare date is documented as a parameter, though it is no date-time": {
		path: "/payouts?start_date=2026-04-01", deviation: `parameter "start_date"`,
	},
	"sizes above the maximum are declared invalid": {
		path: "/payouts?size=501", deviation: `parameter "size"`,
	},
	"rows that belong to no order have none, though the document requires one": {
		path: "/transactions?payment_reference=SEK2", deviation: "order_id",
	},
	"detailed types grow without notice": {
		settings: map[string]any{"payouts": []any{payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil),
			transaction("CREDIT", "CASH_ADVANCE_PAYOUT", orderA, 1, nil))}},
		path: "/transactions?payment_reference=P", deviation: "detailed_type",
	},
	"newer totals are not in the document": {
		settings: map[string]any{"payouts": []any{payout("P", "2026-04-02T07:45:00Z", "SEK",
			totals(map[string]any{"commission_reversal_amount": 0}))}},
		path: "/payouts/P", deviation: "commission_reversal_amount",
	},
	"some services send next as null": {
		settings: map[string]any{"pagination": "null"}, path: "/payouts", deviation: "next",
	},
	"some services send one message instead of an array": {
		settings: map[string]any{"error_style": "message"}, path: "/payouts/NONE", deviation: "error_message",
	},
	"errors of csv reports are JSON by another name": {
		path: "/reports/payout-with-transactions?payment_reference=NONE", deviation: "response body",
	},
	"errors of pdf reports are JSON by another name": {
		path: "/reports/payout?payment_reference=NONE", deviation: "application/pdf",
	},
	"paths that Klarna has not are answered 403, which is not declared": {
		path: "/payouts/XISA93DJ/rows", deviation: "no matching operation",
	},
}

func TestAnswersKeepToThePublishedSpecification(t *testing.T) {
	t.Parallel()
	file := sharedFile(t, specification)
	for name, c := range exchanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := start(t, c.settings)
			err := k.check(router(t, file, k.url+"/settlements/v1"), http.MethodGet, "/settlements/v1"+c.path, "")
			if c.deviation == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.deviation)
			}
		})
	}
}

// TestOrdersKeepToThePublishedSpecification goes through the life of an order: each
// request and each answer is held against the document.
func TestOrdersKeepToThePublishedSpecification(t *testing.T) {
	t.Parallel()
	file := sharedFile(t, ordersSpecification)
	k := start(t, withOrders(order(orderA, map[string]any{
		"captures": []any{capture("4ba29b50-be7b-44f5-a492-113e6a865e22", 100, "2026-04-01T10:00:00Z", "F-1")},
		"refunds":  []any{map[string]any{"refund_id": "4ba29b50-be7b-44f5-a492-113e6a865e23", "refunded_amount": 50, "refunded_at": "2026-04-02T10:00:00Z"}},
	}), order(orderB, nil)))
	found := router(t, file, k.url)
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, orderA, ""},
		{http.MethodGet, orderC, ""},
		{http.MethodGet, orderA + "/captures", ""},
		{http.MethodGet, orderA + "/captures/4ba29b50-be7b-44f5-a492-113e6a865e22", ""},
		{http.MethodGet, orderA + "/captures/" + orderC, ""},
		{http.MethodGet, orderA + "/refunds/4ba29b50-be7b-44f5-a492-113e6a865e23", ""},
		{http.MethodPost, orderA + "/acknowledge", ""},
		{http.MethodPost, orderA + "/captures", `{"captured_amount":100}`},
		{http.MethodPost, orderA + "/captures", `{"captured_amount":1000000}`},
		{http.MethodPost, orderA + "/refunds", `{"refunded_amount":100,"reference":"K-1"}`},
		{http.MethodPost, orderA + "/refunds", `{"refunded_amount":100000}`},
		{http.MethodPost, orderA + "/cancel", ""},
		{http.MethodPost, orderA + "/extend-authorization-time", ""},
		{http.MethodPost, orderA + "/release-remaining-authorization", ""},
		{http.MethodPatch, orderA + "/merchant-references", `{"merchant_reference1":"1"}`},
		{http.MethodPatch, orderB + "/authorization", `{"order_amount":1}`},
		{http.MethodPost, orderB + "/cancel", ""},
		{http.MethodPatch, orderB + "/merchant-references", `{"merchant_reference1":"1"}`},
	} {
		require.NoError(t, k.check(found, c.method, "/ordermanagement/v1/orders/"+c.path, c.body), "%s %s", c.method, c.path)
	}
}

// router finds the operations of a specification below an address of the simulator.
func router(t *testing.T, file, base string) routers.Router {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile(file)
	require.NoError(t, err)
	document.Servers = openapi3.Servers{{URL: base}}
	found, err := legacy.NewRouter(document)
	require.NoError(t, err)
	return found
}

// check sends a request and returns how it or its answer differs from the
// specification.
func (k klarna) check(router routers.Router, method, path, sent string) error {
	k.t.Helper()
	response, body := k.send(method, k.url+path, "Basic "+apiKey, sent)
	request, err := http.NewRequest(method, k.url+path, strings.NewReader(sent))
	require.NoError(k.t, err)
	request.Header.Set("Content-Type", "application/json")
	route, parameters, err := router.FindRoute(request)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, Route: route, PathParams: parameters,
		Options: &openapi3filter.Options{
			AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
			IncludeResponseStatus: true,
		},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		return err
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: input.Options,
	}
	answer.SetBodyBytes(bytes.Clone([]byte(body)))
	return openapi3filter.ValidateResponse(context.Background(), answer)
}

// sharedFile finds a file of the folder of vendors' documents, which is not part
// of this repository, and skips the test where there is none.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	folders := []string{os.Getenv("KVITT_SHARED")}
	if folders[0] == "" {
		folders = nil
		at, err := os.Getwd()
		require.NoError(t, err)
		for ; at != filepath.Dir(at); at = filepath.Dir(at) {
			folders = append(folders, filepath.Join(at, "shared"))
		}
	}
	for _, folder := range folders {
		file := filepath.Join(folder, name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	t.Skipf("%s is not here", name)
	return ""
}
