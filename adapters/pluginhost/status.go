package pluginhost

import "time"

// State is how a connector's process fares.
type State string

// The states. Idle and Backoff turn into Starting with the next call.
const (
	Idle        State = "idle"        // not called yet
	Starting    State = "starting"    // calls wait until it is ready
	Ready       State = "ready"       // running
	Draining    State = "draining"    // calls under way end, no new ones begin
	Backoff     State = "backoff"     // has exited and may not start before RetryAt
	Quarantined State = "quarantined" // has exited too often; see Instance.Reset
	Stopped     State = "stopped"     // with the host
	Attached    State = "attached"    // run by somebody else; see Host.Attach
)

// Status is a connector's state at a moment.
type Status struct {
	ID      string
	Version string
	SHA256  string
	State   State
	// PID is 0 unless a process runs.
	PID    int
	Uptime time.Duration
	// InFlight is how many calls are under way.
	InFlight int
	// Restarts is how often it has exited or failed to start.
	Restarts int
	// LastExit says why it was last down, or is empty.
	LastExit   string
	LastExitAt time.Time
	// MemoryBytes is what the process and its children have in memory, shortly ago, and
	// MemoryLimit how much they may, 0 for no limit. Memory is known on Linux only.
	MemoryBytes, MemoryLimit int64
	// PeakMemory is the most they had before the last time that the process ended.
	PeakMemory int64
	// RetryAt is when it may start again; set in Backoff only.
	RetryAt time.Time
}

func (s *supervisor) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Status{
		ID:         s.program.description.ID,
		Version:    s.program.description.Version,
		SHA256:     s.program.sha256,
		State:      s.state,
		InFlight:   s.inFlight,
		Restarts:   s.restarts,
		LastExit:   s.lastExit,
		LastExitAt: s.exitedAt,
		PeakMemory: s.peak,

		MemoryLimit: s.config.memoryFor(s.program.description.ID),
	}
	if s.stopping && s.state != Stopped || s.resting != nil && (s.state == Ready || s.state == Starting) {
		out.State = Draining
	}
	if s.state == Backoff {
		out.RetryAt = s.retryAt
	}
	if s.process != nil {
		out.PID = s.process.child.processID()
		out.Uptime = time.Since(s.process.since)
		out.MemoryBytes, _ = s.process.child.usage()
	}
	return out
}
