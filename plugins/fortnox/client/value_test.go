package client

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shapes of a single invoice, a list item and a payment as they were recorded of
// the API: numbers as texts, texts for truths, "" and null for none.
func TestTheApisMixtureOfTypesIsTaken(t *testing.T) {
	t.Parallel()
	var single Invoice
	require.NoError(t, json.Unmarshal([]byte(`{"DocumentNumber":"20","Balance":0,"Booked":false,"Cancelled":false,"Credit":"true",
		"Currency":"SEK","CurrencyRate":1,"DueDate":"2023-03-01","FinalPayDate":null,"InvoiceDate":"2023-01-30","OCR":"2048",
		"ExternalInvoiceReference1":"","Total":1234.5,"YourOrderNumber":""}`), &single))
	require.True(t, bool(single.Credit))
	require.Equal(t, "1234.5", single.Total.String())
	require.Equal(t, "2023-01-30", single.InvoiceDate.String())
	require.NotNil(t, single.YourOrderNumber)

	var item Invoice
	require.NoError(t, json.Unmarshal([]byte(`{"DocumentNumber":20,"Balance":"-95","CurrencyRate":"1","DueDate":"","OCR":null,"Booked":"false"}`), &item))
	require.Equal(t, Text("20"), item.DocumentNumber)
	require.Equal(t, "-95", item.Balance.String())
	require.True(t, item.DueDate.IsZero())
	require.Nil(t, item.YourOrderNumber)

	var payment Payment
	require.NoError(t, json.Unmarshal([]byte(`{"InvoiceNumber":103,"Number":"101","Amount":999,"PaymentDate":"2014-01-18 00:00:00",
		"ModeOfPaymentAccount":1930,"WriteOffs":[{"Amount":"0.50","AccountNumber":"3740"}]}`), &payment))
	require.Equal(t, Text("103"), payment.InvoiceNumber)
	require.Equal(t, Text("1930"), payment.ModeOfPaymentAccount)
	require.Equal(t, "2014-01-18", payment.PaymentDate.String())
	require.Equal(t, "0.5", payment.WriteOffs[0].Amount.String())
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		`{"Total":"ett"}`, `{"Total":true}`, `{"Total":"1e999999999999"}`, `{"Booked":1}`,
		`{"InvoiceDate":"30/1 2023"}`, `{"InvoiceDate":"2023-02-30"}`, `{"DocumentNumber":{}}`, `{"DocumentNumber":true}`,
	} {
		var invoice Invoice
		require.Error(t, json.Unmarshal([]byte(bad), &invoice), bad)
	}
	var year Year
	require.Error(t, json.Unmarshal([]byte(`{"Id":1.5}`), &year))
	require.Error(t, json.Unmarshal([]byte(`{"Id":"99999999999999999999"}`), &year))
}

func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"MetaInformation":{"@TotalResources":34},"Invoices":[{"DocumentNumber":"1","Total":"1.5","InvoiceDate":"2026-01-01"}]}`,
		`{"InvoicePayment":{"Number":"2","Amount":-1e2,"WriteOffs":[]}}`, `{"Voucher":{"VoucherNumber":73,"Year":"2"}}`, `{}`, `null`, `[1]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_ = total(raw)
		for _, into := range []any{&Invoice{}, &Payment{}, &Voucher{}, &Year{}, &Account{}, &Connection{}, &File{}, &Order{}, &Customer{}} {
			_ = json.Unmarshal(raw, into)
		}
		var body map[string]json.RawMessage
		if json.Unmarshal(raw, &body) == nil {
			for _, content := range body {
				_ = json.Unmarshal(content, &[]Invoice{})
				_ = json.Unmarshal(content, &[]Payment{})
			}
		}
	})
}
