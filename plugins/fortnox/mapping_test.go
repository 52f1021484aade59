package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
)

func TestTheSignOfTheTotalDecidesWhatADocumentIs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want invoice.Kind
	}{
		"an invoice":                               {`{"Total":10}`, invoice.Invoice},
		"a credit invoice in a list":               {`{"Total":-10}`, invoice.Credit},
		"a negative invoice that credits no other": {`{"Total":-10,"Credit":"false"}`, invoice.Credit},
		"a credit invoice of nothing":              {`{"Total":0,"Credit":"true"}`, invoice.Credit},
		"an invoice of nothing":                    {`{"Total":0,"Credit":"false"}`, invoice.Invoice},
		"a credit whose fees exceed what it gives": {`{"Total":5,"Credit":"true"}`, invoice.Invoice},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := client.Invoice{DocumentNumber: "1", Currency: "SEK"}
			require.NoError(t, json.Unmarshal([]byte(test.in), &in))
			got, err := document(in)
			require.NoError(t, err)
			require.Equal(t, test.want, got.Kind)
		})
	}
}

func TestWithoutAnOrderNumberADocumentIsPartial(t *testing.T) {
	t.Parallel()
	none := client.Text("")
	for name, test := range map[string]struct {
		told    *client.Text
		partial bool
	}{"a list does not tell": {nil, true}, "there is none": {&none, false}} {
		got, err := document(client.Invoice{DocumentNumber: "1", Currency: "SEK", YourOrderNumber: test.told})
		require.NoError(t, err)
		require.Equal(t, test.partial, got.Partial, name)
		require.NotContains(t, got.References, invoice.OrderNumber)
	}
}

// The example of the developer guide: an invoice of 1000.00 of which 963.75 came.
func TestAPaymentIsWrittenAsFortnoxDocumentsIt(t *testing.T) {
	t.Parallel()
	p := payment("1001", invoice.Invoice, "963.75")
	p.Account, p.Date = "1580", on("2026-03-02")
	p.WriteOffs = append(p.WriteOffs, writeOff("6570", "29.00", "fee P-778"), writeOff("2641", "7.25", ""))
	body, err := paymentBody(p, "KLARNA")
	require.NoError(t, err)
	text, err := json.Marshal(map[string]any{"InvoicePayment": body})
	require.NoError(t, err)
	require.JSONEq(t, `{"InvoicePayment":{"InvoiceNumber":1001,"Amount":963.75,"AmountCurrency":963.75,"PaymentDate":"2026-03-02",
		"ModeOfPayment":"KLARNA","ModeOfPaymentAccount":1580,"WriteOffs":[
		{"Amount":29.00,"AccountNumber":6570,"TransactionInformation":"fee P-778"},{"Amount":7.25,"AccountNumber":2641}]}}`, string(text))
}

func TestAVoucherIsWrittenAsFortnoxDocumentsIt(t *testing.T) {
	t.Parallel()
	body, err := voucherBody("K", voucherKey, aVoucher(t))
	require.NoError(t, err)
	text, err := json.Marshal(body)
	require.NoError(t, err)
	require.JSONEq(t, `{"VoucherSeries":"K","TransactionDate":"2026-04-16",
		"Description":"Klarna utbetalning XISA93DJ kv:KL:c1:XISA93DJ:2026-04-16:V;",
		"Comments":"Klarna utbetalning XISA93DJ kv:KL:c1:XISA93DJ:2026-04-16:V;","VoucherRows":[
		{"Account":1930,"Debit":963.75,"Credit":0.00,"TransactionInformation":"utbetalt"},
		{"Account":6570,"Debit":29.00,"Credit":0.00,"TransactionInformation":"avgift"},
		{"Account":2641,"Debit":7.25,"Credit":0.00,"TransactionInformation":"moms 25 %"},
		{"Account":1686,"Debit":0.00,"Credit":1000.00}]}`, string(text))
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"DocumentNumber":"1","Currency":"SEK","Total":10,"Balance":"5.5"}`,
		`{"DocumentNumber":1,"Currency":"EUR","CurrencyRate":"11.2","Total":33.33,"Balance":373.3}`,
		`{"DocumentNumber":"1","Currency":"EUR","CurrencyRate":1e60,"Total":1e-60,"Balance":1e60}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in client.Invoice
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		d, err := document(in)
		if err != nil {
			return
		}
		require.NotEmpty(t, d.Number)
		require.Equal(t, d.Total.Sign() < 0 || d.Total.IsZero() && bool(in.Credit), d.Kind == invoice.Credit)
	})
}

func writeOff(account ledger.Account, amount, text string) ports.WriteOff {
	return ports.WriteOff{Account: account, Amount: sek(amount), Text: text}
}
