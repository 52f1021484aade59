package rest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/flow/subscription"
)

// subscriptions is the real service.
func (h *hub) subscriptions(now func() time.Time) *subscription.Service {
	service, _ := h.remote.Parts(h.store, jsonschema.New(), now).Subscriptions.(*subscription.Service)
	return service
}

func TestAMerchantOptsIntoMessages(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	const path = "/v1/connections/" + statementtest.Source + "/subscription"
	missing := h.problem(t, own, "POST", path, "", http.StatusUnprocessableEntity)
	require.Equal(t, "connector.capability_missing", missing.Code)
	require.Contains(t, missing.Reason, "psp.subscriptions")

	declared := accepted()
	declared.Granted = []string{"webhook_secret"}
	h.remote.Callbacks["klarna"], h.remote.Subscribes = &declared, true
	changed := get[api.Connection](t, h, own, "PATCH", "/v1/connections/"+statementtest.Source, `{"credentials":{"username":"K1_x","password":"live_hunter2"}}`, http.StatusOK)
	h.remote.AccountID["klarna"] = changed.AccountID
	require.Equal(t, "store.not_found", h.problem(t, own, "GET", path, "", http.StatusNotFound).Code)
	h.problem(t, support, "POST", path, "", http.StatusForbidden)
	require.Equal(t, api.SubscriptionStatePending, get[api.Subscription](t, h, own, "POST", path, "", http.StatusAccepted).State)
	require.Equal(t, "callback.subscribed", h.problem(t, own, "POST", "/v1/connections/"+statementtest.Source+"/callback-url", "", http.StatusConflict).Code)

	_, err := h.subscriptions(func() time.Time { return h.now }).Keep(t.Context(), statementtest.Source)
	require.NoError(t, err)
	active := get[api.Subscription](t, h, support, "GET", path, "", http.StatusOK)
	require.Equal(t, api.Subscription{
		ConnectionID: statementtest.Source, State: api.SubscriptionStateActive, ProviderID: "hook_1", Subjects: []string{"payout"},
		RegisteredAt: &h.now, CreatedAt: h.now,
	}, active)
	require.Len(t, h.remote.URLs(), 1)
	require.Regexp(t, "^https://hub.example/v1/callbacks/"+statementtest.Source+"/[A-Za-z0-9_-]{43}$", h.remote.URLs()[0])
	require.NotContains(t, h.log.String(), "secret of hook_1")

	verified := get[api.Connection](t, h, own, "POST", "/v1/connections/"+statementtest.Source+"/verify", "", http.StatusOK)
	require.Contains(t, verified.Checks, api.Check{Name: "subscription", State: "ok", Detail: "the provider sends messages"})

	require.Equal(t, api.SubscriptionStateEnding, get[api.Subscription](t, h, own, "DELETE", path, "", http.StatusAccepted).State)
	_, err = h.subscriptions(func() time.Time { return h.now }).Keep(t.Context(), statementtest.Source)
	require.NoError(t, err)
	h.problem(t, own, "GET", path, "", http.StatusNotFound)
	require.Empty(t, h.remote.URLs())
	h.problem(t, own, "DELETE", path, "", http.StatusNotFound)
	require.Equal(t, http.StatusCreated, h.send(t, own, "POST", "/v1/connections/"+statementtest.Source+"/callback-url", nil).Code)
}

func TestAHubThatCannotBeReachedIsNotSubscribed(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	declared := accepted()
	h.remote.Callbacks["klarna"], h.remote.Subscribes = &declared, true
	h.remote.Public = ""
	p := h.problem(t, own, "POST", "/v1/connections/"+statementtest.Source+"/subscription", "", http.StatusConflict)
	require.Equal(t, "subscription.hub_unreachable", p.Code)
	require.Contains(t, p.Remedy, "public_url")
}
