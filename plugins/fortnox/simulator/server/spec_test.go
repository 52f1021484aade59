package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// published finds the document that Fortnox publishes; it is not part of this
// repository.
func published(t *testing.T) *openapi3.T {
	t.Helper()
	const file = "specs/fortnox/openapi.json"
	candidates := []string{filepath.Join(os.Getenv("KVITT_SHARED"), file)}
	directory, err := os.Getwd()
	require.NoError(t, err)
	for directory != filepath.Dir(directory) {
		directory = filepath.Dir(directory)
		candidates = append(candidates, filepath.Join(directory, "shared", file))
	}
	for _, candidate := range candidates {
		if _, err := os.Stat(candidate); err != nil {
			continue
		}
		document, err := openapi3.NewLoader().LoadFromFile(candidate)
		require.NoError(t, err)
		return document
	}
	t.Skip("the published document is not here")
	return nil
}

// wrongInTheDocument are fields where recorded answers differ from the published
// schema; they are taken out before an answer is validated.
func wrongInTheDocument() map[string][]string {
	// a text for a number; empty texts for an enumeration and for dates
	invoice := []string{"ContractReference", "PaymentWay", "InvoicePeriodStart", "InvoicePeriodEnd"}
	wrong := map[string][]string{
		"/3/invoices":                  append([]string{"CurrencyRate"}, invoice...), // a text in lists, a number alone
		"/3/invoices/{DocumentNumber}": invoice,
	}
	for _, action := range []string{"bookkeep", "cancel", "credit", "externalprint"} {
		wrong["/3/invoices/{DocumentNumber}/"+action] = invoice
	}
	return wrong
}

// cleaned takes out nulls, which the document never allows and Fortnox often
// sends, and the fields that the document has wrong.
func cleaned(value any, wrong []string) any {
	switch v := value.(type) {
	case object:
		for _, field := range wrong {
			delete(v, field)
		}
		for field, inner := range v {
			if inner == nil {
				delete(v, field)
				continue
			}
			v[field] = cleaned(inner, wrong)
		}
	case []any:
		for i := range v {
			v[i] = cleaned(v[i], wrong)
		}
	}
	return value
}

func TestAnswersFollowThePublishedDocument(t *testing.T) {
	t.Parallel()
	document := published(t)
	// An account that is not set is 0, though the schema starts at 1000.
	s := start(t, func(w *world.Fortnox) { delete(w.PredefinedAccounts, "PG") })
	_, uploaded := s.upload("?path=inbox_v", "a.pdf", "a")
	_, second := s.upload("?path=inbox_v", "b.pdf", "b")
	id, other := uploaded["File"].(object)["Id"].(string), second["File"].(object)["Id"].(string)
	connection := func(id string) string {
		return `{"VoucherFileConnection":{"FileId":"` + id + `","VoucherNumber":"1","VoucherSeries":"K"}}`
	}
	for _, c := range []struct {
		method, template, path, body string
		status                       int
	}{
		{"GET", "/3/companyinformation", "", "", 200},
		{"GET", "/3/settings/company", "", "", 200},
		{"GET", "/3/settings/lockedperiod", "", "", 200},
		{"GET", "/3/financialyears", "/3/financialyears?date=2026-04-20", "", 200},
		{"GET", "/3/financialyears/{Id}", "/3/financialyears/3", "", 200},
		{"GET", "/3/accounts", "", "", 200},
		{"GET", "/3/accounts/{Number}", "/3/accounts/1930", "", 200},
		{"GET", "/3/accounts/{Number}", "/3/accounts/9999", "", 404},
		{"GET", "/3/voucherseries", "", "", 200},
		{"GET", "/3/voucherseries/{Code}", "/3/voucherseries/K", "", 200},
		{"GET", "/3/modesofpayments", "", "", 200},
		{"GET", "/3/modesofpayments/{Code}", "/3/modesofpayments/KLARNA", "", 200},
		{"GET", "/3/termsofpayments/{Code}", "/3/termsofpayments/30", "", 200},
		{"GET", "/3/predefinedaccounts", "", "", 200},
		{"GET", "/3/predefinedaccounts/{name}", "/3/predefinedaccounts/ROUNDOFF", "", 200},
		{"GET", "/3/currencies", "", "", 200},
		{"GET", "/3/currencies/{Code}", "/3/currencies/EUR", "", 200},
		{"GET", "/3/invoices", "", "", 200},
		{"GET", "/3/invoices/{DocumentNumber}", "/3/invoices/1004", "", 200},
		{"GET", "/3/invoices/{DocumentNumber}", "/3/invoices/9", "", 404},
		{"PUT", "/3/invoices/{DocumentNumber}/bookkeep", "/3/invoices/1006/bookkeep", "{}", 200},
		{"POST", "/3/customers", "", `{"Customer":{"CustomerNumber":"KV-1","Name":"Privatkund","CountryCode":"SE"}}`, 201},
		{"GET", "/3/customers", "", "", 200},
		{"GET", "/3/customers/{CustomerNumber}", "/3/customers/KV-1", "", 200},
		{"POST", "/3/invoices", "", soldTo("KV-1"), 201},
		{"PUT", "/3/invoices/{DocumentNumber}", "/3/invoices/1009", `{"Invoice":{"YourOrderNumber":"W-9"}}`, 200},
		{"PUT", "/3/invoices/{DocumentNumber}/externalprint", "/3/invoices/1009/externalprint", "{}", 200},
		{"PUT", "/3/invoices/{DocumentNumber}/cancel", "/3/invoices/1009/cancel", "{}", 200},
		{"PUT", "/3/invoices/{DocumentNumber}/credit", "/3/invoices/1001/credit", "{}", 200},
		{"POST", "/3/orders", "", orderedBy("KV-1"), 201},
		{"GET", "/3/orders", "", "", 200},
		{"GET", "/3/orders/{DocumentNumber}", "/3/orders/1", "", 200},
		{"PUT", "/3/orders/{DocumentNumber}/cancel", "/3/orders/1/cancel", "{}", 200},
		{"POST", "/3/invoicepayments", "", payment(object{"WriteOffs": []object{{"Amount": 0, "AccountNumber": 3740}}}), 201},
		{"POST", "/3/invoicepayments", "", payment(object{"Amount": 9999}), 400},
		{"PUT", "/3/invoicepayments/{Number}/bookkeep", "/3/invoicepayments/2/bookkeep", "{}", 200},
		{"GET", "/3/invoicepayments", "", "", 200},
		{"GET", "/3/invoicepayments/{Number}", "/3/invoicepayments/2", "", 200},
		{"POST", "/3/vouchers", "/3/vouchers?financialyear=3", voucher(nil), 201},
		{"GET", "/3/vouchers", "", "", 200},
		{"GET", "/3/vouchers/sublist/{VoucherSeries}", "/3/vouchers/sublist/K", "", 200},
		{"GET", "/3/vouchers/{VoucherSeries}/{VoucherNumber}", "/3/vouchers/K/1", "", 200},
		{"GET", "/3/inbox", "", "", 200},
		{"POST", "/3/voucherfileconnections", "/3/voucherfileconnections?financialyear=3", connection(id), 201},
		{"POST", "/3/voucherfileconnections", "/3/voucherfileconnections?financialyear=3", connection(other), 201},
		{"GET", "/3/voucherfileconnections", "", "", 200},
		{"GET", "/3/voucherfileconnections/{FileId}", "/3/voucherfileconnections/" + id, "", 200},
	} {
		path := c.path
		if path == "" {
			path = c.template
		}
		status, answer := s.call(c.method, path, c.body)
		require.Equal(t, c.status, status, "%s %s: %v", c.method, path, answer)
		schema := answerSchema(t, document, c.method, c.template, status)
		for wrapper := range answer {
			if wrapper != "MetaInformation" { // lists have it, the document forgets it
				require.Contains(t, schema.Properties, wrapper, path)
			}
		}
		require.NoError(t, schema.VisitJSON(cleaned(answer, wrongInTheDocument()[c.template])), "%s %s", c.method, path)
		knownFields(t, schema, answer, path)
	}
}

func answerSchema(t *testing.T, document *openapi3.T, method, template string, status int) *openapi3.Schema {
	t.Helper()
	item := document.Paths.Find(template)
	require.NotNil(t, item, template)
	response := item.GetOperation(method).Responses.Value(strconv.Itoa(status))
	if response == nil && status >= http.StatusBadRequest {
		response = item.GetOperation(method).Responses.Default()
	}
	require.NotNil(t, response, "%s %s %d", method, template, status)
	return response.Value.Content.Get("application/json").Schema.Value
}

// knownFields refuses fields that the document does not have, but for those that
// were recorded all the same.
func knownFields(t *testing.T, schema *openapi3.Schema, value any, path string) {
	t.Helper()
	recorded := map[string]bool{
		"MetaInformation": true, "InvoiceReference": true, "error": true, "message": true, "code": true,
	}
	switch v := value.(type) {
	case object:
		for field, inner := range v {
			property := schema.Properties[field]
			if property == nil {
				require.True(t, recorded[field], "%s: %s is not in the document", path, field)
				continue
			}
			knownFields(t, property.Value, inner, path)
		}
	case []any:
		for _, inner := range v {
			knownFields(t, schema.Items.Value, inner, path)
		}
	}
}
