package pluginhost

import (
	"context"

	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

// routes say which version of a connector serves which connection.
type routes struct {
	all string            // for connections without a route of their own
	own map[string]string // by connection
}

func (r routes) to(connectionID string) string {
	if version, ok := r.own[connectionID]; ok {
		return version
	}
	return r.all
}

func (r routes) leadTo(version string) bool {
	if r.all == version {
		return true
	}
	for _, own := range r.own {
		if own == version {
			return true
		}
	}
	return false
}

// Route has a version serve a connection from its next call on, or all connections
// without a route of their own if connectionID is empty. An empty version ends the
// connection's own route, or has all without one be served by nobody, as does a version
// that is not loaded. What is attached serves all, whatever is wanted of what is installed.
func (h *Host) Route(id, connectionID, version string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, instance := range h.instances[id] {
		if instance.Status().State == Attached {
			return
		}
	}
	r, ok := h.routes[id]
	if !ok {
		r.own = make(map[string]string)
	}
	switch {
	case connectionID == "":
		r.all = version
	case version == "":
		delete(r.own, connectionID)
	default:
		r.own[connectionID] = version
	}
	h.routes[id] = r
}

// Serving gives the version that serves a connection now.
func (h *Host) Serving(id, connectionID string) (*Instance, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	instance, ok := h.instances[id][h.routes[id].to(connectionID)]
	return instance, ok
}

// Seat gives the connector as it serves a connection, and says whether there is one.
func (h *Host) Seat(id, connectionID string) (*Seat, bool) {
	if _, ok := h.Serving(id, connectionID); !ok {
		return nil, false
	}
	r := route{host: h, id: id, connectionID: connectionID}
	return &Seat{Client: wire.NewClient(r, ports.Description{}), route: r}, true
}

// Seat is a connector as it serves one connection. Each call goes to the version to
// which the route leads then.
type Seat struct {
	*wire.Client
	route route
}

// Describe gives the description of the version to which the route leads now.
func (s *Seat) Describe() ports.Description {
	instance, ok := s.route.host.Serving(s.route.id, s.route.connectionID)
	if !ok {
		return ports.Description{ID: s.route.id}
	}
	return instance.Describe()
}

type route struct {
	host             *Host
	id, connectionID string
}

var _ grpc.ClientConnInterface = route{}

func (r route) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	instance, ok := r.host.Serving(r.id, r.connectionID)
	if !ok {
		return unavailable("no version of "+r.id+" is loaded", 0)
	}
	return instance.keeper.Invoke(ctx, method, args, reply, opts...)
}

func (r route) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errNoStreams
}

// Leads reports whether any route leads to a version.
func (h *Host) Leads(id, version string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.routes[id].leadTo(version)
}
