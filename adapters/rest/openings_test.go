package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

func TestAnOpeningBalanceIsSaidAndShown(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const flow = "/v1/flows/" + statementtest.Flow
	require.Empty(t, get[api.OpeningBalances](t, h, own, "GET", flow+"/opening-balance", "", http.StatusOK).Items)
	before := get[api.Clearing](t, h, own, "GET", flow+"/clearing", "", http.StatusOK).Items[0]
	require.Equal(t, "0.00", before.Opening)

	said := get[api.OpeningBalance](t, h, own, "PUT", flow+"/opening-balance", `{"amount":"5000.00","date":"2026-01-01","note":"captures of December"}`, http.StatusOK)
	require.Equal(t, "1686", said.Account)
	require.Equal(t, "Shop (key-own)", said.By)
	require.Equal(t, []api.OpeningBalance{said}, get[api.OpeningBalances](t, h, own, "GET", flow+"/opening-balance", "", http.StatusOK).Items)
	after := get[api.Clearing](t, h, own, "GET", flow+"/clearing", "", http.StatusOK).Items[0]
	require.Equal(t, "5000.00", after.Opening)
	require.Equal(t, "0.00", after.Unexplained)
	require.Equal(t, "opening balance", after.Items[0].Reference)
	april := get[api.Reconciliation](t, h, own, "GET", flow+"/reconciliation?from=2026-04-01&to=2026-04-30", "", http.StatusOK).Items[0]
	require.Equal(t, []string{"5000.00", "3903.00", "0.00"}, []string{april.Opening, april.Closing, april.Difference})

	for body, field := range map[string]string{
		`{"amount":"5000.001","note":"n"}`:                 "amount",
		`{"amount":"1.00","note":"n","date":"2026-02-30"}`: "date",
		`{"amount":"1.00","note":"n","date":"2099-01-01"}`: "date",
		`{"amount":"1.00","note":"n","currency":"EUR"}`:    "currency",
	} {
		answer := h.do(t, own, "PUT", flow+"/opening-balance", body)
		require.GreaterOrEqual(t, answer.Code, 400, body)
		require.Contains(t, answer.Body.String(), `"field":"`+field+`"`, body)
	}
}

func TestTheCutOffOfAFlowWithPayoutsStays(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	p := h.problem(t, own, "PUT", "/v1/flows/"+statementtest.Flow+"/cut-off", `{"since":"2026-04-10T00:00:00Z"}`, http.StatusConflict)
	require.Equal(t, "flow.cut_off_taken", p.Code)
	require.Equal(t, "since", p.Field)
}

func TestSwitchingAFlowOffNamesWhatStays(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	off := get[api.Flow](t, h, own, "POST", "/v1/flows/"+statementtest.Flow+"/disable", "", http.StatusOK)
	require.NotNil(t, off.Outstanding)
	require.Contains(t, off.Outstanding.Payouts, "K-2026-04-02")
	require.Nil(t, get[api.Flow](t, h, own, "GET", "/v1/flows/"+statementtest.Flow, "", http.StatusOK).Outstanding)
}
