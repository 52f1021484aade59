package command_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers is a hub that gives fixed answers by path and query.
func answers(t *testing.T, by map[string]string) string {
	t.Helper()
	t.Setenv("KVITT_API_KEY", "kvitt_secret")
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := by[r.URL.RequestURI()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"code":"store.not_found","reason":"nothing has this id: ` + r.URL.RequestURI() + `"}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(hub.Close)
	return hub.URL
}

const agreeing = `{"flow_id":"f-1","agrees":true,"years":[{"from":"2026-01-01","to":"2026-12-31"}],"found":4,"missing":0,"differing":0,
	"documents":[],"foreign":[],"omitted":0,
	"accounts":[{"account":"1686","currency":"SEK","own":true,"expected":"-1097.00","actual":"-1097.00","foreign":"0.00","difference":"0.00"}]}`

const differing = `{"flow_id":"f-1","agrees":false,"years":[],"found":2,"missing":1,"differing":1,"omitted":3,
	"documents":[
		{"status":"differs","kind":"voucher","payout":"P1","expected":{"series":"K","number":"12","date":"2026-04-02","text":"Klarna","rows":[{"account":"6040","currency":"SEK","debit":"97.31","credit":"0.00"}]},
			"actual":{"series":"K","number":"12","date":"2026-04-03","text":"Klarna","rows":[{"account":"6040","currency":"SEK","debit":"96.31","credit":"0.00"}]}},
		{"status":"missing","kind":"invoice_payment","payment":"701","document":"1002","expected":{"date":"2026-04-02","text":"Payment","rows":[]}}],
	"foreign":[{"account":"1686","currency":"SEK","amount":"12.00","voucher":{"series":"A","number":"77","date":"2026-04-09","text":"Manuell","rows":[]}}],
	"accounts":[]}`

func TestBooksThatAgreeExitWith0(t *testing.T) {
	hub := answers(t, map[string]string{
		"/v1/flows/f-1": `{"id":"f-1","merchant_id":"m-1"}`, "/v1/flows/f-1/books-check": agreeing, "/v1/flows/f-1/books-check?all=true": agreeing,
	})
	code, out, errs := run(t, "books", "check", "--hub", hub, "--flow", "f-1", "--merchant", "m-1")
	require.Zero(t, code, errs)
	require.Contains(t, out, "4 documents expected: 4 found, 0 missing, 0 different. 0 postings of others")
	require.Regexp(t, `1686\s+-1097.00\s+-1097.00\s+0.00\s+0.00`, out)
	code, out, _ = run(t, "books", "check", "--hub", hub, "--flow", "f-1", "--all", "--json")
	require.Zero(t, code)
	require.JSONEq(t, agreeing, out)
}

func TestBooksThatDifferExitWith1(t *testing.T) {
	hub := answers(t, map[string]string{"/v1/flows/f-1": `{"id":"f-1","merchant_id":"m-1"}`, "/v1/flows/f-1/books-check": differing})
	code, out, errs := run(t, "books", "check", "--hub", hub, "--flow", "f-1")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "books.differ")
	for _, said := range []string{
		"differs: voucher K 12 (payout P1)", "expected: K 12 2026-04-02", "in the books: K 12 2026-04-03", "debit 96.31",
		"missing: payment 701 of invoice 1002", "foreign: 12.00 SEK on 1686", "A 77 2026-04-09 Manuell", "3 more are not shown",
	} {
		require.Contains(t, out, said)
	}
	code, _, _ = run(t, "books", "check", "--hub", hub, "--flow", "f-1", "--json")
	require.Equal(t, 1, code, "also as JSON")
	code, _, errs = run(t, "books", "check", "--hub", hub, "--flow", "f-1", "--merchant", "m-2")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "books.other_merchant")
}

func TestJournalAndMonthAreWrittenAsTheHubGivesThem(t *testing.T) {
	month := `{"flow_id":"f-1","from":"2026-04-01","to":"2026-04-30","items":[{"account":"1686","currency":"SEK","opening":"0.00","captures":"1748.00",
		"refunds":"-95.00","fees":"-97.31","fee_vat":"-24.33","chargebacks":"-799.00","reserves":"-200.00","other":"0.00","payouts":"-1629.36",
		"closing":"-1097.00","open":"-1097.00","difference":"0.00","ages":[{"from":8,"to":30,"items":1,"sum":"-1097.00"},{"from":41,"items":0,"sum":"0.00"}],
		"items":[{"payout_id":"po-1","payout":"P1","reference":"10003","amount":"-549.00","since":"2026-04-02","days":28,"code":"match.amount_differs","reason":"why"}],"omitted":2}]}`
	hub := answers(t, map[string]string{
		"/v1/flows/f-1/journal?currency=EUR":                                    "commodity EUR\n",
		"/v1/flows/f-1/reconciliation?from=2026-04-01&to=2026-04-30":            month,
		"/v1/flows/f-1/reconciliation?format=csv&from=2026-04-01&to=2026-04-30": "row,account\r\n",
	})
	code, out, errs := run(t, "books", "journal", "--hub", hub, "--flow", "f-1", "--currency", "EUR")
	require.Zero(t, code, errs)
	require.Equal(t, "commodity EUR\n", out)

	args := []string{"reconciliation", "--hub", hub, "--flow", "f-1", "--from", "2026-04-01", "--to", "2026-04-30"}
	_, out, _ = run(t, args...)
	require.Regexp(t, `(?s)closing\s+-1097.00.*8-30 days\s+-1097.00\s+1 items.*over 40 days.*10003\s+-549.00\s+match.amount_differs: why.*2 more are not shown`, out)
	_, out, _ = run(t, append(args, "--format", "json")...)
	require.JSONEq(t, month, out)
	_, out, _ = run(t, append(args, "--format", "csv")...)
	require.Equal(t, "row,account\r\n", out)
}

func TestWhatIsMissingOnTheCommandLineIsSaid(t *testing.T) {
	hub := answers(t, nil)
	for want, args := range map[string][]string{
		"--flow is required":             {"books", "check", "--hub", hub},
		"--from and --to are required":   {"reconciliation", "--hub", hub, "--flow", "f-1"},
		"--format is table, csv or json": {"reconciliation", "--hub", hub, "--flow", "f-1", "--from", "2026-04-01", "--to", "2026-04-30", "--format", "pdf"},
	} {
		code, _, errs := run(t, args...)
		require.Equal(t, 2, code, "%v", args)
		require.Contains(t, errs, want)
	}
}
