package rest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

const schedulePath = "/v1/flows/" + statementtest.Flow + "/schedule"

func TestAFlowShowsItsScheduleAndWhenItRunsNext(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	before := get[api.Flow](t, h, own, "GET", "/v1/flows/"+statementtest.Flow, "", http.StatusOK)
	require.Nil(t, before.Schedule)
	require.Nil(t, before.NextRunAt)
	require.NotEmpty(t, before.LastTrigger, "it has run")

	saved := get[api.Flow](t, h, own, "PUT", schedulePath, `{"cron":"0 23 * * *","jitter":"0s"}`, http.StatusOK)
	require.Equal(t, &api.Schedule{Cron: "0 23 * * *", Zone: "Europe/Stockholm", Jitter: "0s"}, saved.Schedule, "the zone is the merchant's")
	require.True(t, saved.Enabled)
	require.Equal(t, time.Date(2026, time.April, 20, 21, 0, 0, 0, time.UTC), *saved.NextRunAt)
	require.Equal(t, saved, get[api.Flow](t, h, own, "GET", "/v1/flows/"+statementtest.Flow, "", http.StatusOK))

	moved := get[api.Flow](t, h, own, "PUT", schedulePath, `{"cron":"30 6 * * 1-5","zone":"Europe/Helsinki"}`, http.StatusOK)
	require.Equal(t, &api.Schedule{Cron: "30 6 * * 1-5", Zone: "Europe/Helsinki", Jitter: "5m0s"}, moved.Schedule)
	due := time.Date(2026, time.April, 21, 3, 30, 0, 0, time.UTC)
	require.False(t, moved.NextRunAt.Before(due))
	require.Less(t, moved.NextRunAt.Sub(due), 5*time.Minute)

	removed := get[api.Flow](t, h, own, "DELETE", schedulePath, "", http.StatusOK)
	require.Nil(t, removed.Schedule)
	require.Nil(t, removed.NextRunAt)

	var acts []string
	for _, entry := range get[api.AuditPage](t, h, own, "GET", "/v1/merchants/"+statementtest.Merchant+"/audit", "", http.StatusOK).Items {
		if entry.Subject == statementtest.Flow {
			acts = append(acts, entry.Act+" "+entry.Detail)
		}
	}
	require.Equal(t, []string{
		"flow.schedule_removed ", "flow.schedule_saved 30 6 * * 1-5 Europe/Helsinki, jitter 5m0s", "flow.schedule_saved 0 23 * * * Europe/Stockholm, jitter 0s",
	}, acts[:3])
}

func TestAScheduleThatMakesNoSenseIsRefusedWithFieldAndReason(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for name, c := range map[string]struct{ body, code, field, reason string }{
		"an hour too late":           {`{"cron":"0 24 * * *"}`, "flow.schedule_invalid", "cron", "above maximum (23)"},
		"a day that never comes":     {`{"cron":"0 0 31 2 *"}`, "flow.schedule_invalid", "cron", "no day fits"},
		"a place that is none":       {`{"cron":"0 23 * * *","zone":"Europe/Atlantis"}`, "flow.schedule_invalid", "zone", "IANA time zone"},
		"a jitter above an hour":     {`{"cron":"0 23 * * *","jitter":"61m"}`, "flow.schedule_invalid", "jitter", "0s to 1h"},
		"a jitter that is no length": {`{"cron":"0 23 * * *","jitter":"soon"}`, "flow.schedule_invalid", "jitter", "such as 5m"},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, own, "PUT", schedulePath, c.body, http.StatusUnprocessableEntity)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.field, p.Field)
			require.Contains(t, p.Detail, c.reason)
		})
	}
	require.Equal(t, "cron", h.problem(t, own, "PUT", schedulePath, `{}`, http.StatusBadRequest).Field)
	require.Nil(t, get[api.Flow](t, h, own, "GET", "/v1/flows/"+statementtest.Flow, "", http.StatusOK).Schedule)
}
