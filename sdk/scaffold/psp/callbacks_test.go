package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/scaffold/psp/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// The message that the simulator sends is read, and one that was changed is not.
func TestAMessageNamesThePayoutThatWasPaid(t *testing.T) {
	t.Parallel()
	remote, err := server.Build([]byte(`{"account":{"id":"acc_1"},"api_key":"k","webhook_secret":"whsec_example"}`), simulator.New(time.Now()))
	require.NoError(t, err)
	message := ports.CallbackRequest{Call: ports.Call{Connection: ports.Connection{Credentials: map[string]string{"webhook_secret": "whsec_example"}}}}
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message.Method, message.Headers = r.Method, r.Header
		message.Body, err = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(hub.Close)
	answer := httptest.NewRecorder()
	remote.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sim/payouts/po_1/notify", strings.NewReader(`{"url":"`+hub.URL+`"}`)))
	require.NoError(t, err)
	require.JSONEq(t, `{"status":204}`, answer.Body.String())

	got, err := New().ReadCallback(t.Context(), message)
	require.NoError(t, err)
	require.Equal(t, []ports.Notice{{Subject: ports.AboutPayout, ID: "po_1", Event: "evt_po_1"}}, got.Notices)
	message.Body = append(message.Body, ' ')
	_, err = New().ReadCallback(t.Context(), message)
	require.Error(t, err)
}
