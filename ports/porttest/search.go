package porttest

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// named is a line with one reference of each of two names.
func named(key, order, transaction string) payout.Line {
	l := aLine(key, 100)
	l.References = map[payout.Reference]string{payout.OrderID: order, payout.TransactionID: transaction}
	return l
}

func search(t *testing.T, open func(t *testing.T) Opened) {
	find := func(w *world, kind ports.HitKind, text string) []ports.Hit {
		w.Helper()
		var hits []ports.Hit
		w.view(func(ctx context.Context, tx ports.Tx) {
			var err error
			hits, err = tx.Search().Find(ctx, ports.Search{Kind: kind, MerchantID: theMerchant, Text: text}, 100)
			w.ok(err)
		})
		return hits
	}
	fields := func(hits []ports.Hit) []string {
		list := []string{}
		for _, h := range hits {
			list = append(list, h.Field+" "+h.Value)
		}
		return list
	}
	cases(t, open, map[string]func(w *world){
		"lines are found by every reference, however it is written": func(w *world) {
			first := appended(w, named("k1", "#0042ab", "tr-1"))
			appended(w, named("k2", "0042", "åÄ-7"))
			for _, text := range []string{"42AB", " #42ab ", "00042aB"} {
				require.Equal(w, []ports.Hit{{
					Kind: ports.HitLine, MerchantID: theMerchant, ID: strconv.FormatInt(first.ID, 10), Field: "order_id", Value: "#0042ab", PayoutID: thePayout, Ordinal: 1,
				}}, find(w, ports.HitLine, text), text)
			}
			require.Equal(w, []string{"transaction_id åÄ-7"}, fields(find(w, ports.HitLine, "Åä-7")))
			require.Equal(w, []string{"transaction_id tr-1"}, fields(find(w, ports.HitLine, "TR-1")))
			for _, text := range []string{"4", "42A", "2AB", "tr", "", "000", "#"} {
				require.Empty(w, find(w, ports.HitLine, text), "%q is a part of a text, or nothing", text)
			}
		},
		"a line of many references is found once; lines come newest first, and no more than asked for": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				appendLines(ctx, w, tx, named("k1", "7", "7"), named("k2", "7", "x"))
				appendLines(ctx, w, tx, named("k3", "y", "7"))
			})
			hits := find(w, ports.HitLine, "7")
			require.Len(w, hits, 3)
			require.Equal(w, []int64{3, 2, 1}, []int64{hits[0].Ordinal, hits[1].Ordinal, hits[2].Ordinal})
			w.view(func(ctx context.Context, tx ports.Tx) {
				for limit := 1; limit <= 3; limit++ {
					got, err := tx.Search().Find(ctx, ports.Search{Kind: ports.HitLine, Text: "7"}, limit)
					w.ok(err)
					require.Equal(w, hits[:limit], got)
				}
				for _, limit := range []int{0, 1001} {
					_, err := tx.Search().Find(ctx, ports.Search{Kind: ports.HitLine, Text: "7"}, limit)
					w.fails(ports.CodeInvalid, err)
				}
			})
		},
		"lines that were cleared are found no more, those read again are": func(w *world) {
			appended(w, named("k1", "7", "8"))
			w.update(func(ctx context.Context, tx ports.Tx) { w.ok(tx.Lines().Clear(ctx, thePayout)) })
			require.Empty(w, find(w, ports.HitLine, "7"))
			appended(w, named("k1", "9", "8"))
			require.Empty(w, find(w, ports.HitLine, "7"))
			require.Len(w, find(w, ports.HitLine, "9"), 1)
		},
		"a line is found by what a person corrected": func(w *world) {
			line := appended(w, named("k1", "7", "8"))
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Lines().Correct(ctx, []ports.LineCorrection{{LineID: line.ID, Reference: payout.OrderID, Value: "#70a", By: "anna", At: day(1)}}))
			})
			hits := find(w, ports.HitLine, "70A")
			require.Equal(w, []string{"correction #70a"}, fields(hits))
			require.Equal(w, int64(1), hits[0].Ordinal)
			require.Equal(w, thePayout, hits[0].PayoutID)
		},
		"payouts, documents, steps, orders, events, exceptions and runs are found": func(w *world) {
			line := appended(w, named("k1", "7", "8"))
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Payouts().Create(ctx, aPayout("payout-x", "#00p-å1", 1)))
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument("0d1", 1000, "ext-1")), func(s string) string {
					if s == "ext-1" {
						return "EXT-1"
					}
					return s
				}))
				step := aStep("key-1", line.ID)
				step.Number, step.Document = "k-12-3", "0d1"
				w.ok(tx.Steps().Plan(ctx, []ports.Step{step}))
				o := anOrder()
				o.Number = "#o1"
				w.ok(tx.Orders().Create(ctx, theMerchant, o, day(1)))
				w.ok(tx.ShopOrders().Tell(ctx, thePSP, []ports.ShopOrder{aShopOrder("s-1", "p")}, day(1)))
				_, err := tx.Purchases().Learn(ctx, thePSP, "bought-1", ports.LearnedByPerson, day(1))
				w.ok(err)
				w.ok(tx.Methods().Create(ctx, aMethod("card")))
				e := anEvent("event-1")
				e.Key, e.Transaction, e.Order, e.Reference = "ek-1", "et-1", "eo-1", "er-1"
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{e}))
				x := anException("exception-1", line.ID)
				x.Reference, x.Document, x.Order = "xr-1", "xd-1", "xo-1"
				w.ok(tx.Exceptions().Raise(ctx, x))
				w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
			})
			for kind, texts := range map[ports.HitKind]map[string]string{
				ports.HitPayout:    {"P-Å1": "reference #00p-å1", "payout-x": "id payout-x"},
				ports.HitDocument:  {"D1": "number 0d1", "ext-1": "reference EXT-1"},
				ports.HitStep:      {"K-12-3": "number k-12-3", "0d1": "document 0d1", "key-1": "key key-1"},
				ports.HitOrder:     {"O1": "number #o1", "S-1": "number s-1", "bought-1": "purchase bought-1"},
				ports.HitEvent:     {"EK-1": "key ek-1", "ET-1": "transaction et-1", "eo-1": "order eo-1", "#er-1": "reference er-1", "event-1": "id event-1"},
				ports.HitException: {"XR-1": "reference xr-1", "xd-1": "document xd-1", "xo-1": "order xo-1", "exception-1": "id exception-1"},
				ports.HitRun:       {"run-1": "id run-1"},
			} {
				for text, want := range texts {
					hits := find(w, kind, text)
					require.Equal(w, []string{want}, fields(hits), "%s %s", kind, text)
					require.Equal(w, theMerchant, hits[0].MerchantID)
					require.Equal(w, kind, hits[0].Kind)
				}
				require.Empty(w, find(w, kind, "nothing"), kind)
			}
			require.Equal(w, thePayout, find(w, ports.HitStep, "key-1")[0].PayoutID)
			require.Equal(w, theFlow, find(w, ports.HitStep, "key-1")[0].FlowID)
			require.Equal(w, theERP, find(w, ports.HitDocument, "0d1")[0].ConnectionID)
			require.Equal(w, thePSP, find(w, ports.HitOrder, "s-1")[0].ConnectionID)
		},
		"what belongs to another merchant is found only by who asks for all": func(w *world) {
			appended(w, named("k1", "7", "8"))
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Merchants().Create(ctx, merchant.Merchant{ID: "merchant-2", Name: "Other"}))
				d := aDocument("7", 1000, "x")
				d.References = map[invoice.Reference]string{}
				w.ok(tx.Documents().Upsert(ctx, theERP, docs(d), same))
				w.ok(tx.Orders().Create(ctx, "merchant-2", anOrder(), day(1)))
				for _, kind := range []ports.HitKind{ports.HitLine, ports.HitDocument} {
					got, err := tx.Search().Find(ctx, ports.Search{Kind: kind, MerchantID: "merchant-2", Text: "7"}, 10)
					w.ok(err)
					require.Empty(w, got)
					got, err = tx.Search().Find(ctx, ports.Search{Kind: kind, Text: "7"}, 10)
					w.ok(err)
					require.Len(w, got, 1)
				}
				got, err := tx.Search().Find(ctx, ports.Search{Kind: ports.HitOrder, Text: anOrder().Number}, 10)
				w.ok(err)
				require.Equal(w, "merchant-2", got[0].MerchantID)
			})
		},
	})
}
