package porttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func anException(id string, lineID int64) ports.Exception {
	return ports.Exception{
		ID: id, MerchantID: theMerchant, PayoutID: thePayout, LineID: lineID, Code: "match.no_document",
		Reference: "M1", Reason: "no invoice carries M1", Remedy: "make one", Amount: sek(54900), Document: "1001",
		State: ports.ExceptionOpen, RaisedAt: day(1),
	}
}

func exceptionID(e ports.Exception) string { return e.ID }

func exceptions(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was raised is what one gets": func(w *world) {
			bare := ports.Exception{ID: "e2", MerchantID: theMerchant, Code: "x.y", State: ports.ExceptionOpen, RaisedAt: day(2)}
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, want := range []ports.Exception{anException("e1", 7), bare} {
					w.ok(tx.Exceptions().Raise(ctx, want))
					got, err := tx.Exceptions().Get(ctx, want.ID)
					w.ok(err)
					require.Equal(w, want, got)
				}
				_, err := tx.Exceptions().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"raising again updates what the open one says and names, and it keeps its id": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Exceptions().Raise(ctx, anException("e1", 7)))
				again := anException("e2", 7)
				again.Code, again.Reason, again.Remedy, again.RaisedAt = "match.amount_differs", "r2", "m2", day(5)
				again.Reference, again.Document = "M2", "1002"
				w.ok(tx.Exceptions().Raise(ctx, again))
				want := anException("e1", 7)
				want.Code, want.Reason, want.Remedy = again.Code, again.Reason, again.Remedy
				want.Reference, want.Document = again.Reference, again.Document
				got, err := tx.Exceptions().Get(ctx, "e1")
				w.ok(err)
				require.Equal(w, want, got)
				_, err = tx.Exceptions().Get(ctx, "e2")
				w.missing(err)
			})
		},
		"a line, a step and a payout each have an open exception of their own": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				ofStep := anException("e3", 7)
				ofStep.StepID = 9
				w.ok(tx.Exceptions().Raise(ctx, anException("e1", 0)))
				w.ok(tx.Exceptions().Raise(ctx, anException("e2", 7)))
				w.ok(tx.Exceptions().Raise(ctx, ofStep))
				w.ok(tx.Exceptions().Raise(ctx, anException("e4", 8)))
				got, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, got, 4)
			})
		},
		"a resolved exception stays as it was closed, and a new one may be raised": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Exceptions().Raise(ctx, anException("e1", 7)))
				w.ok(tx.Exceptions().Resolve(ctx, "e1", "adopted", "anna", day(3)))
				want := anException("e1", 7)
				want.State, want.Resolution, want.ResolvedBy, want.ResolvedAt = ports.ExceptionResolved, "adopted", "anna", day(3)
				got, err := tx.Exceptions().Get(ctx, "e1")
				w.ok(err)
				require.Equal(w, want, got)
				w.fails(ports.CodeConflict, tx.Exceptions().Resolve(ctx, "e1", "again", "bo", day(4)))
				w.missing(tx.Exceptions().Resolve(ctx, "nobody", "", "", day(4)))
				w.fails(ports.CodeExists, tx.Exceptions().Raise(ctx, anException("e1", 7)))
				w.ok(tx.Exceptions().Raise(ctx, anException("e2", 7)))
				got, err = tx.Exceptions().Get(ctx, "e1")
				w.ok(err)
				require.Equal(w, want, got)
			})
		},
		"resolving a line closes its open exception, if there is one": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Exceptions().ResolveLine(ctx, 7, "matched", "kvitt", day(2)))
				w.ok(tx.Exceptions().Raise(ctx, anException("e0", 0)))
				w.ok(tx.Exceptions().Raise(ctx, anException("e1", 7)))
				w.ok(tx.Exceptions().Raise(ctx, anException("e2", 8)))
				w.ok(tx.Exceptions().ResolveLine(ctx, 7, "matched", "kvitt", day(2)))
				w.ok(tx.Exceptions().ResolveLine(ctx, 0, "matched", "kvitt", day(2)))
				open, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, open, 2)
				got, err := tx.Exceptions().Get(ctx, "e1")
				w.ok(err)
				require.Equal(w, "kvitt", got.ResolvedBy)
			})
		},
		"exceptions are listed oldest first and can be narrowed": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-2", "REF-2", 0)))
				for i, id := range []string{"d", "a", "c", "b"} {
					e := anException(id, int64(i+1))
					e.RaisedAt = day(map[string]int{"d": 1, "a": 2, "c": 2, "b": 3}[id])
					if id == "c" {
						e.PayoutID, e.Code = "payout-2", "erp.already_paid"
					}
					w.ok(tx.Exceptions().Raise(ctx, e))
				}
				w.ok(tx.Exceptions().Resolve(ctx, "b", "x", "y", day(4)))
				for _, c := range []struct {
					filter ports.ExceptionFilter
					want   []string
				}{
					{ports.ExceptionFilter{}, []string{"d", "a", "c", "b"}},
					{ports.ExceptionFilter{State: ports.ExceptionOpen}, []string{"d", "a", "c"}},
					{ports.ExceptionFilter{PayoutID: thePayout}, []string{"d", "a", "b"}},
					{ports.ExceptionFilter{Code: "erp.already_paid"}, []string{"c"}},
					{ports.ExceptionFilter{FlowID: theFlow}, []string{"d", "a", "c", "b"}},
					{ports.ExceptionFilter{FlowID: "flow-2"}, nil},
					{ports.ExceptionFilter{Reference: "#00m1"}, []string{"d", "a", "c", "b"}},
					{ports.ExceptionFilter{Reference: "01001", State: ports.ExceptionOpen}, []string{"d", "a", "c"}},
					{ports.ExceptionFilter{Reference: "M"}, nil},
					{ports.ExceptionFilter{Before: day(2)}, []string{"d"}},
				} {
					pages(w, c.want, exceptionID,
						func(p ports.Page) ([]ports.Exception, error) {
							return tx.Exceptions().List(ctx, theMerchant, c.filter, p)
						})
				}
				_, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{PayoutID: "nobody"}, ports.Page{Limit: 1})
				w.missing(err)
			})
		},
		"an open exception is set aside until a moment, or until its code is another": func(w *world) {
			parked := func(ctx context.Context, tx ports.Tx, is bool, days int) []string {
				list, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{Parked: &is, At: day(days)}, ports.Page{Limit: 10})
				w.ok(err)
				ids := []string{}
				for _, e := range list {
					ids = append(ids, e.ID)
				}
				return ids
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				for i, id := range []string{"a", "b", "c"} {
					w.ok(tx.Exceptions().Raise(ctx, anException(id, int64(i+1))))
				}
				aside := ports.Parking{By: "anna", Note: "a new invoice comes", At: day(2), Until: day(5)}
				w.ok(tx.Exceptions().Park(ctx, "a", aside))
				w.ok(tx.Exceptions().Park(ctx, "b", ports.Parking{By: "bo", Note: "for good", At: day(2)}))
				got, err := tx.Exceptions().Get(ctx, "a")
				w.ok(err)
				require.Equal(w, aside, got.Parking)
				require.Equal(w, ports.ExceptionOpen, got.State)
				require.True(w, got.Parked(day(4)))
				require.False(w, got.Parked(day(5)))
				require.Equal(w, []string{"a", "b"}, parked(ctx, tx, true, 4))
				require.Equal(w, []string{"c"}, parked(ctx, tx, false, 4))
				require.Equal(w, []string{"b"}, parked(ctx, tx, true, 5))
				require.Equal(w, []string{"a", "c"}, parked(ctx, tx, false, 5))

				w.ok(tx.Exceptions().Raise(ctx, anException("a2", 1)))
				require.Equal(w, []string{"a", "b"}, parked(ctx, tx, true, 4), "raised again for the same reason")
				other := anException("a3", 1)
				other.Code = "erp.already_paid"
				w.ok(tx.Exceptions().Raise(ctx, other))
				require.Equal(w, []string{"b"}, parked(ctx, tx, true, 4))
				w.ok(tx.Exceptions().Park(ctx, "b", ports.Parking{}))
				require.Empty(w, parked(ctx, tx, true, 4))

				w.ok(tx.Exceptions().Resolve(ctx, "c", "x", "y", day(4)))
				w.fails(ports.CodeConflict, tx.Exceptions().Park(ctx, "c", aside))
				w.missing(tx.Exceptions().Park(ctx, "nobody", aside))
			})
		},
		"an exception of an unknown merchant or payout is refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				e := anException("e1", 0)
				e.MerchantID = "nobody"
				w.missing(tx.Exceptions().Raise(ctx, e))
				e = anException("e1", 0)
				e.PayoutID = "nobody"
				w.missing(tx.Exceptions().Raise(ctx, e))
			})
		},
	})
}
