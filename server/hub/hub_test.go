package hub_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/hub"
)

// settings are those of a hub with a data folder and connectors of its own.
func settings(t *testing.T, connectors map[string]string) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.Connectors = "127.0.0.1:0", filepath.Join(t.TempDir(), "data"), t.TempDir()
	for name, text := range connectors {
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Connectors, name), []byte(text), 0o700)) //nolint:gosec // a connector is executable
	}
	return cfg
}

// start starts a hub and gives what it logs.
func start(t *testing.T, cfg config.Config) (*hub.Hub, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	h, err := hub.Start(t.Context(), cfg, hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info}))
	require.NoError(t, err)
	return h, &log
}

func health(t *testing.T, h *hub.Hub) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/health", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	var answer struct{ Status string }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return answer.Status
}

func TestAHubStartsWithoutTheConnectorsThatAreNoneAndSaysWhich(t *testing.T) {
	t.Parallel()
	h, log := start(t, settings(t, map[string]string{"readme.txt": "not a program", "script": "#!/bin/sh\necho hello\n"}))
	require.Equal(t, "ok", health(t, h))
	require.NoError(t, h.Stop(t.Context()))
	for _, name := range []string{"readme.txt", "script"} {
		require.Contains(t, log.String(), name)
	}
	require.Equal(t, 2, strings.Count(log.String(), "a connector cannot be used"))
}

func TestADataFolderBelongsToOneHubAtATime(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	first, _ := start(t, cfg)
	_, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger())
	require.ErrorContains(t, err, strconv.Itoa(os.Getpid()), "the error names the process that has it")
	require.NoError(t, first.Stop(t.Context()))

	again, _ := start(t, cfg)
	require.Equal(t, "ok", health(t, again))
	require.NoError(t, again.Stop(t.Context()))
}

func TestTheOperatorsKeyIsMadeOnceAndKeptFromOthers(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	path := filepath.Join(cfg.Data, "operator.key")
	var keys [2]string
	for i := range keys {
		h, log := start(t, cfg)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		keys[i] = string(text)
		require.NoError(t, h.Stop(t.Context()))
		require.NotContains(t, log.String(), keys[i])
	}
	require.Equal(t, keys[0], keys[1])
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestNothingInTheDataFolderIsForOthers(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	h, _ := start(t, cfg)
	require.NoError(t, filepath.WalkDir(cfg.Data, func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		return nil
	}))
	require.NoError(t, h.Stop(t.Context()))
}

func TestAHubThatCannotStartLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	cfg.Connectors = filepath.Join(cfg.Connectors, "missing")
	_, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger())
	require.ErrorContains(t, err, "there is no folder")
	require.NoError(t, os.MkdirAll(cfg.Connectors, 0o700))
	h, _ := start(t, cfg) // the database is free again
	require.NoError(t, h.Stop(t.Context()))
}
