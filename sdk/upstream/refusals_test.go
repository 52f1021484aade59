package upstream_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// table is what an imaginary provider says.
func table() upstream.Refusals {
	return upstream.Refusals{
		Read: func(answer upstream.Answer) upstream.Said {
			var said struct{ Code, Message, ID string }
			_ = json.Unmarshal(answer.Body, &said)
			return upstream.Said{Code: said.Code, Message: said.Message, Trace: said.ID}
		},
		Codes: map[string]upstream.Meaning{
			"LOCKED":   {Code: "erp.period_locked", Class: fault.Conflict, Remedy: "open it"},
			"SCOPE":    {Code: "auth.scope_missing", Class: fault.Auth, Remedy: "give the scope"},
			"OOPS":     {Failed: true},
			"BUSY":     {Class: fault.Temporary},
			"GONE_404": {Class: fault.NotFound},
		},
		Phrases:  []upstream.Phrase{{Contains: "no such year", Meaning: upstream.Meaning{Code: "erp.year_missing", Class: fault.Validation}}},
		Unknown:  map[int]upstream.Meaning{404: {Code: "erp.not_found", Class: fault.NotFound}, 0: {Code: "erp.refused", Class: fault.Validation, Remedy: "read"}},
		Statuses: map[int]upstream.Meaning{409: {Class: fault.Temporary}},
		Trace:    "request id",
	}
}

func TestATableTellsWhatARefusalMeans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		body        string
		code        fault.Code
		read, write fault.Class
		reason      string
		remedy      string
	}{
		"a code":                               {400, `{"code":"LOCKED","message":"March is closed.","id":"r-1"}`, "erp.period_locked", fault.Conflict, fault.Conflict, `the remote system answered 400 Bad Request: "March is closed", code LOCKED, request id r-1`, "open it"},
		"a code for a missing right":           {403, `{"code":"SCOPE"}`, "auth.scope_missing", fault.Auth, fault.Auth, "the remote system answered 403 Forbidden: code SCOPE", "give the scope"},
		"another code beside no access":        {403, `{"code":"LOCKED"}`, upstream.CodeForbidden, fault.Auth, fault.Auth, "the remote system answered 403 Forbidden: code LOCKED", "give the credentials the rights that the connector needs"},
		"a code beside a failure":              {500, `{"code":"LOCKED"}`, upstream.CodeServerError, fault.Temporary, fault.Unknown, "the remote system answered 500 Internal Server Error: code LOCKED", ""},
		"a code beside a limit":                {429, `{"code":"LOCKED"}`, upstream.CodeRateLimited, fault.RateLimited, fault.RateLimited, "the remote system answered 429 Too Many Requests: code LOCKED", ""},
		"a failure that blames the request":    {400, `{"code":"OOPS"}`, upstream.CodeServerError, fault.Temporary, fault.Unknown, "the remote system answered 400 Bad Request: code OOPS", ""},
		"a class alone":                        {400, `{"code":"BUSY"}`, upstream.CodeRefused, fault.Temporary, fault.Temporary, "the remote system answered 400 Bad Request: code BUSY", ""},
		"words alone":                          {400, `{"code":"7","message":"There is NO SUCH YEAR"}`, "erp.year_missing", fault.Validation, fault.Validation, `the remote system answered 400 Bad Request: "There is NO SUCH YEAR", code 7`, ""},
		"a code that nobody listed":            {422, `{"code":"7"}`, "erp.refused", fault.Validation, fault.Validation, "the remote system answered 422 Unprocessable Entity: code 7", "read"},
		"a code that nobody listed, by status": {404, `{"code":"7"}`, "erp.not_found", fault.NotFound, fault.NotFound, "the remote system answered 404 Not Found: code 7", ""},
		"no code":                              {404, `<html>`, upstream.CodeNotFound, fault.NotFound, fault.NotFound, "the remote system answered 404 Not Found", ""},
		"a status with a meaning of its own":   {409, ``, upstream.CodeConflict, fault.Temporary, fault.Temporary, "the remote system answered 409 Conflict", ""},
		"what may be anything":                 {422, `{"code":"<b>","message":"a\nb\"c","id":"å"}`, upstream.CodeRefused, fault.Validation, fault.Validation, `the remote system answered 422 Unprocessable Entity: "a b c"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := upstream.Answer{Status: c.status, Body: []byte(c.body)}
			for class, req := range map[fault.Class]upstream.Request{c.read: get("/"), c.write: post("/")} {
				f := table().Classify(req, answer)
				require.Equal(t, c.code, f.Code)
				require.Contains(t, []fault.Class{c.read, c.write}, class)
				require.Equal(t, c.reason, f.Reason)
				require.Equal(t, c.remedy, f.Remedy)
				require.Equal(t, fault.Upstream, f.Source)
			}
			require.Equal(t, c.read, table().Classify(get("/"), answer).Class)
			require.Equal(t, c.write, table().Classify(post("/"), answer).Class)
		})
	}
}

func TestRefusalsMayComeWithAGoodStatus(t *testing.T) {
	t.Parallel()
	r := table()
	refused := upstream.Answer{Status: http.StatusOK, Body: []byte(`{"code":"LOCKED"}`)}
	require.Nil(t, r.Classify(post("/"), refused))
	r.GoodToo = true
	require.Equal(t, fault.Code("erp.period_locked"), r.Classify(post("/"), refused).Code)
	require.Equal(t, "the remote system refused the request: code LOCKED", r.Classify(post("/"), refused).Reason)
	require.Nil(t, r.Classify(post("/"), upstream.Answer{Status: http.StatusOK, Body: []byte(`{}`)}))
}

func TestNoCodeMakesAnOpenWriteCertain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		status := rapid.IntRange(500, 599).Draw(rt, "status")
		body, err := json.Marshal(map[string]string{
			"code":    rapid.SampledFrom([]string{"LOCKED", "SCOPE", "OOPS", "BUSY", "", "7"}).Draw(rt, "code"),
			"message": rapid.String().Draw(rt, "message"),
		})
		require.NoError(rt, err)
		require.Equal(rt, fault.Unknown, table().Classify(post("/"), upstream.Answer{Status: status, Body: body}).Class)
	})
}

func FuzzRefusals(f *testing.F) {
	for _, seed := range []string{`{"code":"LOCKED","message":"x","id":"1"}`, "", "null", "\xff", `{"code":"` + "\u0000" + `"}`} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got := table().Classify(post("/"), upstream.Answer{Status: status, Body: body})
		if status >= 200 && status < 300 {
			require.Nil(t, got)
			return
		}
		require.NotEmpty(t, got.Code)
		require.NotEmpty(t, got.Class)
		require.NotContains(t, got.Reason, "\n")
		require.Less(t, len(got.Reason), 2000)
	})
}
