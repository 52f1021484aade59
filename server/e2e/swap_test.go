package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/process"
)

// The size of the trial.
const (
	manyMerchants = 20
	manySwaps     = 10
)

// TestVersionsChangePlacesWhileMoneyMoves has payouts of many merchants booked, a new one
// for each in every round, while both connectors change their version every round: after
// one was killed, or hangs, or floods its log, and also back again. No run may fail, no
// document be missing or doubled, and every message of a provider is kept.
func TestVersionsChangePlacesWhileMoneyMoves(t *testing.T) {
	t.Parallel()
	s := raiseMany(t, manyMerchants)
	s.change = func(c *config.Config) {
		c.Timings.Call, c.LogLevel = 8*time.Second, "info" // a busy machine answers late, a stopped process never
	}
	s.open()
	var merchants []cast
	for n := range manyMerchants {
		merchants = append(merchants, s.onboardIn(n))
	}
	for _, connector := range []string{"klarna", "fortnox"} {
		s.install(buildVersion(t, connector, "0.1.1"))
		s.install(buildNoisy(t, connector, "0.1.2"))
	}
	sent := s.sendCallbacks(merchants)
	versions := []string{"0.1.1", "0.1.2", "0.1.0"}
	for round := range manySwaps {
		s.round(merchants, round)
		switch round {
		case 2:
			s.signal("klarna", syscall.SIGKILL)
		case 4:
			s.signal("fortnox", syscall.SIGKILL)
		case 6:
			s.signal("klarna", syscall.SIGSTOP)
		case 8:
			s.signal("fortnox", syscall.SIGSTOP)
		}
		var both sync.WaitGroup
		for _, connector := range []string{"klarna", "fortnox"} {
			both.Go(func() { s.swapTo(connector, versions[round%3]) })
		}
		both.Wait()
		if t.Failed() {
			return
		}
	}
	for _, connector := range []string{"klarna", "fortnox"} {
		var undo api.Swap
		s.post("/v1/connectors/"+connector+"/undo", map[string]any{"reason": "it was better before"}, &undo)
		s.post("/v1/swaps/"+undo.ID+"/cancel", map[string]any{"reason": "or perhaps not"}, nil)
		s.followSwap(undo.ID)
	}
	for i, c := range merchants {
		s.settledIn(i, c)
	}
	s.everyCallbackIsKept(merchants, sent())
	for _, connector := range []string{"klarna", "fortnox"} {
		require.Positive(t, s.failuresOf(connector), "what was done to %s was felt", connector)
	}
}

// failuresOf counts the calls that failed by the connector's own fault, in all versions.
func (s *stage) failuresOf(connector string) int64 {
	s.t.Helper()
	var versions api.ConnectorVersionList
	s.get("/v1/connectors/"+connector+"/versions", &versions)
	var failures int64
	for _, v := range versions.Items {
		for _, f := range v.Nodes[0].Calls.Faults {
			if f.Source == api.FaultCountSourceConnector {
				failures += f.Count
			}
		}
	}
	return failures
}

// raiseMany starts simulators with a world for each merchant.
func raiseMany(t *testing.T, merchants int) *stage {
	t.Helper()
	s := &stage{t: t, folder: t.TempDir(), shape: booking.Clearing}
	require.NoError(t, os.Mkdir(filepath.Join(s.folder, "data"), 0o700))
	text, err := os.ReadFile(filepath.Join("testdata", "world.json"))
	require.NoError(t, err)
	args := []string{"--exit-with-parent"}
	for n := range merchants {
		var world struct {
			Seed    int            `json:"seed"`
			Now     string         `json:"now"`
			Klarna  map[string]any `json:"klarna"`
			Fortnox map[string]any `json:"fortnox"`
		}
		require.NoError(t, json.Unmarshal(text, &world))
		key := keyOf(n)
		world.Klarna["merchant_id"], world.Klarna["username"], world.Klarna["api_key"] = key.Klarna.MerchantID, key.Klarna.Username, key.Klarna.APIKey
		world.Klarna["payouts"], world.Fortnox["invoices"], world.Fortnox["tenant_id"] = []any{}, []any{}, key.Fortnox.TenantID
		world.Klarna["rate_limit"] = 100_000
		changed, err := json.Marshal(world)
		require.NoError(t, err)
		file := filepath.Join(s.folder, fmt.Sprintf("world-%d.json", n))
		require.NoError(t, os.WriteFile(file, changed, 0o600))
		args = append(args, "--world", file)
	}
	start := func(name string) *simulator {
		p, err := process.Start(t.Context(), s.folder, filepath.Join(bin, "simulators", name), args...)
		require.NoError(t, err)
		return &simulator{Process: p, name: name}
	}
	s.klarna, s.fortnox = start("klarna"), start("fortnox")
	t.Cleanup(s.strike)
	return s
}

// keyOf is what the merchant of a world must enter to be let in.
func keyOf(n int) account {
	var a account
	a.Klarna.MerchantID = fmt.Sprintf("K%06d", 700000+n)
	a.Klarna.Username = fmt.Sprintf("PK%06d_%012x", 700000+n, n)
	a.Klarna.APIKey = fmt.Sprintf("klarna_test_api_%028d", n)
	a.Fortnox.TenantID = 5000 + n
	return a
}

// of steers the simulators in the world of one merchant.
func (s *stage) of(n int) *stage {
	in, world := *s, ""
	if n > 0 {
		world = fmt.Sprintf("worlds/%d/", n+1)
	}
	in.klarna, in.fortnox = &simulator{Process: s.klarna.Process, name: "klarna", world: world}, &simulator{Process: s.fortnox.Process, name: "fortnox", world: world}
	return &in
}

func (s *stage) onboardIn(n int) cast {
	s.t.Helper()
	c, key, shared := s.enrol(), keyOf(n), readAccount(s.t)
	c.klarna = s.connect(c, map[string]any{
		"connector": "klarna", "settings": map[string]any{"region": "eu", "environment": "playground"},
		"credentials": map[string]any{"merchant_id": key.Klarna.MerchantID, "username": key.Klarna.Username, "api_key": key.Klarna.APIKey},
	})
	c.fortnox = s.connect(c, map[string]any{
		"connector": "fortnox", "settings": map[string]any{},
		"credentials": map[string]any{"client_id": shared.Fortnox.ClientID, "client_secret": shared.Fortnox.ClientSecret, "tenant_id": strconv.Itoa(key.Fortnox.TenantID)},
	})
	c.flow = s.flow(c, c.klarna)
	return c
}

// round pays out once more to every merchant, and has all of it booked.
func (s *stage) round(merchants []cast, round int) {
	s.t.Helper()
	for n, c := range merchants {
		of := sale{
			payout: fmt.Sprintf("PAY-%d-%d", n, round), date: fmt.Sprintf("2026-04-%02dT10:00:00Z", 3+round),
			order: fmt.Sprintf("7%02d%02d", n, round), invoice: strconv.Itoa(100 + round), kronor: 100 + 10*n + round,
		}
		s.of(n).invoiceFor(of)
		s.of(n).pay(of)
		s.post("/v1/flows/"+c.flow+"/runs", nil, nil)
	}
}

// buildVersion builds a connector that says another version of itself.
func buildVersion(t *testing.T, connector, version string) string {
	t.Helper()
	return goBuild(t, "./plugins/"+connector, "-X main.version="+version)
}

// buildNoisy builds one that also floods its log.
func buildNoisy(t *testing.T, connector, version string) string {
	t.Helper()
	return goBuild(t, "./server/e2e/testdata/noisy", "-X main.program="+buildVersion(t, connector, version))
}

func goBuild(t *testing.T, source, flags string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "connector")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w "+flags, "-o", program, source)
	cmd.Dir = filepath.Join("..", "..")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return program
}

// install sends a program to the hub and installs it.
func (s *stage) install(program string) api.ConnectorVersion {
	s.t.Helper()
	text, err := os.ReadFile(program)
	require.NoError(s.t, err)
	digest := sha256.Sum256(text)
	sum := hex.EncodeToString(digest[:])
	key, err := os.ReadFile(filepath.Join(s.folder, "data", "operator.key"))
	require.NoError(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, s.hub.URL+"/v1/connector-uploads/"+sum, bytes.NewReader(text))
	require.NoError(s.t, err)
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	req.Header.Set("Content-Type", "application/octet-stream")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	require.Equal(s.t, http.StatusOK, answer.StatusCode)
	var installed api.ConnectorVersion
	s.post("/v1/connector-versions", map[string]any{"upload": sum}, &installed)
	return installed
}

// swapTo has a version take the place of the one that serves, unless it serves already.
func (s *stage) swapTo(connector, version string) {
	var begun api.Swap
	err := s.client.Post(s.t.Context(), "/v1/connectors/"+connector+"/swaps", map[string]any{"to": version, "reason": "a trial", "watch_seconds": 1, "drain_seconds": 60}, &begun)
	if err != nil {
		s.t.Errorf("swapping %s to %s: %v", connector, version, err)
		return
	}
	ended := s.followSwap(begun.ID)
	if ended.State != api.SwapStateDone {
		s.t.Errorf("the swap of %s to %s ended %s: %+v; checks %+v", connector, version, ended.State, ended.Fault, ended.Checks)
	}
}

func (s *stage) followSwap(id string) api.Swap {
	var now api.Swap
	for end := time.Now().Add(2 * patience); now.EndedAt == nil; time.Sleep(glance) {
		if err := s.client.Get(s.t.Context(), "/v1/swaps/"+id, &now); err != nil {
			s.t.Error(err)
			return now
		}
		if time.Now().After(end) {
			s.t.Errorf("the swap does not end: %+v", now)
			return now
		}
	}
	return now
}

// signal sends a signal to the process of the version that serves.
func (s *stage) signal(connector string, signal syscall.Signal) {
	s.t.Helper()
	var versions api.ConnectorVersionList
	s.get("/v1/connectors/"+connector+"/versions", &versions)
	for _, v := range versions.Items {
		if node := v.Nodes[0]; node.Serves {
			require.NotZero(s.t, node.Pid, "%+v", node)
			require.NoError(s.t, syscall.Kill(-node.Pid, signal), "its process group")
			return
		}
	}
	s.t.Fatalf("no version of %s serves", connector)
}

// sendCallbacks sends messages to every merchant's connection until its answer is called,
// which says how many were taken.
func (s *stage) sendCallbacks(merchants []cast) func() map[string]int {
	addresses := map[string]string{}
	for _, c := range merchants {
		var made api.CallbackURL
		s.post("/v1/connections/"+c.klarna+"/callback-url", nil, &made)
		addresses[c.klarna] = made.URL
	}
	taken, stop := map[string]int{}, atomic.Bool{}
	var sender sync.WaitGroup
	sender.Go(func() {
		for n := 0; !stop.Load(); n++ {
			for connection, address := range addresses {
				body := ""
				if n%3 == 0 {
					body = "{}" // it says nothing, and is kept all the same
				}
				answer, err := http.Post(address+"?klarna_order_id=00000000-0000-4000-8000-"+fmt.Sprintf("%012d", n), "application/json", strings.NewReader(body))
				if err != nil {
					s.t.Errorf("a callback was not answered: %v", err)
					return
				}
				answer.Body.Close()
				if answer.StatusCode/100 != 2 {
					s.t.Errorf("a callback was answered with %d", answer.StatusCode)
					return
				}
				taken[connection]++
			}
			time.Sleep(250 * time.Millisecond)
		}
	})
	return func() map[string]int {
		stop.Store(true)
		sender.Wait()
		return taken
	}
}

func (s *stage) everyCallbackIsKept(merchants []cast, taken map[string]int) {
	s.t.Helper()
	for _, c := range merchants {
		kept := list[api.Callback](s, "/v1/connections/"+c.klarna+"/callbacks")
		require.Len(s.t, kept, taken[c.klarna])
		require.Positive(s.t, len(kept))
	}
}

// settledIn waits until everything of a merchant is booked and sees that it was, once.
func (s *stage) settledIn(n int, c cast) {
	s.t.Helper()
	s.until("the runs end", func() bool {
		for _, run := range list[api.Run](s, "/v1/merchants/"+c.merchant+"/runs") {
			if run.State == api.RunStateRunning {
				return false
			}
		}
		return true
	})
	for _, run := range list[api.Run](s, "/v1/merchants/"+c.merchant+"/runs") {
		require.Equal(s.t, api.RunStateDone, run.State, "%+v", run.Fault)
	}
	require.Empty(s.t, list[api.Exception](s, "/v1/merchants/"+c.merchant+"/exceptions"))
	payouts := list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts")
	require.Len(s.t, payouts, manySwaps)
	for _, p := range payouts {
		require.EqualValues(s.t, "closed", p.State, "%s: %+v", p.Reference, p.Hold)
	}
	counts := map[string]int{}
	s.of(n).fortnox.control(s.t, http.MethodGet, "/_sim/fortnox/counts", nil, &counts)
	require.Equal(s.t, manySwaps, counts["invoice_payments"], "%v", counts)
	require.Equal(s.t, manySwaps, counts["file_connections"], "a proof for each payout: %v", counts)
	vouchers := 0
	for _, v := range s.books(c).Vouchers {
		if v.Series == "K" { // that of the flow; Fortnox has its own for invoices and payments
			vouchers++
		}
	}
	require.Equal(s.t, manySwaps, vouchers, "one for each payout, in the accounting system's own books")
	var clearing api.Clearing
	s.get("/v1/flows/"+c.flow+"/clearing", &clearing)
	for _, a := range clearing.Items {
		require.Equal(s.t, [2]string{"0.00", "0.00"}, [2]string{a.Open, a.Unexplained}, "%s", a.Account)
	}
}
