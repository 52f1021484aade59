package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPayoutIsInsertedBetweenTwoPages(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	first := k.list("/payouts?size=1")
	require.Equal(t, []any{"XISA93DJ"}, column(first.Payouts, "payment_reference"))
	inserted := payout("AAA", "2026-04-02T07:45:00Z", "SEK", totals(nil), sale(orderC, "cN", "10009", 900))
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/klarna/payouts", inserted))
	second := k.list(first.Pagination["next"].(string))
	require.Equal(t, []any{"XISA93DJ"}, column(second.Payouts, "payment_reference"), "the offset has moved under the reader")
	require.Equal(t, []any{"AAA", "XISA93DJ", "EUR1", "SEK2"}, column(k.list("/payouts").Payouts, "payment_reference"))
	require.Len(t, k.list("/transactions?payment_reference=AAA").Transactions, 1)
}

func TestAPayoutIsReplaced(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	changed := payout("XISA93DJ", "2026-04-10T07:45:00Z", "SEK", totals(map[string]any{"sale_amount": 1}), sale(orderA, "cA", "10001", 1))
	require.Equal(t, http.StatusOK, k.control(http.MethodPut, "/_sim/klarna/payouts/XISA93DJ", changed))
	require.Equal(t, []any{"EUR1", "SEK2", "XISA93DJ"}, column(k.list("/payouts").Payouts, "payment_reference"))
	require.Equal(t, []any{1.0}, column(k.list("/transactions?payment_reference=XISA93DJ").Transactions, "amount"))
}

func TestAPayoutIsRemoved(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	require.Equal(t, http.StatusOK, k.control(http.MethodDelete, "/_sim/klarna/payouts/EUR1", nil))
	require.Equal(t, []any{"XISA93DJ", "SEK2"}, column(k.list("/payouts").Payouts, "payment_reference"))
	require.Equal(t, http.StatusNotFound, k.control(http.MethodDelete, "/_sim/klarna/payouts/EUR1", nil))
}

func TestAControlThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	good := func() map[string]any { return payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil)) }
	without := func(member string) map[string]any {
		p := good()
		delete(p, member)
		return p
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
	}{
		"a reference that is taken":     {http.MethodPost, "/payouts", plainPayout(), 409},
		"no reference":                  {http.MethodPost, "/payouts", without("payment_reference"), 400},
		"no currency":                   {http.MethodPost, "/payouts", without("currency_code"), 400},
		"no date":                       {http.MethodPost, "/payouts", without("payout_date"), 400},
		"an unknown member":             {http.MethodPost, "/payouts", map[string]any{"reference": "P"}, 400},
		"replacing what is not there":   {http.MethodPut, "/payouts/P", good(), 404},
		"replacing one with another":    {http.MethodPut, "/payouts/XISA93DJ", good(), 400},
		"a control that does not exist": {http.MethodPost, "/customers", nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.status, k.control(c.method, "/_sim/klarna"+c.path, c.body))
		})
	}
}

func TestControlsNeitherCountNorNeedACredential(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	require.Equal(t, http.StatusOK, k.control(http.MethodDelete, "/_sim/klarna/payouts/EUR1", nil))
	_, log := k.send(http.MethodGet, k.url+"/_sim/requests", "", "")
	require.Contains(t, log, `"total":0`)
}

func TestFaultsStrikeTheSettlementsAPI(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/faults",
		map[string]any{"path": "/transactions$", "kind": "status", "status": 503, "times": 1}))
	response, _ := k.settlements("/transactions?payment_reference=XISA93DJ")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.Len(t, k.list("/transactions?payment_reference=XISA93DJ").Transactions, 7)
}
