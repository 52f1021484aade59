package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// The one merchant of a rig.
const (
	merchantID = "bench"
	sourceID   = "bench-source"
	targetID   = "bench-target"
	flowID     = "bench-flow"
)

// rig is the part of a hub that a flow of payouts needs: the store, connectors in
// processes of their own, lanes and the flow. It has no queue and no API; the bench
// itself calls for each slice of work.
type rig struct {
	store   *sqlite.Store
	service *settlement.Service
	desk    *remote.Desk
}

// connectors are the two ends of a rig's flow.
type connectors struct {
	catalogue ports.Catalogue
	tokens    ports.Tokens
	hosts     map[string]map[string]string
	source    ports.ConnectionRecord
	target    ports.ConnectionRecord
}

// connection describes one end; credentials are kept as they are.
func connection(id, connector string, settings, credentials any) (ports.ConnectionRecord, error) {
	written, err := json.Marshal(settings)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	kept, err := json.Marshal(credentials)
	return ports.ConnectionRecord{
		Connection:  merchant.Connection{ID: id, MerchantID: merchantID, Connector: connector, State: merchant.Verified, Settings: written},
		Credentials: kept,
	}, err
}

// newRig makes a database in the folder and a flow between the two connectors.
// Every unit of work that is committed is told to the watch.
func newRig(ctx context.Context, folder string, c connectors, now time.Time, watch func(context.Context) error) (*rig, error) {
	store, err := sqlite.Open(ctx, filepath.Join(folder, databaseName), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	r := &rig{store: store}
	if err := r.onboard(ctx, c, now); err != nil {
		return nil, fmt.Errorf("onboarding: %w", err)
	}
	watched := watchedStore{Store: store, after: watch}
	r.desk = remote.NewDesk(watched, c.catalogue, openSecrets{}, c.tokens, clock.Machine{},
		remote.Options{Owner: "bench", Hosts: c.hosts, Deadline: 45 * time.Second})
	r.service = settlement.New(watched, r.desk, clock.SetTo(now), time.Now, pdf.Proofs{}, hclog.NewNullLogger(), settlement.DefaultOptions())
	return r, nil
}

const databaseName = "kvitt.db"

func (r *rig) onboard(ctx context.Context, c connectors, now time.Time) error {
	return r.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		company := merchant.Merchant{ID: merchantID, Name: "Bench AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: now}
		if err := tx.Merchants().Create(ctx, company); err != nil {
			return err
		}
		for _, end := range []ports.ConnectionRecord{c.source, c.target} {
			if err := tx.Connections().Create(ctx, end); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: flowID, MerchantID: merchantID, Kind: merchant.Payouts, Source: sourceID, Target: targetID, Enabled: true,
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: now.AddDate(0, -2, 0), CreatedAt: now,
		}, "bench")
	})
}

// run works on a run of the flow until it is over.
func (r *rig) run(ctx context.Context) (ports.Run, error) {
	run, err := r.service.Start(ctx, flowID, "bench")
	if err != nil {
		return run, err
	}
	for {
		next, err := r.service.Advance(ctx, flowID)
		if err != nil {
			return run, err
		}
		if next.Done {
			return run, r.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
				run, err = tx.Runs().Get(ctx, run.ID)
				return err
			})
		}
		select {
		case <-time.After(next.After):
		case <-ctx.Done():
			return run, ctx.Err()
		}
	}
}

// payout gives the one payout of the flow.
func (r *rig) payout(ctx context.Context) (p ports.PayoutRecord, err error) {
	err = r.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err = tx.Payouts().ByReference(ctx, sourceID, payoutReference)
		return err
	})
	return p, err
}

// payoutReference is what the generator calls its payout.
const payoutReference = "BENCH"

// watchedStore says after each commit that something was committed.
type watchedStore struct {
	ports.Store
	after func(context.Context) error
}

// Update implements ports.Store.
func (s watchedStore) Update(ctx context.Context, fn func(context.Context, ports.Tx) error) error {
	if err := s.Store.Update(ctx, fn); err != nil {
		return err
	}
	return s.after(ctx)
}

// openSecrets keeps credentials as they are: those of the bench are worth nothing.
type openSecrets struct{}

// Seal implements ports.Secrets.
func (openSecrets) Seal(_ context.Context, _ string, plain []byte) ([]byte, error) { return plain, nil }

// Open implements ports.Secrets.
func (openSecrets) Open(_ context.Context, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}
