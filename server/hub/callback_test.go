package hub_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/hub"
)

// tellingProvider is a provider that sends a message when it pays out. Its connector is
// down as long as it is told to be.
type tellingProvider struct {
	fakeProvider
	down atomic.Bool
}

func (p *tellingProvider) Describe() ports.Description {
	d := p.fakeProvider.Describe()
	d.Capabilities = append(d.Capabilities, ports.CapabilityCallbacks)
	d.Callbacks = &ports.Callbacks{Methods: []string{http.MethodPost}, Status: http.StatusAccepted, MediaType: "text/plain", Body: "thanks"}
	return d
}

func (p *tellingProvider) ReadCallback(_ context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	if p.down.Load() {
		return ports.CallbackReading{}, fault.New("connector.unavailable", fault.NotSent, "the connector backs off").From(fault.Connector)
	}
	return ports.CallbackReading{Notices: []ports.Notice{{Subject: ports.AboutPayout, ID: string(req.Body)}}}, nil
}

// telling is a catalogue that lists its connectors.
type telling struct{ fakeCatalogue }

// Status lists the provider.
func (c telling) Status() []ports.ConnectorStatus {
	return []ports.ConnectorStatus{{Description: c.fakeCatalogue["fakepay"].Describe()}}
}

// A message that comes while the connector is down, and over a restart of the hub,
// starts the run that it asks for, once.
func TestAMessageOfAProviderStartsARunOnceItsConnectorIsBack(t *testing.T) {
	t.Parallel()
	cfg := settings(t, nil)
	cfg.Timings.Poll, cfg.Timings.Backoff = 20*time.Millisecond, 20*time.Millisecond
	provider := &tellingProvider{fakeProvider: fakeProvider{pageSize: 10}}
	provider.down.Store(true)
	var store ports.Store
	var messages *callback.Service
	var server *http.Server
	with := fx.Options(
		fx.Decorate(func(ports.Secrets) ports.Secrets { return plainSecrets{} }),
		fx.Decorate(func(ports.Catalogue) ports.Catalogue {
			return telling{fakeCatalogue{"fakepay": provider, "fakebooks": newFakeBooks()}}
		}),
		fx.Populate(&store, &messages, &server),
	)
	h, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger(), with)
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return scheduled(ctx, tx, "m", "fakepay", 1, time.Now())
	}))
	address, err := messages.NewAddress(t.Context(), "m-source-0", "anna")
	require.NoError(t, err)
	for range 2 {
		answer := httptest.NewRecorder()
		server.Handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/callbacks/m-source-0/"+address.Token, strings.NewReader("po-1")))
		require.Equal(t, http.StatusAccepted, answer.Code)
		require.Equal(t, "thanks", answer.Body.String())
	}
	state := func(want ports.CallbackState, why bool) func() bool {
		return func() bool {
			list, err := messages.Messages(t.Context(), "m-source-0", want, ports.Page{Limit: 10})
			return err == nil && len(list) == 2 && (list[1].Fault != nil) == why
		}
	}
	require.Eventually(t, state(ports.CallbackReceived, true), time.Minute, 20*time.Millisecond)
	require.NoError(t, h.Stop(t.Context()))

	h, err = hub.Start(t.Context(), cfg, hclog.NewNullLogger(), with)
	require.NoError(t, err)
	provider.down.Store(false)
	require.Eventually(t, state(ports.CallbackRead, false), time.Minute, 20*time.Millisecond)
	list, err := messages.Messages(t.Context(), "m-source-0", "", ports.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, ports.NoticeWoke, list[1].Notices[0].Outcome)
	require.Equal(t, ports.NoticeRepeated, list[0].Notices[0].Outcome)
	require.Eventually(t, func() bool {
		var runs []ports.Run
		err := store.View(t.Context(), func(ctx context.Context, tx ports.Tx) (err error) {
			runs, err = tx.Runs().List(ctx, "m", ports.RunFilter{}, ports.Page{Limit: 10})
			return err
		})
		told := 0
		for _, run := range runs {
			if run.Trigger == ports.TriggerCallback && run.State == ports.RunDone {
				told++
			}
		}
		return err == nil && told == 1
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, h.Stop(t.Context()))
}
