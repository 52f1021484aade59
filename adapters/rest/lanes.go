package rest

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// Lanes looks at the lanes of remote accounts.
type Lanes interface {
	// Peek is false for a connection that has not used its lane since the hub has started.
	Peek(connectionID string) (lane.State, bool)
	Succeeded(connectionID string) time.Time
}

func (s *server) ListLanes(ctx context.Context, r api.ListLanesRequestObject) (api.ListLanesResponseObject, error) {
	found, err := walk.View(ctx, s.Store, func(ctx context.Context, tx ports.Tx) ([]ports.ConnectionRecord, error) {
		return tx.Catalogue().Connections(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	})
	if err != nil {
		return nil, err
	}
	_, wanted, err := s.Versions.List(ctx)
	if err != nil {
		return nil, err
	}
	items, next := answered(found, r.Params.Limit, func(c ports.ConnectionRecord) string { return c.ID }, func(c ports.ConnectionRecord) api.ConnectionLane {
		return s.laneAnswer(c, wanted)
	})
	return api.ListLanes200JSONResponse{Items: items, Next: next}, nil
}

func (s *server) laneAnswer(c ports.ConnectionRecord, wanted []ports.Wanted) api.ConnectionLane {
	answer := api.ConnectionLane{
		ConnectionID: c.ID, MerchantID: c.MerchantID, Label: c.Label, State: string(c.State), Wanted: wantedFor(wanted, c),
		Running: s.Fleet.Running(c.Connector, c.ID), LastSuccess: moment(s.Lanes.Succeeded(c.ID)),
	}
	if pause := c.Pause; !pause.Since.IsZero() {
		answer.Paused = &api.Pause{By: pause.By, Reason: pause.Reason, Since: pause.Since}
	}
	state, used := s.Lanes.Peek(c.ID) // to look opens no lane
	if !used {
		return answer
	}
	answer.InFlight, answer.Waiting, answer.RestingUntil = state.Running, state.Waiting, moment(state.Paused)
	if state.Calls > 0 {
		answer.CallsLeft = &state.Left
	}
	return answer
}

// wantedFor is the version that a connection is to be served by.
func wantedFor(wanted []ports.Wanted, c ports.ConnectionRecord) string {
	version := ""
	for _, w := range wanted {
		if w.Connector != c.Connector {
			continue
		}
		if w.ConnectionID == c.ID {
			return w.Version
		}
		if w.ConnectionID == "" {
			version = w.Version
		}
	}
	return version
}
