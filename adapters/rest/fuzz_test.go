package rest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

// FuzzMessages leaves whatever it likes at the address of a connection: it is kept, or
// the answer says what is wrong.
func FuzzMessages(f *testing.F) {
	f.Add("order_id=4711", "X-Sign", "sha256=00", []byte("{}"))
	f.Add("a=%zz&\xff=;", "Content-Type", "application/json; charset=\"", []byte("\x00\xff"))
	f.Add("", "Content-Length", "-1", []byte(nil))
	f.Add("?", "Cookie", "\xff\r\n", []byte(strings.Repeat("x", 5000)))
	h := newHub(f)
	path := h.listen(f, accepted())
	f.Fuzz(func(t *testing.T, query, name, value string, body []byte) {
		h.now = h.now.Add(time.Second)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
		request.URL.RawQuery, request.Header = query, http.Header{name: {value}}
		answer := httptest.NewRecorder()
		h.handler.ServeHTTP(answer, request)
		if answer.Code == http.StatusRequestEntityTooLarge {
			return
		}
		require.Equal(t, http.StatusAccepted, answer.Code, answer.Body)
		last := decode[api.CallbackPage](t, h.send(t, own, "GET", "/v1/connections/connection-1/callbacks?limit=1", nil)).Items[0]
		shown := decode[api.Callback](t, h.send(t, own, "GET", "/v1/callbacks/"+last.ID, nil))
		require.Equal(t, string(body), string(shown.Body))
		require.True(t, utf8.ValidString(shown.Query))
	})
}

// FuzzBodies sends whatever it likes to everything that takes a body: the answer
// is a success or says what is wrong, and is never the hub's own trouble.
func FuzzBodies(f *testing.F) {
	paths := []struct{ method, path string }{
		{"POST", "/v1/merchants"},
		{"POST", "/v1/keys"},
		{"POST", "/v1/merchants/merchant-1/connections"},
		{"PATCH", "/v1/connections/connection-1"},
		{"POST", "/v1/merchants/merchant-1/flows"},
		{"PUT", "/v1/flows/flow-1/settings"},
		{"PUT", "/v1/flows/flow-1/schedule"},
		{"POST", "/v1/exceptions/exception-2/resolve"},
		{"POST", "/v1/exceptions/exception-2/adopt"},
	}
	for _, seed := range []string{
		newMerchant, newKlarna, `{"label":"x","scope":"support"}`, `{"kind":"payouts","source":"connection-1","target":"connection-2"}`,
		`{}`, `[]`, `null`, `"x"`, `{"a":`, ``, `{"name":"\ud800"}`, `{"settings":{"accounts":{"clearing":{"SEK":1}}}}`, `{"waiting_days":1e400}`,
		`{"document":"1042"}`, `{"confirm":null}`, strings.Repeat("[", 2000),
	} {
		f.Add(uint8(len(seed)), seed)
	}
	h := newHub(f)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		target := paths[int(which)%len(paths)]
		answer := h.send(t, operator, target.method, target.path, strings.NewReader(body))
		require.NotEqual(t, http.StatusInternalServerError, answer.Code, "%s %s: %s", target.method, target.path, answer.Body)
		if answer.Code < 400 {
			return
		}
		var problem api.Problem
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
		require.NotEmpty(t, problem.Code)
		require.NotEmpty(t, problem.Reason)
	})
}
