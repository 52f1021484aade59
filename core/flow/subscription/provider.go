package subscription

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// provider gives the account of a connection, and its connector as one that subscribes.
func (s *Service) provider(ctx context.Context, connectionID string) (*remote.Account, ports.Subscriptions, error) {
	account, err := s.parts.Remote.Open(ctx, connectionID)
	if err != nil {
		return nil, nil, err
	}
	port, err := remote.Capability[ports.Subscriptions](account, ports.CapabilitySubscribe)
	return account, port, err
}

// register has the provider send messages. The attempt and its address are stored before
// the call, what it brought in one unit of work after it.
func (s *Service) register(ctx context.Context, e errand) error {
	account, port, err := s.provider(ctx, e.ConnectionID)
	if err != nil {
		return err
	}
	began := s.parts.Now()
	e.kept.URL = e.url
	if err := s.intend(ctx, &e, ports.SubscriptionPending); err != nil {
		return err
	}
	var got ports.Subscription
	err = account.Do(ctx, "EnsureSubscription", e.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		got, err = port.EnsureSubscription(ctx, ports.SubscribeRequest{Call: call, Attempt: e.Attempt, URL: e.url, Subjects: e.subjects, Known: e.known()})
		return got.Usage, err
	})
	if err != nil {
		return err
	}
	if err := e.check(got, account.Description()); err != nil {
		return err
	}
	if len(got.Granted) > 0 {
		e.kept.Granted = got.Granted
	}
	sealed, err := e.kept.Seal(ctx, s.parts.Secrets, e.ConnectionID)
	if err != nil {
		return err
	}
	s.parts.Log.Info("the provider sends messages", "connection", e.ConnectionID, "outcome", string(got.Outcome))
	return s.change(ctx, e, true, func(ctx context.Context, tx ports.Tx, now *ports.SubscriptionRecord) error {
		now.ID, now.Subjects, now.Sealed, now.RegisteredAt = got.ID, e.subjects, sealed, s.parts.Now()
		now.Attempt, now.Failures, now.Fault = 0, 0, nil
		if now.Wanted {
			now.Phase = ports.SubscriptionActive
		}
		if err := s.audit(ctx, tx, *now, Keeper, "subscription.registered", got.ID); err != nil {
			return err
		}
		return s.parts.Addresses.Reread(ctx, tx, now.ConnectionID, began)
	})
}

// known is the subscription whose credentials the hub has.
func (e errand) known() string {
	if e.Attempt > 1 {
		return "" // an attempt whose outcome is open may have replaced it
	}
	return e.ID
}

// check refuses what breaks the port. The outcome is open then: something is registered.
func (e errand) check(got ports.Subscription, d ports.Description) error {
	invalid := func(field, reason string) error {
		return fault.New(CodeInvalid, fault.Unknown, reason).WithField(field).From(fault.Connector).WithRemedy("report it to whoever makes the connector")
	}
	if length := utf8.RuneCountInString(got.ID); length == 0 || length > ports.MaxSubscriptionID {
		return invalid("id", "the id of a subscription has 1 to "+strconv.Itoa(ports.MaxSubscriptionID)+" characters")
	}
	var declared []string
	if d.Callbacks != nil {
		declared = d.Callbacks.Granted
	}
	if len(got.Granted) == 0 && (len(declared) == 0 || got.ID == e.known()) {
		return nil
	}
	if len(got.Granted) != len(declared) {
		return invalid("granted", "a subscription brings the credentials that callbacks.granted names, all of them")
	}
	for _, name := range declared {
		if got.Granted[name] == "" || d.Opens(name) {
			return invalid("granted."+name, "a subscription brings this credential, and it opens no account")
		}
	}
	return nil
}

// end has the provider send nothing more.
func (s *Service) end(ctx context.Context, e errand) error {
	account, port, err := s.provider(ctx, e.ConnectionID)
	if err != nil {
		return err
	}
	if err := s.intend(ctx, &e, ports.SubscriptionEnding); err != nil {
		return err
	}
	err = account.Do(ctx, "EnsureUnsubscribed", e.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		gone, err := port.EnsureUnsubscribed(ctx, ports.UnsubscribeRequest{Call: call, Attempt: e.Attempt, URL: e.kept.URL, ID: e.ID})
		return gone.Usage, err
	})
	if err != nil {
		return err
	}
	// The secret is kept until the next one comes: messages may still be under way.
	e.kept.URL = ""
	sealed, err := e.kept.Seal(ctx, s.parts.Secrets, e.ConnectionID)
	if err != nil {
		return err
	}
	s.parts.Log.Info("the provider sends no more messages", "connection", e.ConnectionID)
	return s.change(ctx, e, true, func(ctx context.Context, tx ports.Tx, now *ports.SubscriptionRecord) error {
		if err := s.audit(ctx, tx, *now, Keeper, "subscription.ended", now.ID); err != nil {
			return err
		}
		if !now.Wanted {
			*now = ports.SubscriptionRecord{}
			return nil
		}
		now.ID, now.Subjects, now.Sealed, now.RegisteredAt = "", nil, sealed, time.Time{}
		now.Phase, now.Attempt, now.Failures, now.Fault = ports.SubscriptionPending, 0, 0, nil
		return nil
	})
}

// intend stores an attempt before it is made.
func (s *Service) intend(ctx context.Context, e *errand, phase ports.SubscriptionPhase) error {
	sealed, err := e.kept.Seal(ctx, s.parts.Secrets, e.ConnectionID)
	if err != nil {
		return err
	}
	return s.change(ctx, *e, false, func(_ context.Context, _ ports.Tx, now *ports.SubscriptionRecord) error {
		now.Attempt, now.Sealed, now.Phase = now.Attempt+1, sealed, phase
		e.Attempt = now.Attempt
		return nil
	})
}
