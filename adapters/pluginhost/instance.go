package pluginhost

import (
	"context"

	"github.com/kvitt/kvitt/sdk/wire"
)

// Instance is one version of a connector. The client that it embeds implements
// the interfaces of all capabilities; Describe says which of them the connector
// has. The instance stays the same when its process is started anew.
type Instance struct {
	*wire.Client
	supervisor *supervisor
}

// Status says how the connector's process fares.
func (i *Instance) Status() Status { return i.supervisor.status() }

// SHA256 identifies the executable, in lower-case hex.
func (i *Instance) SHA256() string { return i.supervisor.program.sha256 }

// Start has the connector ready before it is first called.
func (i *Instance) Start(ctx context.Context) error {
	if _, err := i.supervisor.acquire(ctx); err != nil {
		return err
	}
	i.supervisor.release()
	return nil
}

// Reset releases the connector from quarantine or back-off: the next call starts
// it, and what it did before counts no more.
func (i *Instance) Reset() { i.supervisor.reset() }
