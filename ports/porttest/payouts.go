package porttest

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func payoutIDOf(p ports.PayoutRecord) string { return p.ID }

func payouts(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets, by id and by reference": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				p, err := tx.Payouts().Get(ctx, thePayout)
				w.ok(err)
				require.Equal(w, aPayout(thePayout, "REF-1", 0), p)
				p, err = tx.Payouts().ByReference(ctx, thePSP, "REF-1")
				w.ok(err)
				require.Equal(w, thePayout, p.ID)
				_, err = tx.Payouts().Get(ctx, "nobody")
				w.missing(err)
				_, err = tx.Payouts().ByReference(ctx, theERP, "REF-1")
				w.missing(err)
			})
		},
		"a reference that the connection has is refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeExists, tx.Payouts().Create(ctx, aPayout("payout-2", "REF-1", 0)))
				p := aPayout("payout-2", "REF-1", 0)
				p.ConnectionID = theERP
				w.ok(tx.Payouts().Create(ctx, p))
				p = aPayout("payout-3", "REF-3", 0)
				p.FlowID = "nobody"
				w.missing(tx.Payouts().Create(ctx, p))
			})
		},
		"saving replaces all fields but the ids": func(w *world) {
			p := aPayout(thePayout, "REF-1", 4)
			p.Net, p.Account, p.HoldReason, p.Raw = sek(-5), "K2", "look", payout.Raw{Page: "cd", Offset: 1, Length: 2}
			p.State, p.Hold, p.Fingerprint, p.LineCursor, p.PlannedTo = payout.Held, aFault(), "f2", "c2", 77
			p.ConnectorVersion, p.SettingsVersion, p.UpdatedAt = "2.0.0", 3, day(9)
			p.Coverage = matching.Share{Found: 58, Lines: 60}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Save(ctx, p))
				w.missing(tx.Payouts().Save(ctx, aPayout("nobody", "x", 0)))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Payouts().Get(ctx, thePayout)
				w.ok(err)
				require.Equal(w, p, got)
			})
			p.Hold = nil
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Save(ctx, p))
				got, err := tx.Payouts().Get(ctx, thePayout)
				w.ok(err)
				require.Nil(w, got.Hold)
			})
		},
		"payouts are listed by date, then reference": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("a", "REF-9", 0)))
				w.ok(tx.Payouts().Create(ctx, aPayout("b", "REF-2", 3)))
				w.ok(tx.Payouts().Create(ctx, aPayout("z", "REF-0", 0)))
				w.ok(tx.Payouts().Create(ctx, aPayout("y", "REF-8", -3)))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				pages(w, []string{"y", "z", thePayout, "a", "b"}, payoutIDOf,
					func(p ports.Page) ([]ports.PayoutRecord, error) { return tx.Payouts().List(ctx, theMerchant, p) })
				_, err := tx.Payouts().List(ctx, theMerchant, ports.Page{After: "nobody", Limit: 1})
				w.missing(err)
				none, err := tx.Payouts().List(ctx, "nobody", ports.Page{Limit: 1})
				w.ok(err)
				require.Empty(w, none)
			})
		},
		"a flow's payouts are given newest first, in any state": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for i, state := range []payout.State{payout.Closed, payout.Held, payout.Undone, payout.Fetching} {
					p := aPayout("p"+strconv.Itoa(i), "REF-X"+strconv.Itoa(i), 1+i/2)
					p.State = state
					w.ok(tx.Payouts().Create(ctx, p))
				}
				pages(w, []string{"p3", "p2", "p1", "p0", thePayout}, payoutIDOf,
					func(p ports.Page) ([]ports.PayoutRecord, error) { return tx.Payouts().Newest(ctx, theFlow, p) })
				none, err := tx.Payouts().Newest(ctx, "nobody", ports.Page{Limit: 1})
				w.ok(err)
				require.Empty(w, none)
			})
		},
		"unfinished payouts are not held, closed or undone, oldest first": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				states := []payout.State{payout.Closed, payout.Booked, payout.Booking, payout.Planned, payout.Held, payout.Fetched, payout.Undoing, payout.Undone}
				for i, state := range states {
					p := aPayout("p"+strconv.Itoa(i), "REF-X"+strconv.Itoa(i), 10-i)
					p.State = state
					w.ok(tx.Payouts().Create(ctx, p))
				}
				pages(w, []string{thePayout, "p6", "p5", "p3", "p2", "p1"}, payoutIDOf,
					func(p ports.Page) ([]ports.PayoutRecord, error) { return tx.Payouts().Unfinished(ctx, theFlow, p) })
				pages(w, []string{"p4"}, payoutIDOf,
					func(p ports.Page) ([]ports.PayoutRecord, error) { return tx.Payouts().Held(ctx, theFlow, p) })
				none, err := tx.Payouts().Held(ctx, "nobody", ports.Page{Limit: 1})
				w.ok(err)
				require.Empty(w, none)
			})
		},
	})
}
