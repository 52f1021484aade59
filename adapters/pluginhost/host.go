package pluginhost

import (
	"context"
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

	mu        sync.Mutex
	instances map[string]*Instance
	stopped   bool
}

// New gives a host without connectors. It makes its folders and removes the
// sockets that dead hosts have left, and starts nothing.
func New(config Config) (*Host, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	sockets, err := openSocketFolder(config.SocketDir)
	if err != nil {
		return nil, err
	}
	return &Host{
		config:    config,
		sockets:   sockets,
		instances: make(map[string]*Instance),
		starter: &starter{
			config: config, spawner: &spawner{}, sockets: sockets.path, kill: (*goplugin.Client).Kill,
		},
	}, nil
}

// Load installs a connector and asks what it is; its process starts with its
// first call. It fails with a fault that says in a sentence why the file cannot
// be a connector here. Loading the same file again gives the same instance, and
// loading what is attached gives what is attached.
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
	if known, ok := h.instances[description.ID]; ok {
		if known.SHA256() == sum || known.Status().State == Attached {
			return known, nil
		}
		return nil, fault.New(CodeLoaded, fault.Conflict, "version "+known.Describe().Version+" of "+description.ID+" is loaded already")
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
	h.instances[description.ID] = instance
	return instance, nil
}

// Connector gives a connector that has been loaded.
func (h *Host) Connector(id string) (*Instance, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	instance, ok := h.instances[id]
	return instance, ok
}

// Connectors lists what has been loaded, by id.
func (h *Host) Connectors() []*Instance {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*Instance, 0, len(h.instances))
	for _, instance := range h.instances {
		list = append(list, instance)
	}
	slices.SortFunc(list, func(a, b *Instance) int { return strings.Compare(a.Describe().ID, b.Describe().ID) })
	return list
}

// Status says how all connectors fare, by id.
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
