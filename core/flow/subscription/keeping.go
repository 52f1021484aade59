package subscription

import (
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Next says whether there is more to do, and when.
type Next struct {
	Done  bool
	After time.Duration
}

// errand is a subscription with all that decides what is to be done about it.
type errand struct {
	ports.SubscriptionRecord
	kept remote.Subscribed
	// subjects are what enabled flows want to know of, none if none reads from there.
	subjects []ports.Subject
	url      string
}

// Keep makes what is registered at the provider agree with what is wanted. A failure of
// the provider's is kept with the subscription, and is no error.
func (s *Service) Keep(ctx context.Context, connectionID string) (Next, error) {
	e, err := s.errand(ctx, connectionID)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return Next{Done: true}, nil
	}
	if err != nil {
		return Next{}, err
	}
	registered := e.ID != "" || e.Attempt > 0
	switch {
	case !e.Wanted || len(e.subjects) == 0:
		if registered {
			return s.tried(ctx, e, s.end(ctx, e))
		}
		return Next{Done: true}, s.rest(ctx, e)
	case e.url == "":
		return s.tried(ctx, e, unreachable())
	case registered && e.kept.URL != "" && e.kept.URL != e.url:
		// The hub has moved: what still points to where it was comes first.
		if err := s.end(ctx, e); err != nil {
			return s.tried(ctx, e, err)
		}
		return Next{}, nil
	case e.Phase == ports.SubscriptionActive && slices.Equal(e.Subjects, e.subjects):
		return Next{Done: true}, nil
	}
	return s.tried(ctx, e, s.register(ctx, e))
}

func (s *Service) errand(ctx context.Context, connectionID string) (errand, error) {
	e, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (errand, error) {
		record, err := tx.Subscriptions().Get(ctx, connectionID)
		if err != nil {
			return errand{}, err
		}
		e := errand{SubscriptionRecord: record}
		wanted := map[ports.Subject]bool{}
		err = walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
			if f.Enabled && f.Source == connectionID {
				for _, subject := range subjectsOf(f) {
					wanted[subject] = true
				}
			}
			return nil
		})
		for _, subject := range ports.Subjects() {
			if wanted[subject] {
				e.subjects = append(e.subjects, subject)
			}
		}
		return e, err
	})
	if err != nil {
		return e, err
	}
	if e.kept, err = remote.OpenSubscribed(ctx, s.parts.Secrets, connectionID, e.Sealed); err != nil {
		return e, err
	}
	e.url = s.parts.URL(connectionID, e.kept.Token)
	return e, nil
}

// subjectsOf gives what wakes a flow, see callback.Service.
func subjectsOf(f merchant.Flow) []ports.Subject {
	switch {
	case f.Kind == merchant.Payouts:
		return []ports.Subject{ports.AboutPayout}
	case f.ReadsOrders():
		return []ports.Subject{ports.AboutOrder, ports.AboutRefund}
	}
	return nil
}

// rest is how a subscription stands of which the provider knows nothing.
func (s *Service) rest(ctx context.Context, e errand) error {
	return s.change(ctx, e, false, func(_ context.Context, _ ports.Tx, now *ports.SubscriptionRecord) error {
		if !now.Wanted {
			// The address stays open until another replaces it: nobody else knows it.
			*now = ports.SubscriptionRecord{}
			return nil
		}
		now.Phase, now.Subjects, now.Fault, now.Failures = ports.SubscriptionWaiting, nil, nil, 0
		return nil
	})
}

// change applies fn to the subscription as it is now, in one unit of work. A record that
// fn has emptied is deleted.
func (s *Service) change(ctx context.Context, e errand, act bool, fn func(ctx context.Context, tx ports.Tx, now *ports.SubscriptionRecord) error) error {
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		now, err := tx.Subscriptions().Get(ctx, e.ConnectionID)
		if fault.CodeOf(err) == ports.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, &now); err != nil {
			return err
		}
		if now.ConnectionID == "" {
			return tx.Subscriptions().Delete(ctx, e.ConnectionID)
		}
		return s.save(ctx, tx, &now, act)
	})
}

// tried keeps how an attempt has gone, and says when the next one is due.
func (s *Service) tried(ctx context.Context, e errand, err error) (Next, error) {
	f := fault.Of(err)
	if err == nil || f == nil {
		return Next{Done: err == nil}, err
	}
	next := Next{Done: true}
	return next, s.change(ctx, e, false, func(ctx context.Context, tx ports.Tx, now *ports.SubscriptionRecord) error {
		first := now.Failures == 0
		now.Fault, now.Failures = ports.Recorded(f, s.parts.Now()), now.Failures+1
		if now.Wanted {
			now.Phase = ports.SubscriptionFailing
		}
		if !open(f) && now.Attempt > 0 {
			now.Attempt-- // nothing has happened
		}
		const doublings = 12
		after := min(s.parts.Backoff<<min(now.Failures-1, doublings), longestPause)
		s.parts.Log.Warn("a subscription could not be kept", "connection", now.ConnectionID, "wanted", now.Wanted, "code", string(f.Code), "again_in", after.String())
		if first {
			if err := s.audit(ctx, tx, *now, Keeper, "subscription.failed", string(f.Code)+": "+f.Reason); err != nil {
				return err
			}
		}
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.KeepSubscription, Subject: now.ConnectionID, RunAt: s.parts.Now().Add(after)})
	})
}

// open reports whether the outcome of an attempt that failed is not known.
func open(f *fault.Error) bool { return f.Class == fault.Unknown || f.Class == fault.Temporary }
