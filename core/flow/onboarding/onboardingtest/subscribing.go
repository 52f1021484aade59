package onboardingtest

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/ports"
)

// subscribing adds a provider that is told where to send its messages. It tells the
// secret of a registration once.
type subscribing struct{ connector }

func (c subscribing) fail() error { return c.remote.Fail[c.description.ID] }

// EnsureSubscription implements ports.Subscriptions.
func (c subscribing) EnsureSubscription(_ context.Context, req ports.SubscribeRequest) (ports.Subscription, error) {
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.fail(); err != nil {
		return ports.Subscription{}, err
	}
	c.remote.Credentials = req.Connection.Credentials
	if id := c.remote.Registered[req.URL]; id != "" && id == req.Known {
		return ports.Subscription{ID: id, Outcome: ports.Found, Usage: ports.Usage{Calls: 1}}, nil
	}
	c.remote.registrations++
	id := "hook_" + strconv.Itoa(c.remote.registrations)
	c.remote.Registered[req.URL] = id
	return ports.Subscription{
		ID: id, Granted: map[string]string{"webhook_secret": "secret of " + id}, Outcome: ports.Created, Usage: ports.Usage{Calls: 1},
	}, nil
}

// CheckSubscription implements ports.Subscriptions.
func (c subscribing) CheckSubscription(_ context.Context, req ports.SubscriptionRequest) (ports.SubscriptionState, error) {
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	state := ports.SubscriptionState{Usage: ports.Usage{Calls: 1}}
	if id := c.remote.Registered[req.URL]; id != "" {
		state.IDs, state.Active = []string{id}, true
	}
	return state, c.fail()
}

// EnsureUnsubscribed implements ports.Subscriptions.
func (c subscribing) EnsureUnsubscribed(_ context.Context, req ports.UnsubscribeRequest) (ports.Unsubscribed, error) {
	c.remote.mu.Lock()
	defer c.remote.mu.Unlock()
	if err := c.fail(); err != nil {
		return ports.Unsubscribed{}, err
	}
	delete(c.remote.Registered, req.URL)
	return ports.Unsubscribed{Usage: ports.Usage{Calls: 1}}, nil
}

// URLs lists where the provider sends messages to.
func (r *Remote) URLs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.Registered))
}
