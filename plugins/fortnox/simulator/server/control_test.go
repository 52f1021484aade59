package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPersonAddsAnInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	rows := []object{{"description": "Hatt", "account": 3001, "vat": 25, "price": "300.00", "quantity": "1"}}
	status, added := s.call("POST", "/_sim/fortnox/invoices", asJSON(t, object{
		"customer_name": "Hanna Hassel", "date": "2026-04-20", "external_reference_1": "10099", "booked": true, "rows": rows,
	}))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, object{
		"number": "1009", "total": "300.00", "balance": "300.00", "booked": true, "cancelled": false,
		"last_modified": "2026-04-20 10:00:00",
	}, onTheHour(added))
	require.Equal(t, []any{"1009"}, s.invoicesFound("externalinvoicereference1=10099"))

	for sentence, body := range map[string]object{
		"a number twice":         {"number": "1009", "date": "2026-04-20", "rows": rows},
		"a date that is none":    {"date": "20 april", "rows": rows},
		"a credit of nothing":    {"date": "2026-04-20", "credit_of": "4711", "rows": rows},
		"a second credit":        {"date": "2026-04-20", "credit_of": "1003", "rows": rows},
		"an unknown currency":    {"date": "2026-04-20", "currency": "USD", "rows": rows},
		"a misspelt field":       {"date": "2026-04-20", "reference_one": "1", "rows": rows},
		"a booking in the lock":  {"date": "2026-02-27", "booked": true, "rows": rows},
		"a year that is missing": {"date": "2030-02-27", "booked": true, "rows": rows},
		"an unknown account":     {"date": "2026-04-20", "booked": true, "rows": []object{{"account": 3999, "vat": 25, "price": 1, "quantity": 1}}},
		"an unknown VAT rate":    {"date": "2026-04-20", "booked": true, "rows": []object{{"account": 3001, "vat": 17, "price": 1, "quantity": 1}}},
	} {
		status, answer := s.call("POST", "/_sim/fortnox/invoices", asJSON(t, body))
		require.Equal(t, http.StatusConflict, status, sentence)
		require.NotEmpty(t, answer["error"], sentence)
	}
	require.EqualValues(t, 9, s.counts()["invoices"], "nothing half done")
	require.Equal(t, "1004", s.do("GET", "/3/invoices/1003", "", "Invoice")["CreditInvoiceReference"])
}

// onTheHour cuts the minutes that the test itself took.
func onTheHour(state object) object {
	state["last_modified"] = state["last_modified"].(string)[:13] + ":00:00"
	return state
}

func TestPersonEditsAnInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.balance(1510)
	status, edited := s.call("PATCH", "/_sim/fortnox/invoices/1001", `{"external_reference_1":"X-1","ocr":"42","total":"549.00"}`)
	require.Equal(t, http.StatusOK, status, edited)
	require.Equal(t, "549.00", edited["balance"])
	require.Equal(t, []any{"1001"}, s.invoicesFound("lastmodified=2026-04-20"))
	invoice := s.do("GET", "/3/invoices/1001", "", "Invoice")
	require.Equal(t, "X-1", invoice["ExternalInvoiceReference1"])
	require.Equal(t, "42", invoice["OCR"])
	require.EqualValues(t, 549, invoice["Total"])
	require.EqualValues(t, 8, invoice["VoucherNumber"], "the old voucher was taken back and a new one made")
	require.NotEqual(t, before, s.balance(1510))

	_, edited = s.call("PATCH", "/_sim/fortnox/invoices/1006", `{"booked":true}`)
	require.Equal(t, true, edited["booked"])
	status, _ = s.call("PATCH", "/_sim/fortnox/invoices/1006", `{"cancelled":true}`)
	require.Equal(t, http.StatusConflict, status, "a booked invoice cannot be cancelled")
	status, _ = s.call("PATCH", "/_sim/fortnox/invoices/4711", `{}`)
	require.Equal(t, http.StatusConflict, status)
}

func TestPersonPaysByHand(t *testing.T) {
	t.Parallel()
	s := start(t)
	status, added := s.call("POST", "/_sim/fortnox/payments",
		`{"invoice":"1001","amount":"499.00","date":"2026-04-17","mode":"BG"}`)
	require.Equal(t, http.StatusOK, status, added)
	require.Equal(t, object{"number": 2.0, "booked": true}, added)
	paid := s.do("GET", "/3/invoicepayments/2", "", "InvoicePayment")
	require.Equal(t, "manual", paid["Source"])
	require.EqualValues(t, 1930, paid["ModeOfPaymentAccount"])
	require.Equal(t, []any{"1001", "1005"}, s.invoicesFound("filter=fullypaid"))
	status, answer := s.call("POST", "/_sim/fortnox/payments", `{"invoice":"1001","amount":"1.00","date":"2026-04-17","mode":"BG"}`)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, answer["error"], "slutbetald")
}

func TestLedgerShowsTheAccountsInUse(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, answer := s.call("GET", "/_sim/fortnox/ledger?financialyear=2", "")
	require.Equal(t, object{"financial_year": 2.0, "accounts": []any{
		object{"number": 1930.0, "name": "Företagskonto", "balance": "49900.00"},
		object{"number": 2081.0, "name": "Aktiekapital", "balance": "-50000.00"},
		object{"number": 6570.0, "name": "Bankkostnader", "balance": "100.00"},
	}}, answer)
	// 499 + 290 + 1000 - 95 + 373.30; 249 is paid
	require.Equal(t, "2067.30", s.balance(1510))
}
