package rest_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/incoming"
	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/minisign"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/core/flow/impact"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

// fleet is the versions of connectors that are loaded: they do what the fakes of
// onboarding do, whatever their number.
type fleet struct {
	remote *onboardingtest.Remote

	mu     sync.Mutex
	loaded map[string]bool   // "klarna 1.0.0"
	routes map[string]string // by connector, and by connection
	deeds  []string
}

// version is a connector that says another number of itself.
type version struct {
	ports.Connector
	number string
}

func (v version) Describe() ports.Description {
	d := v.Connector.Describe()
	d.Version = v.number
	return d
}

func errUnknownVersion(connector, number string) error {
	return fault.New(catalogue.CodeVersionUnknown, fault.NotFound, "version "+number+" of "+connector+" is not loaded")
}

func (f *fleet) Version(connector, number string) (ports.Connector, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	served, err := f.remote.Serving(connector, "")
	if err != nil || !f.loaded[connector+" "+number] {
		return nil, errUnknownVersion(connector, number)
	}
	return version{served, number}, nil
}

func (f *fleet) do(deed string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deeds = append(f.deeds, deed)
}

func (f *fleet) Start(_ context.Context, connector, number string) error {
	f.do("start " + connector + " " + number)
	return nil
}

func (f *fleet) Rest(_ context.Context, connector, number string) error {
	f.do("rest " + connector + " " + number)
	return nil
}

func (f *fleet) Reset(connector, number string) error {
	if _, err := f.Version(connector, number); err != nil {
		return err
	}
	f.do("reset " + connector + " " + number)
	return nil
}

func (f *fleet) Route(connector, connectionID, number string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := connector
	if connectionID != "" {
		key = connectionID
	}
	f.routes[key] = number
}

func (f *fleet) Running(connector, connectionID string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if own := f.routes[connectionID]; own != "" {
		return own
	}
	return f.routes[connector]
}

func (f *fleet) Serves(connector, number string) bool { return f.Running(connector, "") == number }

func (f *fleet) Health(string, string) swap.Health { return swap.Health{} }

func (f *fleet) Node() string { return "hub-1" }

func (f *fleet) Digest(string, string) (string, error) { return strings.Repeat("ab", 32), nil }

// Examine takes "klarna-1.0.2" for what its name says.
func (f *fleet) Examine(_ context.Context, path, _ string) (catalogue.Examined, error) {
	connector, number, _ := strings.Cut(filepath.Base(path), "-")
	served, err := f.remote.Serving(connector, "")
	if err != nil {
		return catalogue.Examined{}, fault.New("connector.not_installable", fault.Validation, "the file is empty")
	}
	return catalogue.Examined{Description: version{served, number}.Describe(), SHA256: strings.Repeat("ab", 32), Size: 7}, nil
}

func (f *fleet) Load(_ context.Context, path, _ string) (ports.Description, error) {
	connector, number, _ := strings.Cut(filepath.Base(path), "-")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded[connector+" "+number] = true
	return ports.Description{ID: connector, Version: number}, nil
}

func (f *fleet) Unload(_ context.Context, connector, number string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.loaded, connector+" "+number)
	return nil
}

func (f *fleet) VersionStatus(connector, number string) (ports.VersionStatus, error) {
	if _, err := f.Version(connector, number); err != nil {
		return ports.VersionStatus{}, err
	}
	return ports.VersionStatus{
		ConnectorStatus: ports.ConnectorStatus{State: ports.ConnectorReady, PID: 42, Restarts: 2, LastExit: "signal: killed"},
		Serves:          f.Serves(connector, number), Uptime: 90 * time.Second, Memory: 20 << 20, MemoryLimit: 512 << 20,
		Calls: ports.CallCounts{
			Total: 100, Failed: 3, Refused: 1, Median: 12 * time.Millisecond, Slow: 1500 * time.Microsecond, Slowest: time.Second,
			Faults: []ports.FaultCount{{Class: fault.RateLimited, Source: fault.Upstream, Count: 2}, {Class: fault.Unknown, Source: fault.Connector, Count: 1}},
		},
	}, nil
}

func (f *fleet) Log(connector, number string) ([]ports.LogEntry, error) {
	if _, err := f.Version(connector, number); err != nil {
		return nil, err
	}
	at := time.Date(2026, time.April, 20, 2, 0, 0, 0, time.UTC)
	return []ports.LogEntry{
		{At: at, Level: "info", Message: "connector is ready"},
		{At: at.Add(time.Second), Level: "warn", Message: "a page was short", Fields: map[string]string{"page": "3"}},
	}, nil
}

func (f *fleet) Failures(connector, number string) ([]ports.CallFailure, error) {
	if _, err := f.Version(connector, number); err != nil {
		return nil, err
	}
	return []ports.CallFailure{{
		At: time.Date(2026, time.April, 20, 2, 0, 0, 0, time.UTC), Method: "ListPayoutLines", ConnectionID: "connection-1", Work: "payout-1",
		Took: 45 * time.Second, Code: "connector.deadline", Class: fault.Temporary, Source: fault.Connector, Reason: "the connector did not answer in time",
	}}, nil
}

// versions has klarna 1.0.0 serve, with 1.0.1 beside it, and a swap that has ended.
func (h *hub) versions(t testing.TB, deps *rest.Deps) {
	t.Helper()
	h.fleet = &fleet{
		remote: h.remote, loaded: map[string]bool{"klarna 1.0.0": true, "klarna 1.0.1": true, "fortnox 1.0.0": true},
		routes: map[string]string{"klarna": "1.0.0", "fortnox": "1.0.0"},
	}
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for _, v := range []string{"klarna 1.0.0", "klarna 1.0.1", "fortnox 1.0.0"} {
			connector, number, _ := strings.Cut(v, " ")
			err := tx.Catalogue().Add(ctx, ports.InstalledVersion{
				Connector: connector, Version: number, SHA256: strings.Repeat("0", 64), Size: 7, Origin: ports.OriginFolder, InstalledAt: h.now, InstalledBy: "hub",
				Description: ports.Description{ID: connector, Name: connector, Version: number, Hosts: []string{"https://api." + connector + ".com"}},
			})
			if err != nil {
				return err
			}
		}
		for _, w := range []ports.Wanted{
			{Connector: "klarna", Version: "1.0.0", Previous: "1.0.1", At: h.now, By: "hub"},
			{Connector: "fortnox", Version: "1.0.0", At: h.now, By: "hub"},
		} {
			if err := tx.Catalogue().Want(ctx, w); err != nil {
				return err
			}
		}
		return tx.Catalogue().SaveSwap(ctx, ports.Swap{ID: "swap-1", Connector: "klarna", From: "1.0.1", To: "1.0.0", State: ports.SwapDone, By: "Ops (key-operator)", StartedAt: h.now, EndedAt: h.now})
	}))
	folder := t.TempDir()
	arrived, err := incoming.Open(folder)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "klarna-1.4.3"), []byte("program"), 0o600))
	desk := h.desk(func() time.Time { return h.now })
	replays := replay.New(h.store, desk)
	deps.Versions = catalogue.New(catalogue.Parts{
		Store: h.store, Programs: h.fleet, Signatures: minisign.Keys{}, Policy: catalogue.Policy{Signed: true}, Now: func() time.Time { return h.now }, Log: hclog.NewNullLogger(),
	})
	deps.Swaps = swap.New(swap.Parts{
		Store: h.store, Desk: desk, Replays: replays, Fleet: h.fleet, Schemas: jsonschema.New(), Clock: machine{}, Random: rand.Reader, Log: hclog.NewNullLogger(), Options: swap.DefaultOptions(),
	})
	t.Cleanup(deps.Swaps.Stop)
	deps.Impact = impact.New(h.store, replays, h.fleet, h.engine, deps.Swaps, func() time.Time { return h.now })
	deps.Fleet, deps.Lanes, deps.Incoming = h.fleet, desk, arrived
}

type machine struct{}

func (machine) Now() time.Time                         { return time.Now() }
func (machine) After(d time.Duration) <-chan time.Time { return time.After(d) }
