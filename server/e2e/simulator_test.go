package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/process"
)

// simulator is one remote system and the controls that steer it.
type simulator struct {
	*process.Process
	name string
	// world is which of the merchants in it is steered: "" the first, "worlds/2/" the
	// second (sdk/simulator).
	world string
}

// request is one request that a simulator got.
type request struct {
	Number int    `json:"n"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// misfortune is a fault to inject (sdk/simulator).
type misfortune struct {
	Request int    `json:"request"`
	Kind    string `json:"kind"`
	Status  int    `json:"status,omitempty"`
}

// control calls the simulator's control API.
func (s *simulator) control(t *testing.T, method, path string, in, out any) {
	t.Helper()
	body := &bytes.Buffer{}
	if in != nil {
		require.NoError(t, json.NewEncoder(body).Encode(in))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+strings.Replace(path, "/_sim/", "/_sim/"+s.world, 1), body)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s %s: %s", method, path, answer)
	if out != nil {
		require.NoError(t, json.Unmarshal(answer, out))
	}
}

// requests gives the request log.
func (s *simulator) requests(t *testing.T) []request {
	t.Helper()
	var log struct{ Requests []request }
	s.control(t, http.MethodGet, "/_sim/requests", nil, &log)
	return log.Requests
}

// inflict injects a fault.
func (s *simulator) inflict(t *testing.T, m misfortune) {
	t.Helper()
	s.control(t, http.MethodPost, "/_sim/faults", m, nil)
}

// struck reports whether the injected fault has met a request.
func (s *simulator) struck(t *testing.T) bool {
	t.Helper()
	var shown struct{ Faults []struct{ Hits int } }
	s.control(t, http.MethodGet, "/_sim/faults", nil, &shown)
	return len(shown.Faults) > 0 && shown.Faults[0].Hits > 0
}

// holds reports whether a request is being held.
func (s *simulator) holds(t *testing.T) bool {
	t.Helper()
	var shown struct{ Held []any }
	s.control(t, http.MethodGet, "/_sim/held", nil, &shown)
	return len(shown.Held) > 0
}

// relent removes all faults and lets go what they hold.
func (s *simulator) relent(t *testing.T) {
	t.Helper()
	s.control(t, http.MethodDelete, "/_sim/faults", nil, nil)
}
