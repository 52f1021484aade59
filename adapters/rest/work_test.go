package rest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

func TestWorkIsListedWithWhereToReadMore(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const path = merchantPath + "/work"
	all := get[api.WorkList](t, h, own, "GET", path, "", http.StatusOK).Items
	kinds := map[string]int64{}
	for _, i := range all {
		kinds[string(i.Kind)+" "+string(i.State)] += i.Count
		require.NotEmpty(t, i.Next)
		require.Equal(t, http.StatusOK, h.do(t, own, "GET", i.Path, "").Code, i.Path)
	}
	require.Equal(t, int64(1), kinds["payout held"])
	require.Equal(t, int64(1), kinds["event waiting"])
	require.Positive(t, kinds["exception exception"])

	held := get[api.WorkList](t, h, support, "GET", path+"?state=held", "", http.StatusOK).Items
	require.Len(t, held, 1)
	require.Equal(t, statementtest.Held, held[0].ID)
	require.NotEmpty(t, held[0].Code)
	require.NotEmpty(t, held[0].Reason)
	require.Empty(t, get[api.WorkList](t, h, stranger, "GET", "/v1/merchants/"+other+"/work", "", http.StatusOK).Items)
	require.Equal(t, "state", h.problem(t, own, "GET", path+"?state=tired", "", http.StatusBadRequest).Field)
}
