package porttest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

func aMethod(id string) ports.MethodRecord {
	return ports.MethodRecord{
		Method:    payment.Method{ID: id, MerchantID: theMerchant, Name: "Presentkort", Kind: payment.ByGiftCard, Authorised: true},
		CreatedAt: day(1),
	}
}

func anOrder() order.Order {
	return order.Order{
		Number: "1001", Country: "SE", Postcode: "111 22", VATNumberValid: true, Date: civil.Date{Year: 2026, Month: 3, Day: 30}, Parts: someParts(),
	}
}

func someParts() []order.Part {
	return []order.Part{{Supply: tax.Goods, Rate: tax.Percent(25), Gross: sek(100_00), VAT: sek(20_00)}, {Supply: tax.Freight, Gross: sek(10_00)}}
}

func anEvent(id string) ports.EventRecord {
	return ports.EventRecord{
		ID: id, MerchantID: theMerchant, Fingerprint: "f-" + id, State: ports.EventPending, RegisteredAt: day(2),
		Event: payment.Event{
			Kind: payment.Deposit, Origin: payment.FromShop, Order: "1001", Transaction: "T1", Method: "card", Key: "key-" + id,
			Amount: sek(90_00), Fee: sek(10_00), FeeVAT: sek(0), At: day(1), Reference: "ref",
		},
		Parts: someParts(), Fault: aFault(), SettingsVersion: 3,
	}
}

func eventIDs(list []ports.EventRecord) []string {
	ids := []string{}
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

// ofFlow is a voucher that belongs to no payout.
func ofFlow(key string) ports.Step {
	return ports.Step{FlowID: theFlow, Kind: ports.StepVoucher, Key: key, State: ports.StepPlanned, Content: json.RawMessage(`{}`), Amount: sek(1), Reverses: "v0"}
}

func methods(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets, and an id is taken once": func(w *world) {
			card := aMethod("card")
			card.Kind, card.Connection = payment.ByProvider, thePSP
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, want := range []ports.MethodRecord{aMethod("gift"), card} {
					w.ok(tx.Methods().Create(ctx, want))
					got, err := tx.Methods().Get(ctx, theMerchant, want.ID)
					w.ok(err)
					require.Equal(w, want, got)
				}
				w.fails(ports.CodeExists, tx.Methods().Create(ctx, aMethod("gift")))
				_, err := tx.Methods().Get(ctx, "other", "gift")
				w.missing(err)
			})
		},
		"methods are listed by id": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, id := range []string{"c", "a", "b"} {
					w.ok(tx.Methods().Create(ctx, aMethod(id)))
				}
				got, err := tx.Methods().List(ctx, theMerchant, ports.Page{After: "a", Limit: 1})
				w.ok(err)
				require.Len(w, got, 1)
				require.Equal(w, "b", got[0].ID)
			})
		},
	})
}

func orders(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets, and a number is taken once": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Orders().Create(ctx, theMerchant, anOrder(), day(1)))
				w.fails(ports.CodeExists, tx.Orders().Create(ctx, theMerchant, anOrder(), day(2)))
				got, err := tx.Orders().Get(ctx, theMerchant, "1001")
				w.ok(err)
				require.Equal(w, anOrder(), got)
				_, err = tx.Orders().Get(ctx, "other", "1001")
				w.missing(err)
				other := anOrder()
				other.Country, other.Parts = "DE", someParts()[:1]
				w.ok(tx.Orders().Replace(ctx, theMerchant, other, day(3)))
				got, err = tx.Orders().Get(ctx, theMerchant, "1001")
				w.ok(err)
				require.Equal(w, other, got)
				other.Number = "1002"
				w.missing(tx.Orders().Replace(ctx, theMerchant, other, day(3)))
			})
		},
	})
}

func events(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets, by id and by key": func(w *world) {
			bare := anEvent("e2")
			bare.Parts, bare.Fault, bare.Fee, bare.FeeVAT, bare.Order = nil, nil, sek(0), sek(0), ""
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{anEvent("e1"), bare}))
				for _, want := range []ports.EventRecord{anEvent("e1"), bare} {
					got, err := tx.Events().Get(ctx, want.ID)
					w.ok(err)
					require.NotZero(w, got.Num)
					want.Num = got.Num
					require.Equal(w, want, got)
					got, err = tx.Events().ByKey(ctx, theMerchant, want.Key)
					w.ok(err)
					require.Equal(w, want, got)
				}
				_, err := tx.Events().ByKey(ctx, "other", "key-e1")
				w.missing(err)
				_, err = tx.Events().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"a key is taken once": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{anEvent("e1")}))
				again := anEvent("e2")
				again.Key = "key-e1"
				w.fails(ports.CodeExists, tx.Events().Create(ctx, []ports.EventRecord{again}))
			})
		},
		"saving replaces what became of it and nothing else": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofFlow("v1"), ofFlow("v2")}))
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{anEvent("e1")}))
				changed := anEvent("e1")
				changed.State, changed.Fault, changed.Taken, changed.Steps, changed.Bookings, changed.SettingsVersion = ports.EventBooked, nil, someParts(), []string{"v1", "v2"}, 1, 4
				changed.Market = tax.Market{Treatment: tax.OSS, Country: "DE"}
				changed.Delivered = civil.Date{Year: 2026, Month: 4, Day: 2}
				want := changed
				changed.Amount, changed.Kind, changed.Parts = sek(1), payment.Payment, nil
				w.ok(tx.Events().Save(ctx, changed))
				got, err := tx.Events().Get(ctx, "e1")
				w.ok(err)
				want.Num = got.Num
				require.Equal(w, want, got)
				w.missing(tx.Events().Save(ctx, anEvent("nobody")))
			})
		},
		"events are listed in the order stored, and filtered": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofFlow("v1")}))
				booked, other := anEvent("b"), anEvent("c")
				booked.State, booked.Steps = ports.EventBooked, []string{"v1"}
				other.Transaction, other.Order, other.Method, other.Kind = "T2", "1002", "gift", payment.Refund
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{anEvent("a"), booked, other}))
				for _, c := range []struct {
					filter ports.EventFilter
					want   []string
				}{
					{ports.EventFilter{}, []string{"a", "b", "c"}},
					{ports.EventFilter{State: ports.EventPending}, []string{"a", "c"}},
					{ports.EventFilter{Transaction: "T1"}, []string{"a", "b"}},
					{ports.EventFilter{Order: "1002"}, []string{"c"}},
					{ports.EventFilter{Method: "gift", Kind: payment.Refund}, []string{"c"}},
					{ports.EventFilter{Step: "v1"}, []string{"b"}},
				} {
					got, err := tx.Events().List(ctx, theMerchant, c.filter, 0, 10)
					w.ok(err)
					require.Equal(w, c.want, eventIDs(got))
				}
				first, err := tx.Events().List(ctx, theMerchant, ports.EventFilter{}, 0, 1)
				w.ok(err)
				rest, err := tx.Events().List(ctx, theMerchant, ports.EventFilter{}, first[0].Num, 10)
				w.ok(err)
				require.Equal(w, []string{"b", "c"}, eventIDs(rest))
				_, err = tx.Events().List(ctx, theMerchant, ports.EventFilter{State: "lost"}, 0, 10)
				w.fails(ports.CodeInvalid, err)
			})
		},
		"an event has one open exception, which is closed with it": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Events().Create(ctx, []ports.EventRecord{anEvent("e1"), anEvent("e2")}))
				for _, id := range []string{"e1", "e2", "e1"} {
					x := ports.Exception{ID: "x-" + id, MerchantID: theMerchant, EventID: id, Code: "event.pending", State: ports.ExceptionOpen, RaisedAt: day(1)}
					w.ok(tx.Exceptions().Raise(ctx, x))
					got, err := tx.Exceptions().Get(ctx, x.ID)
					w.ok(err)
					require.Equal(w, x, got)
				}
				w.ok(tx.Exceptions().ResolveEvent(ctx, "e1", "it came", "kvitt", day(2)))
				open, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 10})
				w.ok(err)
				require.Equal(w, []string{"x-e2"}, []string{open[0].ID})
				require.Len(w, open, 1)
				of, err := tx.Exceptions().List(ctx, theMerchant, ports.ExceptionFilter{EventID: "e1"}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, of, 1)
				require.Equal(w, ports.ExceptionResolved, of[0].State)
			})
		},
	})
}

func registrations(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"vouchers are numbered without a gap, whatever they belong to": func(w *world) {
			ofPayout := ports.Step{PayoutID: thePayout, Kind: ports.StepVoucher, Key: "v1", State: ports.StepPlanned}
			correction := ports.Step{PayoutID: thePayout, Kind: ports.StepCorrection, Key: "v3", State: ports.StepPlanned}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofPayout, aStep("p1", 7), ofFlow("v2"), ofFlow("v2")}))
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofPayout, correction}))
			})
			require.Error(w, w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofFlow("given up")}))
				return context.Canceled
			}))
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofFlow("v4")}))
				for key, want := range map[string]int64{"v1": 1, "p1": 0, "v2": 2, "v3": 3, "v4": 4} {
					got, err := tx.Steps().ByKey(ctx, key)
					w.ok(err)
					require.Equal(w, want, got.Registration, key)
				}
			})
		},
		"a step belongs to a payout or to a flow": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				both, none := ofFlow("s1"), ofFlow("s2")
				both.PayoutID, none.FlowID, none.Kind = thePayout, "", ports.StepPayment
				for _, s := range []ports.Step{both, none} {
					w.fails(ports.CodeInvalid, tx.Steps().Plan(ctx, []ports.Step{s}))
				}
			})
		},
		"steps of a flow are listed apart from those of its payouts": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Steps().Plan(ctx, []ports.Step{ofFlow("v1"), aStep("p1", 7), ofFlow("v2")}))
				all, err := tx.Steps().ListOfFlow(ctx, theFlow, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"v1", "v2"}, stepKeys(all))
				require.Equal(w, theFlow, all[0].FlowID)
				require.Empty(w, all[0].PayoutID)
				require.Equal(w, "v0", all[0].Reverses)
				all[0].State = ports.StepDone
				w.ok(tx.Steps().Save(ctx, all[0]))
				pending, err := tx.Steps().PendingOfFlow(ctx, theFlow, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"v2"}, stepKeys(pending))
				ofPayout, err := tx.Steps().List(ctx, thePayout, 0, 10)
				w.ok(err)
				require.Equal(w, []string{"p1"}, stepKeys(ofPayout))
			})
		},
	})
}
