// Package hub puts kvitt together: store, job queue, connectors, flows and API, as
// one fx application.
package hub

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/kvitt/kvitt/server/config"
)

// Hub is a hub that runs.
type Hub struct {
	// URL is where its API listens.
	URL string
	app *fx.App
}

// Start starts a hub. It has nothing running when it fails. Further options may
// decorate what the hub is made of, as tests do that kill it at chosen moments.
func Start(ctx context.Context, cfg config.Config, log hclog.Logger, further ...fx.Option) (*Hub, error) {
	h := &Hub{}
	rates, err := readRates(cfg)
	if err != nil {
		return nil, err
	}
	var listener net.Listener
	h.app = fx.New(module(cfg, log), fx.Supply(rates), fx.Options(further...), fx.Populate(&listener), fx.StartTimeout(2*time.Minute), fx.StopTimeout(2*cfg.Timings.Stop))
	// The way from part to part along which it failed tells an operator nothing.
	if err := h.app.Err(); err != nil {
		return nil, dig.RootCause(err)
	}
	if err := h.app.Start(ctx); err != nil {
		return nil, fmt.Errorf("starting the hub: %w", dig.RootCause(err))
	}
	h.URL = "http://" + listener.Addr().String()
	return h, nil
}

// Stop ends the hub: no new requests and jobs, calls in flight may finish, then
// connectors and store are closed.
func (h *Hub) Stop(ctx context.Context) error {
	if err := h.app.Stop(ctx); err != nil {
		return fmt.Errorf("stopping the hub: %w", err)
	}
	return nil
}

// module is the whole application.
func module(cfg config.Config, log hclog.Logger) fx.Option {
	return fx.Options(
		fx.Supply(cfg),
		fx.Provide(func() hclog.Logger { return log }),
		fx.WithLogger(func() fxevent.Logger { return fxevent.NopLogger }),
		stateModule(),
		connectorModule(),
		flowModule(),
		apiModule(),
		// What starts last is stopped first: the API before the jobs, the jobs before
		// the connectors, and the store at the very end.
		fx.Invoke(func(*http.Server) {}),
	)
}
