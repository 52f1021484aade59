package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
	"github.com/kvitt/kvitt/server/process"
)

// typescript gives the folder in which the connector in TypeScript was built.
var typescript = sync.OnceValues(buildTypeScript)

// buildTypeScript builds a copy of sdk/typescript as its README tells anybody to.
func buildTypeScript() (string, error) {
	source, folder := filepath.Join("..", "..", "sdk", "typescript"), filepath.Join(bin, "typescript")
	if err := copySources(source, folder); err != nil {
		return "", err
	}
	proto, err := filepath.Abs(filepath.Join("..", "..", "sdk", "proto"))
	if err != nil {
		return "", err
	}
	for _, step := range [][]string{{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}, {"npm", "run", "build"}} {
		cmd := exec.Command(step[0], step[1:]...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "KVITT_PROTO="+proto)
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("running %v: %w\n%s", step, err, said)
		}
	}
	return folder, nil
}

// copySources leaves out what npm and an earlier build have put there.
func copySources(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && (rest == "node_modules" || rest == "gen" || rest == "dist"):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, rest), 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rest), content, 0o600)
	})
}

// needTypeScript builds the connector, or skips the test where its tools are missing.
func needTypeScript(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing; CI installs it", program)
			}
			t.Skipf("needs %s", program)
		}
	}
	folder, err := typescript()
	require.NoError(t, err)
	return folder
}

// tinypay is the connector in TypeScript, run as the hub runs it, and its simulator.
type tinypay struct {
	*pluginhost.Instance
	simulator  *simulator
	connection ports.Connection
}

func loadTinypay(t *testing.T) tinypay {
	t.Helper()
	folder := needTypeScript(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	world := filepath.Join(folder, "tinypay", "world.json")
	remote, err := process.Start(ctx, t.TempDir(), filepath.Join(folder, "dist", "tinypay-simulator"), "--world", world, "--exit-with-parent")
	require.NoError(t, err)
	t.Cleanup(func() { _ = remote.Kill() })

	host, err := pluginhost.New(pluginhost.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = host.Stop(context.Background()) })
	program := filepath.Join(folder, "dist", "tinypay")
	content, err := os.ReadFile(program)
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	loaded, err := host.Load(ctx, pluginhost.Source{Path: program, SHA256: hex.EncodeToString(sum[:]), PlainText: true})
	require.NoError(t, err)
	require.NoError(t, loaded.Start(ctx))
	return tinypay{Instance: loaded, simulator: &simulator{Process: remote, name: "tinypay"}, connection: ports.Connection{
		ID: "c1", Credentials: map[string]string{"merchant": "m_harbour", "api_key": "tp_test_harbour_4711"},
		Hosts: map[string]string{"https://api.tinypay.example": remote.URL},
	}}
}

func (p tinypay) call(grant int) ports.Call {
	return ports.Call{Connection: p.connection, Grant: grant}
}

// payouts reads the list to its end.
func (p tinypay) payouts(t *testing.T) []payout.Payout {
	t.Helper()
	var all []payout.Payout
	req := ports.ListPayoutsRequest{Call: p.call(1), Since: time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)}
	for {
		page, err := p.ListPayouts(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, 1, page.Usage.Calls)
		all = append(all, page.Payouts...)
		if req.Cursor = page.Next; req.Cursor == "" {
			return all
		}
	}
}

// prove reads the lines of a payout and adds them up.
func (p tinypay) prove(t *testing.T, of payout.Payout) error {
	t.Helper()
	sums := map[payout.Kind]payout.KindSum{}
	req := ports.ListPayoutLinesRequest{Call: p.call(1), Reference: of.Reference}
	for {
		page, err := p.ListPayoutLines(t.Context(), req)
		require.NoError(t, err)
		for _, line := range page.Lines {
			require.NoError(t, line.Validate())
			require.Equal(t, line.Key, keyAt(t, page.Raw, line.Raw))
			sums[line.Kind], err = sums[line.Kind].Add(line)
			require.NoError(t, err)
		}
		if req.Cursor = page.Next; req.Cursor == "" {
			break
		}
	}
	var list []payout.KindSum
	for _, sum := range sums {
		list = append(list, sum)
	}
	proof, err := payout.Prove(of, list)
	require.NoError(t, err)
	return proof.Check(list)
}

// keyAt reads the id of the row that a line points to.
func keyAt(t *testing.T, pages []ports.RawPage, at payout.Raw) string {
	t.Helper()
	for _, page := range pages {
		if page.SHA256 == at.Page {
			var row struct{ ID string }
			require.NoError(t, json.Unmarshal(page.Bytes[at.Offset:at.Offset+at.Length], &row))
			return row.ID
		}
	}
	t.Fatalf("no raw page has the hash %s", at.Page)
	return ""
}

func TestAConnectorInAnotherLanguageIsReadAndProven(t *testing.T) {
	t.Parallel()
	p := loadTinypay(t)
	require.Equal(t, []ports.Capability{ports.CapabilityPayouts}, p.Describe().Capabilities)

	report, err := p.Verify(t.Context(), ports.VerifyRequest{Call: p.call(1)})
	require.NoError(t, err)
	require.Equal(t, "Harbour Books AB", report.AccountName)
	for _, check := range report.Checks {
		require.Equal(t, ports.CheckOK, check.State, "%+v", check)
	}

	// Sums by hand from tinypay/world.json, in minor units: yen have none.
	want := map[string]struct {
		net  int64
		code fault.Code
	}{
		"po_0401": {155343, ""},
		"po_0402": {360297, ""},
		"po_0403": {11725, ""},
		"po_0404": {7812, payout.CodeUnknownType},
		"po_0405": {7313, payout.CodeProofFailed},
		"po_0406": {16400, ""},
	}
	payouts := p.payouts(t)
	require.Len(t, payouts, len(want), "those of the merchant alone")
	for i, found := range payouts {
		require.Equal(t, want[found.Reference].net, found.Net.Minor(), found.Reference)
		require.Equal(t, want[found.Reference].code, fault.CodeOf(p.prove(t, found)), found.Reference)
		require.True(t, i == 0 || payouts[i-1].Date.Before(found.Date), "oldest first")
	}
}

func TestWhatFailsInAnotherLanguageArrivesWithClassAndCost(t *testing.T) {
	t.Parallel()
	p := loadTinypay(t)
	cases := map[string]struct {
		fault  map[string]any
		grant  int
		cursor string
		code   fault.Code
		class  fault.Class
		usage  ports.Usage
	}{
		"the grant is too small": {
			code: ports.CodeGrantExhausted, class: fault.NotSent,
		},
		"a cursor of somebody else": {
			grant: 1, cursor: "eyJsaXN0IjoibGluZXMifQ", code: "tinypay.cursor_invalid", class: fault.Validation,
		},
		"the connection breaks": {
			fault: map[string]any{"kind": "cut_after"}, grant: 1,
			code: upstream.CodeCutOff, class: fault.Temporary, usage: ports.Usage{Calls: 1},
		},
		"half an answer": {
			fault: map[string]any{"kind": "truncate"}, grant: 1,
			code: upstream.CodeCutOff, class: fault.Temporary, usage: ports.Usage{Calls: 1},
		},
		"too many calls": {
			fault: map[string]any{"kind": "status", "status": 429, "headers": map[string]string{"Retry-After": "7"}}, grant: 1,
			code: upstream.CodeRateLimited, class: fault.RateLimited,
			usage: ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: 7 * time.Second},
		},
		"a redirect": {
			fault: map[string]any{"kind": "status", "status": 302, "headers": map[string]string{"Location": "http://127.0.0.1:1/"}}, grant: 1,
			code: upstream.CodeRedirected, class: fault.Temporary, usage: ports.Usage{Calls: 1},
		},
		"an answer that is no JSON": {
			fault: map[string]any{"kind": "status", "status": 200, "body": "<html>"}, grant: 1,
			code: "tinypay.answer_unreadable", class: fault.Temporary, usage: ports.Usage{Calls: 1},
		},
	}
	for name, c := range cases {
		if c.fault != nil {
			p.simulator.control(t, http.MethodPost, "/_sim/faults", c.fault, nil)
		}
		_, err := p.ListPayouts(t.Context(), ports.ListPayoutsRequest{Call: p.call(c.grant), Cursor: c.cursor})
		require.Equal(t, c.code, fault.CodeOf(err), "%s: %v", name, err)
		require.Equal(t, c.class, fault.ClassOf(err), name)
		require.Equal(t, c.usage.RetryAfter, fault.Of(err).RetryAfter, name)
		usage, known := ports.UsageOf(err)
		require.True(t, known, name)
		require.Equal(t, c.usage, usage, name)
		p.simulator.relent(t)
	}
}

func TestTheKitInTypeScriptPassesItsOwnTests(t *testing.T) {
	t.Parallel()
	npm := exec.CommandContext(t.Context(), "npm", "test")
	npm.Dir = needTypeScript(t)
	said, err := npm.CombinedOutput()
	require.NoError(t, err, "%s", said)
}

func TestAConnectorInAnotherLanguageObeysTheDeadline(t *testing.T) {
	t.Parallel()
	p := loadTinypay(t)
	p.simulator.inflict(t, misfortune{Kind: "hold_after"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := p.ListPayouts(ctx, ports.ListPayoutsRequest{Call: p.call(1)})
		ended <- err
	}()
	waitUntil(t, "the request is held", func() bool { return p.simulator.holds(t) })
	cancel()
	require.Error(t, <-ended)
	waitUntil(t, "the connector lets go of the request", func() bool { return !p.simulator.holds(t) })
}

func TestAConnectorInAnotherLanguageIgnoresSIGTERMAndEndsWhenAsked(t *testing.T) {
	t.Parallel()
	p := loadTinypay(t)
	require.NoError(t, syscall.Kill(p.Status().PID, syscall.SIGTERM))
	require.Len(t, p.payouts(t), 6)
	require.Zero(t, p.Status().Restarts, "it is the same process")
}

func waitUntil(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(glance) {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}
