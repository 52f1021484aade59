package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPayoutIsShownAsTheWorldHasIt(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	_, body := k.settlements("/payouts/XISA93DJ")
	var got, want map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	expected, err := json.Marshal(plainPayout())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(expected, &want))
	want["merchant_id"] = "K123456"
	want["transactions"] = k.url + "/settlements/v1/transactions?payment_reference=XISA93DJ"
	require.Equal(t, want, got)
	require.Equal(t, got, k.list("/payouts").Payouts[0], "the list shows the same")
}

func TestPayoutsAreFilteredByPayoutDateAndCurrency(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	for name, c := range map[string]struct {
		query url.Values
		want  []any
	}{
		"no filter: by date, then reference":           {nil, []any{"XISA93DJ", "EUR1", "SEK2"}},
		"both ends of the window belong to it":         {url.Values{"start_date": {"2026-04-02T07:45:00Z"}, "end_date": {"2026-04-02T07:45:00Z"}}, []any{"XISA93DJ"}},
		"a whole day needs its last second":            {url.Values{"start_date": {"2026-04-02T00:00:00Z"}, "end_date": {"2026-04-02T23:59:59Z"}}, []any{"XISA93DJ"}},
		"a bare date twice is an empty window":         {url.Values{"start_date": {"2026-04-02"}, "end_date": {"2026-04-02"}}, []any{}},
		"a bare end date leaves its own day out":       {url.Values{"start_date": {"2026-04-01"}, "end_date": {"2026-04-09"}}, []any{"XISA93DJ"}},
		"an open end":                                  {url.Values{"start_date": {"2026-04-03"}}, []any{"EUR1", "SEK2"}},
		"a time in another zone":                       {url.Values{"end_date": {"2026-04-02T09:45:00+02:00"}}, []any{"XISA93DJ"}},
		"one currency":                                 {url.Values{"currency_code": {"SEK"}}, []any{"XISA93DJ", "SEK2"}},
		"a window of days to come":                     {url.Values{"start_date": {"2026-04-20"}, "end_date": {"2026-05-01"}}, []any{}},
		"a window that ends before it begins is empty": {url.Values{"start_date": {"2026-04-09"}, "end_date": {"2026-04-01"}}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, column(k.list("/payouts?"+c.query.Encode()).Payouts, "payment_reference"))
		})
	}
}

func TestAPayoutIsSeenOnceItIsInitiated(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	for _, path := range []string{
		"/payouts/LATER", "/reports/payout?payment_reference=LATER", "/reports/payout-with-transactions?payment_reference=LATER",
	} {
		response, _ := k.settlements(path)
		require.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}
	require.Empty(t, k.list("/transactions?payment_reference=LATER").Transactions)
	require.Equal(t, http.StatusOK, k.control(http.MethodPost, "/_sim/clock", map[string]string{"set": "2026-04-23T07:45:00Z"}))
	require.Equal(t, []any{"XISA93DJ", "EUR1", "SEK2", "LATER"}, column(k.list("/payouts").Payouts, "payment_reference"))
	require.Len(t, k.list("/transactions?payment_reference=LATER").Transactions, 2)
}

// many returns so many payouts as a world has them.
func many(count int) []any {
	payouts := []any{}
	for i := range count {
		payouts = append(payouts, payout(fmt.Sprintf("P%03d", i), "2026-04-02T07:45:00Z", "SEK", totals(nil)))
	}
	return payouts
}

func TestACollectionComesInPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query   string
		from    int
		count   int
		hasNext bool
		hasPrev bool
	}{
		"twenty by default":                {"", 0, 20, true, false},
		"of the size asked for":            {"?size=7", 0, 7, true, false},
		"up to the maximum":                {"?size=500", 0, 45, false, false},
		"from an offset":                   {"?size=20&offset=20", 20, 20, true, true},
		"the last one is short":            {"?size=20&offset=40", 40, 5, false, true},
		"beyond the end there is nothing":  {"?offset=100", 45, 0, false, true},
		"exactly the rest has no next one": {"?size=5&offset=40", 40, 5, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := start(t, map[string]any{"payouts": many(45)})
			got := k.list("/payouts" + c.query)
			require.Len(t, got.Payouts, c.count)
			if c.count > 0 {
				require.Equal(t, fmt.Sprintf("P%03d", c.from), got.Payouts[0]["payment_reference"])
			}
			require.EqualValues(t, c.count, got.Pagination["count"])
			require.EqualValues(t, 45, got.Pagination["total"])
			require.Contains(t, got.Pagination, "offset")
			_, hasNext := got.Pagination["next"]
			_, hasPrev := got.Pagination["prev"]
			require.Equal(t, c.hasNext, hasNext)
			require.Equal(t, c.hasPrev, hasPrev)
		})
	}
}

func TestNextLeadsThroughAllPagesWithAllParameters(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"payouts": append(many(45), payout("E", "2026-04-02T07:45:00Z", "EUR", totals(nil)))})
	path := "/payouts?currency_code=SEK&size=10&start_date=2026-04-01T00%3A00%3A00%2B02%3A00"
	var seen []any
	for path != "" {
		got := k.list(path)
		seen = append(seen, column(got.Payouts, "payment_reference")...)
		path, _ = got.Pagination["next"].(string)
		if path != "" {
			require.True(t, strings.HasPrefix(path, k.url+"/settlements/v1/payouts?"), path)
		}
	}
	require.Len(t, seen, 45)
	require.Equal(t, "P044", seen[44])
}

func TestPaginationHasItsVariants(t *testing.T) {
	t.Parallel()
	for variant, want := range map[string]map[string]any{
		"full":       {"count": 3.0, "total": 3.0, "offset": 0.0},
		"null":       {"count": 3.0, "total": 3.0, "offset": 0.0, "next": nil, "prev": nil},
		"count_only": {"count": 3.0},
	} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			k := start(t, map[string]any{"pagination": variant})
			require.Equal(t, want, k.list("/payouts").Pagination)
		})
	}
}

func TestLinksCanPointElsewhere(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"base_url": "https://elsewhere.example/"})
	got := k.list("/payouts?size=1")
	require.Equal(t, "https://elsewhere.example/settlements/v1/payouts?offset=1&size=1", got.Pagination["next"])
	require.Equal(t, "https://elsewhere.example/settlements/v1/transactions?payment_reference=XISA93DJ", got.Payouts[0]["transactions"])
}

func TestTheSummaryAddsUpEachCurrency(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	_, body := k.settlements("/payouts/summary?start_date=2026-04-01T00:00:00Z&end_date=2026-04-30T23:59:59Z")
	var got []map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	require.Equal(t, []any{"EUR", "SEK"}, column(got, "summary_settlement_currency"))
	require.Equal(t, []any{5000.0, 175900.0}, column(got, "summary_total_sale_amount"))
	require.Equal(t, []any{0.0, 1458.0}, column(got, "summary_total_tax_amount"))
	require.Equal(t, []any{0.0, 1000.0}, column(got, "summary_total_holdback_amount"))
	require.Equal(t, []any{5000.0, 137712.0}, column(got, "summary_total_settlement_amount"))
	require.Equal(t, "2026-04-30T23:59:59Z", got[0]["summary_payout_date_end"])

	_, body = k.settlements("/payouts/summary?start_date=2026-04-01&end_date=2026-04-30&currency_code=eur")
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	require.Len(t, got, 1)
	_, body = k.settlements("/payouts/summary?start_date=2020-01-01&end_date=2020-01-02")
	require.Equal(t, "[]", body)
}
