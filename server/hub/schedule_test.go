package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/schedule"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/hub"
)

// countedProvider counts how many lists it is asked for at the same time.
type countedProvider struct {
	fakeProvider
	count    sync.Mutex
	now, top int
}

func (p *countedProvider) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	p.add(1)
	defer p.add(-1)
	return p.fakeProvider.ListPayouts(ctx, req)
}

func (p *countedProvider) add(n int) {
	p.count.Lock()
	defer p.count.Unlock()
	p.now += n
	p.top = max(p.top, p.now)
}

// most is the most at a time so far.
func (p *countedProvider) most() int {
	p.count.Lock()
	defer p.count.Unlock()
	return p.top
}

// hangingProvider answers no list before it is released.
type hangingProvider struct {
	countedProvider
	release chan struct{}
}

func (p *hangingProvider) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	p.add(1)
	defer p.add(-1)
	select {
	case <-p.release:
	case <-ctx.Done():
	}
	return ports.PayoutPage{Usage: ports.Usage{Calls: 1}}, ctx.Err()
}

// scheduled gives a merchant so many flows of payouts that were due at 23:00.
func scheduled(ctx context.Context, tx ports.Tx, merchantID, connector string, flows int, now time.Time) error {
	err := tx.Merchants().Create(ctx, merchant.Merchant{ID: merchantID, Name: "Testbolaget AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK"})
	connect := func(id, connector string) {
		if err == nil {
			err = tx.Connections().Create(ctx, ports.ConnectionRecord{Connection: merchant.Connection{
				ID: id, MerchantID: merchantID, Connector: connector, State: merchant.Verified, Settings: json.RawMessage(`{}`),
			}, Credentials: []byte(`{}`)})
		}
	}
	connect(merchantID+"-books", "fakebooks")
	for n := range flows {
		flow := merchant.Flow{
			ID: fmt.Sprintf("%s-flow-%d", merchantID, n), MerchantID: merchantID, Kind: merchant.Payouts,
			Source: fmt.Sprintf("%s-source-%d", merchantID, n), Target: merchantID + "-books", Enabled: true,
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: now.AddDate(0, -1, 0), CreatedAt: now,
		}
		connect(flow.Source, connector)
		flow.Schedule = schedule.Default(flow, "Europe/Stockholm")
		plan, invalid := schedule.Parse(flow.Schedule, flow.ID)
		if err != nil || invalid != nil {
			return fmt.Errorf("preparing merchant: %w, %w", err, invalid)
		}
		flow.NextRunAt = plan.Next(now.AddDate(0, 0, -1))
		if err := tx.Flows().Create(ctx, flow, "test"); err != nil {
			return err
		}
	}
	return err
}

// Two hundred merchants are due at 23:00. One of them has so many flows whose provider
// hangs that they would take every place.
func TestTwoHundredMerchantsAllRunThoughOneHangs(t *testing.T) {
	t.Parallel()
	const merchants, workers, hanging = 200, 8, 12
	cfg := settings(t, nil)
	cfg.Workers, cfg.Timings.Poll = workers, 20*time.Millisecond
	clock := &fixedClock{now: time.Date(2026, 4, 20, 12, 0, 0, 0, time.UTC)}
	good, bad := &countedProvider{fakeProvider: fakeProvider{pageSize: 10}}, &hangingProvider{release: make(chan struct{})}
	with := func(store *ports.Store) fx.Option {
		return fx.Options(
			fx.Decorate(func(ports.BusinessClock) ports.BusinessClock { return clock }),
			fx.Decorate(func(ports.Secrets) ports.Secrets { return plainSecrets{} }),
			fx.Decorate(func(ports.Catalogue) ports.Catalogue {
				return fakeCatalogue{"fakepay": good, "hangpay": bad, "fakebooks": newFakeBooks()}
			}),
			fx.Populate(store),
		)
	}
	var store ports.Store
	h, err := hub.Start(t.Context(), cfg, hclog.NewNullLogger(), with(&store))
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := scheduled(ctx, tx, "bad", "hangpay", hanging, clock.now); err != nil {
			return err
		}
		for n := range merchants - 1 {
			if err := scheduled(ctx, tx, fmt.Sprintf("m-%03d", n), "fakepay", 1, clock.now.AddDate(0, 0, 1)); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, h.Stop(t.Context()))

	// The hub was down at 23:00 and looks for what it missed as soon as it is back.
	clock.set(time.Date(2026, 4, 20, 22, 0, 0, 0, time.UTC))
	h, err = hub.Start(t.Context(), cfg, hclog.NewNullLogger(), with(&store))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return bad.most() > 0 && done(t, store, ports.RunDone) == merchants-1 }, 5*time.Minute, 50*time.Millisecond)
	close(bad.release)
	require.Eventually(t, func() bool { return done(t, store, ports.RunDone) == merchants-1+hanging }, 5*time.Minute, 50*time.Millisecond)
	require.NoError(t, h.Stop(t.Context()))
	require.LessOrEqual(t, good.most(), workers)
	require.LessOrEqual(t, bad.most(), workers/4, "a merchant has a quarter of the places at most")
}

// done counts the runs in a state, of which each flow has one, made up for.
func done(t *testing.T, store ports.Store, state ports.RunState) int {
	t.Helper()
	n := 0
	require.NoError(t, store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		merchants, err := tx.Merchants().List(ctx, ports.Page{Limit: 1000})
		for _, m := range merchants {
			runs, err := tx.Runs().List(ctx, m.ID, ports.RunFilter{}, ports.Page{Limit: 100})
			if err != nil {
				return err
			}
			for _, run := range runs {
				require.Equal(t, ports.TriggerMadeUp, run.Trigger)
				if run.State == state {
					n++
				}
			}
			if m.ID != "bad" {
				require.LessOrEqual(t, len(runs), 1)
			}
		}
		return err
	}))
	return n
}
