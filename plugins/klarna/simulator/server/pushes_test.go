package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// receiver is a shop that answers as it is told.
type receiver struct {
	*httptest.Server
	status int
	got    []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.got = append(r.got, req.Method+" "+req.URL.RawQuery+" "+string(body))
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func post(t *testing.T, h http.Handler, path, body string) (int, []delivery) {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
	var made struct{ Deliveries []delivery }
	if answer.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &made))
	}
	return answer.Code, made.Deliveries
}

func TestAPushIsRepeatedUntilTheOrderIsAcknowledged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC)
	s := &server{pushes: newPushes(func() time.Time { return now })}
	mux := http.NewServeMux()
	s.routePushes(mux)
	shop := newReceiver(t)
	_, first := post(t, mux, controlledPushes, `{"order_id":"o-1","url":"`+shop.URL+`/?order_id={checkout.order.id}"}`)
	require.Equal(t, []delivery{{OrderID: "o-1", Try: 1, Status: 200}}, first)
	require.Equal(t, []string{"POST order_id=o-1 "}, shop.got)

	// 5, 15, 30 and 60 minutes, then every 4 hours: 110 minutes and 11 times 4 hours lie
	// within 48 hours of the first.
	tries := 1
	for _, pause := range append(append([]time.Duration{}, firstPauses...), repeat(4*time.Hour, 11)...) {
		now = now.Add(pause - time.Second)
		_, none := post(t, mux, controlledPushes+"/due", "")
		require.Empty(t, none)
		now = now.Add(time.Second)
		_, made := post(t, mux, controlledPushes+"/due", "")
		tries++
		require.Equal(t, []delivery{{OrderID: "o-1", Try: tries, Status: 200}}, made)
	}
	now = now.AddDate(0, 0, 7)
	_, none := post(t, mux, controlledPushes+"/due", "")
	require.Empty(t, none)

	_, _ = post(t, mux, controlledPushes, `{"order_id":"o-2","url":"`+shop.URL+`"}`)
	status, _ := post(t, mux, controlledPushes+"/o-2/acknowledge", "")
	require.Equal(t, http.StatusNoContent, status)
	now = now.Add(time.Hour)
	_, none = post(t, mux, controlledPushes+"/due", "")
	require.Empty(t, none)
}

func repeat(d time.Duration, n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = d
	}
	return all
}

func TestANotificationIsRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC)
	s := &server{pushes: newPushes(func() time.Time { return now })}
	mux := http.NewServeMux()
	s.routePushes(mux)
	shop := newReceiver(t)
	shop.status = http.StatusServiceUnavailable
	_, _ = post(t, mux, controlledPushes, `{"order_id":"o-1","url":"`+shop.URL+`","event_type":"FRAUD_RISK_ACCEPTED"}`)
	require.Equal(t, []string{`POST  {"order_id":"o-1","event_type":"FRAUD_RISK_ACCEPTED"}`}, shop.got)
	shop.status = http.StatusOK
	for _, want := range []int{1, 0} {
		now = now.Add(10 * time.Minute)
		_, made := post(t, mux, controlledPushes+"/due", "")
		require.Len(t, made, want)
	}
	status, _ := post(t, mux, controlledPushes, `{"order_id":"o-1"}`)
	require.Equal(t, http.StatusBadRequest, status)
}
