package remote

import (
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Berth is the connections that share a lane, and so can only be handed over together.
type Berth struct {
	// Key names the lane. It is empty for a connection without one, which is made no
	// calls through.
	Key         string
	Connections []string
	lane        *lane.Lane
}

// Berths groups connections by their lanes, in the order in which they are named. Lanes
// that nobody has used yet are opened, so that nobody can start to use one unseen while
// it is handed over.
func (d *Desk) Berths(ctx context.Context, connectionIDs []string) ([]Berth, error) {
	var list []Berth
	for _, id := range connectionIDs {
		key, l, err := d.berth(ctx, id)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(list, func(b Berth) bool { return key != "" && b.Key == key })
		if at < 0 {
			list, at = append(list, Berth{Key: key, lane: l}), len(list)
		}
		list[at].Connections = append(list[at].Connections, id)
	}
	return list, nil
}

func (d *Desk) berth(ctx context.Context, connectionID string) (string, *lane.Lane, error) {
	record, err := d.record(ctx, connectionID)
	if err != nil {
		return "", nil, err
	}
	if record.State == merchant.Disconnected {
		return "", nil, nil
	}
	connector, err := d.catalogue.Serving(record.Connector, connectionID)
	if err != nil {
		return "", nil, err
	}
	credentials, err := d.credentials(ctx, record)
	if fault.ClassOf(err) == fault.Auth {
		return "", nil, nil // they cannot be read, so that no call is made with them
	}
	if err != nil {
		return "", nil, err
	}
	a := &Account{desk: d, record: record, connector: connector, entered: credentials}
	under := a.describe()
	l, err := d.lane(ctx, under.description, record, under.credentials)
	return laneKey(under.description, record, under.credentials), l, err
}

// HandOver waits until no request is in flight in the berth's lane, has move point its
// connections at another version of their connector, which declares the quota, and lets
// the lane go on. It fails if the context ends first; move was not called then.
func (d *Desk) HandOver(ctx context.Context, b Berth, to ports.Description, move func()) error {
	if b.lane == nil {
		move()
		return nil
	}
	release, err := b.lane.Hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	move()
	b.lane.Limit(d.quota(to))
	return nil
}

// State looks at the lane of a berth; it is zero without one.
func (b Berth) State() lane.State {
	if b.lane == nil {
		return lane.State{}
	}
	return b.lane.State()
}

// Peek looks at the lane of a connection, if it has used one since the hub has started.
func (d *Desk) Peek(connectionID string) (lane.State, bool) {
	d.mu.Lock()
	h, ok := d.lanes[d.berths[connectionID]]
	d.mu.Unlock()
	if !ok {
		return lane.State{}, false
	}
	return h.lane.State(), true
}

// note keeps when a request of a connection has last succeeded.
func (d *Desk) note(connectionID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.succeeded[connectionID] = d.clock.Now()
}

// Succeeded is when a request of a connection has last succeeded since the hub has started,
// zero if none has.
func (d *Desk) Succeeded(connectionID string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.succeeded[connectionID]
}
