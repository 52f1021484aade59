package rest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
)

func TestHealthAndConnectors(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	health := get[api.Health](t, h, "", "GET", "/v1/health", "", http.StatusOK)
	require.Equal(t, api.HealthStatusOk, health.Status)
	require.Equal(t, "test", health.Version)
	require.Len(t, health.Connectors, 3)
	klarna := get[api.Connector](t, h, own, "GET", "/v1/connectors/klarna", "", http.StatusOK)
	require.Equal(t, []string{"psp.payouts", "psp.orders"}, klarna.Capabilities)
	require.Contains(t, string(klarna.CredentialsSchema), `"password"`)
	require.Len(t, get[api.ConnectorList](t, h, own, "GET", "/v1/connectors", "", http.StatusOK).Items, 3)
	require.Equal(t, "connector.unknown", h.problem(t, own, "GET", "/v1/connectors/svea", "", http.StatusNotFound).Code)
	require.Contains(t, h.do(t, own, "GET", "/v1/schemas/payouts-settings", "").Body.String(), `"voucher_series"`)
}

func TestPayouts(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	page := get[api.PayoutPage](t, h, own, "GET", "/v1/merchants/merchant-1/payouts", "", http.StatusOK)
	require.Len(t, page.Items, 2)
	p := get[api.Payout](t, h, own, "GET", "/v1/payouts/"+statementtest.Booked, "", http.StatusOK)
	require.Equal(t, page.Items[0], p)
	require.Equal(t, api.Effects{
		Currency: "SEK", Gross: "2845.00", Refunds: "-95.00", Fees: "-97.31", FeeVat: "-24.33",
		Reserves: "-200.00", Other: "-799.00", Net: "1629.36", Difference: "0.00",
	}, p.Effects)
	require.Equal(t, api.LineCounts{Lines: 10, Matched: 3, NoDocument: 4, Exceptions: 3}, p.Counts)
	require.Equal(t, "2026-04-02", p.Date)
	require.Equal(t, "klarna", p.Provider)
	held := get[api.Payout](t, h, own, "GET", "/v1/payouts/"+statementtest.Held, "", http.StatusOK)
	require.Equal(t, "payout.unknown_type", held.Hold.Code)
	totals := get[api.Totals](t, h, own, "GET", "/v1/merchants/merchant-1/totals", "", http.StatusOK)
	require.Equal(t, "1717.36", totals.Items[0].Effects.Net)
	require.Equal(t, int64(1), totals.Exceptions["erp.already_paid"])
}

func TestLinesAreFiltered(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	base := "/v1/payouts/" + statementtest.Booked + "/lines"
	lines := get[api.LinePage](t, h, own, "GET", base+"?kind=fee", "", http.StatusOK)
	require.Len(t, lines.Items, 2)
	fee := lines.Items[0]
	require.Equal(t, []string{"0.00", "17.50", "4.38", "-21.88"}, []string{fee.Gross, fee.FeeExVat, fee.FeeVat, fee.Net})
	require.Equal(t, "10001", fee.References["merchant_reference1"])
	require.Equal(t, int64(280), fee.Raw.Length)
	stuck := get[api.LinePage](t, h, own, "GET", base+"?state=exception&limit=2", "", http.StatusOK)
	require.Len(t, stuck.Items, 2)
	require.Equal(t, "4", stuck.Next)
	rest := get[api.LinePage](t, h, own, "GET", base+"?state=exception&limit=2&after="+stuck.Next, "", http.StatusOK)
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.Next)
}

func TestEveryListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for path, total := range map[string]int{
		"/v1/merchants":                        2,
		"/v1/merchants/merchant-1/connections": 2,
		"/v1/merchants/merchant-1/flows":       1,
		"/v1/merchants/merchant-1/runs":        1,
		"/v1/merchants/merchant-1/payouts":     2,
		"/v1/merchants/merchant-1/exceptions":  4,
		"/v1/merchants/merchant-1/audit":       1,
		"/v1/payouts/payout-1/lines":           10,
		"/v1/payouts/payout-1/documents":       5,
	} {
		t.Run(path, func(t *testing.T) {
			seen, after := map[string]bool{}, ""
			for pages := 1; ; pages++ {
				require.LessOrEqual(t, pages, total, "pages of one item each end")
				page := get[struct {
					Items []struct{ ID any }
					Next  string
				}](t, h, operator, "GET", path+"?limit=1&after="+url.QueryEscape(after), "", http.StatusOK)
				require.Len(t, page.Items, 1)
				seen[text(page.Items[0].ID)] = true
				if after = page.Next; after == "" {
					break
				}
			}
			require.Len(t, seen, total)
		})
	}
}

func text(id any) string {
	if s, ok := id.(string); ok {
		return s
	}
	return time.Duration(id.(float64)).String()
}

func TestExplanationDocumentsAndClearing(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	e := get[api.Explanation](t, h, own, "GET", "/v1/payouts/payout-1/explanation", "", http.StatusOK)
	require.Len(t, e.Disputes, 1)
	require.Contains(t, e.Sums[0].Sentence, "1686")
	documents := get[api.DocumentPage](t, h, own, "GET", "/v1/payouts/payout-1/documents", "", http.StatusOK)
	require.Equal(t, "K-12-3", documents.Items[0].Number)
	require.Len(t, documents.Items[0].Voucher.Rows, 6)
	require.Equal(t, "499.00", documents.Items[2].Amount)
	clearing := get[api.Clearing](t, h, own, "GET", "/v1/flows/flow-1/clearing", "", http.StatusOK)
	require.Equal(t, "-1097.00", clearing.Items[0].Balance)
	require.Equal(t, "0.00", clearing.Items[0].Unexplained)
	require.Len(t, clearing.Items[0].Items, 3)
}

func TestExceptionsAndRuns(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	page := get[api.ExceptionPage](t, h, own, "GET", "/v1/merchants/merchant-1/exceptions?state=open&code=erp.already_paid", "", http.StatusOK)
	require.Len(t, page.Items, 1)
	require.Equal(t, "249.00", page.Items[0].Amount)
	run := get[api.Run](t, h, own, "GET", "/v1/runs/run-1", "", http.StatusOK)
	require.Equal(t, int64(4), run.DocumentsWritten)
	require.Equal(t, api.Counts{"klarna": 4, "fortnox": 21}, run.Calls)
}

func TestChoicesAndBooks(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.seal(t)
	first := get[api.ChoicePage](t, h, own, "GET", "/v1/connections/connection-2/choices/accounts?on=2026-04-20", "", http.StatusOK)
	require.Len(t, first.Items, 2)
	second := get[api.ChoicePage](t, h, own, "GET", "/v1/connections/connection-2/choices/accounts?after="+first.Next, "", http.StatusOK)
	require.Greater(t, second.Items[0].Value, first.Items[1].Value)
	require.Equal(t, "connector.capability_missing",
		h.problem(t, own, "GET", "/v1/connections/connection-1/choices/accounts", "", http.StatusUnprocessableEntity).Code)

	books := h.do(t, own, "GET", "/v1/connections/connection-2/books", "")
	require.Equal(t, "application/octet-stream", books.Header().Get("Content-Type"))
	require.Equal(t, "#FLAGGA 0\n#PROGRAM \"test\" 1\n", books.Body.String())

	h.remote.FailPiece = 0
	require.Equal(t, "connector.unavailable", h.problem(t, own, "GET", "/v1/connections/connection-2/books", "", http.StatusServiceUnavailable).Code)
	h.remote.FailPiece = 1
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() {
		h.send(t, own, "GET", "/v1/connections/connection-2/books", nil)
	}, "half a ledger must not look like a whole one")
}

func TestProofLink(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	link := get[api.ProofLink](t, h, own, "POST", "/v1/payouts/payout-1/proof-link", "", http.StatusCreated)
	require.Equal(t, h.now.Add(time.Hour), link.ExpiresAt)
	path, ok := strings.CutPrefix(link.URL, "https://hub.example")
	require.True(t, ok, link.URL)

	page := h.do(t, "", "GET", path, "")
	require.Equal(t, http.StatusOK, page.Code)
	require.Equal(t, "text/html; charset=utf-8", page.Header().Get("Content-Type"))
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-referrer", page.Header().Get("Referrer-Policy"))
	require.Contains(t, page.Body.String(), "Blåbärsbutiken i Åre AB")

	for name, address := range map[string]string{
		"of another payout": strings.Replace(path, "payout-1?", "payout-2?", 1),
		"with a made token": "/proof/payout-1?token=" + url.QueryEscape(rest.ProofSubject("payout-2")+"|2030-01-01T00:00:00Z"),
		"without a token":   "/proof/payout-1",
	} {
		t.Run(name, func(t *testing.T) {
			refused := h.do(t, operator, "GET", address, "")
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusBadRequest}, refused.Code)
			require.NotContains(t, refused.Body.String(), "Blåbär")
			require.Contains(t, refused.Body.String(), "<!doctype html>", "a person looks at it")
		})
	}
	h.now = h.now.Add(61 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, h.do(t, "", "GET", path, "").Code)
}
