package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// meddled is a store in which something else happens before a unit of work.
type meddled struct {
	ports.Store
	meddle func()
}

func (m meddled) Update(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	m.meddle()
	return m.Store.Update(ctx, fn)
}

func TestTwoFlowsNeverPlanToPayTheSameDocument(t *testing.T) {
	t.Parallel()
	const other = "flow-2"
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.update(func(ctx context.Context, tx ports.Tx) error {
		connection := ports.ConnectionRecord{Connection: merchant.Connection{
			ID: "c-other", MerchantID: "m-1", Connector: "fakepay", State: merchant.Verified, Settings: json.RawMessage(`{}`),
		}, Credentials: []byte(`{}`)}
		if err := tx.Connections().Create(ctx, connection); err != nil {
			return err
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: other, MerchantID: "m-1", Kind: merchant.Payouts, Source: "c-other", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: payday.Add(-time.Hour),
		}, "test")
	})
	catalogue := fakeCatalogue{"fakepay": w.provider, "fakebooks": w.books}
	desk := remote.NewDesk(w.store, catalogue, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	options := settlement.DefaultOptions()
	options.Backoff = time.Nanosecond
	serve := func(store ports.Store) *settlement.Service {
		return settlement.New(store, desk, w.clock, time.Now, pdf.Proofs{}, hclog.NewNullLogger(), options)
	}
	w.service = serve(w.store)

	// The other flow has matched its line when this one books the document.
	met := false
	late := serve(meddled{w.store, func() {
		if met || w.payoutOf("c-other").State != payout.Fetched {
			return
		}
		met = true
		w.run()
	}})
	run, err := late.Start(t.Context(), other, "test")
	require.NoError(t, err)
	for range 100 {
		next, err := late.Advance(t.Context(), other)
		require.NoError(t, err)
		if next.Done {
			break
		}
	}
	require.True(t, met)
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		run, err = tx.Runs().Get(ctx, run.ID)
		return err
	})
	require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, payout.Booked, w.payoutOf("c-other").State)
	require.Equal(t, 1, w.books.countPayments())
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, matching.CodeAlreadySettled, w.exceptions()[0].Code)
}

// payoutOf gives the only payout of a connection, or none.
func (w *world) payoutOf(connection string) ports.PayoutRecord {
	w.t.Helper()
	var record ports.PayoutRecord
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		record, err = tx.Payouts().ByReference(ctx, connection, "P1")
		if fault.CodeOf(err) == ports.CodeNotFound {
			return nil
		}
		return err
	})
	return record
}
