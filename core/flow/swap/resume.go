package swap

import (
	"cmp"
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Resume takes up the swaps under which the hub has stopped. One whose lanes had not begun
// to move is over: the old version serves. One whose lanes had is taken up at its watch:
// every connection is served by the new version since the hub has started. One that was
// going back has done so: the old version is wanted, and has served since.
func (s *Service) Resume(ctx context.Context) error {
	open, err := s.open(ctx)
	if err != nil {
		return err
	}
	for _, swap := range open {
		a, err := s.admit(swap)
		if err != nil {
			return err
		}
		switch swap.State {
		case ports.SwapHandingOver, ports.SwapDraining, ports.SwapWatching:
			back, err := s.goingBack(ctx, swap)
			if err != nil {
				return err
			}
			if !back {
				s.work.Go(a.resume)
				continue
			}
			a.end(ports.SwapReturned, fault.New(CodeInterrupted, fault.Temporary, "the hub was stopped while the old version took over again, which serves since").
				WithRemedy("see the hub's log for why it went back"))
			s.dismiss(swap.Connector)
		case ports.SwapChecking, ports.SwapComparing, ports.SwapDone, ports.SwapRefused, ports.SwapCancelled, ports.SwapReturned:
			a.end(ports.SwapRefused, fault.New(CodeInterrupted, fault.Temporary, "the hub was stopped before the first lane had moved").
				WithRemedy("swap again"))
			s.dismiss(swap.Connector)
		}
	}
	return nil
}

// goingBack reports whether a swap whose lanes had begun to move was on its way back: the
// new version is not wanted any more.
func (s *Service) goingBack(ctx context.Context, swap ports.Swap) (bool, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (bool, error) {
		wanted, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return false, err
		}
		all, own := "", map[string]string{}
		for _, w := range wanted {
			switch {
			case w.Connector != swap.Connector:
			case w.ConnectionID == "":
				all = w.Version
			default:
				own[w.ConnectionID] = w.Version
			}
		}
		if len(swap.Connections) == 0 {
			return all != swap.To, nil
		}
		return cmp.Or(own[swap.Connections[0]], all) != swap.To, nil
	})
}

// open lists the swaps that have not ended: at most the last one of each connector.
func (s *Service) open(ctx context.Context) ([]ports.Swap, error) {
	return walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]ports.Swap, error) {
		wanted, err := tx.Catalogue().Wanted(ctx)
		if err != nil {
			return nil, err
		}
		var open []ports.Swap
		for _, w := range wanted {
			if w.ConnectionID != "" {
				continue
			}
			last, err := tx.Catalogue().Swaps(ctx, w.Connector, ports.Page{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(last) > 0 && !last[0].State.Ended() {
				open = append(open, last[0])
			}
		}
		return open, nil
	})
}

// WakeWaiting lets the flows go on whose runs wait, when the hub starts: for a connector,
// perhaps, that is there again.
func (s *Service) WakeWaiting(ctx context.Context) error {
	waiting, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) ([]string, error) {
		var waiting []string
		err := walk.Flows(ctx, tx, "", func(f merchant.Flow) error {
			run, err := tx.Runs().Current(ctx, f.ID)
			if fault.CodeOf(err) == ports.CodeNotFound {
				return nil
			}
			if err == nil && run.Fault != nil {
				waiting = append(waiting, f.ID)
			}
			return err
		})
		return waiting, err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, id := range waiting {
			if err := tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Wake lets the flows go on that wait for a connector.
func (s *Service) Wake(ctx context.Context, connector string) error {
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return walk.ConnectionsTo(ctx, tx, connector, func(c ports.ConnectionRecord) error { return start.Waiting(ctx, tx, c) })
	})
}

// Release lets a version out of quarantine, or out of its pause after a crash, and lets the
// work go on that waits for it.
func (s *Service) Release(ctx context.Context, connector, version, reason, by string) error {
	if err := s.parts.Fleet.Reset(connector, version); err != nil {
		return err
	}
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Audit().Append(ctx, ports.AuditEntry{At: s.now(), By: by, Act: "connector.released", Subject: connector, Detail: version + ": " + reason})
	})
	if err != nil {
		return err
	}
	return s.Wake(ctx, connector)
}
