package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// linked gives the merchant a payment method that the provider pays out, and a flow
// of events whose settings nothing needs.
func (w *world) linked() *registration.Service {
	w.update(func(ctx context.Context, tx ports.Tx) error {
		method := payment.Method{ID: "fakepay", MerchantID: "m-1", Name: "Fakepay", Kind: payment.ByProvider, Connection: "c-source", Authorised: true}
		if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: method, CreatedAt: w.clock.Now()}); err != nil {
			return err
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: "flow-shop", MerchantID: "m-1", Kind: merchant.Events, Source: "c-target", Target: "c-target",
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: w.clock.Now(), CreatedAt: w.clock.Now(),
		}, "test")
	})
	return registration.New(w.store, nil, w.clock, time.Now, tax.StandardTable(), hclog.NewNullLogger(), registration.Options{Slice: time.Minute, Attempts: 3})
}

func TestLinesRecordTheEventsThatTheyProveAndBookNothingByThem(t *testing.T) {
	t.Parallel()
	paidFor := sale("1001", 10000)
	paidFor.FeeExVAT, paidFor.FeeVAT = sek(800), sek(200)
	w := newWorld(t, provider(1, paid("P1", 4000), paidFor, refund("1002", 5000)), newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", -5000)))
	events := w.linked()
	_, err := events.Register(t.Context(), "m-1", []registration.Fact{{Event: payment.Event{
		Kind: payment.Prepare, Order: "1001", Transaction: "o-1001", Method: "fakepay", Key: "auth", Amount: sek(10000), At: payday,
	}}}, "shop")
	require.NoError(t, err)
	w.run()
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.vouchers, 1, "that of the payout")

	sold, err := events.Transaction(t.Context(), "m-1", "o-1001")
	require.NoError(t, err)
	require.Len(t, sold.Events, 3)
	for _, e := range sold.Events {
		require.Equal(t, ports.EventRecorded, e.State)
		require.Empty(t, e.Steps)
	}
	require.Equal(t, []int64{10000, 10000, 10000, 0, 1000, 9000}, []int64{
		sold.State.Authorised.Minor(), sold.State.Captured.Minor(), sold.State.Settled.Minor(), sold.State.OpenAtProvider.Minor(),
		sold.State.Fee.Minor(), sold.State.Bank.Minor(),
	})
	back, err := events.Transaction(t.Context(), "m-1", "o-1002")
	require.NoError(t, err)
	require.Len(t, back.Events, 2, "refund and credit, once although the flow ran twice")
	require.Zero(t, back.State.RefundDebt.Minor())
	require.Equal(t, payment.FromPayout, back.Events[0].Origin)
	require.Equal(t, "P1", back.Events[1].Reference)
}

func TestWithoutALinkedMethodLinesRecordNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.run()
	w.view(func(ctx context.Context, tx ports.Tx) error {
		recorded, err := tx.Events().List(ctx, "m-1", ports.EventFilter{}, 0, 10)
		require.Empty(t, recorded)
		return err
	})
}
