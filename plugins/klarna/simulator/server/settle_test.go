package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
)

func readWorld(t *testing.T, w map[string]any) error {
	t.Helper()
	section, err := json.Marshal(w)
	require.NoError(t, err)
	_, err = server.ReadWorld(section)
	return err
}

func capture(id string, amount int, at, reference string) map[string]any {
	return map[string]any{"capture_id": id, "captured_amount": amount, "captured_at": at, "reference": reference}
}

// sold are three orders: two are captured on 1 April, one was captured in March and is
// refunded on 1 April.
func sold() []any {
	return []any{
		order(orderA, map[string]any{"captures": []any{capture("cA", 125000, "2026-04-01T10:00:00Z", "")}}),
		order(orderB, map[string]any{"order_amount": 49900, "captures": []any{capture("cB", 49900, "2026-04-01T10:00:00Z", "F-77")}}),
		order(orderC, map[string]any{
			"order_amount": 29900, "merchant_reference1": "9987", "captures": []any{capture("cC", 29900, "2026-03-02T10:00:00Z", "")},
			"refunds": []any{map[string]any{"refund_id": "rC", "refunded_amount": 29900, "refunded_at": "2026-04-01T10:00:00Z", "reference": "K-9"}},
		}),
	}
}

func settling(reference, date string, ids ...any) map[string]any {
	return map[string]any{"payment_reference": reference, "payout_date": date, "currency_code": "SEK", "settles": ids}
}

// TestRowsFollowFromOrders: the payout is that of plainPayout, whose fees and totals
// were computed by hand (2.99 % and 3.00, VAT 25 %, rounded per row).
func TestRowsFollowFromOrders(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"orders": sold(), "payouts": []any{settling("XISA93DJ", "2026-04-02T07:45:00Z", "cA", "cB", "rC")}})
	got := k.list("/payouts").Payouts[0]["totals"].(map[string]any)
	for name, want := range plainPayout()["totals"].(map[string]any) {
		if name != "charge_amount" && want != 0 {
			require.EqualValues(t, want, got[name], name)
		}
	}
	rows := k.list("/transactions?payment_reference=XISA93DJ").Transactions
	require.Equal(t, []any{"SALE", "FEE", "FEE", "SALE", "FEE", "FEE", "RETURN"}, column(rows, "type"))
	require.Equal(t, []any{125000.0, 3738.0, 300.0, 49900.0, 1492.0, 300.0, 29900.0}, column(rows, "amount"))
	require.Equal(t, []any{nil, 935.0, 75.0, nil, 373.0, 75.0, nil}, column(rows, "vat_amount"))
	require.Equal(t, []any{"cA", "cA", "cA", "cB", "cB", "cB", ""}, column(rows, "capture_id"))
	require.Equal(t, "F-77", rows[3]["merchant_capture_reference"])
	require.Equal(t, "K-9", rows[6]["merchant_refund_reference"])
	require.Equal(t, "9987", rows[6]["merchant_reference1"])
	require.Equal(t, "K4MADNY", rows[6]["short_order_id"])

	// The capture of March is in no payout yet.
	rows = k.list("/transactions?order_id=" + orderC).Transactions
	require.Equal(t, []any{"RETURN", "SALE", "FEE", "FEE"}, column(rows, "type"))
	require.NotContains(t, rows[1], "payment_reference")
}

// TestADebtIsRepaid: a payout of the refund alone is lifted to 0, and the next one
// repays its 299.00 out of 499.00 less fees of 14.92 and 3.00 with VAT of 4.48.
func TestADebtIsRepaid(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"orders": sold(), "payouts": []any{
		settling("DEBT", "2026-04-02T07:45:00Z", "rC"), settling("REPAID", "2026-04-09T07:45:00Z", "cB"),
	}})
	payouts := k.list("/payouts").Payouts
	debt, repaid := payouts[0]["totals"].(map[string]any), payouts[1]["totals"].(map[string]any)
	require.Equal(t, []any{0.0, 29900.0, 29900.0}, []any{debt["settlement_amount"], debt["deposit_amount"], debt["closing_debt_balance_amount"]})
	require.Equal(t, []any{29900.0, 29900.0, 0.0}, []any{repaid["opening_debt_balance_amount"], repaid["repay_amount"], repaid["closing_debt_balance_amount"]})
	require.Equal(t, 49900.0-1492-300-373-75-29900, repaid["settlement_amount"])
}

func TestAPayoutSettlesWhatItCan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payout map[string]any
		reason string
	}{
		"what there is not":        {settling("P", "2026-04-02T07:45:00Z", "cX"), `"cX" is no capture`},
		"the same twice":           {settling("P", "2026-04-02T07:45:00Z", "cA", "cA"), `"cA" is no capture`},
		"another currency":         {map[string]any{"payment_reference": "P", "payout_date": "2026-04-02T07:45:00Z", "currency_code": "EUR", "settles": []any{"cA"}}, "is in SEK"},
		"rows of its own, no sums": {map[string]any{"payment_reference": "P", "payout_date": "2026-04-02T07:45:00Z", "currency_code": "SEK", "settles": []any{"cA"}, "transactions": []any{sale(orderA, "c", "1", 1)}}, "totals are needed"},
	} {
		require.ErrorContains(t, readWorld(t, world(map[string]any{"orders": sold(), "payouts": []any{c.payout}})), c.reason, name)
	}
}

// TestAnOrderIsPlayedFromShopToPayout is what an end-to-end test does.
func TestAnOrderIsPlayedFromShopToPayout(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"payouts": []any{}})
	do := func(method, path string, body any) string {
		t.Helper()
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		response, answer := k.send(method, k.url+"/_sim/klarna"+path, "", string(encoded))
		require.Equal(t, http.StatusOK, response.StatusCode, answer)
		var ids map[string]string
		require.NoError(t, json.Unmarshal([]byte(answer), &ids))
		return ids["order_id"] + ids["id"]
	}
	placed := order("", map[string]any{"fraud_status": "PENDING"})
	delete(placed, "created_at")
	id := do(http.MethodPost, "/orders", placed)
	require.Contains(t, k.order(id)["created_at"], "2026-04-20T08:")
	require.Equal(t, 403, k.control(http.MethodPost, "/_sim/klarna/orders/"+id+"/captures", map[string]any{}))
	do(http.MethodPatch, "/orders/"+id, map[string]any{"fraud_status": "ACCEPTED"})

	first := do(http.MethodPost, "/orders/"+id+"/captures", map[string]any{"order_lines": []any{line("physical", "BOOK", 2, 100000, 600, 5660)}, "reference": "F-1"})
	second := do(http.MethodPost, "/orders/"+id+"/captures", map[string]any{})
	refund := do(http.MethodPost, "/orders/"+id+"/refunds", map[string]any{"amount": 25000})
	require.Equal(t, []any{"CAPTURED", 125000.0, 25000.0, 0.0}, state(k.order(id)))
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/clock", map[string]string{"advance": "24h"}))
	do(http.MethodPost, "/payouts", settling("P", "2026-04-21T08:00:00Z", "*"))
	rows := k.list("/transactions?payment_reference=P").Transactions
	require.Equal(t, []any{first, first, first, second, second, second, ""}, column(rows, "capture_id"))
	require.Equal(t, refund, rows[6]["refund_id"])

	do(http.MethodPost, "/payouts", settling("EMPTY", "2026-04-21T08:00:00Z", "*"))
	require.Empty(t, k.list("/transactions?payment_reference=EMPTY").Transactions, "everything is settled")
	other := do(http.MethodPost, "/orders", placed)
	do(http.MethodPatch, "/orders/"+other, map[string]any{"expires_at": "2026-04-20T07:00:00Z"})
	require.Equal(t, "EXPIRED", k.order(other)["status"])
	third := do(http.MethodPost, "/orders", order("", nil))
	do(http.MethodPost, "/orders/"+third+"/cancel", nil)
	require.Equal(t, "CANCELLED", k.order(third)["status"])
	lined := do(http.MethodPost, "/orders", order("", nil))
	do(http.MethodPost, "/orders/"+lined+"/captures", map[string]any{"with_lines": true})
	require.Len(t, k.order(lined)["captures"].([]any)[0].(map[string]any)["order_lines"], 2)
}
