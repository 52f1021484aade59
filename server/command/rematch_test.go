package command_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const corrected = `{"applied":false,"changes":1,"mistakes":[],"rows":[
	{"row":2,"reference":"merchant_reference1","value":"1001","before":"10O1","changes":true,"outlook":{"payout":"P1","line":"sale/1","becomes":"matched","documents":["7"],"partial":true,"rule":"merchant_reference1 = order_number"}},
	{"row":3,"reference":"order_id","value":"9","changes":false,"outlook":{"payout":"P1","line":"sale/2","becomes":"exception","documents":[],"code":"match.no_document","reason":"no invoice"}}]}`

const mistaken = `{"applied":false,"changes":0,"rows":[],"mistakes":[{"row":2,"field":"line","value":"x","reason":"the payout has no line of this key"},{"row":4,"reason":"the quotation marks of the row do not fit"}]}`

// uploads is a hub that gives one answer and keeps what it was sent.
func uploads(t *testing.T, answer string) (url string, sent func() (uri, media, body string)) {
	t.Helper()
	t.Setenv("KVITT_API_KEY", "kvitt_secret")
	var uri, media, body string
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		uri, media, body = r.Method+" "+r.URL.RequestURI(), r.Header.Get("Content-Type"), string(content)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(hub.Close)
	return hub.URL, func() (string, string, string) { return uri, media, body }
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "corrections.csv")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestCorrectionsAreShownAsATableAndAppliedOnlyWhenAsked(t *testing.T) {
	hub, sent := uploads(t, corrected)
	file := fileOf(t, "payout,line\n")
	code, out, errs := run(t, "payout", "correct", "--hub", hub, "--flow", "f-1", file)
	require.Zero(t, code, errs)
	uri, media, body := sent()
	require.Equal(t, []string{"POST /v1/flows/f-1/corrections", "text/csv", "payout,line\n"}, []string{uri, media, body})
	require.Regexp(t, `2\s+P1\s+sale/1\s+merchant_reference1 "10O1" to "1001"\s+matched 7 in part by merchant_reference1 = order_number`, out)
	require.Regexp(t, `3\s+P1\s+sale/2\s+order_id is 9\s+exception: match.no_document: no invoice`, out)
	require.Contains(t, out, "1 of 2 row(s) would change something; nothing was applied")

	code, out, _ = run(t, "payout", "correct", "--hub", hub, "--flow", "f-1", "--apply", "--json", file)
	require.Zero(t, code)
	uri, _, _ = sent()
	require.Equal(t, "POST /v1/flows/f-1/corrections?apply=true", uri)
	require.Contains(t, out, `"before": "10O1"`)
}

func TestMistakesInAFileOfCorrectionsExitWith1(t *testing.T) {
	hub, _ := uploads(t, mistaken)
	code, out, errs := run(t, "payout", "correct", "--hub", hub, "--flow", "f-1", "--apply", fileOf(t, "x"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "row 2: line \"x\": the payout has no line of this key\nrow 4: the quotation marks of the row do not fit\n")
	require.NotContains(t, out, "changed")
	require.Contains(t, errs, "corrections.mistakes: 2 mistake(s), nothing was applied")
	code, _, _ = run(t, "payout", "correct", "--hub", hub, "--flow", "f-1", "/nowhere/file.csv")
	require.Equal(t, 1, code)
}

func TestARematchingIsShownAndItsRunNamed(t *testing.T) {
	hub, sent := uploads(t, `{"matched":1,"suggested":0,"waiting":2,"exceptions":0,"omitted":2,"run":{"id":"run-1"},"lines":[
		{"payout":"P1","line":"sale/1","gross":"100.00","currency":"SEK","state":"waiting","becomes":"matched","documents":["7","8"],"rule":"order_id = order_number"}]}`)
	code, out, errs := run(t, "payout", "rematch", "--hub", hub, "--flow", "f-1", "--apply")
	require.Zero(t, code, errs)
	uri, _, _ := sent()
	require.Equal(t, "POST /v1/flows/f-1/rematch?apply=true", uri)
	require.Regexp(t, `P1\s+sale/1\s+100.00 SEK\s+waiting\s+matched 7, 8 by order_id = order_number`, out)
	require.Contains(t, out, "2 more are not shown.\n1 matched, 0 suggested, 2 waiting, 0 exception(s).\nRun run-1 is under way.\n")
}
