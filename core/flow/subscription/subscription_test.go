package subscription_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// hub is a merchant with a flow of payouts, whose provider can be told where to send
// messages.
type hub struct {
	*testing.T
	*subscription.Service
	onboarding *onboarding.Service
	callbacks  *callback.Service
	store      ports.Store
	remote     *onboardingtest.Remote
	now        time.Time
	jobs       []ports.Job
	log        bytes.Buffer
	psp        string
	flow       merchant.Flow
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{T: t, remote: onboardingtest.NewRemote(), now: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(_ context.Context, _ *sql.Tx, job ports.Job) error {
			h.jobs = append(h.jobs, job)
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	h.store = store
	h.remote.Subscribes = true
	h.remote.Callbacks["klarna"] = &ports.Callbacks{Methods: []string{"POST"}, Status: 200, Granted: []string{"webhook_secret"}}
	now := func() time.Time { return h.now }
	parts := h.remote.Parts(store, jsonschema.New(), now)
	desk, _ := parts.Remote.(*remote.Desk)
	h.callbacks = callback.New(callback.Parts{Store: store, Desk: desk, Catalogue: h.remote, Now: now, Random: rand.Reader, Options: callback.Options{Grace: time.Hour}})
	h.Service = subscription.New(subscription.Parts{
		Store: store, Remote: desk, Addresses: h.callbacks, Catalogue: h.remote, Secrets: onboardingtest.Secrets{}, Now: now,
		Log: hclog.New(&hclog.LoggerOptions{Output: &h.log, Level: hclog.Trace}), Backoff: time.Second,
		URL: func(connectionID, token string) string { return h.remote.Public + "/" + connectionID + "/" + token },
	})
	parts.Subscriptions = h.Service
	h.onboarding = onboarding.New(parts)
	h.onboard()
	return h
}

func (h *hub) onboard() {
	owner, err := h.onboarding.CreateMerchant(h.Context(), onboarding.NewMerchant{Name: "Blåbär AB", OrganisationNumber: "5560160680", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK"}, "test")
	require.NoError(h, err)
	connect := func(connector, credentials string) string {
		made, err := h.onboarding.CreateConnection(h.Context(), onboarding.NewConnection{MerchantID: owner.ID, Connector: connector, Credentials: json.RawMessage(credentials)}, "test")
		require.NoError(h, err)
		_, err = h.onboarding.Verify(h.Context(), made.ID, "test")
		require.NoError(h, err)
		return made.ID
	}
	h.psp = connect("klarna", `{"username":"K1_x","password":"live_hunter2"}`)
	h.flow, err = h.onboarding.CreateFlow(h.Context(), onboarding.NewFlow{
		MerchantID: owner.ID, Kind: merchant.Payouts, Source: h.psp, Target: connect("fortnox", `{"client_secret":"hunter2"}`), Settings: json.RawMessage(`{}`),
	}, "test")
	require.NoError(h, err)
}

func (h *hub) enable(on bool) {
	h.Helper()
	var err error
	if on {
		_, err = h.onboarding.Enable(h.Context(), h.flow.ID, "test")
	} else {
		_, err = h.onboarding.Disable(h.Context(), h.flow.ID, "test")
	}
	require.NoError(h, err)
}

func (h *hub) want() {
	h.Helper()
	record, err := h.Want(h.Context(), h.psp, "anna (key-1)")
	require.NoError(h, err)
	require.True(h, record.Wanted)
}

// keep works on the job until there is nothing to do now, and fails if none was asked for.
func (h *hub) keep() {
	h.Helper()
	require.Contains(h, h.jobs, ports.Job{Kind: ports.KeepSubscription, Subject: h.psp}, "nobody has asked for it")
	h.jobs = nil
	for range 5 {
		next, err := h.Keep(h.Context(), h.psp)
		require.NoError(h, err)
		again := len(h.jobs) > 0 && h.jobs[len(h.jobs)-1] == ports.Job{Kind: ports.KeepSubscription, Subject: h.psp}
		if next.Done && !again {
			return
		}
		h.jobs = nil
	}
	require.Fail(h, "it does not come to an end")
}

func (h *hub) record() ports.SubscriptionRecord {
	h.Helper()
	record, err := h.Get(h.Context(), h.psp)
	require.NoError(h, err)
	return record
}

// acts lists what the audit log says of the connection's subscription, oldest first.
func (h *hub) acts() []string {
	h.Helper()
	var acts []string
	require.NoError(h, h.store.View(h.Context(), func(ctx context.Context, tx ports.Tx) error {
		list, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: h.psp}, ports.Page{Limit: 100})
		for i := range list {
			if e := list[len(list)-1-i]; len(e.Act) > 13 && e.Act[:13] == "subscription." {
				acts = append(acts, e.By+" "+e.Act[13:])
			}
		}
		return err
	}))
	return acts
}

func TestTheAddressIsRegisteredWhileAFlowReads(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.want()
	h.keep()
	require.Equal(t, ports.SubscriptionWaiting, h.record().Phase)
	require.Empty(t, h.remote.URLs())

	h.enable(true)
	h.keep()
	got := h.record()
	require.Equal(t, ports.SubscriptionActive, got.Phase)
	require.Equal(t, "hook_1", got.ID)
	require.Equal(t, []ports.Subject{ports.AboutPayout}, got.Subjects)
	require.Len(t, h.remote.URLs(), 1)
	require.NotContains(t, h.log.String(), "secret of")
	require.NotContains(t, h.log.String(), h.remote.URLs()[0])

	h.enable(false)
	h.keep()
	require.Equal(t, ports.SubscriptionWaiting, h.record().Phase)
	require.Empty(t, h.remote.URLs())

	h.enable(true)
	h.keep()
	_, err := h.Leave(t.Context(), h.psp, "anna (key-1)")
	require.NoError(t, err)
	h.keep()
	require.Empty(t, h.remote.URLs())
	_, err = h.Get(t.Context(), h.psp)
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
	require.Equal(t, []string{
		"anna (key-1) wanted", "kvitt registered", "kvitt ended", "kvitt registered", "anna (key-1) unwanted", "kvitt ended",
	}, h.acts())
}

// What the provider has handed out is sealed, and given to the connector with the
// credentials of the merchant from then on.
func TestTheSecretGoesToTheConnectorAlone(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.enable(true)
	h.want()
	h.keep()
	_, err := h.onboarding.Verify(t.Context(), h.psp, "test")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"username": "K1_x", "password": "live_hunter2", "webhook_secret": "secret of hook_1"}, h.remote.Credentials)

	sealed := h.record().Sealed
	require.True(t, bytes.HasPrefix(sealed, []byte("sealed:"+h.psp+"/subscription:")), "no other secret can take its place")
}

func TestWantingTwiceRegistersOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.enable(true)
	for range 3 {
		h.want()
		h.keep()
	}
	require.Len(t, h.remote.URLs(), 1)
	require.Equal(t, "hook_1", h.record().ID)
	require.Equal(t, []string{"anna (key-1) wanted", "kvitt registered"}, h.acts())
}

// A failure stops nothing, is told once, and is tried again later and later.
func TestAFailureIsShownAndTriedAgain(t *testing.T) {
	t.Parallel()
	for class, open := range map[fault.Class]int{fault.Auth: 0, fault.NotSent: 0, fault.Unknown: 1, fault.Temporary: 1} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.enable(true)
			h.want()
			h.remote.Fail["klarna"] = fault.New("acme.no", class, "not now").WithRemedy("wait")
			for i, pause := range []time.Duration{1, 2, 4, 8} {
				h.jobs = nil
				next, err := h.Keep(t.Context(), h.psp)
				require.NoError(t, err)
				require.True(t, next.Done)
				require.Equal(t, []ports.Job{{Kind: ports.KeepSubscription, Subject: h.psp, RunAt: h.now.Add(pause * time.Second)}}, h.jobs)
				got := h.record()
				require.Equal(t, ports.SubscriptionFailing, got.Phase)
				require.Equal(t, fault.Code("acme.no"), got.Fault.Code)
				require.Equal(t, open*(i+1), got.Attempt, "attempts whose outcome is open are looked for by the next")
			}
			require.Equal(t, []string{"anna (key-1) wanted", "kvitt failed"}, h.acts())
			flow, err := h.onboarding.Flow(t.Context(), h.flow.ID)
			require.NoError(t, err)
			require.True(t, flow.Enabled)

			h.remote.Fail["klarna"] = nil
			h.want()
			h.keep()
			got := h.record()
			require.Equal(t, ports.SubscriptionActive, got.Phase)
			require.Nil(t, got.Fault)
			require.Zero(t, got.Attempt+got.Failures)
		})
	}
}

// Shopify deletes a subscription that it could not serve for four hours.
func TestWhatIsGoneAtTheProviderIsAWarningAndRegisteredAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	item := func() (ports.Check, merchant.ConnectionState) {
		record, err := h.onboarding.Verify(t.Context(), h.psp, "test")
		require.NoError(t, err)
		for _, check := range record.Checks {
			if check.Name == "subscription" {
				return check, record.State
			}
		}
		return ports.Check{}, record.State
	}
	none, _ := item()
	require.Empty(t, none.Name, "nobody wants it")
	h.enable(true)
	h.want()
	waiting, _ := item()
	require.Equal(t, ports.CheckWarning, waiting.State)
	h.keep()
	well, _ := item()
	require.Equal(t, ports.CheckOK, well.State)

	clear(h.remote.Registered)
	gone, state := item()
	require.Equal(t, ports.CheckWarning, gone.State)
	require.Equal(t, "the subscription is gone at the provider", gone.Detail)
	require.NotEmpty(t, gone.Remedy)
	require.Equal(t, merchant.Verified, state, "flows go on by their schedules")
	h.keep()
	require.Equal(t, "hook_2", h.record().ID)
	well, _ = item()
	require.Equal(t, ports.CheckOK, well.State)
}

func TestDisconnectingEndsTheSubscription(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"the provider answers": nil, "it does not": fault.New("acme.down", fault.Temporary, "no answer")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.enable(true)
			h.want()
			h.keep()
			h.enable(false) // the job has not come to it yet
			h.remote.Fail["klarna"] = broken
			_, err := h.onboarding.Disconnect(t.Context(), h.psp, "test")
			require.NoError(t, err)
			_, err = h.Get(t.Context(), h.psp)
			require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
			require.Equal(t, broken == nil, len(h.remote.URLs()) == 0)
			var said string
			require.NoError(t, h.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
				list, err := tx.Audit().List(ctx, ports.AuditFilter{Subject: h.psp, Act: "connection.disconnected"}, ports.Page{Limit: 1})
				said = list[0].Detail
				return err
			}))
			require.Equal(t, broken != nil, bytes.Contains([]byte(said), []byte("remove the subscription hook_1 there")), said)
		})
	}
}

func TestAHubThatHasMovedIsRegisteredWhereItIs(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.enable(true)
	h.want()
	h.keep()
	h.remote.Public = "https://elsewhere.example/v1/callbacks"
	h.want()
	h.keep()
	require.Len(t, h.remote.URLs(), 1)
	require.Contains(t, h.remote.URLs()[0], "https://elsewhere.example/")
	require.Equal(t, "hook_2", h.record().ID)
}

// A provider may greet with a message before the hub knows the secret of its signature.
func TestMessagesRefusedMeanwhileAreReadAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.enable(true)
	h.want()
	message := func(id string, at time.Time) {
		require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			if err := tx.Callbacks().Create(ctx, ports.CallbackRecord{ID: id, ConnectionID: h.psp, Method: "POST", ReceivedAt: at}); err != nil {
				return err
			}
			return tx.Callbacks().Settle(ctx, id, ports.CallbackFate{State: ports.CallbackRefused, ReadAt: at})
		}))
	}
	message("old", h.now.Add(-time.Minute))
	message("greeting", h.now)
	next, err := h.Keep(t.Context(), h.psp)
	require.NoError(t, err)
	require.True(t, next.Done)
	require.Contains(t, h.jobs, ports.Job{Kind: ports.ReadCallbacks, Subject: h.psp})
	for id, state := range map[string]ports.CallbackState{"old": ports.CallbackRefused, "greeting": ports.CallbackReceived} {
		got, err := h.callbacks.Message(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, state, got.State, id)
	}
}

func TestConnectorsThatCannotAreNotAsked(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	_, err := h.Want(t.Context(), h.flow.Target, "test")
	require.Equal(t, ports.CodeCapabilityMissing, fault.CodeOf(err))
	_, err = h.Want(t.Context(), "nobody", "test")
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
	next, err := h.Keep(t.Context(), h.flow.Target)
	require.NoError(t, err)
	require.True(t, next.Done)
}
