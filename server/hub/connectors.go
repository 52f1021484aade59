package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/minisign"
	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
	"github.com/kvitt/kvitt/server/config"
)

// connectorModule provides the installed connectors.
func connectorModule() fx.Option {
	return fx.Module("connectors",
		fx.Provide(
			newPluginHost,
			func(host *pluginhost.Host) fleet { return fleet{host} },
			newCatalogue,
			serving,
			newSwaps,
		),
		fx.Invoke(resumeSwaps),
	)
}

func newPluginHost(lc fx.Lifecycle, cfg config.Config, log hclog.Logger) (*pluginhost.Host, error) {
	host, err := pluginhost.New(pluginhost.Config{
		Dir: filepath.Join(cfg.Data, "connectors"), Logger: log.Named("connectors"),
		Memory: memory(cfg.Memory.Connector), MemoryOf: memoryOf(cfg.Memory.Of),
		Restart:   pluginhost.Restart{First: cfg.Restarts.First, Most: cfg.Restarts.Longest, Budget: cfg.Restarts.Budget, Window: cfg.Restarts.Window},
		PlainText: cfg.PlainText, AllowAttach: cfg.Dev, CallTimeout: cfg.Timings.Call, KillTimeout: cfg.Timings.Stop / 4,
	})
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(func(ctx context.Context) error {
		grace, cancel := context.WithTimeout(ctx, cfg.Timings.Stop)
		defer cancel()
		return host.Stop(grace)
	}))
	return host, nil
}

// memory gives a limit in MiB as the plugin host wants it.
func memory(limit int64) int64 {
	if limit == 0 {
		return -1 // none
	}
	return limit << 20
}

func memoryOf(limits map[string]int64) map[string]int64 {
	bytes := make(map[string]int64, len(limits))
	for id, limit := range limits {
		bytes[id] = memory(limit)
	}
	return bytes
}

// newCatalogue makes the service that installs versions.
func newCatalogue(cfg config.Config, fleet fleet, store ports.Store, log hclog.Logger) (*catalogue.Service, error) {
	keys, err := minisign.ParseKeys(cfg.Catalogue.TrustedKeys)
	if err != nil {
		return nil, err
	}
	return catalogue.New(catalogue.Parts{
		Store: store, Programs: fleet, Signatures: keys, Now: time.Now, Log: log.Named("catalogue"),
		Policy: catalogue.Policy{Signed: cfg.Catalogue.Signed, Level: cfg.Catalogue.Level, Waivers: cfg.Catalogue.Waivers},
	}), nil
}

// serving gives the connectors as the flows see them. When the hub starts, what is
// attached goes before what is installed, and that before what lies in the folder; the
// versions that serve are started, so that the first call need not wait.
func serving(lc fx.Lifecycle, cfg config.Config, fleet fleet, installed *catalogue.Service, log hclog.Logger) ports.Catalogue {
	lc.Append(fx.StartHook(func(ctx context.Context) error {
		if err := attach(ctx, fleet.host, cfg.Attach); err != nil {
			return errors.Join(err, fleet.host.Stop(ctx))
		}
		if err := installed.Restore(ctx); err != nil {
			return err
		}
		found, err := folder(cfg.Connectors)
		if err != nil {
			return err
		}
		if err := installed.TakeFolder(ctx, found); err != nil {
			return err
		}
		fleet.startServing(ctx, log)
		return nil
	}))
	return fleet
}

// folder lists the programs of the connectors' folder, with the signatures and reports that
// lie beside them.
func folder(path string) ([]catalogue.Found, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Invalid(config.CodeInvalid, "connectors", "there is no folder "+path).
			WithRemedy("build the connectors, or name their folder")
	}
	if err != nil {
		return nil, fmt.Errorf("looking for connectors: %w", err)
	}
	var list []catalogue.Found
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), signatureSuffix) || strings.HasSuffix(e.Name(), reportSuffix) {
			continue
		}
		program := filepath.Join(path, e.Name())
		signature, err := beside(program + signatureSuffix)
		if err != nil {
			return nil, err
		}
		report, err := beside(program + reportSuffix)
		if err != nil {
			return nil, err
		}
		list = append(list, catalogue.Found{Path: program, Signature: string(signature), Conformance: report})
	}
	return list, nil
}

// What lies beside a program "acme": acme.minisig and acme.conformance.json.
const (
	signatureSuffix = ".minisig"
	reportSuffix    = ".conformance.json"
)

func beside(path string) ([]byte, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// newSwaps makes the one service that swaps versions.
func newSwaps(lc fx.Lifecycle, fleet fleet, store ports.Store, desk *remote.Desk, replays *replay.Service, log hclog.Logger) *swap.Service {
	service := swap.New(swap.Parts{
		Store: store, Desk: desk, Replays: replays, Fleet: fleet, Schemas: jsonschema.New(), Clock: clock.Machine{}, Random: rand.Reader,
		Log: log.Named("swap"), Options: swap.DefaultOptions(),
	})
	lc.Append(fx.StopHook(service.Stop))
	return service
}

// resumeSwaps takes up the swaps under which the hub has stopped, and lets everything go on
// that waits for a connector: it may be there again.
func resumeSwaps(lc fx.Lifecycle, swaps *swap.Service, _ *jobs.Queue) {
	lc.Append(fx.StartHook(func(ctx context.Context) error {
		if err := swaps.Resume(ctx); err != nil {
			return err
		}
		return swaps.WakeWaiting(ctx)
	}))
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

// startServing starts every version that serves. One that does not start is said and left:
// the others must not wait for it.
func (f fleet) startServing(ctx context.Context, log hclog.Logger) {
	for _, instance := range f.host.Connectors() {
		d := instance.Describe()
		if !f.Serves(d.ID, d.Version) {
			continue
		}
		if err := instance.Start(ctx); err != nil {
			log.Error("a connector cannot be used", "connector", d.ID, "version", d.Version, "error", err)
			continue
		}
		log.Info("connector ready", "connector", d.ID, "version", d.Version, "sha256", instance.SHA256())
	}
}

// statusOf is what support sees of a version.
func statusOf(instance *pluginhost.Instance) ports.ConnectorStatus {
	s := instance.Status()
	status := ports.ConnectorStatus{
		Description: instance.Describe(), SHA256: s.SHA256, State: state(s.State), PID: s.PID, Restarts: s.Restarts, LastExit: s.LastExit,
	}
	if s.Uptime > 0 {
		status.StartedAt = time.Now().Add(-s.Uptime).UTC()
	}
	return status
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
