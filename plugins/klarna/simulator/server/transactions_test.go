package server_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTransactionsOfAPayoutComeInStoredOrder(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	got := k.list("/transactions?payment_reference=XISA93DJ").Transactions
	require.Equal(t, []any{125000.0, 3738.0, 300.0, 49900.0, 1492.0, 300.0, 29900.0}, column(got, "amount"))
	for _, row := range got {
		require.Equal(t, "XISA93DJ", row["payment_reference"])
		require.Equal(t, k.url+"/settlements/v1/payouts/XISA93DJ", row["payout"])
	}
	require.Equal(t, []any{"cA", "cA", "cA", "cB", "cB", "cB", ""}, column(got, "capture_id"), "a return has an empty one")
}

func TestTransactionsAreFoundByOrder(t *testing.T) {
	t.Parallel()
	unpaid := transaction("SALE", "PURCHASE", orderC, 600, map[string]any{"capture_id": "cC", "capture_date": "2026-04-19T12:00:00Z"})
	k := start(t, map[string]any{"unpaid_transactions": []any{unpaid}})
	for name, c := range map[string]struct {
		query   string
		amounts []any
		payouts []any
	}{
		"across payouts":                        {"order_id=" + orderB, []any{49900.0, 1492.0, 300.0, 1000.0}, []any{"XISA93DJ", "XISA93DJ", "XISA93DJ", "SEK2"}},
		"within one payout":                     {"payment_reference=SEK2&order_id=" + orderB, []any{1000.0}, []any{"SEK2"}},
		"captured, its payout still to come":    {"order_id=" + orderA, []any{125000.0, 3738.0, 300.0, 700.0}, []any{"XISA93DJ", "XISA93DJ", "XISA93DJ", nil}},
		"captured, in no payout yet":            {"order_id=" + orderC, []any{29900.0, 600.0}, []any{"XISA93DJ", nil}},
		"an order that nobody knows":            {"order_id=" + "dddddddd-0000-4000-8000-00000000000d", []any{}, []any{}},
		"a payout that nobody knows":            {"payment_reference=NONE", []any{}, []any{}},
		"a payout that does not hold the order": {"payment_reference=EUR1&order_id=" + orderA, []any{}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := k.list("/transactions?" + c.query).Transactions
			require.Equal(t, c.amounts, column(got, "amount"))
			require.Equal(t, c.payouts, column(got, "payment_reference"))
		})
	}
}

func TestAmountsAreSignedOrAllPositive(t *testing.T) {
	t.Parallel()
	vat := map[string]any{"vat_rate": 2500, "vat_amount": 25, "tax_in_currency_of_registration_country": 27}
	cases := []struct {
		kind, detailed string
		stored, signed int
	}{
		{"SALE", "PURCHASE", 100, 100},
		{"RETURN", "PURCHASE_RETURN", 100, -100},
		{"RETURN", "PAYMENT_DEFAULT", 100, -100},
		{"FEE", "DISPUTE_FEE", 100, -100},
		{"FEE_REFUND", "DISPUTE_FEE_REFUND", 100, 100},
		{"REVERSAL", "REVERSAL", 100, -100},
		{"REVERSAL_MERCHANT_PROTECTION", "FRAUD_POLICY_CREDIT_NET", 100, 100},
		{"COMMISSION", "COMMISSION", 100, 100},
		{"COMMISSION", "REVENUE_SHARE_REVERSAL", 100, -100},
		{"CREDIT", "LOAN_PAYOUT", 100, 100},
		{"CHARGE", "LOAN_AMORTISATION", 100, -100},
		{"HOLDBACK", "ROLLING_RESERVE", 100, -100},
		{"RELEASE", "ROLLING_RESERVE", 100, 100},
		{"TAX", "", 100, -100},
		{"FEE", "PURCHASE_FEE_FIXED", -100, -100}, // a world written with signs
		// The sign of these is their own.
		{"CORRECTION", "CREDITED_CORRECTION", -100, -100},
		{"CORRECTION", "MANUAL_ENTRY", 100, 100},
		{"FEE", "PERCENTAGE_FEE_CORRECTION_SE", -100, -100},
		{"MYSTERY", "UNHEARD_OF", -100, -100},
	}
	rows := []map[string]any{}
	unsigned, signed, vats := []any{}, []any{}, []any{}
	for _, c := range cases {
		rows = append(rows, transaction(c.kind, c.detailed, orderA, c.stored, vat))
		signed = append(signed, float64(c.signed))
		own := c.kind == "CORRECTION" || c.kind == "MYSTERY" || c.detailed == "PERCENTAGE_FEE_CORRECTION_SE"
		if own {
			unsigned = append(unsigned, float64(c.stored))
		} else {
			unsigned = append(unsigned, 100.0)
		}
		if own || c.signed > 0 {
			vats = append(vats, 25.0)
		} else {
			vats = append(vats, -25.0)
		}
	}
	payouts := []any{payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil), rows...)}

	got := start(t, map[string]any{"payouts": payouts}).list("/transactions?payment_reference=P").Transactions
	require.Equal(t, unsigned, column(got, "amount"))
	require.Equal(t, slices.Repeat([]any{25.0}, len(cases)), column(got, "vat_amount"))

	got = start(t, map[string]any{"payouts": payouts, "signed_amounts": true}).list("/transactions?payment_reference=P").Transactions
	require.Equal(t, signed, column(got, "amount"))
	require.Equal(t, vats, column(got, "vat_amount"))
	require.EqualValues(t, -27, got[1]["tax_in_currency_of_registration_country"])
	require.Equal(t, slices.Repeat([]any{2500.0}, len(cases)), column(got, "vat_rate"))
}

func TestSignedRowsAddUpToTheSettlement(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"signed_amounts": true})
	sum := 0.0
	for _, row := range k.list("/transactions?payment_reference=XISA93DJ").Transactions {
		vat, _ := row["vat_amount"].(float64)
		sum += row["amount"].(float64) + vat
	}
	require.EqualValues(t, 137712, sum) // 1749.00 − 299.00 − 58.30 − 14.58
}

func TestARowKeepsWhatTheWorldSays(t *testing.T) {
	t.Parallel()
	odd := map[string]any{
		"type": "HOLDBACK", "order_id": nil, "capture_id": nil, "amount": "12,50", "capture_date": "soon",
		"customer_vat": []any{map[string]any{"tax_rate": 2500.0, "tax_amount": 1.0}},
	}
	k := start(t, map[string]any{"payouts": []any{payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil), odd)}})
	got := k.list("/transactions?payment_reference=P").Transactions[0]
	odd["payment_reference"], odd["payout"] = "P", k.url+"/settlements/v1/payouts/P"
	require.Equal(t, odd, got, "null stays null, nonsense stays nonsense, unknown members stay")
}

func TestSpellingsAreMixed(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"spelling": "mixed"})
	got := k.list("/transactions?payment_reference=XISA93DJ&size=3").Transactions
	require.Equal(t, []any{"2026-04-01T10:00:00Z", "2026-04-01T10:00:00.000Z", "2026-04-01T10:00:00+00:00"}, column(got, "capture_date"))
	require.Equal(t, []any{"SE", "se", "SE"}, column(got, "purchase_country"))
	require.Equal(t, []any{"SEK", "sek", "SEK"}, column(got, "currency_code"))

	got = k.list("/transactions?payment_reference=XISA93DJ&size=1&offset=1").Transactions
	require.Equal(t, "2026-04-01T10:00:00.000Z", got[0]["capture_date"], "a row looks the same on any page")

	k = start(t, map[string]any{"spelling": "mixed", "payouts": many(30)})
	dates, codes := map[any]bool{}, map[any]bool{}
	for _, p := range k.list("/payouts?size=500").Payouts {
		dates[p["payout_date"]], codes[p["currency_code"]] = true, true
	}
	require.Len(t, dates, 3)
	require.Len(t, codes, 2)
	require.Equal(t, k.list("/payouts?size=5").Payouts, k.list("/payouts?size=5").Payouts)
}

func TestAShufflingSourceReordersEachListing(t *testing.T) {
	t.Parallel()
	rows := []map[string]any{}
	for i := range 9 {
		rows = append(rows, sale(orderA, fmt.Sprintf("c%d", i), "10001", 100+i))
	}
	k := start(t, map[string]any{"shuffle": true, "payouts": []any{payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil), rows...)}})
	listing := func() []any {
		var amounts []any
		for offset := 0; offset < 9; offset += 4 {
			page := k.list(fmt.Sprintf("/transactions?payment_reference=P&size=4&offset=%d", offset))
			amounts = append(amounts, column(page.Transactions, "amount")...)
		}
		return amounts
	}
	before := []any{100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0}
	stored := before
	for range 5 {
		now := listing()
		require.ElementsMatch(t, stored, now, "the pages of a listing agree")
		require.NotEqual(t, before, now)
		before = now
	}
}
