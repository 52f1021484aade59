package command_test

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
		"there is no command \"sreve\"":                                     {"sreve"},
		"unknown flag: --onse":                                              {"demo", "--onse"},
		"<system> is missing; see kvitt simulate --help":                    {"simulate"},
		"\"please\" is one argument too many":                               {"version", "please"},
		"kvitt serve?":                                                      {"serv", "--config", "kvitt.yaml"},
		"there is no command \"lst\"; did you mean kvitt payout list":       {"payout", "lst", "m-1"},
		"there is no command \"xyzzy\"; see kvitt --help":                   {"xyzzy"},
		"there is no level loud; there are trace, debug, info, warn, error": {"dev", ".", "--log-level", "loud"},
		"there is no level x; there are 1, 2, 3, 4":                         {"connector", "check", "bin", "--level", "x"},
		"there is no level 5; there are 1, 2, 3, 4":                         {"connector", "check", "bin", "--level", "5"},
		"invalid argument \"x\" for \"--once\"":                             {"demo", "--once=x"},
	} {
		code, out, errs := run(t, args...)
		require.Equal(t, 2, code, "%v", args)
		require.Empty(t, out)
		require.Contains(t, errs, want)
	}
}

func TestShellsCanCompleteCommands(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, out, errs := run(t, "completion", shell)
		require.Zero(t, code, errs)
		require.Contains(t, out, "kvitt")
	}
	code, out, _ := run(t, "__complete", "dev", "--log-level", "")
	require.Zero(t, code)
	require.Contains(t, out, "trace\ndebug\n")
}

func TestAHubThatIsNotThereIsSaidSo(t *testing.T) {
	t.Setenv("KVITT_API_KEY", "kvitt_secret")
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	code, _, errs := run(t, "payout", "list", "m-1", "--hub", nobody)
	require.Equal(t, 1, code)
	require.Equal(t, "kvitt: no hub answers at "+nobody+"; is it running? see --hub\n", errs)

	t.Setenv("KVITT_API_KEY", "")
	code, _, errs = run(t, "payout", "list", "m-1", "--key-file", "/nowhere/key")
	require.Equal(t, 1, code)
	require.Equal(t, "kvitt: there is no API key: set KVITT_API_KEY, or name the file that holds it with --key-file (/nowhere/key is not there)\n", errs)
}

func TestATakenAddressIsSaidInASentence(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	taken := listener.Addr().String()
	folder := t.TempDir()
	settings := filepath.Join(folder, "kvitt.yaml")
	require.NoError(t, os.WriteFile(settings, []byte("listen: "+taken+"\ndata: "+folder+"\nconnectors: "+folder+"\n"), 0o600))
	code, out, errs := run(t, "serve", "--config", settings)
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, errs, "kvitt: hub.address_refused: listen: "+taken+" is taken\n       choose another address with `listen`\n")
	require.NotContains(t, errs, "could not build")
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
