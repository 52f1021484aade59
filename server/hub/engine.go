package hub

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/invoicing"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// engine gives each flow, and each exception, to the service of its kind.
type engine struct {
	*settlement.Service
	events    *registration.Service
	documents *invoicing.Service
	store     ports.Store
}

func newEngine(store ports.Store, payouts *settlement.Service, events *registration.Service, documents *invoicing.Service) *engine {
	return &engine{Service: payouts, events: events, documents: documents, store: store}
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

// Start opens a run of a flow because somebody asks for it, or gives the one that is
// running.
func (e *engine) Start(ctx context.Context, flowID, by string) (ports.Run, error) {
	return e.StartBy(ctx, flowID, ports.TriggerAPI, by)
}

// Advance moves a flow on by a slice.
func (e *engine) Advance(ctx context.Context, flowID string) (settlement.Next, error) {
	kind, err := e.kind(ctx, flowID)
	if err != nil {
		return settlement.Next{}, err
	}
	switch {
	case kind == merchant.Events:
		done, err := e.events.Advance(ctx, flowID)
		return settlement.Next{Done: done}, err
	case kind.MakesDocuments():
		done, err := e.documents.Advance(ctx, flowID)
		return settlement.Next{Done: done}, err
	}
	return e.Service.Advance(ctx, flowID)
}

// RetryException tries again what an exception stopped.
func (e *engine) RetryException(ctx context.Context, exceptionID, by string) error {
	if ours, err := e.documents.About(ctx, exceptionID); err != nil || ours {
		if err == nil {
			err = e.documents.RetryException(ctx, exceptionID, by)
		}
		return err
	}
	events, err := e.aboutEvents(ctx, exceptionID)
	if err != nil {
		return err
	}
	if events {
		return e.events.RetryException(ctx, exceptionID, by)
	}
	return e.Service.RetryException(ctx, exceptionID, by)
}

// Resolve ties the line of an exception to a document.
func (e *engine) Resolve(ctx context.Context, exceptionID, document, by string) error {
	if ours, err := e.documents.About(ctx, exceptionID); err != nil || ours {
		if err == nil {
			err = e.documents.Resolve(ctx, exceptionID, document, by)
		}
		return err
	}
	events, err := e.aboutEvents(ctx, exceptionID)
	if err != nil {
		return err
	}
	if events {
		return fault.New(settlement.CodeNotResolvable, fault.Conflict, "the exception is about a payment event, which settles no document").
			WithRemedy("mend what the exception names, then retry it")
	}
	return e.Service.Resolve(ctx, exceptionID, document, by)
}

// Adopt accepts what somebody did by hand about the line of an exception.
func (e *engine) Adopt(ctx context.Context, exceptionID string, confirm bool, by string) (settlement.Adoption, error) {
	if ours, err := e.documents.About(ctx, exceptionID); err != nil {
		return settlement.Adoption{}, err
	} else if ours {
		document, err := e.documents.Adopt(ctx, exceptionID, confirm, by)
		return settlement.Adoption{Document: document, Confirmed: err == nil && confirm}, err
	}
	events, err := e.aboutEvents(ctx, exceptionID)
	if err != nil {
		return settlement.Adoption{}, err
	}
	if events {
		return settlement.Adoption{}, fault.New(settlement.CodeNotAdoptable, fault.Conflict, "the exception is about a payment event, of which there is nothing to adopt").
			WithRemedy("mend what the exception names, then retry it")
	}
	return e.Service.Adopt(ctx, exceptionID, confirm, by)
}

// aboutEvents reports whether an exception is about events: it concerns no payout,
// and no voucher of a flow of payouts as a whole.
func (e *engine) aboutEvents(ctx context.Context, exceptionID string) (bool, error) {
	var events bool
	err := e.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		raised, err := tx.Exceptions().Get(ctx, exceptionID)
		events = raised.PayoutID == ""
		if err != nil || !events || raised.StepID == 0 {
			return err
		}
		step, err := tx.Steps().Get(ctx, raised.StepID)
		if err != nil {
			return err
		}
		flow, err := tx.Flows().Get(ctx, step.FlowID)
		events = flow.Kind == merchant.Events
		return err
	})
	return events, err
}
