package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

const searchPath = "/v1/merchants/" + statementtest.Merchant + "/search?q="

func TestASearchLeadsToWhatItFound(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		part := order.Part{Rate: tax.Percent(25), Gross: money.New(100_00, "SEK"), VAT: money.New(20_00, "SEK")}
		return tx.Orders().Create(ctx, statementtest.Merchant, order.Order{
			Number: "#10001", Country: "SE", Date: civil.Date{Year: 2026, Month: 4, Day: 2}, Parts: []order.Part{part},
		}, h.now)
	}))
	for text, want := range map[string][]string{
		"k-2026-04-02": {"payout"}, "%230010001": {"line", "order"}, "ORDER-10003": {"line"}, "k-12-3": {"step"}, "1002": {"step"}, "t-1": {"event"}, "first": {"event"}, "exception-2": {"exception"},
		statementtest.Run: {"run"}, statementtest.Booked: {"payout"}, "nobody": {},
	} {
		kinds := map[string]bool{}
		for _, group := range get[api.SearchResult](t, h, own, "GET", searchPath+text, "", http.StatusOK).Items {
			kinds[string(group.Kind)] = true
			require.False(t, group.More)
			for _, hit := range group.Hits {
				require.Equal(t, statementtest.Merchant, hit.MerchantID)
				require.NotEmpty(t, hit.Value)
				answer := h.do(t, own, "GET", hit.Path, "")
				require.Equal(t, http.StatusOK, answer.Code, hit.Path)
				require.Contains(t, answer.Body.String(), hit.Value, hit.Path)
			}
		}
		for _, kind := range want {
			require.True(t, kinds[kind], "%s finds a %s: %v", text, kind, kinds)
		}
		require.Equal(t, len(want) == 0, len(kinds) == 0, text)
	}
}

func TestASearchSaysThatThereIsMore(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for _, group := range get[api.SearchResult](t, h, own, "GET", searchPath+"10001&limit=1", "", http.StatusOK).Items {
		require.Len(t, group.Hits, 1)
		if group.Kind == "line" {
			require.True(t, group.More, "a sale and its fee")
			require.Equal(t, "10001", group.Hits[0].Value)
		}
	}
	require.Equal(t, "search.empty", h.problem(t, own, "GET", searchPath+"%2300", "", http.StatusUnprocessableEntity).Code)
	require.Equal(t, "q", h.problem(t, own, "GET", searchPath, "", http.StatusBadRequest).Field)
}

func TestASearchKeepsToItsMerchant(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.Empty(t, get[api.SearchResult](t, h, stranger, "GET", "/v1/merchants/"+other+"/search?q=10001", "", http.StatusOK).Items)
	require.NotEmpty(t, get[api.SearchResult](t, h, support, "GET", "/v1/search?q=10001", "", http.StatusOK).Items)
	require.Equal(t, "access.forbidden", h.problem(t, own, "GET", "/v1/search?q=10001", "", http.StatusForbidden).Code)
}
