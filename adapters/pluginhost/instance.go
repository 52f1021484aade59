package pluginhost

import (
	"context"

	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/sdk/wire"
)

// Instance is one version of a connector. The client that it embeds implements
// the interfaces of all capabilities; Describe says which of them the connector
// has. The instance stays the same when its process is started anew.
type Instance struct {
	*wire.Client
	keeper keeper
}

// keeper is a connection to a connector that is there whenever the connector is.
type keeper interface {
	grpc.ClientConnInterface
	status() Status
	// start has the connector ready before it is first called.
	start(ctx context.Context) error
	reset()
	// stop takes no more calls and lets those under way end until ctx does.
	stop(ctx context.Context)
	// rest is Instance.Rest.
	rest(ctx context.Context) error
	witness
}

// Status says how the connector's process fares.
func (i *Instance) Status() Status { return i.keeper.status() }

// SHA256 identifies the executable, in lower-case hex. It is empty for a connector
// that is attached, whose executable nobody has seen.
func (i *Instance) SHA256() string { return i.Status().SHA256 }

// Conn is the connection below the client, for calls that are made of messages.
func (i *Instance) Conn() grpc.ClientConnInterface { return i.keeper }

// Start has the connector ready before it is first called.
func (i *Instance) Start(ctx context.Context) error { return i.keeper.start(ctx) }

// Reset releases the connector from quarantine or back-off: the next call starts
// it, and what it did before counts no more.
func (i *Instance) Reset() { i.keeper.reset() }

// Rest takes the connector out of service without ending its supervision. Calls under
// way may end until ctx does; when its deadline passes, the process is ended anyway and
// the outcome of these calls is open. When ctx is cancelled, the process stays up and
// serves on, and Rest returns ErrRestCancelled. Calls that come meanwhile wait, and start
// the connector anew afterwards. Status says Draining and how many calls are InFlight.
//
// A connector that rests is Idle. One that has no process already, because it is in
// back-off or quarantine, stays what it is, and one that is attached stays attached: its
// process is somebody else's.
func (i *Instance) Rest(ctx context.Context) error { return i.keeper.rest(ctx) }

// Calls says how many calls there were since the connector was loaded, and how they
// went.
func (i *Instance) Calls() Calls { return i.keeper.calls() }

// Errors gives the last calls that failed, the oldest first.
func (i *Instance) Errors() []CallError { return i.keeper.errors() }

// Log gives the end of what the connector has logged, and of what the hub has logged of
// its process, the oldest first. It is bounded whatever the connector writes. One that is
// attached has none.
func (i *Instance) Log() []LogLine { return i.keeper.lines() }
