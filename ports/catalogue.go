package ports

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of finding and starting connectors.
const (
	// CodeConnectorUnknown: no connector of this id is installed.
	CodeConnectorUnknown fault.Code = "connector.unknown"
	// CodeConnectorUnavailable: it is installed but not running now.
	CodeConnectorUnavailable fault.Code = "connector.unavailable"
	// CodeConnectorQuarantined: it has exited too often; work waits until a person has
	// looked. It is of class fault.NotSent.
	CodeConnectorQuarantined fault.Code = "connector.quarantined"
	// CodeCapabilityMissing: the connector cannot do what the flow needs.
	CodeCapabilityMissing fault.Code = "connector.capability_missing"
)

// Catalogue hands out installed connectors.
type Catalogue interface {
	// Serving gives a connector as it serves one connection: by the version to which the
	// connection has been handed over by the time of a call, which is also the one that
	// it describes. The value implements the interfaces of the capabilities in its
	// description. Calls fail with CodeConnectorUnavailable, of class fault.NotSent,
	// while it is down.
	Serving(id, connectionID string) (Connector, error)
	// Status lists every installed connector by id, in the version that serves all
	// connections but those that are pinned to another.
	Status() []ConnectorStatus
}

// ConnectorState is what a connector's process does.
type ConnectorState string

// The states of a connector's process.
const (
	ConnectorStopped     ConnectorState = "stopped"
	ConnectorStarting    ConnectorState = "starting"
	ConnectorReady       ConnectorState = "ready"
	ConnectorBackingOff  ConnectorState = "backing_off"
	ConnectorQuarantined ConnectorState = "quarantined"
	// ConnectorAttached: its author runs it by hand, in development.
	ConnectorAttached ConnectorState = "attached"
)

// ConnectorStatus is what support sees of a connector.
type ConnectorStatus struct {
	Description Description
	SHA256      string
	State       ConnectorState
	PID         int
	StartedAt   time.Time
	Restarts    int
	// LastExit says how the process ended last time, empty if it never did.
	LastExit string
}

// Tokens obtains short-lived access tokens by a connector's OAuth declaration.
type Tokens interface {
	// Token gives a token for a connection, from memory while it is valid. The
	// hosts are those of Connection.Hosts. It fails with class fault.Auth if the
	// credentials are refused.
	Token(ctx context.Context, connectionID string, oauth OAuth, credentials, hosts map[string]string) (string, error)
	// Forget drops a token that was refused, unless another one has come since; an
	// empty one stands for whichever there is.
	Forget(connectionID, token string)
}

// VersionStatus is how one version of a connector fares on this hub.
type VersionStatus struct {
	ConnectorStatus
	// Serves: connections are served by it now. Draining: it ends its last calls.
	Serves, Draining bool
	Uptime           time.Duration
	// RetryAt is when it may start again, LastExitAt when it was last down.
	RetryAt, LastExitAt time.Time
	// Memory in bytes, of the process and its children; MemoryLimit is 0 for none.
	Memory, MemoryLimit int64
	Calls               CallCounts
}

// CallCounts is how the calls of a version went since it was loaded.
type CallCounts struct {
	Total, Failed int64
	// Refused calls were never made, because the version was down.
	Refused  int64
	InFlight int
	// Faults divides the failed calls by who can mend them.
	Faults []FaultCount
	// Median, Slow and Slowest are how long a call takes, slower than which are one in
	// two, one in a hundred and none.
	Median, Slow, Slowest time.Duration
	// Took is the distribution: how many took at most each bound, in ascending order, and
	// how long all took together.
	Took    []DurationCount
	TookAll time.Duration
}

// FaultCount is how many calls failed in one way.
type FaultCount struct {
	Class  fault.Class
	Source fault.Source
	Count  int64
}

// DurationCount is how many calls took at most as long.
type DurationCount struct {
	AtMost time.Duration
	Count  int64
}

// CallFailure is a call that failed.
type CallFailure struct {
	At           time.Time
	Method       string
	ConnectionID string
	// Work is what it was made for, see WithWork.
	Work   string
	Took   time.Duration
	Code   fault.Code
	Class  fault.Class
	Source fault.Source
	Reason string
}

// LogEntry is a line of a version's own log, without secrets.
type LogEntry struct {
	At      time.Time
	Level   string
	Message string
	Fields  map[string]string
}
