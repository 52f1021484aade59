package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// FuzzBody sends whatever comes to mind to the resources that take a body: the
// answer is a document or a refusal, never an error of the simulator's own.
func FuzzBody(f *testing.F) {
	f.Add("/3/invoicepayments", payment(object{"WriteOffs": []object{{"Amount": 1, "AccountNumber": 3740}}}))
	f.Add("/3/invoicepayments", `{"InvoicePayment":{"InvoiceNumber":1008,"AmountCurrency":"1","CurrencyRate":1e-30}}`)
	f.Add("/3/vouchers?financialyear=3", voucher(nil))
	f.Add("/3/vouchers", `{"Voucher":{"VoucherRows":[{"Account":"1930","Debit":1e400}]}}`)
	f.Add("/3/voucherfileconnections", `{"VoucherFileConnection":{"FileId":"x","VoucherNumber":-1,"VoucherSeries":"B"}}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		resource, _, _ := strings.Cut(path, "?")
		if resource != "/3/invoicepayments" && resource != "/3/vouchers" && resource != "/3/voucherfileconnections" {
			return
		}
		handler, err := server.New(exampleWorld(t), simulator.New(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)))
		require.NoError(t, err)
		login := httptest.NewRequest(http.MethodPost, "/oauth-v1/token", strings.NewReader("grant_type=client_credentials"))
		login.SetBasicAuth("exampleClient", "exampleSecret")
		login.Header.Set("TenantId", "4711")
		login.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		granted := httptest.NewRecorder()
		handler.ServeHTTP(granted, login)

		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		request.URL.Path = resource
		_, request.URL.RawQuery, _ = strings.Cut(path, "?")
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+parse(t, granted.Body.String())["access_token"].(string))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		require.Contains(t, []int{201, 400, 404}, answer.Code, answer.Body.String())
		_ = parse(t, answer.Body.String())
	})
}
