// Package rest is kvitt's HTTP API. The contract is openapi.yaml: types and
// routing are generated from it (package api), requests are checked against it,
// and it says which scope may call what. A handler binds, checks, calls one use
// case and answers.
package rest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/core/flow/discovery"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/impact"
	"github.com/kvitt/kvitt/core/flow/incident"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Engine starts and repeats the work of flows.
type Engine interface {
	// Start opens a run of a flow, or gives the one that is running.
	Start(ctx context.Context, flowID, by string) (ports.Run, error)
	// StartScoped opens a run about certain payouts, Progress tells how far one has come.
	StartScoped(ctx context.Context, flowID, trigger, by string, scope ports.RunScope) (ports.Run, error)
	Progress(ctx context.Context, run ports.Run) (settlement.Progress, error)
	// RetryPayout takes up a payout that is held.
	RetryPayout(ctx context.Context, payoutID, by string) error
}

// Casework is what a person does about exceptions.
type Casework interface {
	// Resolve without a document accepts what was suggested.
	Resolve(ctx context.Context, exceptionID, document, by string) error
	// ResolveAdvance books what the line exceeds the document by as an advance.
	ResolveAdvance(ctx context.Context, exceptionID, document, by string) error
	// ResolveWritingOff writes off what the line and the document differ by.
	ResolveWritingOff(ctx context.Context, exceptionID, document, reason, by string) error
	// Adopt proposes without confirm and acts with it.
	Adopt(ctx context.Context, exceptionID string, confirm bool, by string) (settlement.Adoption, error)
	RetryException(ctx context.Context, exceptionID, by string) error
	// Park sets an exception aside, until a day if one is given. Unpark ends that.
	Park(ctx context.Context, exceptionID, note string, until civil.Date, by string) error
	Unpark(ctx context.Context, exceptionID, by string) error
	// Correct and Rematch only say what would become of lines without apply.
	Correct(ctx context.Context, flowID string, corrections []matching.Correction, apply bool, by string) (settlement.Correcting, error)
	Rematch(ctx context.Context, flowID string, apply bool, by string) (settlement.Rematching, error)
	// Undo proposes without confirm and acts with it.
	Undo(ctx context.Context, payoutID, reason, by string, confirm bool) (settlement.Undoing, error)
	Rebook(ctx context.Context, payoutID, by string) error
	ConfirmBank(ctx context.Context, payoutID string, date civil.Date, amount money.Amount, by string) error
	// Overdue lists what of a merchant should have been booked.
	Overdue(ctx context.Context, merchantID string) ([]settlement.Late, error)
	Suspense(ctx context.Context, flowID string) ([]settlement.Suspense, error)
	ClearSuspense(ctx context.Context, id string, account ledger.Account, reason, by string) error
	// TryIn plans payouts of a flow, and keeps nothing of it.
	TryIn(ctx context.Context, flowID string, query settlement.TryQuery) ([]settlement.Tried, error)
	Releases
	Decisions
}

// Releases are what a person does about flows in approve mode.
type Releases interface {
	Unreleased(ctx context.Context, flowID string, after int64, limit int) ([]ports.Step, error)
	// Release and ReleasePayout give how many documents were released.
	Release(ctx context.Context, flowID string, documents []int64, by string) (int, error)
	ReleasePayout(ctx context.Context, payoutID, by string) (int, error)
	RejectPayout(ctx context.Context, payoutID, reason, by string) error
}

// Signer makes and checks the tokens of links that open one page.
type Signer interface {
	Sign(subject string, expires time.Time) string
	// Verify fails if the token is not one that Sign gave for the subject, or if it
	// has expired.
	Verify(token, subject string, now time.Time) error
}

// Pages show a person what a browser was sent to.
type Pages interface {
	// Render writes the page with the lines after an ordinal. Links to further lines
	// carry the token on.
	Render(ctx context.Context, w io.Writer, payoutID, token string, after int64) error
	// Connected writes a page that says what has become of a connection to which the
	// merchant has just consented.
	Connected(w io.Writer, record ports.ConnectionRecord) error
	// Refuse writes a page that says why there is nothing to see.
	Refuse(w io.Writer, title, code, reason, remedy string) error
}

// Discovery says by which references lines find documents.
type Discovery interface {
	Discover(ctx context.Context, flowID string) (discovery.Found, error)
}

// Catalogue lists the installed connectors.
type Catalogue interface {
	Status() []ports.ConnectorStatus
}

// Deps is what the API is made of. All are required but PublicURL.
type Deps struct {
	// Store is asked for API keys, replies and who owns what.
	Store          ports.Store
	Onboarding     *onboarding.Service
	Statements     *statement.Reader
	Reconciliation *reconciliation.Service
	Evidence       *evidence.Reader
	Discovery      Discovery
	Registration   *registration.Service
	Invoicing      *invoicing.Service
	Callbacks      *callback.Service
	Subscriptions  *subscription.Service
	Replays        *replay.Service
	Engine         Engine
	Casework       Casework
	Catalogue      Catalogue
	Versions       *catalogue.Service
	Swaps          *swap.Service
	Impact         *impact.Service
	Fleet          Fleet
	Lanes          Lanes
	Incoming       Incoming
	Signer         Signer
	Pages          Pages
	// Incidents, Status and Metrics show support how the hub fares. MetricsOpen shows metrics to
	// whoever asks.
	Incidents   *incident.Service
	Status      Status
	Metrics     http.Handler
	MetricsOpen bool
	// Clock is business time, by which a day that a person has named comes.
	Clock ports.BusinessClock
	// Now is machine time.
	Now func() time.Time
	Log hclog.Logger
	// Version is the hub's own.
	Version string
	// PublicURL is how browsers reach the hub ("https://hub.example"); without it
	// links are relative.
	PublicURL string
	Options   Options
}

// Options bound requests. All are required.
type Options struct {
	// Timeout is how long a request may take.
	Timeout time.Duration
	// Body is the most bytes of a request's body, Upload those of a connector's program.
	Body, Upload int64
	// ProofLink is how long a proof link is valid.
	ProofLink time.Duration
	// CallbackRate is how many messages of providers are taken for one connection in a
	// second, CallbackBurst how many at once.
	CallbackRate  float64
	CallbackBurst int
}

// DefaultOptions are those of a hub in production. The timeout leaves room for an
// accounting system that is asked for its accounts.
func DefaultOptions() Options {
	return Options{Timeout: 2 * time.Minute, Body: 1 << 20, Upload: 256 << 20, ProofLink: time.Hour, CallbackRate: 20, CallbackBurst: 200}
}

// server implements the operations of the contract.
type server struct{ Deps }

var _ api.StrictServerInterface = (*server)(nil)

// New makes the handler. It fails only if the contract cannot be read.
func New(deps Deps) (http.Handler, error) {
	contract, err := loadContract()
	if err != nil {
		return nil, fmt.Errorf("reading the API contract: %w", err)
	}
	gin.SetMode(gin.ReleaseMode) // in debug mode gin prints to standard output
	engine := gin.New()
	engine.ContextWithFallback = true // handlers get the request's own deadline
	engine.HandleMethodNotAllowed = true
	s := &server{deps}
	engine.Use(s.identify, s.logAccess, s.recoverPanic, s.limit(contract))
	engine.NoRoute(func(c *gin.Context) { s.refuse(c, errNoRoute()) })
	engine.NoMethod(func(c *gin.Context) { s.refuse(c, errNoMethod()) })
	engine.GET("/openapi.json", contract.serveJSON)
	engine.GET("/docs", contract.serveDocs)
	s.beside(engine)
	intake := &intake{server: s, limits: newLimits(deps.Options.CallbackRate, deps.Options.CallbackBurst)}
	engine.POST(intakePath, intake.take)
	engine.GET(intakePath, intake.take)
	guarded := engine.Group("/", s.authenticate(contract), s.authorise(contract), s.conform(contract), s.once(contract))
	strict := api.NewStrictHandlerWithOptions(s, []api.StrictMiddlewareFunc{detached}, api.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.refuseUnreadable,
		HandlerErrorFunc:         s.refuse,
		ResponseErrorHandlerFunc: s.breakOff,
	})
	api.RegisterHandlersWithOptions(guarded, strict, api.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.refuseUnreadable(c, err) },
	})
	return engine, nil
}

// detached gives handlers a context of their own. gin uses its contexts again for
// other requests, while a database driver may still look at the one it was given.
func detached(next api.StrictHandlerFunc, _ string) api.StrictHandlerFunc {
	return func(c *gin.Context, request any) (any, error) { return next(c.Copy(), request) }
}
