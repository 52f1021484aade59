package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func payment(fields object) string {
	body := object{"InvoiceNumber": 1001, "Amount": 499, "PaymentDate": "2026-04-16", "ModeOfPayment": "KLARNA"}
	for name, value := range fields {
		if value == nil {
			delete(body, name)
			continue
		}
		body[name] = value
	}
	raw, _ := json.Marshal(object{"InvoicePayment": body})
	return string(raw)
}

func TestPaymentNeedsABookingOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	draft := s.do("POST", "/3/invoicepayments", payment(nil), "InvoicePayment")
	require.Equal(t, object{
		"@url": "https://api.fortnox.se/3/invoicepayments/2", "Amount": 499.0, "AmountCurrency": 499.0, "Booked": false,
		"Currency": "SEK", "CurrencyRate": 1.0, "CurrencyUnit": 1.0, "ExternalInvoiceReference1": "10001",
		"ExternalInvoiceReference2": "", "InvoiceCustomerName": "Anna Ask", "InvoiceCustomerNumber": "1",
		"InvoiceDueDate": "2026-04-29", "InvoiceNumber": 1001.0, "InvoiceOCR": "100164", "InvoiceTotal": "499",
		"ModeOfPayment": "KLARNA", "ModeOfPaymentAccount": 1686.0, "Number": "2", "PaymentDate": "2026-04-16",
		"Source": "direct", "VoucherNumber": nil, "VoucherSeries": nil, "VoucherYear": nil, "WriteOffs": []any{},
	}, draft)
	require.EqualValues(t, 499, s.do("GET", "/3/invoices/1001", "", "Invoice")["Balance"], "a draft changes nothing")
	require.Equal(t, "0.00", s.balance(1686))

	_, _ = s.call("POST", "/_sim/clock", `{"set":"2026-04-20T22:30:00Z"}`)
	s.login()
	booked := s.do("PUT", "/3/invoicepayments/2/bookkeep", "", "InvoicePayment")
	require.Equal(t, true, booked["Booked"])
	require.Equal(t, "C", booked["VoucherSeries"])
	require.EqualValues(t, 2, booked["VoucherNumber"])
	invoice := s.do("GET", "/3/invoices/1001", "", "Invoice")
	require.EqualValues(t, 0, invoice["Balance"])
	require.Equal(t, "2026-04-16", invoice["FinalPayDate"])
	require.Equal(t, "499.00", s.balance(1686))
	require.Equal(t, []any{"1001"}, s.invoicesFound("lastmodified=2026-04-21+00:30"), "Swedish time, half an hour into the next day")
	s.refused("PUT", "/3/invoicepayments/2/bookkeep", "{}", 400, 2999011)
	s.refused("DELETE", "/3/invoicepayments/2", "", 400, 2999012)
}

func TestDraftPaymentsCanBeSeveralAndCanBeDeleted(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 3 {
		_ = s.do("POST", "/3/invoicepayments", payment(nil), "InvoicePayment")
	}
	items, _ := s.list("/3/invoicepayments?invoicenumber=1001", "InvoicePayments")
	require.Equal(t, []any{"2", "3", "4"}, numbers(items, "Number"))
	require.Equal(t, object{
		"@url": "https://api.fortnox.se/3/invoicepayments/2", "Amount": 499.0, "Booked": false, "Currency": "SEK",
		"CurrencyRate": 1.0, "CurrencyUnit": 1.0, "InvoiceNumber": 1001.0, "Number": "2", "PaymentDate": "2026-04-16",
		"Source": "direct", "WriteOffExist": false,
	}, items[0])
	status, _ := s.call("DELETE", "/3/invoicepayments/3", "")
	require.Equal(t, http.StatusNoContent, status)
	s.refused("GET", "/3/invoicepayments/3", "", http.StatusNotFound, 2999001)
	_ = s.do("PUT", "/3/invoicepayments/2/bookkeep", "{}", "InvoicePayment")
	s.refused("PUT", "/3/invoicepayments/4/bookkeep", "{}", 400, 2003055)
	require.Equal(t, object{
		"booked_invoice_payments": 2.0, "file_connections": 0.0, "files": 0.0, "invoice_payments": 3.0, "invoices": 8.0,
		"booked_invoices": 6.0, "cancelled": 1.0, "customers": 0.0, "orders": 0.0, "vouchers": 1.0,
	}, s.counts())
}

func TestPaymentIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for sentence, c := range map[string]struct {
		fields object
		status int
		code   int
	}{
		"before the invoice date":            {object{"PaymentDate": "2026-03-29"}, 400, 2001089},
		"when the invoice is fully paid":     {object{"InvoiceNumber": 1005, "Amount": 249}, 400, 2003055},
		"when the invoice does not exist":    {object{"InvoiceNumber": 4711}, 404, 2000434},
		"when the invoice is a draft":        {object{"InvoiceNumber": 1006}, 400, 2999009},
		"when the invoice is cancelled":      {object{"InvoiceNumber": 1007}, 400, 2999010},
		"on an account that does not exist":  {object{"ModeOfPaymentAccount": 1687}, 400, 2000423},
		"on an account that is not active":   {object{"ModeOfPaymentAccount": 1585}, 400, 2000550},
		"with a write-off on no account":     {object{"WriteOffs": []object{{"Amount": 1, "AccountNumber": 9998}}}, 400, 2000423},
		"with a write-off on a dead account": {object{"WriteOffs": []object{{"Amount": 1, "AccountNumber": 1585}}}, 400, 2000550},
		"by an unknown mode":                 {object{"ModeOfPayment": "SWISH"}, 400, 2999008},
		"without mode and account":           {object{"ModeOfPayment": nil}, 400, 2001795},
		"without an amount":                  {object{"Amount": nil}, 400, 2001795},
		"above what is left":                 {object{"Amount": 499.01}, 400, 2999013},
		"above what is left by a write-off":  {object{"WriteOffs": []object{{"Amount": 0.01, "AccountNumber": 3740}}}, 400, 2999013},
		"with nothing in it":                 {object{"Amount": 0}, 400, 2999014},
		"negative on an ordinary invoice":    {object{"Amount": -499}, 400, 2999014},
		"positive on a credit invoice":       {object{"InvoiceNumber": 1004, "Amount": 95}, 400, 2999014},
		"with a rate beyond all measure":     {object{"CurrencyRate": json.Number("1e999999")}, 400, 2000108},
		"with a rate for kronor":             {object{"CurrencyRate": 2}, 400, 2999015},
		"with two different amounts":         {object{"AmountCurrency": 498}, 400, 2999015},
		"in a year that does not exist":      {object{"PaymentDate": "2027-01-04"}, 400, 2999002},
		"with forbidden characters":          {object{"WriteOffs": []object{{"Amount": 1, "AccountNumber": 3740, "TransactionInformation": "a|b"}}}, 400, 2000359},
	} {
		t.Run(sentence, func(t *testing.T) { s.refused("POST", "/3/invoicepayments", payment(c.fields), c.status, c.code) })
	}
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":"2026-04-16"}`)
	s.refused("POST", "/3/invoicepayments", payment(nil), 400, 2000401)
	require.EqualValues(t, 1, s.counts()["invoice_payments"], "nothing half done")
}

func TestLockIsLookedAtAgainWhenBooking(t *testing.T) {
	t.Parallel()
	s := start(t)
	_ = s.do("POST", "/3/invoicepayments", payment(nil), "InvoicePayment")
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":"2026-04-16"}`)
	s.refused("PUT", "/3/invoicepayments/2/bookkeep", "{}", 400, 2000401)
	require.Equal(t, "0.00", s.balance(1686))
}

func TestWriteOffsCloseTheInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	body := payment(object{
		"InvoiceNumber": "1003", "Amount": 963.75, "AmountCurrency": 963.75, "ModeOfPaymentAccount": "1580",
		"WriteOffs": []object{
			{"Amount": 29.00, "AccountNumber": 6570, "TransactionInformation": "fee P-778"},
			{"Amount": 7.25, "AccountNumber": 2641},
		},
	})
	draft := s.do("POST", "/3/invoicepayments", body, "InvoicePayment")
	require.Equal(t, object{
		"AccountNumber": 6570.0, "Amount": 29.0, "CostCenter": "", "Currency": "SEK", "Description": "Bankkostnader",
		"Project": "", "TransactionInformation": "fee P-778",
	}, draft["WriteOffs"].([]any)[0])
	booked := s.do("PUT", "/3/invoicepayments/2/bookkeep", "{}", "InvoicePayment")
	require.EqualValues(t, 0, s.do("GET", "/3/invoices/1003", "", "Invoice")["Balance"])
	items, _ := s.list("/3/invoicepayments?invoicenumber=1003", "InvoicePayments")
	require.Equal(t, true, items[0]["WriteOffExist"])

	voucher := s.do("GET", "/3/vouchers/C/"+number(booked["VoucherNumber"])+"?financialyear=3", "", "Voucher")
	require.Equal(t, "INVOICEPAYMENT", voucher["ReferenceType"])
	require.Equal(t, "2", voucher["ReferenceNumber"])
	require.Equal(t, [][3]float64{{1580, 963.75, 0}, {6570, 29, 0}, {2641, 7.25, 0}, {1510, 0, 1000}}, postings(voucher))
}

func TestMoneyMayBeZeroAndAWriteOffNegative(t *testing.T) {
	t.Parallel()
	s := start(t)
	rounding := s.balance(3740)
	off := s.do("POST", "/3/invoicepayments", payment(object{
		"Amount": 0, "WriteOffs": []object{{"Amount": 0.4, "AccountNumber": 3740}},
	}), "InvoicePayment")
	_ = s.do("PUT", "/3/invoicepayments/"+off["Number"].(string)+"/bookkeep", "{}", "InvoicePayment")
	require.EqualValues(t, 498.6, s.do("GET", "/3/invoices/1001", "", "Invoice")["Balance"])
	require.Equal(t, "0.00", s.balance(1686), "nothing reached the account of the mode")

	over := s.do("POST", "/3/invoicepayments", payment(object{
		"Amount": 499, "WriteOffs": []object{{"Amount": -0.4, "AccountNumber": 3740}},
	}), "InvoicePayment")
	_ = s.do("PUT", "/3/invoicepayments/"+over["Number"].(string)+"/bookkeep", "{}", "InvoicePayment")
	require.EqualValues(t, 0, s.do("GET", "/3/invoices/1001", "", "Invoice")["Balance"])
	require.Equal(t, rounding, s.balance(3740))
}

func TestCreditInvoiceIsPaidNegatively(t *testing.T) {
	t.Parallel()
	s := start(t)
	refund := s.do("POST", "/3/invoicepayments", payment(object{
		"InvoiceNumber": 1004, "Amount": -94, "WriteOffs": []object{{"Amount": -1, "AccountNumber": 3740}},
	}), "InvoicePayment")
	booked := s.do("PUT", "/3/invoicepayments/"+refund["Number"].(string)+"/bookkeep", "{}", "InvoicePayment")
	require.EqualValues(t, 0, s.do("GET", "/3/invoices/1004", "", "Invoice")["Balance"])
	voucher := s.do("GET", "/3/vouchers/C/"+number(booked["VoucherNumber"]), "", "Voucher")
	require.Equal(t, [][3]float64{{1686, 0, 94}, {3740, 0, 1}, {1510, 95, 0}}, postings(voucher))
	require.EqualValues(t, 1000, s.do("GET", "/3/invoices/1003", "", "Invoice")["Balance"], "no netting with the original")
}

func TestForeignInvoiceIsPaidInItsCurrency(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.refused("POST", "/3/invoicepayments", payment(object{"InvoiceNumber": 1008, "Amount": 373.3}), 400, 2001795)
	s.refused("POST", "/3/invoicepayments",
		payment(object{"InvoiceNumber": 1008, "Amount": 33.33, "AmountCurrency": 33.33}), 400, 2999015)
	items, _ := s.list("/3/invoices?documentnumber=1008", "Invoices")
	require.Equal(t, "11.2", items[0]["CurrencyRate"])
	require.EqualValues(t, 33.33, items[0]["Balance"])

	paid := s.do("POST", "/3/invoicepayments", payment(object{
		"InvoiceNumber": 1008, "Amount": nil, "AmountCurrency": 33.33, "CurrencyRate": 11.5,
	}), "InvoicePayment")
	require.EqualValues(t, 383.30, paid["Amount"], "33.33 x 11.5 = 383.295")
	require.Equal(t, "EUR", paid["Currency"])
	booked := s.do("PUT", "/3/invoicepayments/"+paid["Number"].(string)+"/bookkeep", "{}", "InvoicePayment")
	voucher := s.do("GET", "/3/vouchers/C/"+number(booked["VoucherNumber"]), "", "Voucher")
	require.Equal(t, [][3]float64{{1686, 383.30, 0}, {1510, 0, 373.30}, {3960, 0, 10}}, postings(voucher))
	require.EqualValues(t, 0, s.do("GET", "/3/invoices/1008", "", "Invoice")["Balance"])
}

func TestForeignBalanceMayBeInKronor(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, _ = s.call("PUT", "/_sim/fortnox/switches", `{"foreign_balance_in_sek":true}`)
	require.EqualValues(t, 373.3, s.do("GET", "/3/invoices/1008", "", "Invoice")["Balance"])
}

func TestLastPaymentTakesWhatRoundingLeft(t *testing.T) {
	t.Parallel()
	s := start(t)
	before := s.balance(1510)
	for _, amount := range []float64{16.66, 16.67} { // 186.592 and 186.704 kronor of 373.30
		part := s.do("POST", "/3/invoicepayments", payment(object{
			"InvoiceNumber": 1008, "Amount": nil, "AmountCurrency": amount,
		}), "InvoicePayment")
		_ = s.do("PUT", "/3/invoicepayments/"+part["Number"].(string)+"/bookkeep", "{}", "InvoicePayment")
	}
	require.Equal(t, "2067.30", before)
	require.Equal(t, "1694.00", s.balance(1510), "373.30 less")
	require.Equal(t, "0.01", s.balance(7960))
}
