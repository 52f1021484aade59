package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

func TestAConnectionIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const path = "/v1/connections/" + statementtest.Target
	require.Nil(t, get[api.Connection](t, h, own, "GET", path, "", http.StatusOK).Pause)
	require.Equal(t, "reason", h.problem(t, own, "POST", path+"/pause", `{}`, http.StatusBadRequest).Field)
	require.Equal(t, "reason", h.problem(t, own, "POST", path+"/pause", `{"reason":" "}`, http.StatusUnprocessableEntity).Field)

	paused := get[api.Connection](t, h, own, "POST", path+"/pause", `{"reason":"year-end closing"}`, http.StatusOK)
	require.Equal(t, &api.Pause{By: "Shop (key-own)", Reason: "year-end closing", Since: h.now}, paused.Pause)
	require.Equal(t, paused, get[api.Connection](t, h, support, "GET", path, "", http.StatusOK))
	for _, c := range [][2]string{{"POST", "/verify"}, {"GET", "/choices/accounts"}, {"POST", "/disconnect"}} {
		p := h.problem(t, own, c[0], path+c[1], "", http.StatusConflict)
		require.Equal(t, "connection.paused", p.Code)
		require.Contains(t, p.Reason, "paused since 2026-04-20T08:00:00Z by Shop (key-own): year-end closing")
		require.Contains(t, p.Remedy, "/resume")
	}
	require.Nil(t, get[api.Connection](t, h, support, "POST", path+"/resume", "", http.StatusOK).Pause)
	require.Equal(t, "connection.not_paused", h.problem(t, own, "POST", path+"/resume", "", http.StatusConflict).Code)
}
