package simulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

const answerBody = "0123456789"

// bench is a simulator of the simplest system there is: it counts what it was
// asked to do and answers ten digits.
type bench struct {
	t      *testing.T
	url    string
	client *http.Client

	mu      sync.Mutex
	handled []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	control := simulator.New(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	server := httptest.NewServer(control.Wrap(http.HandlerFunc(b.handle)))
	t.Cleanup(server.Close)
	b.url = server.URL
	// Without keep-alives the client never repeats a cut request by itself.
	b.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return b
}

func (b *bench) handle(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.handled = append(b.handled, r.Method+" "+r.URL.Path+" "+string(body))
	b.mu.Unlock()
	if r.URL.Path == "/empty" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("X-Real", "yes")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, answerBody)
}

func (b *bench) effects() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.handled...)
}

// send returns the status, the body and the error of either.
func (b *bench) send(method, path, body string) (*http.Response, string, error) {
	b.t.Helper()
	request, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	response, err := b.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return response, string(got), err
}

func (b *bench) mustSend(method, path, body string) (*http.Response, string) {
	b.t.Helper()
	response, got, err := b.send(method, path, body)
	require.NoError(b.t, err)
	return response, got
}

// control calls the control API and decodes the answer into into.
func (b *bench) control(method, path string, body, into any) int {
	b.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(b.t, err)
	request, err := http.NewRequest(method, b.url+path, bytes.NewReader(encoded))
	require.NoError(b.t, err)
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	if into != nil {
		require.NoError(b.t, json.NewDecoder(response.Body).Decode(into))
	}
	return response.StatusCode
}

func (b *bench) fault(f simulator.Fault) int {
	b.t.Helper()
	var added struct{ ID int }
	require.Equal(b.t, http.StatusOK, b.control(http.MethodPost, "/_sim/faults", f, &added))
	return added.ID
}

func (b *bench) faults() []simulator.ActiveFault {
	b.t.Helper()
	var shown struct{ Faults []simulator.ActiveFault }
	b.control(http.MethodGet, "/_sim/faults", nil, &shown)
	return shown.Faults
}

func (b *bench) held() []simulator.Held {
	b.t.Helper()
	var shown struct{ Held []simulator.Held }
	b.control(http.MethodGet, "/_sim/held", nil, &shown)
	return shown.Held
}

func (b *bench) log() simulator.RequestLog {
	b.t.Helper()
	var shown simulator.RequestLog
	b.control(http.MethodGet, "/_sim/requests", nil, &shown)
	return shown
}

func (b *bench) eventually(condition func() bool, what string) {
	b.t.Helper()
	require.Eventually(b.t, condition, 10*time.Second, 2*time.Millisecond, what)
}
