package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/ports"
)

const merchantPath = "/v1/merchants/" + statementtest.Merchant

func TestExceptionsAreFiltered(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	count := func(query string) int {
		return len(get[api.ExceptionPage](t, h, own, "GET", merchantPath+"/exceptions?state=open"+query, "", http.StatusOK).Items)
	}
	all := count("")
	require.Positive(t, all)
	require.Equal(t, all, count("&flow="+statementtest.Flow))
	require.Zero(t, count("&flow=nobody"))
	require.Equal(t, 1, count("&reference=%230010003"))
	require.Zero(t, count("&raised_before=2020-01-01T00:00:00Z"))
	require.Equal(t, all, count("&raised_before=2030-01-01T00:00:00Z"))

	parked := get[api.Exception](t, h, own, "POST", "/v1/exceptions/exception-2/park", `{"note":"a new invoice comes","until":"2026-05-04"}`, http.StatusOK)
	require.Equal(t, api.ExceptionStateOpen, parked.State)
	require.Equal(t, "Shop (key-own)", parked.Parking.By)
	require.Equal(t, "a new invoice comes", parked.Parking.Note)
	require.Equal(t, 1, count("&parked=true"))
	require.Equal(t, all-1, count("&parked=false"))
	require.Equal(t, all, count(""), "it is still counted")
	h.now = h.now.AddDate(0, 1, 0)
	require.Equal(t, all, count("&parked=false"), "its day has come")
	require.Nil(t, get[api.Exception](t, h, support, "POST", "/v1/exceptions/exception-2/unpark", "", http.StatusOK).Parking)
	p := h.problem(t, own, "POST", "/v1/exceptions/exception-2/park", `{"note":"x","until":"2026-02-30"}`, http.StatusBadRequest)
	require.Equal(t, "until", p.Field)
}

func TestAnExceptionShowsWhatWasCompared(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const path = "/v1/exceptions/exception-2"
	raised := get[api.Exception](t, h, own, "GET", path, "", http.StatusOK)
	require.Empty(t, raised.Compared)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Lines().Decide(ctx, []ports.LineDecision{{
			LineID: raised.LineID, State: ports.LineException, Decision: json.RawMessage(`{"compared":[{"what":"open","line":"549.00","document":"499.00"}]}`),
		}})
	}))
	require.Equal(t, []api.Comparison{{What: "open", Line: "549.00", Document: "499.00"}}, get[api.Exception](t, h, own, "GET", path, "", http.StatusOK).Compared)
}

func TestRunsAreFiltered(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Runs().Create(ctx, ports.Run{
			ID: "run-waiting", FlowID: statementtest.Flow, MerchantID: statementtest.Merchant, Trigger: ports.TriggerSchedule, State: ports.RunRunning, StartedAt: h.now,
			Fault: &ports.FaultRecord{Code: remote.CodePaused, Class: fault.NotSent, Reason: "paused", At: h.now},
		})
	}))
	ids := func(query string) []string {
		list := []string{}
		for _, run := range get[api.RunPage](t, h, own, "GET", merchantPath+"/runs"+query, "", http.StatusOK).Items {
			list = append(list, run.ID)
		}
		return list
	}
	require.Equal(t, []string{"run-waiting", statementtest.Run}, ids("?flow="+statementtest.Flow))
	require.Equal(t, []string{"run-waiting"}, ids("?state=waiting"))
	require.Equal(t, []string{"run-waiting"}, ids("?state=running&trigger=schedule"))
	require.Equal(t, []string{statementtest.Run}, ids("?state=done"))
	require.Empty(t, ids("?flow=nobody"))
	require.Equal(t, "state", h.problem(t, own, "GET", merchantPath+"/runs?state=tired", "", http.StatusBadRequest).Field)
}

func TestTheAuditLogIsFilteredAndReadHubWide(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	get[api.Connection](t, h, own, "POST", "/v1/connections/"+statementtest.Target+"/pause", `{"reason":"closing"}`, http.StatusOK)
	get[api.Key](t, h, operator, "POST", "/v1/keys", `{"label":"x","scope":"support"}`, http.StatusCreated)
	acts := func(key, path string) []string {
		list := []string{}
		for _, e := range get[api.AuditPage](t, h, key, "GET", path, "", http.StatusOK).Items {
			list = append(list, e.Act)
		}
		return list
	}
	mine := merchantPath + "/audit"
	require.Equal(t, []string{"connection.paused", "flow.enabled"}, acts(own, mine))
	require.Equal(t, []string{"connection.paused"}, acts(own, mine+"?subject="+statementtest.Target))
	require.Equal(t, []string{"connection.paused"}, acts(own, mine+"?by=key-own"))
	require.Equal(t, []string{"flow.enabled"}, acts(own, mine+"?act=flow.enabled"))
	require.Equal(t, []string{"connection.paused"}, acts(own, mine+"?from=2026-04-20T00:00:00Z&to=2026-04-21T00:00:00Z"))
	require.Equal(t, []string{"key.created", "connection.paused", "flow.enabled"}, acts(support, "/v1/audit"))
	require.Equal(t, []string{"key.created"}, acts(operator, "/v1/audit?by=key-operator"))
	require.Empty(t, acts(stranger, "/v1/merchants/"+other+"/audit"))
	h.problem(t, own, "GET", "/v1/audit", "", http.StatusForbidden)
	require.Equal(t, "from", h.problem(t, own, "GET", mine+"?from=yesterday", "", http.StatusBadRequest).Field)
}
