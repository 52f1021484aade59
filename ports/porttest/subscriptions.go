package porttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func subscriptions(t *testing.T, open func(t *testing.T) Opened) {
	first := ports.SubscriptionRecord{
		ConnectionID: thePSP, MerchantID: theMerchant, Wanted: true, Phase: ports.SubscriptionPending,
		Sealed: []byte("sealed"), Attempt: 1, CreatedAt: day(1), UpdatedAt: day(1),
	}
	cases(t, open, map[string]func(w *world){
		"a connection has one subscription, and the last that was saved": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				_, err := tx.Subscriptions().Get(ctx, thePSP)
				w.missing(err)
				w.ok(tx.Subscriptions().Save(ctx, first))
				got, err := tx.Subscriptions().Get(ctx, thePSP)
				w.ok(err)
				require.Equal(w, first, got)
				unknown := first
				unknown.ConnectionID = "nobody"
				w.missing(tx.Subscriptions().Save(ctx, unknown))
			})
			later := first
			later.Wanted, later.Phase, later.ID, later.Subjects = false, ports.SubscriptionFailing, "sub-1", []ports.Subject{ports.AboutPayout, ports.AboutOrder}
			later.Sealed, later.Attempt, later.Failures, later.RegisteredAt, later.UpdatedAt = []byte("other"), 0, 3, day(2), day(3)
			later.Fault = &ports.FaultRecord{Code: "acme.down", Class: fault.Temporary, Reason: "no answer", Remedy: "wait", At: day(3)}
			w.update(func(ctx context.Context, tx ports.Tx) {
				moved := later
				moved.CreatedAt = day(3) // is not taken over
				w.ok(tx.Subscriptions().Save(ctx, moved))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Subscriptions().Get(ctx, thePSP)
				w.ok(err)
				require.Equal(w, later, got)
				_, err = tx.Subscriptions().Get(ctx, theERP)
				w.missing(err)
			})
		},
		"a subscription is forgotten": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Subscriptions().Save(ctx, first))
				w.ok(tx.Subscriptions().Delete(ctx, thePSP))
				w.ok(tx.Subscriptions().Delete(ctx, thePSP))
				_, err := tx.Subscriptions().Get(ctx, thePSP)
				w.missing(err)
			})
		},
	})
}
