package upstream_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

func TestAddressesKeepTheirSegmentsApart(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://api.example.com/v1/payouts/a%2Fb%3F?size=2",
		upstream.Address("https://api.example.com/v1/", url.Values{"size": {"2"}}, "payouts", "a/b?"))
	require.Equal(t, "https://api.example.com", upstream.Address("https://api.example.com", nil))
}

func TestStructsGoOutAndComeIn(t *testing.T) {
	t.Parallel()
	c, _ := system(t, 2, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Date", "Tue, 10 Mar 2026 12:00:00 GMT")
		_, _ = io.WriteString(w, `{"data":{"Sent":`+string(body)+`,"type":"`+r.Header.Get("Content-Type")+r.Header.Get("Accept")+`"}}`)
	})
	type refund struct{ Amount int }
	var made struct {
		Sent refund
		Type string
	}
	answer, err := c.JSON(t.Context(), upstream.Request{Method: http.MethodPost, URL: declared + "/refunds"}, refund{7}, &made, "data")
	require.NoError(t, err)
	require.Equal(t, refund{7}, made.Sent)
	require.Equal(t, "application/jsonapplication/json", made.Type)
	require.Equal(t, 12, answer.Date().Hour())
	require.Zero(t, upstream.Answer{}.Date())

	_, err = c.JSON(t.Context(), upstream.Request{Method: http.MethodPost, URL: declared}, func() {}, nil)
	require.Equal(t, upstream.CodeRequest, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Equal(t, 1, c.Usage().Calls)
}

func TestAnswersThatAreNotAsDocumentedAreToldWithoutTheirValues(t *testing.T) {
	t.Parallel()
	type payout struct{ Amount int }
	for name, c := range map[string]struct {
		body   string
		path   []string
		reason string // empty for an answer that can be read
	}{
		"as documented":                 {`{"amount":7}`, nil, ""},
		"under a wrapper":               {`{"data":{"payout":{"amount":7}}}`, []string{"data", "payout"}, ""},
		"with a byte order mark":        {"\xef\xbb\xbf" + `{"amount":7}`, nil, ""},
		"in capitals, with more":        {`{"AMOUNT":7,"new":[1]}`, nil, ""},
		"a page of a proxy":             {`<html>Anna</html>`, nil, "the answer is not JSON"},
		"nothing":                       {``, nil, "the answer is not JSON"},
		"something behind":              {`{"amount":7} x`, nil, "the answer is not JSON"},
		"no wrapper":                    {`{"other":{}}`, []string{"data"}, "the answer holds no data"},
		"an empty wrapper":              {`{"data":null}`, []string{"data"}, "the answer holds no data"},
		"a wrapper of another type":     {`{"data":["Anna"]}`, []string{"data", "payout"}, "the answer holds no data.payout"},
		"a value of another type":       {`{"amount":"Anna"}`, nil, "the answer cannot be read, amount is of another type"},
		"a value of another type, deep": {`{"data":{"amount":"Anna"}}`, []string{"data"}, "the data of the answer cannot be read, amount is of another type"},
	} {
		var read payout
		err := upstream.Decode(get("/"), upstream.Answer{Body: []byte(c.body)}, &read, c.path...)
		if c.reason == "" {
			require.NoError(t, err, name)
			require.Equal(t, 7, read.Amount, name)
			continue
		}
		f := fault.Of(err)
		require.Equal(t, upstream.CodeUnreadable, f.Code, name)
		require.Equal(t, fault.Temporary, f.Class, name)
		require.Equal(t, fault.Upstream, f.Source, name)
		require.True(t, strings.EqualFold(c.reason, f.Reason), "%s: %s", name, f.Reason)
		require.NotContains(t, err.Error(), "Anna", name)
		err = upstream.Decode(post("/"), upstream.Answer{Body: []byte(c.body)}, &read, c.path...)
		require.Equal(t, fault.Unknown, fault.ClassOf(err), "%s, after a write", name)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":1}}`, "", "null", "[]", "\xef\xbb\xbf{}", `{"a":{"b":"\ud800"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var out int
		err := upstream.Decode(post("/"), upstream.Answer{Body: body}, &out, "a", "b")
		if err != nil {
			require.Equal(t, fault.Unknown, fault.ClassOf(err))
			return
		}
		var again struct{ A struct{ B int } }
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(string(body), "\xef\xbb\xbf")), &again))
	})
}
