package rest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// The API keys of the tests.
const (
	operator = "kvitt_operator"
	support  = "kvitt_support"
	own      = "kvitt_own"
	stranger = "kvitt_stranger"
	other    = "merchant-other"
)

// hub is the whole API on a store with one settled merchant; what starts work is
// a fake.
type hub struct {
	handler http.Handler
	store   ports.Store
	remote  *onboardingtest.Remote
	engine  *engine
	fleet   *fleet
	log     *syncBuffer
	now     time.Time
	router  routers.Router
}

func newHub(t testing.TB) *hub {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil }, // nothing runs in these tests
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	h := &hub{store: store, remote: onboardingtest.NewRemote(), engine: &engine{store: store}, log: &syncBuffer{}}
	h.now = time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)
	now := func() time.Time { return h.now }
	reader := statement.New(store)
	service := onboarding.New(h.remote.Parts(store, jsonschema.New(), now))
	pages, err := console.New(reader, reader, service)
	require.NoError(t, err)
	deps := rest.Deps{
		Store: store, Onboarding: service, Statements: reader, Evidence: evidence.New(store), Discovery: h.engine, Reconciliation: h.reconciliation(service), Registration: h.registration(now), Invoicing: h.invoicing(now), Callbacks: h.callbacks(now), Subscriptions: h.subscriptions(now), Replays: replay.New(store, h.desk(now)), Engine: h.engine, Casework: h.engine, Catalogue: h.remote,
		Signer: signer{}, Pages: pages, Clock: onboardingtest.Clock(now), Now: now, Version: "test", PublicURL: "https://hub.example/",
		Log:     hclog.New(&hclog.LoggerOptions{Output: h.log, Level: hclog.Trace}),
		Options: rest.Options{Timeout: 30 * time.Second, Body: 4096, Upload: 8192, ProofLink: time.Hour, CallbackRate: 1, CallbackBurst: 3},
	}
	h.versions(t, &deps)
	h.handler, err = rest.New(deps)
	require.NoError(t, err)
	h.admit(t)
	h.readContract(t)
	return h
}

func (h *hub) desk(now func() time.Time) *remote.Desk {
	desk, _ := h.remote.Parts(h.store, jsonschema.New(), now).Remote.(*remote.Desk)
	return desk
}

// registration is the real service, whose accounting system is never reached.
func (h *hub) registration(now func() time.Time) *registration.Service {
	return registration.New(h.store, h.desk(now), onboardingtest.Clock(now), now, tax.StandardTable(), hclog.NewNullLogger(), registration.Options{Slice: time.Minute, Attempts: 3})
}

func (h *hub) invoicing(now func() time.Time) *invoicing.Service {
	return invoicing.New(h.store, h.desk(now), onboardingtest.Clock(now), now, tax.StandardTable(), hclog.NewNullLogger(), invoicing.Options{Slice: time.Minute, Attempts: 3})
}

// callbacks is the real service, whose connectors have nothing to read.
func (h *hub) callbacks(now func() time.Time) *callback.Service {
	return callback.New(callback.Parts{
		Store: h.store, Desk: h.desk(now), Catalogue: h.remote, Now: now, Random: rand.Reader, Log: hclog.NewNullLogger(),
		Options: callback.Options{Grace: 7 * 24 * time.Hour, Retention: 24 * time.Hour, Attempts: 3, Backoff: time.Second},
	})
}

func (h *hub) admit(t testing.TB) {
	t.Helper()
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		err := tx.Merchants().Create(ctx, merchant.Merchant{ID: other, Name: "Other AB", OrganisationNumber: "556036-0793", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: h.now})
		if err != nil {
			return err
		}
		for _, key := range []ports.APIKey{
			{ID: "key-operator", SHA256: onboarding.HashKey(operator), Label: "Ops", Scope: ports.ScopeOperator},
			{ID: "key-support", SHA256: onboarding.HashKey(support), Label: "Help", Scope: ports.ScopeSupport},
			{ID: "key-own", SHA256: onboarding.HashKey(own), Label: "Shop", Scope: ports.ScopeMerchant, MerchantID: statementtest.Merchant},
			{ID: "key-stranger", SHA256: onboarding.HashKey(stranger), Label: "Stranger", Scope: ports.ScopeMerchant, MerchantID: other},
		} {
			if err := tx.Access().CreateKey(ctx, key); err != nil {
				return err
			}
		}
		card := payment.Method{ID: "card", MerchantID: statementtest.Merchant, Name: "Card", Kind: payment.ByProvider}
		if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: card, CreatedAt: h.now}); err != nil {
			return err
		}
		if err := tx.Callbacks().Create(ctx, aCallback(h.now)); err != nil {
			return err
		}
		return tx.Events().Create(ctx, []ports.EventRecord{{
			ID: "event-1", MerchantID: statementtest.Merchant, State: ports.EventPending, RegisteredAt: h.now,
			Event: payment.Event{Kind: payment.Payment, Origin: payment.FromShop, Transaction: "T-1", Method: "card", Key: "first", Amount: money.New(100_00, "SEK"), At: h.now},
		}})
	}))
}

func (h *hub) readContract(t testing.TB) {
	t.Helper()
	answer := h.send(t, "", "GET", "/openapi.json", nil)
	require.Equal(t, http.StatusOK, answer.Code)
	document, err := openapi3.NewLoader().LoadFromData(answer.Body.Bytes())
	require.NoError(t, err)
	h.router, err = legacy.NewRouter(document)
	require.NoError(t, err)
}

// send makes a request without looking at the answer.
func (h *hub) send(t testing.TB, key, method, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, body)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.handler.ServeHTTP(answer, request)
	return answer
}

// do makes a request and checks that the answer is what the contract promises.
func (h *hub) do(t *testing.T, key, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	answer := h.send(t, key, method, path, reader, headers...)
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	route, params, err := h.router.FindRoute(request)
	require.NoError(t, err, "%s %s is in the contract", method, path)
	media := answer.Header().Get("Content-Type")
	if !strings.Contains(media, "json") {
		return answer
	}
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 answer.Code, Header: answer.Header(), Body: io.NopCloser(bytes.NewReader(answer.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}), "%s %s answers as the contract says: %s", method, path, answer.Body)
	return answer
}

// get makes a request that must go well, and reads its answer.
func get[T any](t *testing.T, h *hub, key, method, path, body string, status int, headers ...string) T {
	t.Helper()
	answer := h.do(t, key, method, path, body, headers...)
	require.Equal(t, status, answer.Code, "%s %s: %s", method, path, answer.Body)
	var read T
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &read))
	return read
}

func (h *hub) problem(t *testing.T, key, method, path, body string, status int, headers ...string) api.Problem {
	t.Helper()
	p := get[api.Problem](t, h, key, method, path, body, status, headers...)
	require.Equal(t, status, p.Status)
	require.Equal(t, "urn:kvitt:fault:"+p.Code, p.Type)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.RequestID)
	return p
}

// engine is a fake of what starts work.
type engine struct {
	store  ports.Store
	fail   error
	panics bool
	wait   func(ctx context.Context)
	did    []string
}

func (e *engine) note(act string) error {
	if e.fail != nil {
		return e.fail
	}
	e.did = append(e.did, act)
	return nil
}

func (e *engine) Start(ctx context.Context, flowID, by string) (ports.Run, error) {
	if e.panics {
		panic("a bug")
	}
	if e.wait != nil {
		e.wait(ctx)
	}
	if err := e.note("start " + flowID + " by " + by); err != nil {
		return ports.Run{}, err
	}
	var run ports.Run
	err := e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		run, err = tx.Runs().Get(ctx, statementtest.Run)
		return err
	})
	return run, err
}

func (e *engine) StartScoped(ctx context.Context, flowID, trigger, by string, scope ports.RunScope) (ports.Run, error) {
	if err := e.note(fmt.Sprintf("start %s %s %s %+v", flowID, trigger, by, scope)); err != nil {
		return ports.Run{}, err
	}
	run := ports.Run{ID: "run-scoped", FlowID: flowID, MerchantID: statementtest.Merchant, Trigger: trigger, State: ports.RunRunning, Scope: &scope}
	return run, e.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Runs().Create(ctx, run) })
}

func (e *engine) Progress(context.Context, ports.Run) (settlement.Progress, error) {
	return settlement.Progress{Listed: 5, Read: 4, Planned: 3, Booked: 2, Held: 1, Remaining: 2}, nil
}

// TryIn shows what is stored of the payout.
func (e *engine) TryIn(ctx context.Context, flowID string, query settlement.TryQuery) ([]settlement.Tried, error) {
	if err := e.note("try " + flowID + " " + query.Payout + query.Reference); err != nil {
		return nil, err
	}
	tried := settlement.Tried{Fault: fault.New("erp.period_locked", fault.Conflict, "closed").WithRemedy("open it")}
	err := e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if tried.Payout, err = tx.Payouts().Get(ctx, statementtest.Booked); err != nil {
			return err
		}
		if tried.Documents, err = tx.Steps().List(ctx, tried.Payout.ID, 0, 100); err != nil {
			return err
		}
		tried.Lines, err = tx.Lines().List(ctx, tried.Payout.ID, ports.LineFilter{}, 0, 100)
		return err
	})
	return []settlement.Tried{tried}, err
}

func (e *engine) Unreleased(ctx context.Context, flowID string, after int64, limit int) (found []ports.Step, err error) {
	err = e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		found, err = tx.Steps().Unreleased(ctx, flowID, after, limit)
		return err
	})
	return found, err
}

func (e *engine) Release(_ context.Context, flowID string, documents []int64, by string) (int, error) {
	return len(documents), e.note(fmt.Sprintf("release %s %v %s", flowID, documents, by))
}

func (e *engine) ReleasePayout(_ context.Context, payoutID, by string) (int, error) {
	return 1, e.note("release " + payoutID + " " + by)
}

func (e *engine) RejectPayout(_ context.Context, payoutID, reason, by string) error {
	return e.note("reject " + payoutID + " " + reason + " " + by)
}

func (e *engine) RetryPayout(_ context.Context, payoutID, by string) error {
	return e.note("retry " + payoutID + " by " + by)
}

func (e *engine) Resolve(_ context.Context, exceptionID, document, by string) error {
	return e.note("resolve " + exceptionID + " with " + document + " by " + by)
}

// Park and Unpark do it at once, as nothing remote is needed.
func (e *engine) Park(ctx context.Context, exceptionID, note string, until civil.Date, by string) error {
	parking := ports.Parking{By: by, Note: note, At: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)}
	if !until.IsZero() {
		parking.Until = time.Date(until.Year, until.Month, until.Day, 0, 0, 0, 0, time.UTC)
	}
	return e.park(ctx, exceptionID, parking)
}

func (e *engine) Unpark(ctx context.Context, exceptionID, _ string) error {
	return e.park(ctx, exceptionID, ports.Parking{})
}

func (e *engine) park(ctx context.Context, exceptionID string, parking ports.Parking) error {
	return e.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Exceptions().Park(ctx, exceptionID, parking) })
}

func (e *engine) ResolveAdvance(_ context.Context, exceptionID, document, by string) error {
	return e.note("resolve " + exceptionID + " with " + document + " and an advance by " + by)
}

func (e *engine) ConfirmBank(_ context.Context, payoutID string, date civil.Date, amount money.Amount, by string) error {
	return e.note("confirm " + payoutID + " " + date.String() + " " + amount.String() + " " + string(amount.Currency()) + " by " + by)
}

func (e *engine) Overdue(context.Context, string) ([]settlement.Late, error) {
	return []settlement.Late{{
		What: settlement.LatePayout, ID: "po-1", Reference: "P1", Date: civil.Date{Year: 2026, Month: 2, Day: 28}, Days: 51,
		Code: "period.locked", Reason: "the period is locked", Remedy: "open it",
	}}, e.fail
}

func (e *engine) Adopt(_ context.Context, exceptionID string, confirm bool, _ string) (settlement.Adoption, error) {
	adoption := settlement.Adoption{
		Document:  "1005",
		Payments:  []ports.RegisteredPayment{{Number: "77", Amount: money.New(249_00, "SEK"), Account: "1930", Booked: true}},
		Confirmed: confirm, CorrectionText: "Payment of 1005 moved to clearing",
		Correction: []ledger.Row{{Account: "1686", Amount: money.New(249_00, "SEK"), Meaning: "moved"}, {Account: "1930", Amount: money.New(-249_00, "SEK")}},
	}
	adoption.Payments[0].Date.Year, adoption.Payments[0].Date.Month, adoption.Payments[0].Date.Day = 2026, time.April, 3
	return adoption, e.note("adopt " + exceptionID)
}

func (e *engine) Correct(_ context.Context, flowID string, said []matching.Correction, apply bool, by string) (settlement.Correcting, error) {
	if err := e.note(fmt.Sprintf("correct %d in %s %t by %s", len(said), flowID, apply, by)); err != nil {
		return settlement.Correcting{}, err
	}
	done := settlement.Correcting{Applied: apply, Changes: 1}
	for _, c := range said {
		done.Rows = append(done.Rows, settlement.CorrectedLine{Correction: c, Before: "10O1", Changes: true, Outlook: anOutlook()})
	}
	return done, nil
}

func anOutlook() settlement.Outlook {
	return settlement.Outlook{
		PayoutID: statementtest.Booked, Payout: "P1", Becomes: ports.LineException, Documents: []string{"7"},
		Line:  ports.LineRecord{ID: 268435457, State: ports.LineException, Line: payout.Line{Key: "sale/1", Kind: payout.Sale, Gross: money.New(100_00, "SEK")}},
		Rule:  matching.KeyPair{Line: payout.OrderID, Document: invoice.OrderNumber},
		Fault: fault.New(matching.CodeSuggested, fault.Conflict, "invoice 7 may be what the line settles").WithRemedy("accept the suggestion"),
	}
}

func (e *engine) Rematch(ctx context.Context, flowID string, apply bool, by string) (settlement.Rematching, error) {
	found := settlement.Rematching{Suggested: 1, Lines: []settlement.Outlook{anOutlook()}}
	err := e.note(fmt.Sprintf("rematch %s %t", flowID, apply))
	if err != nil || !apply {
		return found, err
	}
	found.Run, err = e.Start(ctx, flowID, by)
	return found, err
}

func (e *engine) Undo(_ context.Context, payoutID, reason, by string, confirm bool) (settlement.Undoing, error) {
	undoing := settlement.Undoing{Confirmed: confirm, Dropped: 1, Documents: []settlement.Counter{{
		Kind: ports.StepCorrection, Key: "kv:1:V1R;", Reverses: "kv:1:V1;", Number: "K-1-3", Date: civil.Date{Year: 2026, Month: 4, Day: 2},
		Amount: money.New(100_00, "SEK"), Text: "Correction of voucher K-1-3: " + reason,
		Rows: []ledger.Row{{Account: "1686", Amount: money.New(100_00, "SEK")}, {Account: "1930", Amount: money.New(-100_00, "SEK")}},
	}}}
	return undoing, e.note("undo " + payoutID + " by " + by)
}

func (e *engine) Rebook(_ context.Context, payoutID, by string) error {
	return e.note("rebook " + payoutID + " by " + by)
}

func (e *engine) Suspense(context.Context, string) ([]settlement.Suspense, error) {
	amount := money.New(10_00, "SEK")
	return []settlement.Suspense{{
		Account: "2999", Currency: "SEK", Balance: amount, Open: amount, Unexplained: money.Zero("SEK"),
		Items: []settlement.SuspenseItem{{
			ID: "su-1-S2", PayoutID: "po-1", Payout: "P1", Kind: payout.Loan, RawType: "LOAN", Lines: 1, Amount: amount,
			Since: civil.Date{Year: 2026, Month: 4, Day: 2}, Days: 18, Setting: "accounts.loan", Reason: "no account is set", Remedy: "set it",
		}},
	}}, e.fail
}

func (e *engine) ClearSuspense(_ context.Context, id string, account ledger.Account, _, by string) error {
	return e.note("clear " + id + " to " + string(account) + " by " + by)
}

func (e *engine) RetryException(_ context.Context, exceptionID, by string) error {
	return e.note("retry " + exceptionID + " by " + by)
}

// seal gives the settled merchant's connections credentials that can be opened.
func (h *hub) seal(t *testing.T) {
	t.Helper()
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for _, id := range []string{statementtest.Source, statementtest.Target} {
			record, err := tx.Connections().Get(ctx, id)
			if err != nil {
				return err
			}
			if record.Credentials, err = (onboardingtest.Secrets{}).Seal(ctx, id, []byte(`{}`)); err != nil {
				return err
			}
			if err := tx.Connections().Save(ctx, record); err != nil {
				return err
			}
		}
		return nil
	}))
}
