package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

const klarna = "/v1/connectors/klarna"

func TestSupportSeesWhichVersionIsWantedAndWhichServes(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	list := get[api.ConnectorVersionList](t, h, support, "GET", klarna+"/versions", "", http.StatusOK)
	require.Len(t, list.Items, 2)
	first := list.Items[0]
	require.Equal(t, "1.0.0", first.Version)
	require.True(t, first.Wanted)
	require.Len(t, first.Nodes, 1)
	node := first.Nodes[0]
	require.Equal(t, "hub-1", node.Node)
	require.True(t, node.Serves)
	require.Equal(t, 2, node.Restarts)
	require.InDelta(t, 90, node.UptimeSeconds, 0)
	require.Equal(t, api.CallCounts{
		Total: 100, Failed: 3, Refused: 1, P50Ms: 12, P99Ms: 1.5, MaxMs: 1000,
		Faults: []api.FaultCount{{Class: "rate_limited", Source: "upstream", Count: 2}, {Class: "unknown", Source: "connector", Count: 1}},
	}, node.Calls)
	require.False(t, list.Items[1].Wanted)

	h.fleet.mu.Lock()
	delete(h.fleet.loaded, "klarna 1.0.0")
	h.fleet.mu.Unlock()
	lost := get[api.ConnectorVersion](t, h, support, "GET", klarna+"/versions/1.0.0", "", http.StatusOK)
	require.Equal(t, []string{"https://api.klarna.com"}, lost.Hosts)
	require.Equal(t, api.NodeVersionStateMissing, lost.Nodes[0].State)
	require.Contains(t, lost.Nodes[0].Reason, "is not loaded")

	h.fleet.Route("klarna", "", "")
	health := get[api.Health](t, h, "", "GET", "/v1/health", "", http.StatusOK)
	require.Equal(t, api.HealthStatusDegraded, health.Status)
	require.Contains(t, health.Connectors, api.ConnectorHealth{ID: "klarna", Version: "1.0.0", State: "stopped"})

	require.Equal(t, "connector.version_unknown", h.problem(t, support, "GET", klarna+"/versions/9.9.9", "", http.StatusNotFound).Code)
	require.Equal(t, "connector.unknown", h.problem(t, support, "GET", "/v1/connectors/nobody/versions", "", http.StatusNotFound).Code)
	h.problem(t, own, "GET", klarna+"/versions", "", http.StatusForbidden)
}

func TestAVersionsLogAndErrorsAreItsOwn(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	log := get[api.ConnectorLog](t, h, support, "GET", klarna+"/versions/1.0.0/log?limit=1", "", http.StatusOK)
	require.Len(t, log.Items, 1, "the last line")
	require.Equal(t, map[string]string{"page": "3"}, log.Items[0].Fields)
	failures := get[api.CallErrorList](t, h, support, "GET", klarna+"/versions/1.0.0/errors", "", http.StatusOK)
	require.Equal(t, "payout-1", failures.Items[0].Work)
	require.InDelta(t, 45000, failures.Items[0].TookMs, 0)
	for _, what := range []string{"/log", "/errors"} {
		require.Equal(t, "connector.version_unknown", h.problem(t, support, "GET", klarna+"/versions/9.9.9"+what, "", http.StatusNotFound).Code)
	}
}

func TestAProgramIsSentAndInstalledByOperatorsAlone(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const bytes = "the bytes of a program"
	upload := "/v1/connector-uploads/" + programSHA256
	h.problem(t, support, "PUT", upload, bytes, http.StatusForbidden, "Content-Type", "application/octet-stream")
	require.Equal(t, "request.media_type", h.problem(t, operator, "PUT", upload, bytes, http.StatusUnsupportedMediaType, "Content-Type", "text/csv").Code)
	wrong := h.problem(t, operator, "PUT", upload, bytes+"!", http.StatusUnprocessableEntity, "Content-Type", "application/octet-stream")
	require.Equal(t, "connector.checksum_mismatch", wrong.Code)
	sent := get[api.Upload](t, h, operator, "PUT", upload, bytes, http.StatusOK, "Content-Type", "application/octet-stream")
	require.Equal(t, api.Upload{Sha256: programSHA256, Size: int64(len(bytes))}, sent)
	large := h.problem(t, operator, "PUT", upload, strings.Repeat("x", 9000), http.StatusRequestEntityTooLarge, "Content-Type", "application/octet-stream")
	require.Equal(t, "request.too_large", large.Code)

	install := func(body string, status int) string {
		t.Helper()
		return h.problem(t, operator, "POST", "/v1/connector-versions", body, status).Code
	}
	require.Equal(t, "request.invalid", install(`{}`, http.StatusBadRequest))
	require.Equal(t, "request.invalid", install(`{"path":"klarna-1.4.3","upload":"`+programSHA256+`"}`, http.StatusBadRequest))
	require.Equal(t, "connector.not_arrived", install(`{"path":"../klarna-1.4.3"}`, http.StatusNotFound))
	require.Equal(t, "connector.not_arrived", install(`{"upload":"`+strings.Repeat("0", 64)+`"}`, http.StatusNotFound))
	require.Equal(t, "connector.unsigned", install(`{"path":"klarna-1.4.3"}`, http.StatusUnprocessableEntity))
	require.Equal(t, "connector.signature_wrong", install(`{"path":"klarna-1.4.3","signature":"RWQ"}`, http.StatusUnprocessableEntity))
	require.Equal(t, "connector.conformance_missing", install(`{"path":"klarna-1.4.3","waive_signature":"x","conformance":{"level_reached":4}}`, http.StatusUnprocessableEntity))
	require.Len(t, get[api.ConnectorVersionList](t, h, support, "GET", klarna+"/versions", "", http.StatusOK).Items, 2, "nothing has changed")

	made := get[api.ConnectorVersion](t, h, operator, "POST", "/v1/connector-versions", `{"path":"klarna-1.4.3","waive_signature":"built here"}`, http.StatusCreated)
	require.Equal(t, "1.4.3", made.Version)
	require.Equal(t, &api.VersionSignature{Waiver: "built here"}, made.Signature)
	require.False(t, made.Wanted, "it serves nobody until a swap")

	require.Equal(t, "connector.in_use", h.problem(t, operator, "DELETE", klarna+"/versions/1.0.0?reason=old", "", http.StatusConflict).Code)
	require.Equal(t, http.StatusNoContent, h.do(t, operator, "DELETE", klarna+"/versions/1.4.3?reason=old", "").Code)
	audit := get[api.AuditPage](t, h, support, "GET", "/v1/audit?subject=klarna", "", http.StatusOK)
	require.Equal(t, []string{"connector.removed", "connector.installed"}, []string{audit.Items[0].Act, audit.Items[1].Act})
	require.Contains(t, audit.Items[1].Detail, "signature waived: built here")
}

func TestASwapIsBegunFollowedAndListed(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.Equal(t, "reason", h.problem(t, support, "POST", klarna+"/swaps", `{"to":"1.0.1","reason":" "}`, http.StatusUnprocessableEntity).Field)
	require.Equal(t, "connector.version_unknown", h.problem(t, support, "POST", klarna+"/swaps", `{"to":"9.9.9","reason":"x"}`, http.StatusNotFound).Code)
	begun := get[api.Swap](t, h, support, "POST", klarna+"/swaps", `{"to":"1.0.1","reason":"fees","watch_seconds":1,"accept_differences":true}`, http.StatusAccepted)
	require.Equal(t, "Help (key-support)", begun.By)
	var now api.Swap
	for deadline := time.Now().Add(time.Minute); now.EndedAt == nil; time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "the swap does not end: %+v", now)
		now = get[api.Swap](t, h, support, "GET", "/v1/swaps/"+begun.ID, "", http.StatusOK)
	}
	require.Equal(t, api.SwapStateDone, now.State, "%+v", now.Fault)
	swaps := get[api.SwapPage](t, h, support, "GET", klarna+"/swaps?limit=1", "", http.StatusOK)
	require.Equal(t, begun.ID, swaps.Items[0].ID)
	require.Equal(t, begun.ID, swaps.Next)
	lanes := get[api.LanePage](t, h, support, "GET", klarna+"/lanes", "", http.StatusOK)
	require.Equal(t, statementtest.Source, lanes.Items[0].ConnectionID)
	require.Equal(t, [2]string{"1.0.1", "1.0.1"}, [2]string{lanes.Items[0].Wanted, lanes.Items[0].Running})
	h.problem(t, own, "POST", klarna+"/swaps", `{"to":"1.0.0","reason":"x"}`, http.StatusForbidden)
}

func TestWhatAVersionDidIsListedOfAllMerchants(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	payouts := get[api.ImpactPayoutPage](t, h, support, "GET", klarna+"/versions/1.0.0/payouts", "", http.StatusOK)
	require.NotEmpty(t, payouts.Items)
	for _, p := range payouts.Items {
		require.Equal(t, statementtest.Source, p.ConnectionID)
	}
	documents := get[api.ImpactDocumentPage](t, h, support, "GET", "/v1/connectors/fortnox/versions/1.0.0/documents", "", http.StatusOK)
	require.NotEmpty(t, documents.Items)
	require.Empty(t, get[api.ImpactDocumentPage](t, h, support, "GET", klarna+"/versions/1.0.0/documents", "", http.StatusOK).Items, "what is read is not written")
	unsettled := get[api.ImpactDocumentPage](t, h, support, "GET", "/v1/connectors/fortnox/versions/1.0.0/documents?unsettled=true", "", http.StatusOK)
	require.Less(t, len(unsettled.Items), len(documents.Items))

	require.Equal(t, "connector.version_unknown", h.problem(t, support, "POST", klarna+"/versions/1.0.0/compare", `{"with":"9.9.9"}`, http.StatusNotFound).Code)
	compared := get[api.ComparePage](t, h, support, "POST", klarna+"/versions/1.0.0/compare", `{}`, http.StatusOK)
	require.Len(t, compared.Items, len(payouts.Items))
	for _, c := range compared.Items {
		require.True(t, (c.Fault == nil) != (c.Replay == nil), "it was read again, or the reason is said")
	}
	done := get[api.Replanned](t, h, support, "POST", klarna+"/versions/1.0.0/replan", `{"reason":"fees were wrong"}`, http.StatusOK)
	require.NotNil(t, done.Payouts)
}
