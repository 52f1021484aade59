package command_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/command"
)

// station is a hub that answers each call with what was prepared, in turn; the last answer
// stays.
type station struct {
	*httptest.Server

	mu      sync.Mutex
	answers map[string][]string
	got     map[string]string // the last body by call
}

func newStation(t *testing.T, answers map[string][]string) *station {
	t.Helper()
	s := &station{answers: answers, got: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *station) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := r.Method + " " + r.URL.RequestURI()
	body, _ := io.ReadAll(r.Body)
	s.got[call] = string(body)
	list := s.answers[call]
	if len(list) == 0 {
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "test.unknown", "reason": call})
		return
	}
	if len(list) > 1 {
		s.answers[call] = list[1:]
	}
	_, _ = io.WriteString(w, list[0])
}

func (s *station) sent(call string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[call]
}

// ask runs a command of `kvitt connector` against the station.
func (s *station) ask(ctx context.Context, t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return s.run(ctx, t, append([]string{"connector"}, args...)...)
}

// run runs any command against it.
func (s *station) run(ctx context.Context, t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("secret\n"), 0o600))
	var said, complained bytes.Buffer
	code = command.Execute(ctx, append(args, "--hub", s.URL, "--key-file", key), strings.NewReader(""), &said, &complained)
	return code, said.String(), complained.String()
}

const (
	ready = `{"connector":"klarna","version":"1.0.1","sha256":"ab","size":12582912,"origin":"upload","conformance_level":3,"wanted":true,"pinned":[],
	  "installed_at":"2026-11-30T01:00:00Z","installed_by":"Ops","signature":{"key":"RWQ1","comment":"klarna 1.0.1"},
	  "nodes":[{"node":"hub/1","state":"ready","serves":true,"pid":42,"uptime_seconds":11520,"restarts":0,"in_flight":1,"memory":20971520,"memory_limit":268435456,
	  "calls":{"total":1000,"failed":21,"refused":0,"p50_ms":12,"p99_ms":420.4,"max_ms":1900,"faults":[{"class":"rate_limited","source":"upstream","count":20},{"class":"unknown","source":"connector","count":1}]}}],
	  "name":"Klarna","protocol":1,"capabilities":["psp.payouts","psp.pages"],"hosts":["https://api.klarna.com"],
	  "conformance":{"level_claimed":4,"level_reached":3,"cases":[{"id":"describe.same","level":1,"state":"passed"},{"id":"restart.resumes","level":4,"state":"failed","reason":"it forgot the cursor"}]}}`
	sick = `{"connector":"klarna","version":"1.0.2","sha256":"cd","size":1,"origin":"upload","conformance_level":0,"wanted":false,"pinned":["connection-7"],
	  "installed_at":"2026-11-30T01:00:00Z","installed_by":"Ops",
	  "nodes":[{"node":"hub/1","state":"quarantined","serves":true,"reason":"exit status 2\nafter 5 crashes","uptime_seconds":0,"restarts":5,"in_flight":0,"memory":0,"memory_limit":0,
	  "calls":{"total":0,"failed":0,"refused":7,"p50_ms":0,"p99_ms":0,"max_ms":0,"faults":[]}}]}`
)

func TestVersionsAreListedWithHowTheyFare(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{"GET /v1/connector-versions": {`{"items":[` + ready + `,` + sick + `]}`}})
	code, out, errs := s.ask(t.Context(), t, "list")
	require.Zero(t, code, errs)
	require.Equal(t, `CONNECTOR  VERSION  WANTED    SERVES  STATE        UP     RESTARTS  CALLS  FAILED                         P99    MEMORY  REASON
klarna     1.0.1    all       yes     ready        3h12m  0         1000   0.1% connector, 2.0% upstream  420ms  20 MiB  
klarna     1.0.2    1 pinned  yes     quarantined  -      5         0      7 not made                     -      -       exit status 2 after 5 crashes
`, out)
	code, out, _ = s.ask(t.Context(), t, "list", "--json")
	require.Zero(t, code)
	require.JSONEq(t, `"quarantined"`, string(jsonAt(t, out, "items", 1, "nodes", 0, "state")))
}

// jsonAt walks into a JSON text.
func jsonAt(t *testing.T, text string, path ...any) json.RawMessage {
	t.Helper()
	at := json.RawMessage(text)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			var object map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(at, &object))
			at = object[step]
		case int:
			var list []json.RawMessage
			require.NoError(t, json.Unmarshal(at, &list))
			at = list[step]
		}
	}
	return at
}

func TestAVersionIsShownWithItsWordAndItsReport(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{"GET /v1/connectors/klarna/versions/1.0.1": {ready}})
	code, out, errs := s.ask(t.Context(), t, "show", "klarna", "1.0.1")
	require.Zero(t, code, errs)
	require.Equal(t, `connector     klarna 1.0.1 (Klarna)
sha256        ab
installed     2026-11-30 01:00:00Z by Ops, from upload, 12 MiB
signature     by key RWQ1: klarna 1.0.1
wanted by     all
protocol      1
capabilities  psp.payouts, psp.pages
hosts         https://api.klarna.com
conformance   level 3 of 4 claimed; 1 case(s) passed, 1 failed, 0 not run
  failed      restart.resumes: it forgot the cursor
on hub/1      ready, serves, up 3h12m, process 42
  restarts    0
  memory      20 MiB, limit 256 MiB
  calls       1000, 1 under way, 21 failed, 0 not made; half take at most 12ms, 99% 420ms, the slowest 1.9s
  failed      20 × rate_limited by the upstream
  failed      1 × unknown by the connector
`, out)
}

func TestAProgramIsInstalledWithWhatLiesBesideIt(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "klarna-1.0.1")
	require.NoError(t, os.WriteFile(program, []byte("a program"), 0o600))
	require.NoError(t, os.WriteFile(program+".minisig", []byte("untrusted comment: x"), 0o600))
	require.NoError(t, os.WriteFile(program+".conformance.json", []byte(`{"level_reached":3}`), 0o600))
	hash := sha256.Sum256([]byte("a program"))
	sum := hex.EncodeToString(hash[:])
	s := newStation(t, map[string][]string{
		"PUT /v1/connector-uploads/" + sum: {`{"sha256":"` + sum + `","size":9}`},
		"POST /v1/connector-versions":      {strings.Replace(ready, `"wanted":true`, `"wanted":false`, 1)},
	})
	code, out, errs := s.ask(t.Context(), t, "install", program, "--approve-hosts", "--sha256", strings.ToUpper(sum))
	require.Zero(t, code, errs)
	require.Equal(t, "klarna 1.0.1 is installed (sha256 ab, signature: by key RWQ1: klarna 1.0.1).\n"+
		"conformance  level 3 of 4 claimed; 1 case(s) passed, 1 failed, 0 not run\n"+
		"  failed     restart.resumes: it forgot the cursor\n"+
		"Nobody is served by it yet: kvitt connector swap klarna 1.0.1 --reason ...\n", out)
	require.Equal(t, "a program", s.sent("PUT /v1/connector-uploads/"+sum))
	require.JSONEq(t, `{"upload":"`+sum+`","signature":"untrusted comment: x","conformance":{"level_reached":3},"approve_hosts":true}`, s.sent("POST /v1/connector-versions"))

	code, _, errs = s.ask(t.Context(), t, "install", program, "--sha256", "00")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "connector.other_program")
	code, _, errs = s.ask(t.Context(), t, "install", program, "--signature", "/nowhere/klarna.minisig")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "/nowhere/klarna.minisig", "a signature that was named and is not there is no reason to go on without")
}

func TestWhoActsSaysWhy(t *testing.T) {
	t.Parallel()
	s := newStation(t, nil)
	for _, args := range [][]string{
		{"swap", "klarna", "1"}, {"undo", "klarna"}, {"cancel", "swap-1"}, {"reset", "klarna", "1"}, {"remove", "klarna", "1"}, {"replan", "klarna", "1"},
	} {
		code, _, errs := s.ask(t.Context(), t, args...)
		require.Equal(t, 2, code, "%v", args)
		require.Contains(t, errs, "--reason is required")
	}
	require.Empty(t, s.got, "the hub was not asked")
}

func TestAVersionIsResetAndRemoved(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"POST /v1/connectors/klarna/versions/1.0.2/reset":                     {sick},
		"DELETE /v1/connectors/klarna/versions/1.0.2?reason=it+leaked+memory": {``},
	})
	code, out, errs := s.ask(t.Context(), t, "reset", "klarna", "1.0.2", "--reason", "the disk is mended")
	require.Zero(t, code, errs)
	require.Contains(t, out, "1.0.2")
	require.JSONEq(t, `{"reason":"the disk is mended"}`, s.sent("POST /v1/connectors/klarna/versions/1.0.2/reset"))
	code, out, errs = s.ask(t.Context(), t, "remove", "klarna", "1.0.2", "--reason", "it leaked memory")
	require.Zero(t, code, errs)
	require.Equal(t, "klarna 1.0.2 is removed. What it has read and written keeps its number.\n", out)
}

func TestLanesSayWhyNothingHappensInThem(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{"GET /v1/connectors/klarna/lanes?limit=200": {`{"items":[
	  {"connection_id":"connection-1","merchant_id":"m-1","label":"Klarna SE","state":"verified","wanted":"1.0.1","running":"1.0.1","in_flight":2,"waiting":3,"calls_left":0,"last_success":"2026-11-30T01:00:00Z","resting_until":"2026-11-30T01:02:00Z"},
	  {"connection_id":"connection-2","merchant_id":"m-2","state":"verified","wanted":"1.0.2","running":"","in_flight":0,"waiting":0,"paused":{"by":"Help","since":"2026-11-30T01:00:00Z","reason":"closing"}}]}`}})
	code, out, errs := s.ask(t.Context(), t, "lanes", "klarna")
	require.Zero(t, code, errs)
	require.Equal(t, `CONNECTION    MERCHANT  LABEL      STATE     WANTED  RUNNING  IN FLIGHT  WAITING  CALLS LEFT  LAST SUCCESS          REMARK
connection-1  m-1       Klarna SE  verified  1.0.1   1.0.1    2          3        0           2026-11-30 01:00:00Z  the remote system wants to be left alone until 2026-11-30 01:02:00Z
connection-2  m-2                  verified  1.0.2   -        0          0        -           -                     paused by Help: closing; not served by the version that is wanted
`, out)
}

func TestTheHelpIsGroupedByWhoNeedsIt(t *testing.T) {
	t.Parallel()
	code, out, _ := run(t, "connector", "--help")
	require.Zero(t, code)
	last := 0
	for _, title := range []string{"What runs in a hub:", "Putting another version in its place:", "What a version did:", "For authors, without a hub:"} {
		at := strings.Index(out, title)
		require.Greater(t, at, last, title)
		last = at
	}
	require.NotContains(t, out, "Additional Commands")
}

// until gives a context that ends after a while.
func until(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
