package rest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/ports"
)

const flowPath = "/v1/flows/" + statementtest.Flow

func TestAFlowTakesAModeWithAReasonThatTheAuditLogKeeps(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	before := get[api.Flow](t, h, own, "GET", flowPath, "", http.StatusOK)
	require.Equal(t, api.Mode("live"), before.Mode)
	shadow := get[api.Flow](t, h, own, "PUT", flowPath+"/mode", `{"mode":"shadow","reason":"a look first"}`, http.StatusOK)
	require.Equal(t, api.Mode("shadow"), shadow.Mode)
	require.Equal(t, before.Since, shadow.Since)
	require.Equal(t, shadow, get[api.Flow](t, h, own, "PUT", flowPath+"/mode", `{"mode":"shadow","reason":"again"}`, http.StatusOK))

	for name, c := range map[string]struct{ body, field, code string }{
		"it is not said from when on": {`{"mode":"live","reason":"x"}`, "since", "flow.mode_since_invalid"},
		"from before the flow's own":  {`{"mode":"live","reason":"x","since":"2020-01-01T00:00:00Z"}`, "since", "flow.mode_since_invalid"},
		"a blank reason":              {`{"mode":"live","reason":" ","since":"2026-04-01T00:00:00Z"}`, "reason", "flow.mode_reason_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, own, "PUT", flowPath+"/mode", c.body, http.StatusUnprocessableEntity)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.field, p.Field)
		})
	}
	live := get[api.Flow](t, h, own, "PUT", flowPath+"/mode", `{"mode":"live","reason":"the diff is empty","since":"2026-04-18T00:00:00+02:00"}`, http.StatusOK)
	require.Equal(t, api.Mode("live"), live.Mode)
	require.Equal(t, time.Date(2026, time.April, 17, 22, 0, 0, 0, time.UTC), live.Since)
	p := h.problem(t, own, "PUT", flowPath+"/mode", `{"mode":"approve","reason":"x","since":"2026-04-19T00:00:00Z"}`, http.StatusUnprocessableEntity)
	require.Equal(t, "since", p.Field, "a flow that writes already has its first moment")

	var acts []string
	for _, entry := range get[api.AuditPage](t, h, own, "GET", "/v1/merchants/"+statementtest.Merchant+"/audit", "", http.StatusOK).Items {
		if entry.Act == "flow.mode_set" {
			acts = append(acts, entry.Detail)
		}
	}
	require.Equal(t, []string{"shadow to live: the diff is empty", "live to shadow: a look first"}, acts)
}

func TestWhatWaitsForAReleaseIsListedAndReleasedOrRejected(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Steps().Plan(ctx, []ports.Step{{
			PayoutID: statementtest.Booked, Kind: ports.StepAttachment, Key: "waits", State: ports.StepPlanned, Content: []byte(`{}`),
		}})
	}))
	page := get[api.DocumentPage](t, h, own, "GET", flowPath+"/unreleased", "", http.StatusOK)
	require.NotEmpty(t, page.Items)
	last := page.Items[len(page.Items)-1]
	require.Equal(t, "waits", last.Key)
	require.Equal(t, statementtest.Booked, last.PayoutID)

	require.Equal(t, 2, get[api.Released](t, h, own, "POST", flowPath+"/release", `{"documents":[7,8]}`, http.StatusAccepted).Released)
	get[api.Payout](t, h, own, "POST", "/v1/payouts/"+statementtest.Booked+"/release", "", http.StatusAccepted)
	get[api.Payout](t, h, own, "POST", "/v1/payouts/"+statementtest.Booked+"/reject", `{"reason":"wrong fees"}`, http.StatusOK)
	require.Equal(t, []string{
		"release " + statementtest.Flow + " [7 8] Shop (key-own)", "release " + statementtest.Booked + " Shop (key-own)",
		"reject " + statementtest.Booked + " wrong fees Shop (key-own)",
	}, h.engine.did)
	require.Equal(t, "reason", h.problem(t, own, "POST", "/v1/payouts/"+statementtest.Booked+"/reject", `{}`, http.StatusBadRequest).Field)
}

func TestARunIsAboutARangeOrNamedPayoutsAndTellsItsProgress(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	run := get[api.Run](t, h, own, "POST", flowPath+"/runs", `{"from":"2026-03-01","to":"2026-03-31"}`, http.StatusAccepted)
	require.Equal(t, &api.RunScope{From: "2026-03-01", To: "2026-03-31"}, run.Scope)
	require.Nil(t, run.Progress)
	shown := get[api.Run](t, h, own, "GET", "/v1/runs/"+run.ID, "", http.StatusOK)
	require.Equal(t, &api.RunProgress{Listed: 5, Read: 4, Planned: 3, Booked: 2, Held: 1, Remaining: 2}, shown.Progress)
	require.Equal(t, "from", h.problem(t, own, "POST", flowPath+"/runs", `{"from":"2026-02-31","to":"2026-03-31"}`, http.StatusUnprocessableEntity).Field)
	require.Equal(t, "payouts", h.problem(t, own, "POST", flowPath+"/trial", `{"payouts":["1","2","3","4","5","6"]}`, http.StatusBadRequest).Field)
}

func TestATryShowsDocumentsWithTheirRowsAndLinesWithTheirMatches(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	list := get[api.TriedList](t, h, own, "POST", flowPath+"/try", `{"reference":"1001"}`, http.StatusOK)
	require.Len(t, list.Items, 1)
	tried := list.Items[0]
	require.Equal(t, statementtest.Booked, tried.PayoutID)
	require.Equal(t, "erp.period_locked", tried.Fault.Code)
	kinds := map[api.TriedDocumentKind]api.TriedDocument{}
	for _, d := range tried.Documents {
		kinds[d.Kind] = d
	}
	require.NotEmpty(t, kinds["voucher"].Voucher.Rows)
	require.NotEmpty(t, kinds["invoice_payment"].Document)
	require.NotEmpty(t, tried.Lines)
	require.Equal(t, []string{"try " + statementtest.Flow + " 1001"}, h.engine.did)
}
