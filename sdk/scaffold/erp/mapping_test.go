package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func day(t *testing.T, text string) civil.Date {
	t.Helper()
	d, err := civil.Parse(text)
	require.NoError(t, err)
	return d
}

func TestTheKindOfADocumentGivesItsSign(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]struct {
		kind           invoice.Kind
		total, balance money.Amount
	}{
		"invoice":     {invoice.Invoice, sek(625_00), sek(125_00)},
		"credit_note": {invoice.Credit, sek(-625_00), sek(-125_00)},
	} {
		var in remoteInvoice
		require.NoError(t, json.Unmarshal([]byte(`{"number":7,"kind":"`+kind+`","currency":"SEK","total":"625","open":"125.00",
			"date":"2026-03-30","due":"2026-04-30","reference":"10001"}`), &in))
		got, err := in.document()
		require.NoError(t, err)
		require.Equal(t, invoice.Document{
			Number: "7", Kind: want.kind, Total: want.total, Balance: want.balance, Booked: true,
			Date: day(t, "2026-03-30"), DueDate: day(t, "2026-04-30"),
			References: map[invoice.Reference]string{invoice.Number: "7", invoice.ExternalReference1: "10001"},
		}, got)
	}
}

func TestAKindThatNobodyKnowsIsNotGuessed(t *testing.T) {
	t.Parallel()
	_, err := remoteInvoice{Number: 7, Kind: "reminder", Currency: "SEK"}.document()
	require.ErrorContains(t, err, "invoices[7].kind")
}

func TestACreditNoteIsPaidWithoutASign(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(paymentOf(ports.Payment{
		DocumentNumber: "4", DocumentKind: invoice.Credit, Amount: sek(-95_00), Account: "1686", Date: day(t, "2026-04-02"),
		WriteOffs: []ports.WriteOff{{Account: "3740", Amount: sek(-50)}},
	}))
	require.NoError(t, err)
	require.JSONEq(t, `{"amount":"95","account":"1686","date":"2026-04-02","write_offs":[{"amount":"0.5","account":"3740"}]}`, string(text))
}

func TestAVoucherHasTwoColumns(t *testing.T) {
	t.Parallel()
	v, err := ledger.New(day(t, "2026-04-02"), "payout po_1001", []ledger.Row{
		{Account: "1686", Amount: sek(-100_00)}, {Account: "1930", Amount: sek(97_50), Text: "net"}, {Account: "6040", Amount: sek(2_50)},
	})
	require.NoError(t, err)
	text, err := json.Marshal(voucherOf("K", v))
	require.NoError(t, err)
	require.JSONEq(t, `{"series":"K","date":"2026-04-02","text":"payout po_1001","rows":[
		{"account":"1930","debit":"97.5","credit":"0","text":"net"},
		{"account":"6040","debit":"2.5","credit":"0"},
		{"account":"1686","debit":"0","credit":"100"}]}`, string(text))
}
