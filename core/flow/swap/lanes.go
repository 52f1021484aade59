package swap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// handOver moves the connections to the new version, lane by lane.
func (a *act) handOver() error {
	swap := a.look()
	// Both or neither: a hub that starts again goes by the state, and serves what is wanted.
	if err := a.enter(a.ctx, ports.SwapHandingOver, a.want(swap.To, swap.From)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, swap.Drain)
	defer cancel()
	for { // connections that are made meanwhile come too
		list, err := a.concerned(ctx)
		if err != nil {
			return err
		}
		var ids []string
		for _, c := range list {
			if !slices.Contains(a.moved, c.ID) {
				ids = append(ids, c.ID)
			}
		}
		if len(ids) == 0 {
			break
		}
		if err := a.move(ctx, ids, swap.To); err != nil {
			return err
		}
	}
	a.settleRoutes(swap.To)
	return nil
}

// move hands connections over to a version, several lanes at a time. Those that have been
// moved are noted even if others could not be.
func (a *act) move(ctx context.Context, ids []string, version string) error {
	swap := a.look()
	to, err := a.parts.Fleet.Version(swap.Connector, version)
	if err != nil {
		return err
	}
	berths, err := a.parts.Desk.Berths(ctx, ids)
	if err != nil {
		return err
	}
	a.change(func(s *ports.Swap) { s.Lanes += len(berths) })
	places := make(chan struct{}, a.parts.Options.Parallel)
	failures := make([]error, len(berths))
	var all sync.WaitGroup
	for i, b := range berths {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			failures[i] = a.moveLane(ctx, b, to.Describe(), version)
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// moveLane hands the connections of one lane over, between two requests.
func (a *act) moveLane(ctx context.Context, b remote.Berth, to ports.Description, version string) error {
	connector := a.look().Connector
	waits := b.State().Running
	a.change(func(s *ports.Swap) { s.InFlight += waits })
	defer a.change(func(s *ports.Swap) { s.InFlight -= waits })
	err := a.parts.Desk.HandOver(ctx, b, to, func() {
		for _, id := range b.Connections {
			a.parts.Fleet.Route(connector, id, version)
		}
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(CodeLaneBusy, fault.Conflict, fmt.Sprintf("%d call(s) of the connection %s did not end within %s", b.State().Running, b.Connections[0], a.look().Drain)).
			WithRemedy("swap with a longer drain_seconds; a call ends at its own deadline at the latest")
	}
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.swap.Moved++
	a.moved = append(a.moved, b.Connections...)
	return nil
}

// settleRoutes makes what was moved lane by lane the rule: for all connections that are
// pinned to none, or as pins.
func (a *act) settleRoutes(version string) {
	swap := a.look()
	if len(swap.Connections) > 0 {
		return // their own routes stay
	}
	a.parts.Fleet.Route(swap.Connector, "", version)
	for _, id := range a.moved {
		a.parts.Fleet.Route(swap.Connector, id, "")
	}
}

// want stores which version shall serve. A pin to the version that all others have is none.
func (a *act) want(version, previous string) func(context.Context, ports.Tx) error {
	swap := a.look()
	return func(ctx context.Context, tx ports.Tx) error {
		wanted := ports.Wanted{Connector: swap.Connector, Version: version, Previous: previous, At: a.now(), By: swap.By, Reason: swap.Reason}
		if len(swap.Connections) == 0 {
			return tx.Catalogue().Want(ctx, wanted)
		}
		all, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return err
		}
		ofAll := slices.IndexFunc(all, func(w ports.Wanted) bool { return w.Connector == swap.Connector && w.ConnectionID == "" })
		for _, id := range swap.Connections {
			if ofAll >= 0 && all[ofAll].Version == version {
				err = tx.Catalogue().Unpin(ctx, swap.Connector, id)
			} else {
				wanted.ConnectionID = id
				err = tx.Catalogue().Want(ctx, wanted)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// back hands everything over to the old version again.
func (a *act) back() error {
	ctx := a.running // the swap itself may have been cancelled
	swap := a.look()
	if err := a.parts.Fleet.Start(ctx, swap.Connector, swap.From); err != nil {
		return err
	}
	// It leads no undo to the version that has just failed.
	if err := a.parts.Store.Update(ctx, a.want(swap.From, swap.Before)); err != nil {
		return err
	}
	a.change(func(s *ports.Swap) { s.Lanes, s.Moved = 0, 0 }) // they are counted anew on their way back
	moved := slices.Clone(a.moved)
	if len(moved) == 0 { // the hub was started anew since, or all have become the rule
		list, err := a.concerned(ctx)
		if err != nil {
			return err
		}
		for _, c := range list {
			moved = append(moved, c.ID)
		}
	}
	waiting, cancel := context.WithTimeout(ctx, swap.Drain)
	defer cancel()
	if err := a.move(waiting, moved, swap.From); err != nil {
		return err
	}
	a.settleRoutes(swap.From)
	return nil
}

// drain lets the old version end its last calls, and stops it, unless others are pinned
// to it.
func (a *act) drain() error {
	if err := a.enter(a.ctx, ports.SwapDraining); err != nil {
		return err
	}
	swap := a.look()
	if a.parts.Fleet.Serves(swap.Connector, swap.From) {
		return nil
	}
	if _, err := a.parts.Fleet.Version(swap.Connector, swap.From); err != nil {
		return nil // a version that is not there has nothing to end
	}
	ctx, cancel := context.WithTimeout(a.ctx, swap.Drain)
	defer cancel()
	return a.parts.Fleet.Rest(ctx, swap.Connector, swap.From)
}
