// Package sight gathers how the connectors and the connections of a hub fare: what metrics,
// the status page and the bundle for support show alike. It changes nothing, and calls
// nobody.
package sight

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Catalogue gives what is installed and what is wanted.
type Catalogue interface {
	List(ctx context.Context) ([]ports.InstalledVersion, []ports.Wanted, error)
	// Missing says why an installed version is not loaded, nil if it is.
	Missing(connector, version string) error
}

// Fleet is the versions as this hub runs them.
type Fleet interface {
	Node() string
	VersionStatus(connector, version string) (ports.VersionStatus, error)
	Log(connector, version string) ([]ports.LogEntry, error)
	Failures(connector, version string) ([]ports.CallFailure, error)
	// Running is the version that serves a connection, empty if none does.
	Running(connector, connectionID string) string
}

// Lanes looks at the lanes of connections.
type Lanes interface {
	// Peek is false for a connection that has not used its lane since the hub has started.
	Peek(connectionID string) (lane.State, bool)
	Succeeded(connectionID string) time.Time
}

// Swaps gives swaps as they are now, newest first; of all connectors without one.
type Swaps interface {
	List(ctx context.Context, connector string, page ports.Page) ([]ports.Swap, error)
}

// Parts are what the reader looks at. All are required.
type Parts struct {
	Store     ports.Store
	Catalogue Catalogue
	Fleet     Fleet
	Lanes     Lanes
	Swaps     Swaps
}

// Reader looks. It is safe for concurrent use.
type Reader struct{ parts Parts }

// New makes a reader.
func New(parts Parts) *Reader { return &Reader{parts} }

// Version is an installed version, and how it runs here.
type Version struct {
	ports.InstalledVersion

	// Wanted: for all connections that are pinned to none. Pinned are those pinned to it.
	Wanted bool
	Pinned []string
	// Status is nil for a version that is not loaded; Missing then says why.
	Status  *ports.VersionStatus
	Missing string
}

// Node names this hub.
func (r *Reader) Node() string { return r.parts.Fleet.Node() }

// Versions gives every installed version by connector, oldest first.
func (r *Reader) Versions(ctx context.Context) ([]Version, error) {
	installed, wanted, err := r.parts.Catalogue.List(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Version, 0, len(installed))
	for _, v := range installed {
		seen := Version{InstalledVersion: v}
		for _, w := range wanted {
			switch {
			case w.Connector != v.Connector || w.Version != v.Version:
			case w.ConnectionID == "":
				seen.Wanted = true
			default:
				seen.Pinned = append(seen.Pinned, w.ConnectionID)
			}
		}
		status, err := r.parts.Fleet.VersionStatus(v.Connector, v.Version)
		if err == nil {
			seen.Status = &status
		} else {
			if missing := r.parts.Catalogue.Missing(v.Connector, v.Version); missing != nil {
				err = missing
			}
			seen.Missing = err.Error()
		}
		list = append(list, seen)
	}
	return list, nil
}

// Log and Failures give the last lines of a version's log and its last calls that failed,
// oldest first; nothing of one that is not loaded.
func (r *Reader) Log(v Version) ([]ports.LogEntry, error) {
	if v.Status == nil {
		return nil, nil
	}
	return r.parts.Fleet.Log(v.Connector, v.Version)
}

// Failures: see Log.
func (r *Reader) Failures(v Version) ([]ports.CallFailure, error) {
	if v.Status == nil {
		return nil, nil
	}
	return r.parts.Fleet.Failures(v.Connector, v.Version)
}

// Lane is a connection and its lane.
type Lane struct {
	Connection ports.ConnectionRecord
	// Running is the version that serves it, empty if none does.
	Running string
	// State is that of its lane, nil if it has not been used since the hub has started.
	State *lane.State
	// Succeeded is when a call last did, zero if none has.
	Succeeded time.Time
}

// Troubled reports whether somebody should look: no call goes to the account, or calls
// wait.
func (l Lane) Troubled() bool {
	c := l.Connection
	if c.State == merchant.Disconnected {
		return false
	}
	return !c.Pause.Since.IsZero() || c.State != merchant.Verified || l.Running == "" ||
		(l.State != nil && (!l.State.Paused.IsZero() || l.State.Waiting > 0))
}

// Lanes gives each connection to a connector, of all merchants, to fn.
func (r *Reader) Lanes(ctx context.Context, connector string, fn func(Lane) error) error {
	return r.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		return walk.ConnectionsTo(ctx, tx, connector, func(c ports.ConnectionRecord) error { return fn(r.Lane(c)) })
	})
}

// Lane looks at the lane of one connection.
func (r *Reader) Lane(c ports.ConnectionRecord) Lane {
	seen := Lane{Connection: c, Running: r.parts.Fleet.Running(c.Connector, c.ID), Succeeded: r.parts.Lanes.Succeeded(c.ID)}
	if state, used := r.parts.Lanes.Peek(c.ID); used {
		seen.State = &state
	}
	return seen
}

// Swaps gives the last swaps of a connector, or of all without one, newest first.
func (r *Reader) Swaps(ctx context.Context, connector string, most int) ([]ports.Swap, error) {
	return r.parts.Swaps.List(ctx, connector, ports.Page{Limit: most})
}

// Backlog counts what is not finished.
func (r *Reader) Backlog(ctx context.Context) (ports.Backlog, error) {
	return walk.View(ctx, r.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.Backlog, error) { return tx.Backlogs().Count(ctx) })
}
