package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

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
