package consent_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// rig is a keeper on a real store with one connection.
type rig struct {
	*testing.T
	keeper    *consent.Keeper
	authority *onboardingtest.Authority
	store     *brittle
	declared  ports.OAuth
	now       time.Time
}

// brittle is a store whose next writes can be made to fail.
type brittle struct {
	ports.Store
	mu     sync.Mutex
	broken bool
}

var errDisk = errors.New("the disk is full")

func (b *brittle) breakDown(broken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = broken
}

func (b *brittle) Update(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	b.mu.Lock()
	broken := b.broken
	b.mu.Unlock()
	return b.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil || !broken {
			return err
		}
		return errDisk
	})
}

// noTokens would give tokens for client credentials.
type noTokens struct{}

func (noTokens) Token(context.Context, string, ports.OAuth, map[string]string, map[string]string) (string, error) {
	return "bought", nil
}
func (noTokens) Forget(string, string) {}

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	r := &rig{
		T: t, authority: &onboardingtest.Authority{}, store: &brittle{Store: store}, now: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC),
		declared: ports.OAuth{ClientID: "client_id", ClientSecret: "client_secret", Consent: &ports.Consent{Only: true, PKCE: true, RevokeURL: "https://auth.example.com/revoke"}},
	}
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m", Name: "M", Country: "SE", Zone: "UTC", Currency: "SEK", CreatedAt: r.now}); err != nil {
			return err
		}
		sealed, err := onboardingtest.Secrets{}.Seal(ctx, "c", []byte(`{"client_id":"own","client_secret":"hush"}`))
		if err != nil {
			return err
		}
		return tx.Connections().Create(ctx, ports.ConnectionRecord{Connection: merchant.Connection{
			ID: "c", MerchantID: "m", Connector: "probe", State: merchant.Verified, CreatedAt: r.now, UpdatedAt: r.now,
		}, Credentials: sealed})
	}))
	r.restart()
	return r
}

// restart makes the keeper of the next hub, on the same store.
func (r *rig) restart() {
	now := func() time.Time { return r.now }
	r.keeper = consent.New(consent.Parts{
		Store: r.store, Secrets: onboardingtest.Secrets{}, Authority: r.authority, Bought: noTokens{}, Redirect: "https://hub.example/back",
		Now: now, Clock: onboardingtest.Clock(now), Random: rand.Reader,
	})
}

func (r *rig) record() ports.ConnectionRecord {
	r.Helper()
	var record ports.ConnectionRecord
	require.NoError(r, r.store.View(r.Context(), func(ctx context.Context, tx ports.Tx) (err error) {
		record, err = tx.Connections().Get(ctx, "c")
		return err
	}))
	return record
}

func (r *rig) describe(string) (ports.Description, error) {
	return ports.Description{ID: "probe", Name: "Probe", OAuth: &r.declared}, nil
}

// ask gives the state of a new request.
func (r *rig) ask() string {
	r.Helper()
	description, _ := r.describe("")
	link, err := r.keeper.Ask(r.Context(), r.record(), description, consent.Caller{ID: "key-1", By: "anna (key-1)"})
	require.NoError(r, err)
	address, err := url.Parse(link.URL)
	require.NoError(r, err)
	return address.Query().Get("state")
}

func (r *rig) take(answer consent.Answer) error {
	_, err := r.keeper.Take(r.Context(), answer, r.describe)
	return err
}

// consented has a grant in use.
func consented(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	require.NoError(t, r.take(consent.Answer{State: r.ask(), Code: onboardingtest.Code}))
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Consents().Promote(ctx, "c")
		return err
	}))
	r.keeper.Reload("c")
	return r
}

func (r *rig) token(ctx context.Context) (string, error) {
	return r.keeper.Token(ctx, "c", r.declared, map[string]string{"client_id": "own", "client_secret": "hush"}, nil)
}

func (r *rig) gives(want string) {
	r.Helper()
	token, err := r.token(r.Context())
	require.NoError(r, err)
	require.Equal(r, want, token)
}

func (r *rig) needsConsent() {
	r.Helper()
	_, err := r.token(r.Context())
	require.Equal(r, ports.CodeConsentNeeded, fault.CodeOf(err), "%v", err)
	require.Equal(r, fault.Auth, fault.ClassOf(err))
	require.NotEmpty(r, fault.Of(err).Remedy)
}

func TestWhatConsentBringsIsOnTrialUntilItIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.needsConsent()
	require.NoError(t, r.take(consent.Answer{State: r.ask(), Code: onboardingtest.Code}))
	require.Equal(t, []string{"own"}, r.authority.Clients)
	require.Equal(t, []string{"verifier"}, r.authority.Verifiers, "what was challenged is proved")
	r.needsConsent()
	token, err := r.token(consent.OnTrial(t.Context()))
	require.NoError(t, err)
	require.Equal(t, "secret-access-1", token)
}

func TestAStateIsGoodForOneAnswerInTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	code := func(answer consent.Answer) fault.Code { return fault.CodeOf(r.take(answer)) }
	require.Equal(t, consent.CodeStateUnknown, code(consent.Answer{State: "made-up", Code: onboardingtest.Code}))
	require.Equal(t, consent.CodeStateUnknown, code(consent.Answer{Code: onboardingtest.Code}))
	state := r.ask()
	require.NoError(t, r.take(consent.Answer{State: state, Code: onboardingtest.Code}))
	require.Equal(t, consent.CodeStateUsed, code(consent.Answer{State: state, Code: onboardingtest.Code}))
	denied := r.ask()
	require.Equal(t, consent.CodeDenied, code(consent.Answer{State: denied, Error: "access_denied"}))
	require.Equal(t, consent.CodeStateUsed, code(consent.Answer{State: denied, Code: onboardingtest.Code}))
	require.Equal(t, consent.CodeFailed, code(consent.Answer{State: r.ask(), Error: "server_error"}))
	strange := r.take(consent.Answer{State: r.ask(), Error: "<b>Pay here</b>"})
	require.Equal(t, consent.CodeFailed, fault.CodeOf(strange))
	require.NotContains(t, strange.Error(), "Pay here")
	late := r.ask()
	r.now = r.now.Add(30 * time.Minute)
	require.Equal(t, consent.CodeStateExpired, code(consent.Answer{State: late, Code: onboardingtest.Code}))
}

func TestConsentIsNotAskedForWhereItWouldNotHelp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ask := func(declared *ports.OAuth) fault.Code {
		_, err := r.keeper.Ask(t.Context(), r.record(), ports.Description{Name: "Probe", OAuth: declared}, consent.Caller{})
		return fault.CodeOf(err)
	}
	require.Equal(t, consent.CodeNotOffered, ask(nil))
	require.Equal(t, consent.CodeNotOffered, ask(&ports.OAuth{ClientID: "client_id", ClientSecret: "client_secret"}))
	require.Equal(t, consent.CodeNotOffered, ask(&ports.OAuth{ClientID: "client_id", ClientSecret: "client_secret", Consent: &ports.Consent{}}),
		"the connection has what client credentials need")
	require.Equal(t, consent.CodeClientMissing, ask(&ports.OAuth{ClientID: "app", ClientSecret: "app_secret", Consent: &ports.Consent{}}))
}

func TestManyCallersRenewATokenOnce(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			token, err := r.token(t.Context())
			if err != nil || token != "secret-access-2" {
				t.Errorf("%q, %v", token, err)
			}
			r.keeper.Forget("c", "secret-access-1") // they too were refused the old one
		})
	}
	all.Wait()
	require.Equal(t, 1, r.authority.Renewals)
}

func TestTheNextHubGoesOnWithTheTokensThatWereStored(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	r.gives("secret-access-2")
	r.restart() // the crash after the tokens were stored
	r.gives("secret-access-2")
	r.keeper.Forget("c", "secret-access-2")
	r.gives("secret-access-3")
	require.Equal(t, merchant.Verified, r.record().State)
}

func TestRotatedTokensAreNotUsedBeforeTheyAreStoredNorLost(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	r.store.breakDown(true)
	for range 2 {
		_, err := r.token(t.Context())
		require.ErrorIs(t, err, errDisk)
	}
	r.store.breakDown(false)
	r.gives("secret-access-2")
	require.Equal(t, 1, r.authority.Renewals, "the old refresh token is used up")
	r.restart()
	r.gives("secret-access-2")
}

func TestACrashBetweenRotationAndStoringNeedsConsentAnew(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	r.store.breakDown(true)
	_, err := r.token(t.Context())
	require.ErrorIs(t, err, errDisk)
	r.store.breakDown(false)
	r.restart() // with what was stored last, as after a crash
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	r.needsConsent()
	require.Equal(t, merchant.ConsentNeeded, r.record().State)
	renewals := r.authority.Renewals
	r.needsConsent()
	require.Equal(t, renewals, r.authority.Renewals, "the server is left alone")
}

func TestACallerWhoGivesUpLosesNoTokens(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.token(gone)
	require.NoError(t, err)
	r.restart()
	r.gives("secret-access-2")
}

func TestAServerThatCannotAnswerEndsNothing(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	r.keeper.Forget("c", "secret-access-1")
	r.authority.Fail = fault.New("oauth.unreachable", fault.NotSent, "no answer")
	_, err := r.token(t.Context())
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	r.authority.Fail = nil
	r.gives("secret-access-2")
}

func TestARenewalNeverOverwritesTheConsentThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.gives("secret-access-1")
	require.NoError(t, r.take(consent.Answer{State: r.ask(), Code: onboardingtest.Code}))
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Consents().Promote(ctx, "c")
		return err
	}))
	r.authority.Refreshable = "secret-refresh-1" // the old chain lives too
	r.keeper.Forget("c", "secret-access-1")
	r.gives("secret-access-2")
	r.restart()
	r.gives("secret-access-2")
}

func TestEndingRevokesAndForgets(t *testing.T) {
	t.Parallel()
	r := consented(t)
	r.authority.Fail = fault.New("oauth.unreachable", fault.NotSent, "no answer")
	end := func() (why string, err error) {
		why = "not wiped"
		err = r.keeper.End(t.Context(), r.record(), &r.declared, func(unrevoked string) error { why = unrevoked; return nil })
		return why, err
	}
	why, err := end()
	require.Equal(t, fault.NotSent, fault.ClassOf(err))
	require.Equal(t, "not wiped", why, "what could not be revoked can be tried again")
	r.authority.Fail = fault.New("oauth.credentials_refused", fault.Auth, "invalid_client")
	why, err = end()
	require.NoError(t, err)
	require.Equal(t, "invalid_client", why)
	r.authority.Fail = nil
	why, err = end()
	require.NoError(t, err)
	require.Empty(t, why)
	require.Equal(t, []string{"secret-refresh-1"}, r.authority.Revoked)
}
