package subscription

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// checkName is the item of a verification.
const checkName = "subscription"

// Check asks the provider whether it sends messages, for the verification of a
// connection; nil where the merchant does not want it, or nothing reads from there. What
// is amiss is a warning, since flows go on without, and is mended by the job.
func (s *Service) Check(ctx context.Context, connectionID string) (*ports.Check, error) {
	e, err := s.errand(ctx, connectionID)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil, nil //nolint:nilnil // there is nothing to check
	}
	if err != nil || !e.Wanted || len(e.subjects) == 0 {
		return nil, err
	}
	warning := &ports.Check{Name: checkName, State: ports.CheckWarning, Remedy: "it is registered again by itself; flows go on by their schedules meanwhile"}
	switch {
	case e.Phase == ports.SubscriptionFailing && e.Fault != nil:
		warning.Detail = "the provider sends no messages: " + string(e.Fault.Code) + ": " + e.Fault.Reason
		if e.Fault.Remedy != "" {
			warning.Remedy = e.Fault.Remedy
		}
	case e.Phase != ports.SubscriptionActive:
		warning.Detail = "the address is being registered at the provider"
	default:
		state, err := s.ask(ctx, e)
		f := fault.Of(err)
		switch {
		case err != nil && f == nil:
			return nil, err
		case f != nil:
			warning.Detail, warning.Remedy = "whether the provider sends messages could not be checked: "+string(f.Code)+": "+f.Reason, "verify the connection again"
			return warning, nil //nolint:nilerr // that it failed is the outcome of the check
		case state.Active && slices.Contains(state.IDs, e.ID):
			return &ports.Check{Name: checkName, State: ports.CheckOK, Detail: "the provider sends messages"}, nil
		case state.Detail != "":
			warning.Detail = "the provider sends no messages: " + state.Detail
		default:
			warning.Detail = "the subscription is gone at the provider"
		}
	}
	return warning, s.change(ctx, e, true, func(_ context.Context, _ ports.Tx, now *ports.SubscriptionRecord) error {
		now.Phase = ports.SubscriptionPending
		return nil
	})
}

func (s *Service) ask(ctx context.Context, e errand) (ports.SubscriptionState, error) {
	account, port, err := s.provider(ctx, e.ConnectionID)
	if err != nil {
		return ports.SubscriptionState{}, err
	}
	var state ports.SubscriptionState
	err = account.Do(ctx, "CheckSubscription", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		state, err = port.CheckSubscription(ctx, ports.SubscriptionRequest{Call: call, URL: e.kept.URL})
		return state.Usage, err
	})
	return state, err
}

// End has the provider send nothing more before a connection loses its credentials, in
// one attempt: whoever disconnects does not wait. It says what stays at the provider, or
// nothing. The record is forgotten with the credentials.
func (s *Service) End(ctx context.Context, connectionID string) (stays string, err error) {
	e, err := s.errand(ctx, connectionID)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return "", nil
	}
	if err != nil || e.ID == "" && e.Attempt == 0 {
		return "", err
	}
	if err = s.end(ctx, e); err == nil {
		return "", nil
	}
	if f := fault.Of(err); f != nil {
		return "the provider goes on sending messages, remove the subscription " + e.ID + " there: " + string(f.Code), nil //nolint:nilerr // nobody waits for the provider
	}
	return "", err
}
