package callback_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

const (
	theMerchant = "merchant-1"
	thePSP      = "connection-psp"
	theERP      = "connection-erp"
	theFlow     = "flow-1"
	// theSecret is what a provider that is genuine knows.
	theSecret = "whsec-of-the-merchant"
)

// hub is the service on a real store. Its connector, its clock and its queue are the
// test's.
type hub struct {
	*testing.T
	*callback.Service
	store     ports.Store
	connector *acme
	now       time.Time
	jobs      []ports.Job
	learned   []string
	unwanted  error
	log       bytes.Buffer
	// failing makes the queue refuse jobs.
	failing error
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{T: t, connector: &acme{installed: true}, now: time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC)}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(_ context.Context, _ *sql.Tx, job ports.Job) error {
			h.jobs = append(h.jobs, job)
			return h.failing
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	h.store = store
	h.populate()
	desk := remote.NewDesk(store, h.connector, onboardingtest.Secrets{}, nil, nil, remote.Options{Owner: "test", Deadline: time.Minute})
	h.Service = callback.New(callback.Parts{
		Store: store, Desk: desk, Catalogue: h.connector, Learner: h, Now: func() time.Time { return h.now }, Random: rand.Reader,
		Log:     hclog.New(&hclog.LoggerOptions{Output: &h.log, Level: hclog.Trace}),
		Options: callback.Options{Grace: 7 * 24 * time.Hour, Retention: 90 * 24 * time.Hour, Attempts: 3, Backoff: time.Second},
	})
	return h
}

func (h *hub) populate() {
	sealed, err := onboardingtest.Secrets{}.Seal(h.Context(), thePSP, []byte(`{"client_id":"c","client_secret":"s","webhook_secret":"`+theSecret+`"}`))
	require.NoError(h, err)
	h.update(func(ctx context.Context, tx ports.Tx) error {
		err := tx.Merchants().Create(ctx, merchant.Merchant{ID: theMerchant, Name: "Butik AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: h.now})
		if err != nil {
			return err
		}
		for id, connector := range map[string]string{thePSP: "acme", theERP: "fortnox"} {
			record := ports.ConnectionRecord{Credentials: sealed, Connection: merchant.Connection{
				ID: id, MerchantID: theMerchant, Connector: connector, State: merchant.Verified, CreatedAt: h.now, UpdatedAt: h.now,
			}}
			if err := tx.Connections().Create(ctx, record); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: theFlow, MerchantID: theMerchant, Kind: merchant.Payouts, Source: thePSP, Target: theERP, Settings: json.RawMessage(`{}`), CreatedAt: h.now,
		}, "tester")
	})
	h.update(func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, theFlow, true) })
}

func (h *hub) update(fn func(ctx context.Context, tx ports.Tx) error) {
	h.Helper()
	require.NoError(h, h.store.Update(h.Context(), fn))
}

// Learn remembers what it was told.
func (h *hub) Learn(_ context.Context, _ ports.Tx, connectionID, orderID string, _ time.Time) error {
	if h.unwanted != nil {
		return h.unwanted
	}
	h.learned = append(h.learned, connectionID+"/"+orderID)
	return nil
}

// address makes an address and gives its token.
func (h *hub) address() callback.Address {
	h.Helper()
	address, err := h.NewAddress(h.Context(), thePSP, "anna (key-1)")
	require.NoError(h, err)
	return address
}

func (h *hub) admit(token string) callback.Admission {
	h.Helper()
	admitted, err := h.Admit(h.Context(), thePSP, token)
	require.NoError(h, err)
	return admitted
}

// signed is a message that the provider has sent.
func signed(body string) callback.Arrival {
	return callback.Arrival{Method: "POST", Headers: map[string][]string{"X-Sign": {theSecret}}, Body: []byte(body)}
}

// take leaves messages at the address of the connection.
func (h *hub) take(arrivals ...callback.Arrival) {
	h.Helper()
	admitted := h.admit(h.address().Token)
	for _, arrival := range arrivals {
		require.NoError(h, h.Take(h.Context(), admitted, arrival))
	}
}

func (h *hub) read() callback.Next {
	h.Helper()
	next, err := h.Read(h.Context(), thePSP)
	require.NoError(h, err)
	return next
}

// messages gives those of the connection, oldest first, with their bytes.
func (h *hub) messages() []ports.CallbackRecord {
	h.Helper()
	brief, err := h.Messages(h.Context(), thePSP, "", ports.Page{Limit: 1000})
	require.NoError(h, err)
	var all []ports.CallbackRecord
	for i := range brief {
		whole, err := h.Message(h.Context(), brief[len(brief)-1-i].ID)
		require.NoError(h, err)
		all = append(all, whole)
	}
	return all
}

func (h *hub) only() ports.CallbackRecord {
	h.Helper()
	all := h.messages()
	require.Len(h, all, 1)
	return all[0]
}

func (h *hub) runs() []ports.Run {
	h.Helper()
	var runs []ports.Run
	require.NoError(h, h.store.View(h.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		runs, err = tx.Runs().List(ctx, theMerchant, ports.RunFilter{}, ports.Page{Limit: 100})
		return err
	}))
	return runs
}

// acme is a provider whose messages are notices in JSON.
type acme struct {
	installed bool
	// fail makes its calls fail; calls counts them.
	fail  error
	calls int
	last  ports.CallbackRequest
}

func (a *acme) Describe() ports.Description {
	return ports.Description{
		ID: "acme", Name: "Acme", Version: "1.0.0", Protocol: 1, Capabilities: []ports.Capability{ports.CapabilityPayouts, ports.CapabilityCallbacks},
		Callbacks: &ports.Callbacks{Methods: []string{"POST"}, Status: 202, MediaType: "text/plain", Body: "[accepted]"},
		OAuth:     &ports.OAuth{ClientID: "client_id", ClientSecret: "client_secret"},
	}
}

func (a *acme) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{}, errors.New("not asked here")
}

func (a *acme) ReadCallback(ctx context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	if ports.WorkOf(ctx) == "" {
		panic("the call does not say which message it is made for")
	}
	a.calls++
	a.last = req
	if a.fail != nil {
		return ports.CallbackReading{}, a.fail
	}
	if got := req.Headers["X-Sign"]; len(got) != 1 || got[0] != req.Connection.Credentials["webhook_secret"] {
		return ports.CallbackReading{}, fault.New("callback.signature_invalid", fault.Auth, "none of the secrets has made the signature").From(fault.Connector)
	}
	var reading ports.CallbackReading
	if err := json.Unmarshal(req.Body, &reading.Notices); err != nil {
		return reading, fault.Invalid("acme.message", "body", "this is not a message of Acme").From(fault.Connector)
	}
	return reading, nil
}

// Connector gives acme while it is installed.
func (a *acme) Serving(id, _ string) (ports.Connector, error) {
	if !a.installed || id != "acme" {
		return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no such connector")
	}
	return a, nil
}

// Status lists acme while it is installed.
func (a *acme) Status() []ports.ConnectorStatus {
	if !a.installed {
		return nil
	}
	return []ports.ConnectorStatus{{Description: a.Describe()}}
}
