package command_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/command"
)

// run gives the exit code and what was printed.
func run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = command.Execute(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestACommandLineThatMakesNoSenseIsSaidWithExitCode2(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"there is no command \"sreve\"":         {"sreve"},
		"unknown flag: --onse":                  {"demo", "--onse"},
		"accepts 1 arg(s), received 0":          {"simulate"},
		"accepts 0 arg(s), received 1":          {"version", "please"},
		"invalid argument \"x\" for \"--once\"": {"demo", "--once=x"},
	} {
		code, out, errs := run(t, args...)
		require.Equal(t, 2, code, "%v", args)
		require.Empty(t, out)
		require.Contains(t, errs, want)
	}
}

func TestVersionIsOneLine(t *testing.T) {
	t.Parallel()
	code, out, _ := run(t, "version")
	require.Zero(t, code)
	require.Regexp(t, `^kvitt \S+ \(go\S+, \S+/\S+\)\n$`, out)
}

func TestABadConfigurationNamesTheSetting(t *testing.T) {
	t.Parallel()
	code, _, errs := run(t, "serve", "--config", "/nowhere/kvitt.yaml")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "/nowhere/kvitt.yaml")
}

func TestPayoutsAreListedFromAHub(t *testing.T) {
	t.Setenv("KVITT_API_KEY", "kvitt_secret")
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer kvitt_secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/v1/merchants/nobody/payouts" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"merchant.unknown","reason":"there is no such merchant","remedy":"list the merchants"}`))
			return
		}
		page := `{"items":[{"id":"po-1","reference":"P1","date":"2026-04-02","state":"closed","effects":{"currency":"SEK","net":"90.00","difference":"0.00"},"counts":{"lines":2}}],"next":"2"}`
		if r.URL.Query().Get("after") == "2" {
			page = `{"items":[{"id":"po-2","reference":"P2","date":"2026-04-09","state":"held","effects":{"currency":"SEK","net":"1.00","difference":"0.50"},"counts":{"lines":1}}]}`
		}
		_, _ = w.Write([]byte(page))
	}))
	defer hub.Close()

	code, out, errs := run(t, "payout", "list", "m-1", "--hub", hub.URL)
	require.Zero(t, code, errs)
	require.Regexp(t, `po-1\s+P1\s+2026-04-02\s+90.00 SEK\s+0.00\s+closed`, out)
	require.Regexp(t, `po-2\s+P2\s+2026-04-09\s+1.00 SEK\s+0.50\s+held`, out, "every page is read")

	code, _, errs = run(t, "payout", "list", "nobody", "--hub", hub.URL)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "merchant.unknown: there is no such merchant (list the merchants)")
}
