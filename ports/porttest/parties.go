package porttest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// pages checks that a list is cut into the same order at every page size and that
// it refuses page sizes out of bounds.
func pages[T any](w *world, want []string, id func(T) string, list func(ports.Page) ([]T, error)) {
	w.Helper()
	for size := 1; size <= len(want)+1; size++ {
		var got []string
		after := ""
		for {
			items, err := list(ports.Page{After: after, Limit: size})
			w.ok(err)
			require.LessOrEqual(w, len(items), size)
			for _, item := range items {
				got = append(got, id(item))
			}
			if len(items) < size {
				break
			}
			after = got[len(got)-1]
		}
		require.Equal(w, want, got, "page size %d", size)
	}
	for _, size := range []int{-1, 0, 1001} {
		_, err := list(ports.Page{Limit: size})
		w.fails(ports.CodeInvalid, err)
	}
}

func merchants(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				m, err := tx.Merchants().Get(ctx, theMerchant)
				w.ok(err)
				require.Equal(w, aMerchant(theMerchant), m)
				_, err = tx.Merchants().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"an id that is taken is refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeExists, tx.Merchants().Create(ctx, aMerchant(theMerchant)))
			})
		},
		"merchants are listed by id": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Merchants().Create(ctx, aMerchant("z")))
				w.ok(tx.Merchants().Create(ctx, aMerchant("a")))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				pages(w, []string{"a", theMerchant, "z"}, func(m merchant.Merchant) string { return m.ID },
					func(p ports.Page) ([]merchant.Merchant, error) { return tx.Merchants().List(ctx, p) })
			})
		},
	})
}

func connections(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				c, err := tx.Connections().Get(ctx, thePSP)
				w.ok(err)
				require.Equal(w, aConnection(thePSP, "klarna"), c)
				_, err = tx.Connections().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"an id that is taken is refused, and so is an unknown merchant": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeExists, tx.Connections().Create(ctx, aConnection(thePSP, "klarna")))
				c := aConnection("connection-3", "klarna")
				c.MerchantID = "nobody"
				w.missing(tx.Connections().Create(ctx, c))
			})
		},
		"saving replaces all fields but the id and the merchant": func(w *world) {
			c := aConnection(thePSP, "klarna")
			c.Label, c.Settings, c.AccountID, c.AccountName, c.State = "Ny", json.RawMessage(`{}`), "K1", "Butiken", merchant.Failing
			c.Credentials, c.VerifiedAt, c.UpdatedAt = []byte("sealed"), day(1), day(2)
			c.Pause = merchant.Pause{By: "anna", Reason: "bokslut", Since: day(2)}
			c.Checks = []ports.Check{{Name: "account", State: ports.CheckFailed, Detail: "1686 saknas", Remedy: "create it"}}
			c.Capabilities = []ports.CapabilityRecord{
				{CapabilityCheck: ports.CapabilityCheck{Capability: ports.CapabilityPayouts, State: ports.CapabilityVerified, Detail: "may be read"}, At: day(1)},
				{CapabilityCheck: ports.CapabilityCheck{Capability: ports.CapabilityPurchases, State: ports.CapabilityRefused, Detail: "no right", Remedy: "ask"}, At: day(1)},
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Connections().Save(ctx, c))
				moved := c
				moved.MerchantID = "another"
				w.ok(tx.Connections().Save(ctx, moved))
				w.missing(tx.Connections().Save(ctx, aConnection("nobody", "klarna")))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				got, err := tx.Connections().Get(ctx, thePSP)
				w.ok(err)
				require.Equal(w, c, got)
			})
		},
		"one account of a connector is connected once per merchant": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				first, second := aConnection(thePSP, "klarna"), aConnection("connection-3", "klarna")
				w.ok(tx.Connections().Create(ctx, second))
				first.AccountID, second.AccountID = "K1", "K1"
				w.ok(tx.Connections().Save(ctx, first))
				w.ok(tx.Connections().Save(ctx, first))
				w.fails(ports.CodeExists, tx.Connections().Save(ctx, second))
				second.AccountID = "K2"
				w.ok(tx.Connections().Save(ctx, second))
				other := aConnection(theERP, "fortnox")
				other.AccountID = "K1"
				w.ok(tx.Connections().Save(ctx, other))
			})
		},
		"connections of a merchant are listed by id": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
				c := aConnection("a", "klarna")
				c.MerchantID = "merchant-2"
				w.ok(tx.Connections().Create(ctx, c))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				pages(w, []string{theERP, thePSP}, func(c ports.ConnectionRecord) string { return c.ID },
					func(p ports.Page) ([]ports.ConnectionRecord, error) {
						return tx.Connections().List(ctx, theMerchant, p)
					})
			})
		},
	})
}

func aSchedule() merchant.Schedule {
	return merchant.Schedule{Cron: "0 23 * * *", Zone: "Europe/Stockholm", Jitter: 5 * time.Minute}
}

func flows(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what was created is what one gets, with settings version 1": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				f, err := tx.Flows().Get(ctx, theFlow)
				w.ok(err)
				require.Equal(w, aFlow(theFlow, thePSP, theERP), f)
				_, err = tx.Flows().Get(ctx, "nobody")
				w.missing(err)
			})
		},
		"an id that is taken and a second flow of the kind between two connections are refused": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeExists, tx.Flows().Create(ctx, aFlow(theFlow, theERP, thePSP), "x"))
				w.fails(ports.CodeExists, tx.Flows().Create(ctx, aFlow("flow-2", thePSP, theERP), "x"))
				w.missing(tx.Flows().Create(ctx, aFlow("flow-2", thePSP, "nobody"), "x"))
				w.ok(tx.Flows().Create(ctx, aFlow("flow-2", theERP, thePSP), "x"))
			})
		},
		"each change of the settings is a new version and the old ones stay": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				version, err := tx.Flows().SaveSettings(ctx, theFlow, json.RawMessage(`{"clearing":"1580"}`), day(1), "anna")
				w.ok(err)
				require.Equal(w, 2, version)
				version, err = tx.Flows().SaveSettings(ctx, theFlow, json.RawMessage(`{"clearing":"1581"}`), day(2), "bo")
				w.ok(err)
				require.Equal(w, 3, version)
				_, err = tx.Flows().SaveSettings(ctx, "nobody", json.RawMessage(`{}`), day(2), "bo")
				w.missing(err)
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				f, err := tx.Flows().Get(ctx, theFlow)
				w.ok(err)
				require.Equal(w, 3, f.SettingsVersion)
				require.JSONEq(w, `{"clearing":"1581"}`, string(f.Settings))
				for version, want := range map[int]string{1: "1686", 2: "1580", 3: "1581"} {
					settings, err := tx.Flows().Settings(ctx, theFlow, version)
					w.ok(err)
					require.JSONEq(w, `{"clearing":"`+want+`"}`, string(settings))
				}
				_, err = tx.Flows().Settings(ctx, theFlow, 4)
				w.missing(err)
			})
		},
		"an opening balance stands in the place of the one before of its account": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				none, err := tx.Flows().Openings(ctx, theFlow)
				w.ok(err)
				require.Empty(w, none)
				first := ports.OpeningBalance{Account: "1686", PaidIn: "SEK", Amount: sek(500), Date: civil.Of(day(1)), Note: "by the old routine", By: "anna", At: day(2)}
				other := ports.OpeningBalance{Account: "1580", PaidIn: "EUR", Amount: sek(-7), Date: civil.Of(day(3)), Note: "n", By: "bo", At: day(4)}
				for _, o := range []ports.OpeningBalance{first, other} {
					w.ok(tx.Flows().SetOpening(ctx, theFlow, o))
				}
				first.Amount, first.Date, first.Note, first.By, first.At = sek(0), civil.Of(day(5)), "counted anew", "bo", day(6)
				w.ok(tx.Flows().SetOpening(ctx, theFlow, first))
				w.missing(tx.Flows().SetOpening(ctx, "nobody", first))
				kept, err := tx.Flows().Openings(ctx, theFlow)
				w.ok(err)
				require.Equal(w, []ports.OpeningBalance{other, first}, kept)
			})
		},
		"a flow can be switched": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Flows().SetEnabled(ctx, theFlow, true))
				w.missing(tx.Flows().SetEnabled(ctx, "nobody", true))
				f, err := tx.Flows().Get(ctx, theFlow)
				w.ok(err)
				require.True(w, f.Enabled)
			})
		},
		"a flow without a mode is live, and its mode changes together with its first moment": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				f := aFlow("flow-2", theERP, thePSP)
				f.Mode = ""
				w.ok(tx.Flows().Create(ctx, f, "x"))
				f, err := tx.Flows().Get(ctx, "flow-2")
				w.ok(err)
				require.Equal(w, merchant.Live, f.Mode)
				f.Mode, f.Since = merchant.Shadow, day(4)
				w.ok(tx.Flows().SetMode(ctx, "flow-2", merchant.Shadow, day(4)))
				w.missing(tx.Flows().SetMode(ctx, "nobody", merchant.Shadow, day(4)))
				got, err := tx.Flows().Get(ctx, "flow-2")
				w.ok(err)
				require.Equal(w, f, got)
				for _, mode := range []merchant.Mode{merchant.Approve, merchant.Shadow} {
					w.ok(tx.Flows().SetMode(ctx, "flow-2", mode, day(5)))
					f.Mode, f.Since, f.LeftShadow = mode, day(5), true
					got, err = tx.Flows().Get(ctx, "flow-2")
					w.ok(err)
					require.Equal(w, f, got, "that it once left shadow stays known")
				}
			})
		},
		"what was created with a schedule is what one gets": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				f := aFlow("flow-2", theERP, thePSP)
				f.Schedule, f.NextRunAt = aSchedule(), day(1)
				w.ok(tx.Flows().Create(ctx, f, "x"))
				got, err := tx.Flows().Get(ctx, "flow-2")
				w.ok(err)
				require.Equal(w, f, got)
			})
		},
		"a schedule is replaced together with the next run, and the rest of the flow stays": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				want := aFlow(theFlow, thePSP, theERP)
				for _, s := range []merchant.Schedule{aSchedule(), {Cron: "5 4 * * 1", Zone: "UTC"}, {}} {
					want.Schedule, want.NextRunAt = s, day(2)
					if s == (merchant.Schedule{}) {
						want.NextRunAt = time.Time{}
					}
					w.ok(tx.Flows().Schedule(ctx, theFlow, s, want.NextRunAt))
					got, err := tx.Flows().Get(ctx, theFlow)
					w.ok(err)
					require.Equal(w, want, got)
				}
				w.missing(tx.Flows().Schedule(ctx, "nobody", aSchedule(), day(1)))
			})
		},
		"flows whose next run is at or before a moment are due, of all merchants, by id": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for id, next := range map[string]time.Time{"d": day(2), "b": day(3), "c": day(3).Add(time.Microsecond), "a": day(1), "e": {}} {
					w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-"+id)))
					f := aFlow(id, thePSP, theERP)
					f.MerchantID, f.Schedule, f.NextRunAt = "merchant-"+id, aSchedule(), next
					w.ok(tx.Flows().Create(ctx, f, "x"))
				}
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				pages(w, []string{"a", "b", "d"}, func(f merchant.Flow) string { return f.ID },
					func(p ports.Page) ([]merchant.Flow, error) { return tx.Flows().Due(ctx, day(3), p) })
			})
		},
		"a flow tells what started its newest run": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for i, trigger := range []string{ports.TriggerSchedule, ports.TriggerAPI, ports.TriggerMadeUp} {
					run := aRun("run-"+trigger, 3-i)
					run.Trigger = trigger
					w.ok(tx.Runs().Create(ctx, run))
					f, err := tx.Flows().Get(ctx, theFlow)
					w.ok(err)
					require.Equal(w, ports.TriggerSchedule, f.LastTrigger, "it began last")
				}
			})
		},
		"flows are listed by id, of one merchant or of all": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
				f := aFlow("a-flow", thePSP, theERP)
				f.MerchantID = "merchant-2"
				w.ok(tx.Flows().Create(ctx, f, "x"))
				w.ok(tx.Flows().Create(ctx, aFlow("flow-0", theERP, thePSP), "x"))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				id := func(f merchant.Flow) string { return f.ID }
				pages(w, []string{"flow-0", theFlow}, id,
					func(p ports.Page) ([]merchant.Flow, error) { return tx.Flows().List(ctx, theMerchant, p) })
				pages(w, []string{"a-flow", "flow-0", theFlow}, id,
					func(p ports.Page) ([]merchant.Flow, error) { return tx.Flows().List(ctx, "", p) })
			})
		},
	})
}
