package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/ports"
)

func aCallback(at time.Time) ports.CallbackRecord {
	return ports.CallbackRecord{
		ID: "callback-1", ConnectionID: statementtest.Source, Method: "POST", Query: "order_id=4711",
		Headers: map[string][]string{"X-Sign": {"a"}}, Body: []byte("{}"), ReceivedAt: at,
	}
}

// listen lets Klarna's provider send messages and gives the path of the address.
func (h *hub) listen(t testing.TB, declared ports.Callbacks) string {
	t.Helper()
	h.remote.Callbacks["klarna"] = &declared
	answer := h.send(t, own, "POST", "/v1/connections/"+statementtest.Source+"/callback-url", nil)
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body)
	made := decode[api.CallbackURL](t, answer)
	path, ok := strings.CutPrefix(made.URL, "https://hub.example")
	require.True(t, ok, made.URL)
	return path
}

func decode[T any](t testing.TB, answer *httptest.ResponseRecorder) T {
	t.Helper()
	var read T
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &read), answer.Body)
	return read
}

func accepted() ports.Callbacks {
	return ports.Callbacks{Methods: []string{"POST"}, Status: http.StatusAccepted, MediaType: "text/plain", Body: "[accepted]"}
}

func (h *hub) kept(t testing.TB) []ports.CallbackRecord {
	t.Helper()
	var list []ports.CallbackRecord
	require.NoError(t, h.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		list, err = tx.Callbacks().Waiting(ctx, statementtest.Source, 1000)
		return err
	}))
	return list[1:] // the first was there before
}

func TestAMessageIsAnsweredAsItsConnectorDeclares(t *testing.T) {
	t.Parallel()
	for name, declared := range map[string]ports.Callbacks{
		"with a body":    accepted(),
		"with none":      {Methods: []string{"POST"}, Status: http.StatusNoContent},
		"of a GET":       {Methods: []string{"GET", "POST"}, Status: http.StatusOK, MediaType: "text/plain", Body: "OK"},
		"without a type": {Methods: []string{"POST"}, Status: http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			path := h.listen(t, declared)
			for _, method := range declared.Methods {
				answer := h.send(t, "", method, path+"?order_id=4711", strings.NewReader("\x00not JSON"), "Content-Type", "application/x-www-form-urlencoded", "Cookie", "a=b")
				require.Equal(t, declared.Status, answer.Code, answer.Body)
				require.Equal(t, declared.Body, answer.Body.String())
				require.Equal(t, declared.MediaType, answer.Header().Get("Content-Type"))
			}
			kept := h.kept(t)
			require.Len(t, kept, len(declared.Methods))
			for i, method := range declared.Methods {
				require.Equal(t, method, kept[i].Method)
				require.Equal(t, "order_id=4711", kept[i].Query)
				require.Equal(t, "\x00not JSON", string(kept[i].Body))
				require.NotContains(t, kept[i].Headers, "Cookie")
			}
		})
	}
}

func TestAnUnknownAddressIsNotThereWhoeverAsks(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	path := h.listen(t, accepted())
	token := path[strings.LastIndex(path, "/")+1:]
	var first *api.Problem
	for _, wrong := range []string{
		"/v1/callbacks/nobody/" + token, path + "x", path[:len(path)-1], "/v1/callbacks/" + statementtest.Target + "/" + token,
		"/v1/callbacks/" + statementtest.Source + "/%00",
	} {
		for _, method := range []string{"POST", "GET"} {
			answer := h.send(t, "", method, wrong, strings.NewReader("x"))
			require.Equal(t, http.StatusNotFound, answer.Code, wrong)
			problem := decode[api.Problem](t, answer)
			problem.RequestID = ""
			if first == nil {
				first = &problem
			}
			require.Equal(t, *first, problem, wrong)
		}
	}
	require.Empty(t, h.kept(t))
	require.NotContains(t, h.log.String(), token)
}

func TestMessagesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	path := h.listen(t, accepted())
	refused := func(code string, status int, answer *httptest.ResponseRecorder) {
		t.Helper()
		require.Equal(t, status, answer.Code)
		require.Equal(t, code, decode[api.Problem](t, answer).Code)
	}
	refused("request.method_not_allowed", http.StatusMethodNotAllowed, h.send(t, "", "GET", path, nil))
	refused("request.too_large", http.StatusRequestEntityTooLarge, h.send(t, "", "POST", path, strings.NewReader(strings.Repeat("x", 4097))))
	refused("request.too_large", http.StatusRequestEntityTooLarge, h.send(t, "", "POST", path+"?q="+strings.Repeat("x", 32<<10), nil))
	flood := h.send(t, "", "POST", path, nil)
	refused("request.too_many", http.StatusTooManyRequests, flood)
	require.Equal(t, "1", flood.Header().Get("Retry-After"))
	require.Empty(t, h.kept(t))

	h.remote.Callbacks["fortnox"] = h.remote.Callbacks["klarna"]
	other := decode[api.CallbackURL](t, h.send(t, own, "POST", "/v1/connections/"+statementtest.Target+"/callback-url", nil))
	require.Equal(t, http.StatusAccepted, h.send(t, "", "POST", strings.TrimPrefix(other.URL, "https://hub.example"), nil).Code, "a flood on one connection is none on another")
	h.now = h.now.Add(time.Second)
	require.Equal(t, http.StatusAccepted, h.send(t, "", "POST", path, strings.NewReader(strings.Repeat("x", 4096))).Code)
	require.Len(t, h.kept(t), 1)
}

func TestAnAddressIsShownOnceAndReplaced(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	p := h.problem(t, own, "POST", "/v1/connections/"+statementtest.Source+"/callback-url", "", http.StatusUnprocessableEntity)
	require.Equal(t, "connector.capability_missing", p.Code)
	first := h.listen(t, accepted())
	second := get[api.CallbackURL](t, h, own, "POST", "/v1/connections/"+statementtest.Source+"/callback-url", "", http.StatusCreated)
	require.Equal(t, h.now.AddDate(0, 0, 7), *second.PreviousUntil)
	require.Equal(t, http.StatusAccepted, h.send(t, "", "POST", first, nil).Code)
	require.Equal(t, http.StatusNoContent, h.do(t, own, "DELETE", "/v1/connections/"+statementtest.Source+"/callback-url", "").Code)
	require.Equal(t, http.StatusNotFound, h.send(t, "", "POST", first, nil).Code)
	require.Equal(t, http.StatusAccepted, h.send(t, "", "POST", strings.TrimPrefix(second.URL, "https://hub.example"), nil).Code)
}

func TestMessagesAreShown(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	at := h.now.Add(time.Minute)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Callbacks().Settle(ctx, "callback-1", ports.CallbackFate{
			State: ports.CallbackRead, ReadAt: at,
			Notices: []ports.NoticeRecord{{Notice: ports.Notice{Subject: ports.AboutRefund, ID: "R-1", Order: "O-1", Event: "e-1", OccurredAt: h.now}, Key: "k", Outcome: ports.NoticeWoke, Detail: "order O-1"}},
		}); err != nil {
			return err
		}
		forged := aCallback(h.now)
		forged.ID, forged.Body = "callback-2", []byte{0xff}
		if err := tx.Callbacks().Create(ctx, forged); err != nil {
			return err
		}
		return tx.Callbacks().Settle(ctx, forged.ID, ports.CallbackFate{
			State: ports.CallbackRefused, ReadAt: at, Fault: ports.Recorded(fault.New("callback.unsigned", fault.Auth, "no signature"), at),
		})
	}))
	list := get[api.CallbackPage](t, h, own, "GET", "/v1/connections/"+statementtest.Source+"/callbacks?limit=1", "", http.StatusOK)
	require.Equal(t, "callback-2", list.Items[0].ID)
	require.Equal(t, "callback.unsigned", list.Items[0].Fault.Code)
	require.Empty(t, list.Items[0].Body)
	list = get[api.CallbackPage](t, h, own, "GET", "/v1/connections/"+statementtest.Source+"/callbacks?after="+list.Next, "", http.StatusOK)
	require.Len(t, list.Items, 1)
	require.Equal(t, []api.CallbackNotice{{Subject: "refund", SubjectID: "R-1", OrderID: "O-1", EventID: "e-1", OccurredAt: &h.now, Outcome: "woke", Detail: "order O-1"}}, list.Items[0].Notices)
	require.Len(t, get[api.CallbackPage](t, h, support, "GET", "/v1/connections/"+statementtest.Source+"/callbacks?state=refused", "", http.StatusOK).Items, 1)

	one := get[api.Callback](t, h, own, "GET", "/v1/callbacks/callback-1", "", http.StatusOK)
	require.Equal(t, "{}", one.Text)
	require.Equal(t, map[string][]string{"X-Sign": {"a"}}, one.Headers)
	require.Equal(t, "order_id=4711", one.Query)
	require.Equal(t, "callback.not_retryable", h.problem(t, own, "POST", "/v1/callbacks/callback-1/retry", "", http.StatusConflict).Code)
	require.Equal(t, api.CallbackStateReceived, get[api.Callback](t, h, support, "POST", "/v1/callbacks/callback-2/retry", "", http.StatusOK).State)
	require.Empty(t, get[api.Callback](t, h, own, "GET", "/v1/callbacks/callback-2", "", http.StatusOK).Text)
}
