package swap_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// acme is one version of a connector. Its pages are rows such as "key 100", in öre.
type acme struct {
	version string
	// capabilities are those beside psp.payouts and psp.pages.
	capabilities []ports.Capability
	settings     string
	account      []string // which credentials name the account
	// fails are the connections that it cannot serve; extra is added to what it reads of a
	// line, kind replaces it.
	fails map[string]string
	extra map[string]int64
	kind  map[string]payout.Kind
}

func (a *acme) Describe() ports.Description {
	settings := a.settings
	if settings == "" {
		settings = `{"type":"object"}`
	}
	return ports.Description{
		ID: "acme", Name: "Acme", Version: a.version, Capabilities: append([]ports.Capability{ports.CapabilityPayouts, ports.CapabilityPages}, a.capabilities...),
		Settings: json.RawMessage(settings), Credentials: json.RawMessage(`{"type":"object"}`), Quota: ports.Quota{InFlight: 2, Account: a.account},
		Operations: []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListPayouts", Calls: 1}, {Name: "ListPayoutLines", Calls: 1}},
	}
}

func (a *acme) Verify(_ context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	if why, ok := a.fails[req.Connection.ID]; ok {
		return ports.VerifyReport{Checks: []ports.Check{{Name: "access", State: ports.CheckFailed, Detail: why}}}, nil
	}
	return ports.VerifyReport{Checks: []ports.Check{{Name: "access", State: ports.CheckOK}}}, nil
}

func (a *acme) line(key string, gross int64) payout.Line {
	kind := payout.Sale
	if other, ok := a.kind[key]; ok {
		kind = other
	}
	return payout.Line{
		Key: key, Kind: kind, RawType: "SALE", Gross: money.New(gross+a.extra[key], "SEK"), FeeExVAT: money.New(0, "SEK"), FeeVAT: money.New(0, "SEK"),
		OccurredAt: day(0), References: map[payout.Reference]string{payout.OrderID: "O-" + key},
	}
}

func (a *acme) ReadPayoutPage(_ context.Context, req ports.PageRequest) (ports.PageReading, error) {
	var rows map[string]int64
	if err := json.Unmarshal(req.Page.Bytes, &rows); err != nil {
		return ports.PageReading{}, err
	}
	var reading ports.PageReading
	for _, key := range []string{"a", "b"} {
		if gross, ok := rows[key]; ok {
			line := a.line(key, gross)
			line.Raw = payout.Raw{Page: req.Page.SHA256, Length: 1}
			reading.Lines = append(reading.Lines, line)
		}
	}
	return reading, nil
}

func (a *acme) ListPayouts(context.Context, ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	return ports.PayoutPage{}, nil
}

func (a *acme) ListPayoutLines(context.Context, ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return ports.LinePage{Lines: []payout.Line{a.line("a", 100), a.line("b", 200)}, Usage: ports.Usage{Calls: 1}}, nil
}

// seat is the connector as it serves a connection.
type seat struct {
	*acme
	fleet *fleet
	id    string
}

func (s seat) Describe() ports.Description {
	return s.fleet.get(s.fleet.Running("acme", s.id)).Describe()
}

// fleet is the versions that are loaded.
type fleet struct {
	versions map[string]*acme

	mu      sync.Mutex
	all     string
	own     map[string]string
	health  map[string]swap.Health
	started map[string]bool
	failing map[string]error // of starts
}

func (f *fleet) Serving(_, connectionID string) (ports.Connector, error) {
	return seat{fleet: f, id: connectionID, acme: f.get(f.Running("acme", connectionID))}, nil
}
func (f *fleet) Status() []ports.ConnectorStatus { return nil }

func (f *fleet) Version(_, version string) (ports.Connector, error) {
	if v := f.get(version); v != nil {
		return v, nil
	}
	return nil, fault.New("connector.version_unknown", fault.NotFound, "no version "+version)
}

func (f *fleet) Start(_ context.Context, _, version string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.failing[version]; err != nil {
		return err
	}
	f.started[version] = true
	return nil
}

func (f *fleet) Rest(ctx context.Context, _, version string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started[version] = false
	return ctx.Err()
}

func (f *fleet) Route(_, connectionID, version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case connectionID == "":
		f.all = version
	case version == "":
		delete(f.own, connectionID)
	default:
		f.own[connectionID] = version
	}
}

func (f *fleet) Running(_, connectionID string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if version, ok := f.own[connectionID]; ok {
		return version
	}
	return f.all
}

func (f *fleet) Serves(_, version string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, own := range f.own {
		if own == version {
			return true
		}
	}
	return f.all == version
}

func (f *fleet) Health(_, version string) swap.Health {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.health[version]
}

func (f *fleet) Reset(string, string) error { return nil }

func (f *fleet) get(version string) *acme {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.versions[version]
}

func (f *fleet) exchange(version string, other *acme) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions[version] = other
}

func (f *fleet) sicken(version string, h swap.Health) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.health[version] = h
}

func (f *fleet) runs(version string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.started[version]
}

type machine struct{}

func (machine) Now() time.Time                         { return time.Now() }
func (machine) After(d time.Duration) <-chan time.Time { return time.After(d) }

func day(n int) time.Time { return time.Date(2026, time.April, 2+n, 12, 0, 0, 0, time.UTC) }

// rig is a hub with versions 1 and 2 of a connector, of which 1 serves three connections of
// two merchants.
type rig struct {
	*testing.T
	store ports.Store
	fleet *fleet
	desk  *remote.Desk
	swaps *swap.Service
	jobs  *jobs
}

// jobs notes which flows are woken.
type jobs struct {
	mu       sync.Mutex
	subjects []string
}

func (j *jobs) enqueue(_ context.Context, _ *sql.Tx, job ports.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subjects = append(j.subjects, job.Subject)
	return nil
}

func (j *jobs) woken() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.subjects
}

func newRig(t *testing.T, second *acme) *rig {
	t.Helper()
	second.version = "2.0.0"
	r := &rig{T: t, jobs: &jobs{}, fleet: &fleet{
		versions: map[string]*acme{"1.0.0": {version: "1.0.0"}, "2.0.0": second}, all: "1.0.0", own: map[string]string{},
		health: map[string]swap.Health{}, started: map[string]bool{"1.0.0": true}, failing: map[string]error{},
	}}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{Enqueue: r.jobs.enqueue})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	r.store = store
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return errors.Join(
			tx.Catalogue().Want(ctx, ports.Wanted{Connector: "acme", Version: "1.0.0", At: day(0), By: "hub"}),
			addMerchant(ctx, tx, "m1", "c1", "c2"), addMerchant(ctx, tx, "m2", "c3"),
		)
	}))
	r.desk = remote.NewDesk(store, r.fleet, onboardingtest.Secrets{}, noTokens{}, machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	r.serve()
	return r
}

type noTokens struct{}

func (noTokens) Token(context.Context, string, ports.OAuth, map[string]string, map[string]string) (string, error) {
	return "", errors.New("no tokens here")
}
func (noTokens) Forget(string, string) {}

// serve makes the service, as a hub does that starts.
func (r *rig) serve() {
	options := swap.DefaultOptions()
	options.Check = 300 * time.Millisecond
	options.Drain, options.Watch, options.Look = 20*time.Second, 50*time.Millisecond, time.Millisecond
	r.serveWith(options)
}

func (r *rig) serveWith(options swap.Options) {
	r.swaps = swap.New(swap.Parts{
		Store: r.store, Desk: r.desk, Replays: replay.New(r.store, r.desk), Fleet: r.fleet, Schemas: jsonschema.New(), Clock: machine{},
		Random: rand.Reader, Log: hclog.NewNullLogger(), Options: options,
	})
	r.Cleanup(r.swaps.Stop)
}

func addMerchant(ctx context.Context, tx ports.Tx, id string, connections ...string) error {
	err := tx.Merchants().Create(ctx, merchant.Merchant{ID: id, Name: "Butik AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: day(0)})
	for _, c := range connections {
		sealed, sealing := onboardingtest.Secrets{}.Seal(ctx, c, []byte(`{}`))
		err = errors.Join(err, sealing, tx.Connections().Create(ctx, ports.ConnectionRecord{
			Connection:  merchant.Connection{ID: c, MerchantID: id, Connector: "acme", Settings: json.RawMessage(`{}`), State: merchant.Verified, CreatedAt: day(0), UpdatedAt: day(0)},
			Credentials: sealed,
		}), addPayout(ctx, tx, id, c))
	}
	return err
}

// addPayout stores a booked payout of two lines with the page that they were read from.
func addPayout(ctx context.Context, tx ports.Tx, merchantID, connection string) error {
	page := ports.RawPage{MediaType: "application/json", Bytes: []byte(`{"a":100,"b":200}`)}
	sum := sha256.Sum256(page.Bytes)
	page.SHA256 = hex.EncodeToString(sum[:])
	first := &acme{version: "1.0.0"}
	lines := []payout.Line{first.line("a", 100), first.line("b", 200)}
	for i := range lines {
		lines[i].Raw = payout.Raw{Page: page.SHA256, Length: 1}
	}
	flow := "f-" + connection
	err := errors.Join(
		tx.Flows().Create(ctx, merchant.Flow{ID: flow, MerchantID: merchantID, Kind: merchant.Payouts, Source: connection, Target: connection, Settings: []byte(`{}`), CreatedAt: day(0)}, "test"),
		tx.Flows().SetEnabled(ctx, flow, true),
		tx.RawPages().Put(ctx, connection, page, day(0)),
		tx.Payouts().Create(ctx, ports.PayoutRecord{
			ID: "p-" + connection, FlowID: flow, MerchantID: merchantID, ConnectionID: connection, State: payout.Booked, ConnectorVersion: "1.0.0", CreatedAt: day(0), UpdatedAt: day(0),
			Payout: payout.Payout{Reference: "P-1", Date: day(0), Net: money.New(300, "SEK")},
		}),
	)
	if err != nil {
		return err
	}
	_, _, err = tx.Lines().Append(ctx, "p-"+connection, lines)
	return err
}

// begin begins a swap to version 2.
func (r *rig) begin(change ...func(*swap.Request)) ports.Swap {
	r.Helper()
	request := swap.Request{Connector: "acme", To: "2.0.0", Reason: "fees", By: "anna (key-1)"}
	for _, c := range change {
		c(&request)
	}
	begun, err := r.swaps.Begin(r.Context(), request)
	require.NoError(r, err)
	return begun
}

// await waits for a swap to hold.
func (r *rig) await(id, what string, holds func(ports.Swap) bool) ports.Swap {
	r.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		now, err := r.swaps.Get(r.Context(), id)
		require.NoError(r, err)
		if holds(now) {
			return now
		}
		if time.Now().After(deadline) {
			r.Fatalf("waited in vain for %s, it is %s: %+v", what, now.State, now.Fault)
		}
	}
}

func (r *rig) ended(id string) ports.Swap {
	r.Helper()
	return r.await(id, "the end", func(s ports.Swap) bool { return s.State.Ended() })
}

// wanted gives what is wanted, as "connection=version".
func (r *rig) wanted() []string {
	var list []string
	require.NoError(r, r.store.View(r.Context(), func(ctx context.Context, tx ports.Tx) error {
		all, err := tx.Catalogue().Wanted(ctx)
		for _, w := range all {
			list = append(list, w.ConnectionID+"="+w.Version)
		}
		return err
	}))
	return list
}

// running gives which version serves each connection.
func (r *rig) running() string {
	return fmt.Sprint(r.fleet.Running("acme", "c1"), " ", r.fleet.Running("acme", "c2"), " ", r.fleet.Running("acme", "c3"))
}

func (r *rig) acts() []string {
	var list []string
	require.NoError(r, r.store.View(r.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: "acme"}, ports.Page{Limit: 100})
		for i := len(entries) - 1; i >= 0; i-- {
			list = append(list, entries[i].Act+" by "+entries[i].By)
		}
		return err
	}))
	return list
}
