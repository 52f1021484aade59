package hub_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/hub"
)

// toldProvider is a provider that is told where to send its messages, and signs them with
// a secret that it tells then. At first it is down.
type toldProvider struct {
	fakeProvider
	mu    sync.Mutex
	asked int
	url   string
}

const toldSecret = "secret-that-the-provider-told"

func (p *toldProvider) Describe() ports.Description {
	d := p.fakeProvider.Describe()
	d.Capabilities = append(d.Capabilities, ports.CapabilityCallbacks, ports.CapabilitySubscribe)
	d.Callbacks = &ports.Callbacks{Methods: []string{http.MethodPost}, Status: http.StatusOK, Granted: []string{"hook_secret"}}
	d.Operations = append(d.Operations,
		ports.Operation{Name: "EnsureSubscription", Calls: 1, Recovery: ports.RecoverySearchable},
		ports.Operation{Name: "CheckSubscription", Calls: 1}, ports.Operation{Name: "EnsureUnsubscribed", Calls: 1, Recovery: ports.RecoveryByState})
	return d
}

func (p *toldProvider) ReadCallback(_ context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	if req.Connection.Credentials["hook_secret"] != toldSecret || req.Headers["X-Sign"][0] != toldSecret {
		return ports.CallbackReading{}, fault.New("callback.signature_invalid", fault.Auth, "nobody has signed this").From(fault.Connector)
	}
	return ports.CallbackReading{Notices: []ports.Notice{{Subject: ports.AboutPayout, ID: string(req.Body)}}}, nil
}

func (p *toldProvider) EnsureSubscription(_ context.Context, req ports.SubscribeRequest) (ports.Subscription, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked++; p.asked < 3 {
		return ports.Subscription{}, fault.New("upstream.down", fault.Temporary, "no answer").From(fault.Upstream)
	}
	p.url = req.URL
	return ports.Subscription{ID: "hook-1", Granted: map[string]string{"hook_secret": toldSecret}, Outcome: ports.Created, Usage: ports.Usage{Calls: 1}}, nil
}

func (p *toldProvider) CheckSubscription(_ context.Context, req ports.SubscriptionRequest) (ports.SubscriptionState, error) {
	return ports.SubscriptionState{IDs: []string{"hook-1"}, Active: req.URL == p.told(), Usage: ports.Usage{Calls: 1}}, nil
}

func (p *toldProvider) EnsureUnsubscribed(context.Context, ports.UnsubscribeRequest) (ports.Unsubscribed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.url = ""
	return ports.Unsubscribed{Usage: ports.Usage{Calls: 1}}, nil
}

func (p *toldProvider) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.url
}

// A merchant opts in: the provider is told, at the third try, and what it sends from then
// on is believed. When the last flow goes, it is told to stop.
func TestAProviderIsToldWhereToSendItsMessages(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	cfg.Timings.Poll, cfg.Timings.Backoff = 20*time.Millisecond, 20*time.Millisecond
	cfg.PublicURL = "https://hub.example/"
	provider := &toldProvider{fakeProvider: fakeProvider{pageSize: 10}}
	var store ports.Store
	var messages *callback.Service
	var subscriptions *subscription.Service
	var merchants *onboarding.Service
	var server *http.Server
	h, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger(), fx.Options(
		fx.Decorate(func(ports.Secrets) ports.Secrets { return plainSecrets{} }),
		fx.Decorate(func(ports.Catalogue) ports.Catalogue {
			return telling{fakeCatalogue{"fakepay": provider, "fakebooks": newFakeBooks()}}
		}),
		fx.Populate(&store, &messages, &subscriptions, &merchants, &server),
	))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Stop(context.WithoutCancel(t.Context()))) })
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return scheduled(ctx, tx, "m", "fakepay", 1, time.Now())
	}))
	const source = "m-source-0"
	_, err = subscriptions.Want(t.Context(), source, "anna")
	require.NoError(t, err)
	eventually := func(holds func() bool) {
		t.Helper()
		require.Eventually(t, holds, time.Minute, 20*time.Millisecond)
	}
	eventually(func() bool {
		record, err := subscriptions.Get(t.Context(), source)
		return err == nil && record.Phase == ports.SubscriptionActive
	})
	path, ok := strings.CutPrefix(provider.told(), "https://hub.example")
	require.True(t, ok, provider.told())

	message := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("po-1"))
	message.Header.Set("X-Sign", toldSecret)
	answer := httptest.NewRecorder()
	server.Handler.ServeHTTP(answer, message)
	require.Equal(t, http.StatusOK, answer.Code)
	eventually(func() bool {
		list, err := messages.Messages(t.Context(), source, ports.CallbackRead, ports.Page{Limit: 10})
		return err == nil && len(list) == 1 && list[0].Notices[0].Outcome == ports.NoticeWoke
	})

	flows, err := merchants.Flows(t.Context(), "m", ports.Page{Limit: 10})
	require.NoError(t, err)
	for _, flow := range flows {
		_, err := merchants.Disable(t.Context(), flow.ID, "anna")
		require.NoError(t, err)
	}
	eventually(func() bool { return provider.told() == "" })
}
