package pluginhost

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Host runs connectors.
type Host struct {
	config  Config
	sockets *socketFolder
	starter *starter

	mu        sync.RWMutex
	instances map[string]map[string]*Instance // by id and version
	routes    map[string]routes               // by id
	stopped   bool
}

// New gives a host without connectors. It makes its folders and removes the
// sockets and copies that dead hosts have left, and starts nothing.
func New(config Config) (*Host, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := sweepCopies(config.Dir); err != nil {
		return nil, err
	}
	sockets, err := openSocketFolder(config.SocketDir)
	if err != nil {
		return nil, err
	}
	return &Host{
		config:    config,
		sockets:   sockets,
		instances: make(map[string]map[string]*Instance),
		routes:    make(map[string]routes),
		starter: &starter{
			config: config, spawner: &spawner{}, sockets: sockets.path, kill: (*goplugin.Client).Kill,
		},
	}, nil
}

// Load installs a connector and asks what it is; its process starts with its
// first call. It fails with a fault that says in a sentence why the file cannot
// be a connector here. Loading the same file again gives the same instance, and
// loading what is attached gives what is attached. Versions of a connector stand side
// by side; the first one serves all connections until Route says otherwise.
func (h *Host) Load(ctx context.Context, source Source) (*Instance, error) {
	if err := inspect(source.Path); err != nil {
		return nil, err
	}
	path, sum, err := install(source.Path, filepath.Join(h.config.Dir, "connectors"), strings.ToLower(source.SHA256))
	if err != nil {
		return nil, err
	}
	secrets := &secrets{}
	description, err := h.starter.describe(ctx, path, source, secrets)
	if err != nil {
		return nil, err
	}
	source.PlainText = source.PlainText || slices.Contains(h.config.PlainText, description.ID)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil, unavailable("the hub is being stopped", 0)
	}
	for _, known := range h.instances[description.ID] {
		if known.Status().State == Attached {
			return known, nil
		}
	}
	if known, ok := h.instances[description.ID][description.Version]; ok {
		if known.SHA256() == sum {
			return known, nil
		}
		return nil, fault.New(CodeLoaded, fault.Conflict, "version "+description.Version+" of "+description.ID+" is loaded already, and is another program (SHA-256 "+known.SHA256()+")").
			From(fault.Connector).WithRemedy("give the connector another version whenever anything in it changes")
	}
	s := &supervisor{
		program: program{path: path, sha256: sum, source: source, description: description},
		config:  h.config,
		starter: h.starter,
		secrets: secrets,
		state:   Idle,
		log:     h.config.Logger.Named("connector").With("connector", description.ID, "version", description.Version),
	}
	instance := &Instance{Client: wire.NewClient(s, description), keeper: s}
	h.add(instance)
	return instance, nil
}

// add takes an instance up. The caller holds the lock.
func (h *Host) add(instance *Instance) {
	d := instance.Describe()
	if h.instances[d.ID] == nil {
		h.instances[d.ID] = make(map[string]*Instance)
	}
	if _, routed := h.routes[d.ID]; !routed {
		h.routes[d.ID] = routes{all: d.Version, own: make(map[string]string)}
	}
	h.instances[d.ID][d.Version] = instance
}

// Connector gives the version of a connector that serves all connections without a route
// of their own.
func (h *Host) Connector(id string) (*Instance, bool) {
	return h.Serving(id, "")
}

// Version gives one version of a connector.
func (h *Host) Version(id, version string) (*Instance, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	instance, ok := h.instances[id][version]
	return instance, ok
}

// Connectors lists what has been loaded, by id and version.
func (h *Host) Connectors() []*Instance {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []*Instance
	for _, versions := range h.instances {
		list = slices.AppendSeq(list, maps.Values(versions))
	}
	slices.SortFunc(list, func(a, b *Instance) int {
		x, y := a.Describe(), b.Describe()
		return cmp.Or(strings.Compare(x.ID, y.ID), strings.Compare(x.Version, y.Version))
	})
	return list
}

// Unload stops a version and forgets it, with the hub's copy of its program. It fails
// with CodeInUse while a route leads to it.
func (h *Host) Unload(ctx context.Context, id, version string) error {
	h.mu.Lock()
	instance, ok := h.instances[id][version]
	if !ok {
		h.mu.Unlock()
		return nil
	}
	if h.routes[id].leadTo(version) {
		h.mu.Unlock()
		return fault.New(CodeInUse, fault.Conflict, "version "+version+" of "+id+" serves connections").WithRemedy("hand them over to another version first")
	}
	delete(h.instances[id], version)
	sum, shared := instance.SHA256(), false
	for _, versions := range h.instances {
		for _, other := range versions {
			shared = shared || other.SHA256() == sum
		}
	}
	h.mu.Unlock()
	instance.keeper.stop(ctx)
	if sum == "" || shared {
		return nil
	}
	return os.Remove(h.Copy(sum))
}

// Status says how all connectors fare, by id and version.
func (h *Host) Status() []Status {
	var list []Status
	for _, instance := range h.Connectors() {
		list = append(list, instance.Status())
	}
	return list
}

// Stop takes no more calls, waits for those under way until ctx ends, and ends
// all processes, by force if need be. It may be called twice.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	if h.stopped {
		h.mu.Unlock()
		return nil
	}
	h.stopped = true
	h.mu.Unlock()
	var all sync.WaitGroup
	for _, instance := range h.Connectors() {
		all.Go(func() { instance.keeper.stop(ctx) })
	}
	all.Wait()
	h.starter.spawner.close()
	return h.sockets.close()
}
