package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/config"
)

// connectorModule provides the installed connectors.
func connectorModule() fx.Option {
	return fx.Module("connectors",
		fx.Provide(
			newPluginHost,
			func(host *pluginhost.Host) ports.Catalogue { return catalogue{host} },
		),
	)
}

func newPluginHost(lc fx.Lifecycle, cfg config.Config, log hclog.Logger) (*pluginhost.Host, error) {
	host, err := pluginhost.New(pluginhost.Config{
		Dir: filepath.Join(cfg.Data, "connectors"), Logger: log.Named("connectors"),
		PlainText: cfg.PlainText, AllowAttach: cfg.Dev, CallTimeout: cfg.Timings.Call, KillTimeout: cfg.Timings.Stop / 4,
	})
	if err != nil {
		return nil, err
	}
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			if err := attach(ctx, host, cfg.Attach); err != nil {
				return errors.Join(err, host.Stop(ctx))
			}
			return install(ctx, host, cfg.Connectors, log)
		},
		OnStop: func(ctx context.Context) error {
			grace, cancel := context.WithTimeout(ctx, cfg.Timings.Stop)
			defer cancel()
			return host.Stop(grace)
		},
	})
	return host, nil
}

// attach takes the connectors that run under a debugger, before those of the folder:
// what is attached takes the place of what is installed.
func attach(ctx context.Context, host *pluginhost.Host, addresses map[string]string) error {
	for _, id := range slices.Sorted(maps.Keys(addresses)) {
		if _, err := host.Attach(ctx, id, addresses[id]); err != nil {
			return fmt.Errorf("attaching %s: %w", id, err)
		}
	}
	return nil
}

// install loads and starts every executable of a folder. One that is no connector,
// or will not start, is said and left out: the others must not wait for it.
func install(ctx context.Context, host *pluginhost.Host, folder string, log hclog.Logger) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Invalid(config.CodeInvalid, "connectors", "there is no folder "+folder).
			WithRemedy("build the connectors, or name their folder")
	}
	if err != nil {
		return fmt.Errorf("looking for connectors: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		path := filepath.Join(folder, e.Name())
		instance, err := host.Load(ctx, pluginhost.Source{Path: path})
		if err == nil {
			err = instance.Start(ctx)
		}
		if err != nil {
			log.Error("a connector cannot be used", "path", path, "error", err)
			continue
		}
		description := instance.Describe()
		log.Info("connector ready", "connector", description.ID, "version", description.Version, "sha256", instance.SHA256())
	}
	return nil
}

// catalogue shows the host's connectors to the flows.
type catalogue struct {
	host *pluginhost.Host
}

var _ ports.Catalogue = catalogue{}

// Connector gives the one loaded version of a connector.
func (c catalogue) Connector(id string) (ports.Connector, error) {
	if instance, ok := c.host.Connector(id); ok {
		return instance, nil
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+id+"\" is installed").
		WithRemedy("put its program into the connectors' folder and start the hub again")
}

// Status lists the connectors by id.
func (c catalogue) Status() []ports.ConnectorStatus {
	instances := c.host.Connectors()
	list := make([]ports.ConnectorStatus, 0, len(instances))
	for _, instance := range instances {
		s := instance.Status()
		status := ports.ConnectorStatus{
			Description: instance.Describe(), SHA256: s.SHA256, State: state(s.State), PID: s.PID, Restarts: s.Restarts, LastExit: s.LastExit,
		}
		if s.Uptime > 0 {
			status.StartedAt = time.Now().Add(-s.Uptime).UTC()
		}
		list = append(list, status)
	}
	return list
}

func state(s pluginhost.State) ports.ConnectorState {
	switch s {
	case pluginhost.Starting:
		return ports.ConnectorStarting
	case pluginhost.Ready, pluginhost.Draining:
		return ports.ConnectorReady
	case pluginhost.Backoff:
		return ports.ConnectorBackingOff
	case pluginhost.Quarantined:
		return ports.ConnectorQuarantined
	case pluginhost.Attached:
		return ports.ConnectorAttached
	case pluginhost.Idle, pluginhost.Stopped:
	}
	return ports.ConnectorStopped
}
