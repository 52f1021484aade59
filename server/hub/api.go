package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/console"
	"github.com/kvitt/kvitt/adapters/incoming"
	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/adapters/metrics"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/adapters/secrets"
	"github.com/kvitt/kvitt/core/fault"
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
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/version"
)

// apiModule provides the REST API and its server.
func apiModule() fx.Option {
	return fx.Module("api", fx.Provide(newListener, newHandler, newServer))
}

// CodeListen: the API cannot listen at the address that the configuration gives.
const CodeListen fault.Code = "hub.address_refused"

// newListener takes the address at once, so that a taken one is said at start and
// port 0 is known before anything else needs it.
func newListener(cfg config.Config) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Listen)
	if err == nil {
		return listener, nil
	}
	const remedy = "choose another address with `listen`"
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.Invalid(CodeListen, "listen", cfg.Listen+" is taken").WithRemedy(remedy)
	}
	return nil, fault.Invalid(CodeListen, "listen", cfg.Listen+" cannot be listened at").WithRemedy(remedy).Wrap(err)
}

// handlerParts are what the API is made of.
type handlerParts struct {
	fx.In

	Config         config.Config
	Store          ports.Store
	Onboarding     *onboarding.Service
	Statements     *statement.Reader
	Reconciliation *reconciliation.Service
	Registration   *registration.Service
	Invoicing      *invoicing.Service
	Callbacks      *callback.Service
	Subscriptions  *subscription.Service
	Replays        *replay.Service
	Discovery      *discovery.Service
	Engine         *engine
	Catalogue      ports.Catalogue
	Versions       *catalogue.Service
	Swaps          *swap.Service
	Fleet          fleet
	Desk           *remote.Desk
	Signer         *secrets.Signer
	Secrets        ports.Secrets
	Clock          ports.BusinessClock
	Listener       net.Listener
	Log            hclog.Logger
}

func newHandler(p handlerParts) (http.Handler, error) {
	pages, err := console.New(p.Statements, p.Statements, p.Onboarding)
	if err != nil {
		return nil, err
	}
	arriving := p.Config.Catalogue.Incoming
	if arriving == "" {
		arriving = filepath.Join(p.Config.Data, "incoming")
	}
	arrived, err := incoming.Open(arriving)
	if err != nil {
		return nil, fmt.Errorf("making the folder for incoming programs: %w", err)
	}
	seen := sight.New(sight.Parts{Store: p.Store, Catalogue: p.Versions, Fleet: p.Fleet, Lanes: p.Desk, Swaps: p.Swaps})
	status, err := console.NewStatus(seen, version.Version, time.Now)
	if err != nil {
		return nil, err
	}
	configured, err := p.Config.Told()
	if err != nil {
		return nil, err
	}
	incidents := incident.New(p.Store, p.Secrets, seen, incident.Hub{
		Version: version.Version, Runtime: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Config: configured, Now: time.Now,
	})
	return rest.New(rest.Deps{
		Incidents: incidents, Status: status, Metrics: metrics.New(seen, version.Version, p.Log.Named("metrics")), MetricsOpen: p.Config.MetricsOpen,
		Store: p.Store, Onboarding: p.Onboarding, Statements: p.Statements, Evidence: evidence.New(p.Store), Discovery: p.Discovery, Reconciliation: p.Reconciliation, Registration: p.Registration, Invoicing: p.Invoicing, Callbacks: p.Callbacks, Subscriptions: p.Subscriptions, Replays: p.Replays, Engine: p.Engine, Casework: p.Engine,
		Versions: p.Versions, Swaps: p.Swaps, Impact: impact.New(p.Store, p.Replays, p.Fleet, p.Engine, p.Swaps, time.Now), Fleet: p.Fleet, Lanes: p.Desk, Incoming: arrived,
		Catalogue: p.Catalogue, Signer: p.Signer, Pages: pages, Clock: p.Clock, Now: time.Now, Log: p.Log.Named("api"),
		Version: version.Version, PublicURL: publicURL(p.Config, p.Listener), Options: rest.DefaultOptions(),
	})
}

// newServer serves the API once the job queue runs.
func newServer(lc fx.Lifecycle, cfg config.Config, handler http.Handler, listener net.Listener, _ *jobs.Queue, log hclog.Logger) *http.Server {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.Named("http").StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() {
				if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
					log.Error("the API has stopped", "error", err)
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			grace, cancel := context.WithTimeout(ctx, cfg.Timings.Stop)
			defer cancel()
			return server.Shutdown(grace)
		},
	})
	return server
}
