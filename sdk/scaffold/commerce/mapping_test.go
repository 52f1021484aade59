package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// example was paid in part with a gift card, by card at the second try, and
// returned in part.
const example = `{
	"number": "10002", "placed_on": "2026-04-02", "currency": "SEK", "country": "SE",
	"lines": [
		{"name": "Sekatör", "type": "goods", "vat_rate": "25", "total": "349.00"},
		{"name": "Frakt", "type": "shipping", "vat_rate": "25", "total": "49.00"},
		{"name": "Rabarbermarmelad", "type": "goods", "vat_rate": "6", "total": "101.00"}
	],
	"payments": [
		{"id": "pay_4", "gateway": "gift_card", "transaction": "tx_2", "kind": "capture", "status": "success", "amount": "200.00", "at": "2026-04-02T09:30:00Z"},
		{"id": "pay_5", "gateway": "card", "transaction": "tx_3", "kind": "authorization", "status": "failure", "amount": "299.00", "at": "2026-04-02T09:30:00Z"},
		{"id": "pay_6", "gateway": "card", "transaction": "tx_4", "kind": "authorization", "status": "success", "amount": "299.00", "at": "2026-04-02T11:31:00+02:00"},
		{"id": "pay_8", "gateway": "card", "transaction": "tx_4", "kind": "refund", "status": "success", "amount": "99.00", "at": "2026-04-05T08:00:00Z"}
	]
}`

func TestWhatWasSoldAndWhatHappened(t *testing.T) {
	t.Parallel()
	var in remoteOrder
	require.NoError(t, json.Unmarshal([]byte(example), &in))
	got, err := in.order(payout.Raw{Page: "p"})
	require.NoError(t, err)
	require.Equal(t, "2026-04-02", got.Date.String())
	total, err := got.Total()
	require.NoError(t, err)
	require.Equal(t, sek(499_00), total)
	require.Equal(t, []tax.Supply{tax.Goods, tax.Freight, tax.Goods}, []tax.Supply{got.Parts[0].Supply, got.Parts[1].Supply, got.Parts[2].Supply})

	var events []payment.Event
	for _, e := range got.Events {
		events = append(events, e.Event)
	}
	require.Equal(t, []payment.Event{
		{Kind: payment.Payment, Key: "pay_4", Reference: "pay_4", Transaction: "tx_2", Method: "gift_card", Amount: sek(200_00), At: time.Date(2026, 4, 2, 9, 30, 0, 0, time.UTC)},
		{Kind: payment.Prepare, Key: "pay_6", Reference: "pay_6", Transaction: "tx_4", Method: "card", Amount: sek(299_00), At: time.Date(2026, 4, 2, 9, 31, 0, 0, time.UTC)},
		{Kind: payment.Refund, Key: "pay_8", Reference: "pay_8", Transaction: "tx_4", Method: "card", Amount: sek(99_00), At: time.Date(2026, 4, 5, 8, 0, 0, 0, time.UTC)},
	}, events)
}

func TestWhatNobodyHasTaughtTheConnectorIsNotGuessed(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*remoteOrder){
		"orders[10002].lines[0].type":          func(o *remoteOrder) { o.Lines[0].Type = "tip" },
		"orders[10002].lines[2].vat_rate":      func(o *remoteOrder) { o.Lines[2].VATRate = "six" },
		"orders[10002].payments[pay_4].kind":   func(o *remoteOrder) { o.Payments[0].Kind = "adjustment" },
		"orders[10002].payments[pay_4].status": func(o *remoteOrder) { o.Payments[0].Status = "partially_captured" },
		"orders[10002].currency":               func(o *remoteOrder) { o.Currency = "kr" },
	} {
		var in remoteOrder
		require.NoError(t, json.Unmarshal([]byte(example), &in))
		change(&in)
		_, err := in.order(payout.Raw{})
		require.ErrorContains(t, err, field)
	}
}
