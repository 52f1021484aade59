package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

func TestWhatIsLateIsListedAndCounted(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	late := get[api.OverdueList](t, h, own, "GET", "/v1/merchants/"+statementtest.Merchant+"/overdue", "", http.StatusOK)
	require.Equal(t, 1, late.Count)
	require.Equal(t, 1, get[api.Totals](t, h, own, "GET", "/v1/merchants/"+statementtest.Merchant+"/totals", "", http.StatusOK).Overdue)
	require.Equal(t, api.OverdueItem{
		What: "payout", ID: "po-1", Reference: "P1", Date: "2026-02-28", Days: 51, Code: "period.locked", Reason: "the period is locked", Remedy: "open it",
	}, late.Items[0])
}

func TestAPersonConfirmsTheBankAndDecidesOnAdvances(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	get[api.Payout](t, h, own, "POST", "/v1/payouts/payout-1/bank-confirmation", `{"date":"2026-04-21","amount":"486.52"}`, http.StatusAccepted)
	get[api.Exception](t, h, own, "POST", "/v1/exceptions/exception-3/resolve", `{"document":"1042","advance":true}`, http.StatusOK)
	require.Equal(t, []string{
		"confirm payout-1 2026-04-21 486.52 SEK by Shop (key-own)", "resolve exception-3 with 1042 and an advance by Shop (key-own)",
	}, h.engine.did)
	require.Equal(t, "money.too_precise",
		h.problem(t, own, "POST", "/v1/payouts/payout-1/bank-confirmation", `{"date":"2026-04-21","amount":"486.521"}`, http.StatusUnprocessableEntity).Code)
}
