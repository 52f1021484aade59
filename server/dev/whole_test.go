package dev_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/server/demo/world"
	"github.com/kvitt/kvitt/server/dev"
)

// planFor writes a plan on the demo's world.
func planFor(t *testing.T, plan map[string]any) string {
	t.Helper()
	folder := t.TempDir()
	plan["level"], plan["simulator"] = 1, map[string]any{"world": "world.json"}
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "world.json"), world.JSON(), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "conformance.json"), text, 0o600))
	return filepath.Join(folder, "conformance.json")
}

func TestConnectorsOfThisRepositoryAreBuiltAndTried(t *testing.T) {
	t.Parallel()
	script, err := world.Read()
	require.NoError(t, err)
	cases := map[string]struct {
		plan map[string]any
		says []string
	}{
		"klarna": {map[string]any{
			"settings":    map[string]any{"region": "eu", "environment": "playground"},
			"credentials": map[string]any{"merchant_id": script.Klarna.MerchantID, "username": script.Klarna.Username, "api_key": script.Klarna.APIKey},
		}, []string{"payout CD7NRT7Y: 81 line(s) add up to 8516.46 SEK; voucher of 6 row(s)"}},
		"fortnox": {map[string]any{
			"settings":    map[string]any{"mode_of_payment": "KLARNA"},
			"credentials": map[string]any{"client_id": script.Fortnox.ClientID, "client_secret": script.Fortnox.ClientSecret, "tenant_id": "4711"},
			"writing":     map[string]any{"account": "1930", "counter_account": "1686", "series": "K"},
		}, []string{"79 document(s) listed", "voucher K-1-3 booked, and found again by its key"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			o := dev.Options{Source: filepath.Join("..", "..", "plugins", name), Plan: planFor(t, c.plan), Once: true, Log: hclog.NewNullLogger()}
			require.NoError(t, dev.Run(t.Context(), o, &out), out.String())
			for _, says := range append(c.says, name+" 0.1.0: all well") {
				require.Contains(t, out.String(), says)
			}
		})
	}
}

func TestAConnectorUnderADebuggerIsTriedEachTimeItIsStarted(t *testing.T) {
	t.Parallel()
	s := newSources(t, fine)
	folder, err := os.MkdirTemp("", "kv") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	debugged := func() (cmd *exec.Cmd, address string) {
		cmd = exec.Command(os.Args[0], sdk.Debugging)
		cmd.Env = append(os.Environ(), envAcme+"="+filepath.Join(s.folder, "rows.txt"), "TMPDIR="+folder)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		return cmd, strings.TrimSpace(strings.TrimPrefix(line, "--attach acme="))
	}
	first, address := debugged()
	shown := &screen{}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- dev.Run(ctx, dev.Options{ID: "acme", Address: address, Log: hclog.NewNullLogger()}, shown)
	}()
	shown.await(t, "acme 1.0.0: all well")

	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
	s.write("rows.txt", "P1 payout 90.00\ns1 sale 90.00\n")
	second, _ := debugged()
	require.Contains(t, shown.await(t, "acme 1.0.0: all well"), "0 added, 1 removed, 3 changed")
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, second.Process.Signal(os.Interrupt), "it was left alone")
	require.NoError(t, second.Wait())
}
