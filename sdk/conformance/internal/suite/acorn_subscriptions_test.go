package suite_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
)

// oakHook is where oak sends messages to. Its secret is told when it is made.
type oakHook struct {
	ID     string   `json:"id"`
	URL    string   `json:"url"`
	About  []string `json:"about"`
	Secret string   `json:"secret,omitempty"`
}

func (o *oak) hookRoutes() map[string]func(*http.Request) (any, int) {
	at := func(r *http.Request) int {
		return slices.IndexFunc(o.hooks, func(h oakHook) bool { return h.ID == r.PathValue("id") })
	}
	return map[string]func(*http.Request) (any, int){
		"GET /hooks": func(*http.Request) (any, int) {
			all := []oakHook{}
			for _, h := range o.hooks {
				h.Secret = ""
				all = append(all, h)
			}
			return map[string]any{"hooks": all}, 200
		},
		"POST /hooks": func(r *http.Request) (any, int) {
			var h oakHook
			if json.NewDecoder(r.Body).Decode(&h) != nil {
				return nil, 400
			}
			o.hooked++
			h.ID = "hook_" + strconv.Itoa(o.hooked)
			h.Secret = "oaksecret-of-" + h.ID
			o.hooks = append(o.hooks, h)
			return h, 201
		},
		"PUT /hooks/{id}": func(r *http.Request) (any, int) {
			var change oakHook
			i := at(r)
			if i < 0 || json.NewDecoder(r.Body).Decode(&change) != nil {
				return nil, 404
			}
			o.hooks[i].About = change.About
			return o.hooks[i], 200
		},
		"DELETE /hooks/{id}": func(r *http.Request) (any, int) {
			i := at(r)
			if i < 0 {
				return nil, 404
			}
			o.hooks = slices.Delete(o.hooks, i, i+1)
			return map[string]any{}, 200
		},
	}
}

// subscriptionMutants are the faults of connectors that subscribe, each with the case
// that is there to notice.
func subscriptionMutants() []struct{ broken, caughtBy string } {
	return []struct{ broken, caughtBy string }{
		{"has a subscription bring what opens the account", "subscriptions.declared"},
		{"keeps the secret of a subscription to itself", "subscriptions.made"},
		{"says found of a subscription that it made", "subscriptions.made"},
		{"finds every subscription for every URL", "subscriptions.made"},
		{"makes a subscription anew when subjects change", "subscriptions.kept"},
		{"subscribes again each time", "subscriptions.once"},
		{"forgets the secret of a subscription that it finds", "subscriptions.once"},
		{"does not look for a subscription that was cut off", "subscriptions.recovered"},
		{"cannot end what is gone", "subscriptions.ended"},
		{"ends the subscriptions of others", "subscriptions.ended"},
		{"ends only what it knows by id", "subscriptions.ended"},
		{"counts fewer calls of a subscription", "subscriptions.counted"},
		{"logs where messages go", "subscriptions.hidden"},
		{"logs the secret of a subscription", "subscriptions.hidden"},
	}
}

// subscribes tells whether the connector has oak send messages: those whose fault is
// another one need not.
func (a *acorn) subscribes() bool {
	_, upgraded := upgradeMutants()[a.broken]
	return a.broken == "" || upgraded || slices.ContainsFunc(subscriptionMutants(), func(m struct{ broken, caughtBy string }) bool { return m.broken == a.broken })
}

// hooksAt gives what is registered for a URL.
func (s *session) hooksAt(ctx context.Context, address string) ([]oakHook, error) {
	var list struct{ Hooks []oakHook }
	if _, err := s.get(ctx, "/hooks", &list); err != nil {
		return nil, err
	}
	if list.Hooks == nil {
		return nil, s.missing()
	}
	if s.is("finds every subscription for every URL") {
		return append(list.Hooks, oakHook{ID: "hook_0", URL: address}), nil
	}
	return slices.DeleteFunc(list.Hooks, func(h oakHook) bool { return h.URL != address }), nil
}

// EnsureSubscription keeps the hook that is known, and replaces any other, as oak tells
// the secret of a hook once.
func (a *acorn) EnsureSubscription(ctx context.Context, req ports.SubscribeRequest) (ports.Subscription, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.Subscription{}, err
	}
	if a.is("logs where messages go") {
		sdk.Logger(ctx).Info("subscribing", "url", req.URL)
	}
	hook := oakHook{URL: req.URL}
	for _, subject := range req.Subjects {
		hook.About = append(hook.About, string(subject))
	}
	var there []oakHook
	blind := a.is("subscribes again each time") && req.Known == "" || a.is("does not look for a subscription that was cut off") && a.failedHook.Load()
	if !blind {
		if there, err = s.hooksAt(ctx, req.URL); err != nil {
			return ports.Subscription{}, s.failed(err)
		}
	}
	for _, h := range there {
		known := h.ID == req.Known && !a.is("makes a subscription anew when subjects change")
		if known || a.is("forgets the secret of a subscription that it finds") {
			if _, err := s.do(ctx, http.MethodPut, "/hooks/"+url.PathEscape(h.ID), hook, nil); err != nil {
				return ports.Subscription{}, err
			}
			return ports.Subscription{ID: h.ID, Outcome: ports.Found, Usage: s.client.Usage()}, nil
		}
		if err := s.drop(ctx, h.ID); err != nil {
			return ports.Subscription{}, err
		}
	}
	var made oakHook
	if _, err := s.do(ctx, http.MethodPost, "/hooks", hook, &made); err != nil {
		a.failedHook.Store(true)
		return ports.Subscription{}, err
	}
	if a.is("logs the secret of a subscription") {
		sdk.Logger(ctx).Info("subscribed", "answer", made.Secret)
	}
	return a.subscribed(s, made), nil
}

func (a *acorn) subscribed(s *session, made oakHook) ports.Subscription {
	result := ports.Subscription{
		ID: made.ID, Granted: map[string]string{"hook_secret": made.Secret}, Outcome: ports.Created, Usage: s.client.Usage(),
	}
	switch a.broken {
	case "keeps the secret of a subscription to itself":
		result.Granted = nil
	case "says found of a subscription that it made":
		result.Outcome = ports.Found
	case "counts fewer calls of a subscription":
		result.Usage.Calls--
	}
	return result
}

// drop removes a hook; that it is gone is as good.
func (s *session) drop(ctx context.Context, id string) error {
	_, err := s.do(ctx, http.MethodDelete, "/hooks/"+url.PathEscape(id), nil, nil)
	if fault.ClassOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// CheckSubscription lists the hooks of a URL.
func (a *acorn) CheckSubscription(ctx context.Context, req ports.SubscriptionRequest) (ports.SubscriptionState, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.SubscriptionState{}, err
	}
	hooks, err := s.hooksAt(ctx, req.URL)
	if err != nil {
		return ports.SubscriptionState{}, err
	}
	state := ports.SubscriptionState{Active: len(hooks) > 0, Usage: s.client.Usage()}
	for _, h := range hooks {
		state.IDs = append(state.IDs, h.ID)
	}
	return state, nil
}

// EnsureUnsubscribed removes the hooks of a URL.
func (a *acorn) EnsureUnsubscribed(ctx context.Context, req ports.UnsubscribeRequest) (ports.Unsubscribed, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.Unsubscribed{}, err
	}
	hooks, err := s.hooksAt(ctx, req.URL)
	switch {
	case err != nil:
		return ports.Unsubscribed{}, err
	case len(hooks) == 0 && a.is("cannot end what is gone"):
		return ports.Unsubscribed{}, s.failed(fault.New(codeGone, fault.NotFound, "there is no such hook"))
	case a.is("ends only what it knows by id") && req.ID == "":
		hooks = nil
	case a.is("ends the subscriptions of others"):
		var list struct{ Hooks []oakHook }
		if _, err := s.get(ctx, "/hooks", &list); err != nil {
			return ports.Unsubscribed{}, err
		}
		hooks = list.Hooks
	}
	for _, h := range hooks {
		if err := s.drop(ctx, h.ID); err != nil {
			return ports.Unsubscribed{}, err
		}
	}
	return ports.Unsubscribed{Usage: s.client.Usage()}, nil
}
