package hub

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// engine gives each flow, and each exception, to the service of its kind.
type engine struct {
	*settlement.Service
	events *registration.Service
	store  ports.Store
}

func newEngine(store ports.Store, payouts *settlement.Service, events *registration.Service) *engine {
	return &engine{Service: payouts, events: events, store: store}
}

func (e *engine) kind(ctx context.Context, flowID string) (merchant.FlowKind, error) {
	var flow merchant.Flow
	err := e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		flow, err = tx.Flows().Get(ctx, flowID)
		return err
	})
	return flow.Kind, err
}

// Start opens a run of a flow, or gives the one that is running.
func (e *engine) Start(ctx context.Context, flowID, trigger string) (ports.Run, error) {
	kind, err := e.kind(ctx, flowID)
	if err != nil {
		return ports.Run{}, err
	}
	if kind == merchant.Events {
		return e.events.Start(ctx, flowID, trigger)
	}
	return e.Service.Start(ctx, flowID, trigger)
}

// Advance moves a flow on by a slice.
func (e *engine) Advance(ctx context.Context, flowID string) (settlement.Next, error) {
	kind, err := e.kind(ctx, flowID)
	if err != nil {
		return settlement.Next{}, err
	}
	if kind == merchant.Events {
		done, err := e.events.Advance(ctx, flowID)
		return settlement.Next{Done: done}, err
	}
	return e.Service.Advance(ctx, flowID)
}

// RetryException tries again what an exception stopped. One that concerns no payout
// is about events.
func (e *engine) RetryException(ctx context.Context, exceptionID, by string) error {
	var raised ports.Exception
	err := e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		raised, err = tx.Exceptions().Get(ctx, exceptionID)
		return err
	})
	if err != nil {
		return err
	}
	if raised.PayoutID == "" {
		return e.events.RetryException(ctx, exceptionID, by)
	}
	return e.Service.RetryException(ctx, exceptionID, by)
}
