package remote_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// probe is a connector that can do nothing but be described.
type probe struct{ oauth *ports.OAuth }

func (p probe) Describe() ports.Description {
	return ports.Description{
		ID: "probe", Name: "Probe", Version: "1.0.0", Protocol: ports.ProtocolVersion, OAuth: p.oauth,
		Capabilities: []ports.Capability{ports.CapabilityVouchers}, // it boasts: there is no such interface
		Quota:        ports.Quota{Calls: 10, Window: time.Minute, InFlight: 2, Account: []string{"user"}},
		Operations:   []ports.Operation{{Name: "Read", Calls: 2, RecoveryCalls: 5}},
	}
}

func (p probe) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{}, nil
}

func (p probe) Serving(string, string) (ports.Connector, error) { return p, nil }
func (p probe) Status() []ports.ConnectorStatus                 { return nil }

// tokens hands out one token and notes which were forgotten.
type tokens struct{ forgotten []string }

func (*tokens) Token(context.Context, string, ports.OAuth, map[string]string, map[string]string) (string, error) {
	return "short-lived", nil
}
func (t *tokens) Forget(id, token string) { t.forgotten = append(t.forgotten, id+" "+token) }

type machine struct{}

func (machine) Now() time.Time                         { return time.Now() }
func (machine) After(d time.Duration) <-chan time.Time { return time.After(d) }

type rig struct {
	store  ports.Store
	desk   *remote.Desk
	tokens *tokens
}

func newRig(t *testing.T, connector probe) rig {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m", Name: "M", Country: "SE", Zone: "UTC", Currency: "SEK", CreatedAt: time.Now()}); err != nil {
			return err
		}
		sealed, err := onboardingtest.Secrets{}.Seal(ctx, "c", []byte(`{"user":"anna","password":"hush"}`))
		if err != nil {
			return err
		}
		return tx.Connections().Create(ctx, ports.ConnectionRecord{Connection: merchant.Connection{
			ID: "c", MerchantID: "m", Connector: "probe", Settings: json.RawMessage(`{"region":"eu"}`), State: merchant.Verified, CreatedAt: time.Now(), UpdatedAt: time.Now(),
		}, Credentials: sealed})
	}))
	r := rig{store: store, tokens: &tokens{}}
	r.desk = remote.NewDesk(store, connector, onboardingtest.Secrets{}, r.tokens, machine{}, remote.Options{
		Owner: "test", Deadline: time.Minute, Hosts: map[string]map[string]string{"probe": {"https://api.example.com": "http://127.0.0.1:1"}},
	})
	return r
}

func (r rig) open(t *testing.T) *remote.Account {
	t.Helper()
	account, err := r.desk.Open(t.Context(), "c")
	require.NoError(t, err)
	return account
}

func TestACallCarriesSettingsCredentialsHostsAndTheGrantOfItsAttempt(t *testing.T) {
	t.Parallel()
	account := newRig(t, probe{}).open(t)
	for attempt, grant := range map[int]int{1: 2, 2: 5, 3: 5} {
		require.NoError(t, account.Do(t.Context(), "Read", attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
			require.Equal(t, grant, call.Grant)
			require.JSONEq(t, `{"region":"eu"}`, string(call.Connection.Settings))
			require.Equal(t, map[string]string{"user": "anna", "password": "hush"}, call.Connection.Credentials)
			require.Equal(t, "http://127.0.0.1:1", call.Connection.Hosts["https://api.example.com"])
			_, hasDeadline := ctx.Deadline()
			require.True(t, hasDeadline)
			return ports.Usage{}, nil
		}))
	}
}

func TestWithOAuthTheConnectorSeesTheTokenAndNotWhatItWasBoughtWith(t *testing.T) {
	t.Parallel()
	r := newRig(t, probe{oauth: &ports.OAuth{TokenURL: "https://auth.example.com"}})
	require.NoError(t, r.open(t).Do(t.Context(), "Read", 1, func(_ context.Context, call ports.Call) (ports.Usage, error) {
		require.Equal(t, map[string]string{"access_token": "short-lived"}, call.Connection.Credentials)
		return ports.Usage{}, nil
	}))
	require.Empty(t, r.tokens.forgotten)

	refused, asked := fault.New("auth.refused", fault.Auth, "the token is refused"), 0
	refuse := func(times int) error {
		asked = 0
		return r.open(t).Do(t.Context(), "Read", 1, func(context.Context, ports.Call) (ports.Usage, error) {
			if asked++; asked <= times {
				return ports.Usage{}, refused
			}
			return ports.Usage{}, nil
		})
	}
	require.NoError(t, refuse(1), "a new token is accepted")
	require.Equal(t, []string{"c short-lived"}, r.tokens.forgotten)
	require.ErrorIs(t, refuse(2), refused)
	require.Equal(t, 2, asked, "once more, and no more")
}

func TestADisconnectedConnectionIsNotOpened(t *testing.T) {
	t.Parallel()
	r := newRig(t, probe{})
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, "c")
		if err != nil {
			return err
		}
		record.State = merchant.Disconnected
		return tx.Connections().Save(ctx, record)
	}))
	_, err := r.desk.Open(t.Context(), "c")
	require.Equal(t, remote.CodeDisconnected, fault.CodeOf(err))
	require.Equal(t, fault.Auth, fault.ClassOf(err))
}

func TestWhatARequestCostIsCountedAlsoWhenItFails(t *testing.T) {
	t.Parallel()
	account, tally := newRig(t, probe{}).open(t), &remote.Tally{}
	ctx := remote.WithTally(t.Context(), tally)
	require.NoError(t, account.Do(ctx, "Read", 1, func(context.Context, ports.Call) (ports.Usage, error) { return ports.Usage{Calls: 1}, nil }))
	require.Error(t, account.Do(ctx, "Read", 1, func(context.Context, ports.Call) (ports.Usage, error) {
		used := ports.Usage{Calls: 2, RateLimited: 1, RetryAfter: time.Nanosecond}
		return used, ports.WithUsage(fault.New("upstream.rate_limited", fault.RateLimited, "slow down"), used)
	}))
	calls, limited := tally.Drain()
	require.Equal(t, map[string]int64{"probe": 3}, calls)
	require.EqualValues(t, 1, limited["probe"])
	tally.Return(calls, limited)
	again, _ := tally.Drain()
	require.Equal(t, calls, again, "what could not be kept is counted again")
}

func TestAnOperationWithoutADeclaredCostIsNotSent(t *testing.T) {
	t.Parallel()
	err := newRig(t, probe{}).open(t).Do(t.Context(), "Write", 1, func(context.Context, ports.Call) (ports.Usage, error) {
		t.Error("the request was made")
		return ports.Usage{}, nil
	})
	require.Equal(t, remote.CodeOperationUndeclared, fault.CodeOf(err))
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
}

func TestACapabilityNeedsBothTheInterfaceAndTheDescription(t *testing.T) {
	t.Parallel()
	account := newRig(t, probe{}).open(t)
	_, err := remote.Capability[ports.Vouchers](account, ports.CapabilityVouchers)
	require.Equal(t, ports.CodeCapabilityMissing, fault.CodeOf(err), "described but not implemented")
	_, err = remote.Capability[ports.Connector](account, ports.CapabilityPayouts)
	require.Equal(t, ports.CodeCapabilityMissing, fault.CodeOf(err), "implemented but not described")
}

func TestALaneIsLeftInGoodOrderOnlyByClose(t *testing.T) {
	t.Parallel()
	r := newRig(t, probe{})
	r.open(t)
	require.NoError(t, r.desk.Close(t.Context()))
	r.open(t) // the next hub, which crashes
	var lane ports.Lane
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) (err error) {
		lane, err = tx.Lanes().Take(ctx, "probe|anna", "another")
		return err
	}))
	require.False(t, lane.Clean)
	require.EqualValues(t, 3, lane.Epoch)
}

// An account stays open for a whole slice of work, so each request looks again.
func TestAPauseHoldsBackTheNextRequestOfAnOpenAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, probe{})
	pause := func(p merchant.Pause) {
		require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			record, err := tx.Connections().Get(ctx, "c")
			if err != nil {
				return err
			}
			record.Pause = p
			return tx.Connections().Save(ctx, record)
		}))
	}
	account, made := r.open(t), 0
	ask := func() error {
		return account.Do(t.Context(), "Read", 1, func(context.Context, ports.Call) (ports.Usage, error) {
			made++
			return ports.Usage{Calls: 1}, nil
		})
	}
	require.NoError(t, ask())
	pause(merchant.Pause{By: "Anna", Reason: "year-end closing", Since: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)})
	for range 3 {
		err := ask()
		require.Equal(t, remote.CodePaused, fault.CodeOf(err))
		require.Equal(t, fault.NotSent, fault.ClassOf(err))
	}
	_, err := r.desk.Open(t.Context(), "c")
	require.Equal(t, remote.CodePaused, fault.CodeOf(err))
	require.Equal(t, 1, made)
	pause(merchant.Pause{})
	require.NoError(t, ask())
}

// versions is a connector that another version takes the place of, which asks for more calls.
type versions struct {
	probe
	mu      sync.Mutex
	current string
}

func (v *versions) Serving(string, string) (ports.Connector, error) { return v, nil }

func (v *versions) Describe() ports.Description {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.probe.Describe()
	if d.Version = v.current; v.current == "2.0.0" {
		d.Operations = []ports.Operation{{Name: "Read", Calls: 7}}
	}
	return d
}

func (v *versions) become(version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = version
}

func TestARequestThatWaitsWhileItsConnectionIsHandedOverIsMadeOfTheNewVersion(t *testing.T) {
	t.Parallel()
	connector := &versions{current: "1.0.0"}
	store := newRig(t, probe{}).store
	desk := remote.NewDesk(store, connector, onboardingtest.Secrets{}, &tokens{}, machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	account, err := desk.Open(t.Context(), "c")
	require.NoError(t, err)
	berths, err := desk.Berths(t.Context(), []string{"c"})
	require.NoError(t, err)
	require.Len(t, berths, 1)

	var served remote.Served
	ask := func() int {
		grant := 0
		require.NoError(t, account.Do(remote.WithServed(t.Context(), &served), "Read", 1, func(_ context.Context, call ports.Call) (ports.Usage, error) {
			grant = call.Grant
			return ports.Usage{Calls: 1}, nil
		}))
		return grant
	}
	require.Equal(t, 2, ask())
	require.Equal(t, "1.0.0", served.Version())

	waiting, granted := make(chan struct{}), make(chan int)
	require.NoError(t, desk.HandOver(t.Context(), berths[0], ports.Description{ID: "probe", Quota: ports.Quota{Calls: 20, Window: time.Minute}}, func() {
		go func() {
			close(waiting)
			granted <- ask()
		}()
		<-waiting
		connector.become("2.0.0")
	}))
	require.Equal(t, 7, <-granted, "by the terms of the new version")
	require.Equal(t, "2.0.0", served.Version())
	require.Equal(t, "2.0.0", account.Description().Version)
	require.Equal(t, 20, berths[0].State().Calls, "and its quota")
	require.False(t, desk.Succeeded("c").IsZero())
}

func TestConnectionsOfOneRemoteAccountAreHandedOverTogether(t *testing.T) {
	t.Parallel()
	r := newRig(t, probe{})
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for id, text := range map[string]string{"d": `{"user":"anna"}`, "e": `{"user":"bo"}`, "f": `not sealed`} {
			sealed, err := onboardingtest.Secrets{}.Seal(ctx, id, []byte(text))
			if err != nil {
				return err
			}
			err = tx.Connections().Create(ctx, ports.ConnectionRecord{Connection: merchant.Connection{
				ID: id, MerchantID: "m", Connector: "probe", Settings: json.RawMessage(`{}`), State: merchant.Verified, CreatedAt: time.Now(), UpdatedAt: time.Now(),
			}, Credentials: sealed})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	berths, err := r.desk.Berths(t.Context(), []string{"c", "d", "e", "f"})
	require.NoError(t, err)
	require.Len(t, berths, 3)
	require.Equal(t, []string{"c", "d"}, berths[0].Connections, "anna's")
	require.Equal(t, []string{"e"}, berths[1].Connections)
	require.Equal(t, []string{"f"}, berths[2].Connections, "nobody can call with what cannot be read")
	require.Empty(t, berths[2].Key)
	moved := false
	require.NoError(t, r.desk.HandOver(t.Context(), berths[2], ports.Description{}, func() { moved = true }))
	require.True(t, moved)
}
