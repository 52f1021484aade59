package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kvitt.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestAFileChangesOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, "listen: 127.0.0.1:1\nbusiness_clock: 2026-04-20T08:00:00Z\ntimings: {slice: 3s}\n"+
		"hosts: {fortnox: {\"https://api.fortnox.se\": \"http://127.0.0.1:9\"}}\nquotas: {fortnox: {calls: 50, window: 5s, in_flight: 8}}\nplain_text: [acme]\nmemory: {of: {acme: 1024, big: 0}}\n"))
	require.NoError(t, err)
	want := config.Default()
	want.Listen, want.BusinessClock = "127.0.0.1:1", "2026-04-20T08:00:00Z"
	want.Timings.Slice = 3 * time.Second
	want.Hosts = map[string]map[string]string{"fortnox": {"https://api.fortnox.se": "http://127.0.0.1:9"}}
	want.Quotas = map[string]config.Quota{"fortnox": {Calls: 50, Window: 5 * time.Second, InFlight: 8}}
	want.PlainText = []string{"acme"}
	want.Memory = config.Memory{Connector: 512, Of: map[string]int64{"acme": 1024, "big": 0}}
	require.Equal(t, want, c)
}

func TestBadSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"listen: nowhere":                           "listen",
		"lisen: 127.0.0.1:1":                        "lisen",
		"hosts: {x: {api: \"http://h\"}}":           "hosts.x",
		"timings: {slice: 0s}":                      "timings.slice",
		"timings: {attempts: 0}":                    "timings.attempts",
		"timings: {call: 2m}":                       "timings.call",
		"timings: {rescue_after: 30s}":              "timings.rescue_after",
		"quotas: {fortnox: {calls: 0, window: 1s}}": "quotas.fortnox",
		"business_clock: yesterday":                 "business_clock",
		"workers: 1":                                "workers",
		"memory: {connector: 1}":                    "memory.connector",
		"memory: {of: {acme: -5}}":                  "memory.of.acme",
		"timings: {tick: 0s}":                       "timings.tick",
		"timings: {tick: 2m}":                       "timings.tick",
		"callbacks: {retention: 1h}":                "callbacks.retention",
		"callbacks: {grace: -1s}":                   "callbacks.grace",
	} {
		_, err := config.Load(write(t, text))
		require.Equal(t, config.CodeInvalid, fault.CodeOf(err), "%s: %v", text, err)
		require.ErrorContains(t, err, want)
	}
}

func TestAMissingFileIsSaid(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAHubWithAttachedConnectorsTimesNothingOutAtABreakpoint(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Timings = c.Timings.Attached()
	require.NoError(t, c.Validate())
	require.GreaterOrEqual(t, c.Timings.Call, 24*time.Hour)
	require.Equal(t, config.Default().Timings.Stop, c.Timings.Stop, "a hub that is stopped does not wait for a breakpoint")
}
