package porttest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func unitsOfWork(t *testing.T, open func(t *testing.T) Opened) {
	errStop := errors.New("stop")
	halfAUnit := func(w *world, end func() error) error {
		return w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error {
			w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
			w.ok(tx.Cursors().Set(ctx, thePSP, "payouts", "half"))
			w.ok(tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: theFlow}))
			return end()
		})
	}
	nothingKept := func(w *world) {
		w.Helper()
		w.view(func(ctx context.Context, tx ports.Tx) {
			_, err := tx.Merchants().Get(ctx, "merchant-2")
			w.missing(err)
			cursor, err := tx.Cursors().Get(ctx, thePSP, "payouts")
			w.ok(err)
			require.Empty(w, cursor)
		})
		jobs, err := w.opened.Jobs(w.Context())
		w.ok(err)
		require.Empty(w, jobs)
	}
	cases(t, open, map[string]func(w *world){
		"a unit is kept whole, together with its jobs": func(w *world) {
			w.ok(halfAUnit(w, func() error { return nil }))
			w.view(func(ctx context.Context, tx ports.Tx) {
				_, err := tx.Merchants().Get(ctx, "merchant-2")
				w.ok(err)
			})
			jobs, err := w.opened.Jobs(w.Context())
			w.ok(err)
			require.Len(w, jobs, 1)
			require.Equal(w, ports.AdvanceFlow, jobs[0].Kind)
			require.Equal(w, theFlow, jobs[0].Subject)
		},
		"a unit that fails is not kept at all, nor are its jobs, and its error comes back": func(w *world) {
			require.ErrorIs(w, halfAUnit(w, func() error { return errStop }), errStop)
			nothingKept(w)
		},
		"a unit that panics is not kept, and the store works on": func(w *world) {
			require.PanicsWithError(w, "stop", func() { _ = halfAUnit(w, func() error { panic(errStop) }) })
			nothingKept(w)
			w.ok(halfAUnit(w, func() error { return nil }))
		},
		"a unit whose context ends is not kept, and the store works on": func(w *world) {
			ctx, cancel := context.WithCancel(w.Context())
			err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
				w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
				cancel()
				return nil
			})
			require.ErrorIs(w, err, context.Canceled)
			nothingKept(w)
			w.ok(halfAUnit(w, func() error { return nil }))
		},
		"a context that has ended starts nothing": func(w *world) {
			ctx, cancel := context.WithCancel(w.Context())
			cancel()
			ran := false
			fn := func(context.Context, ports.Tx) error { ran = true; return nil }
			require.ErrorIs(w, w.store.Update(ctx, fn), context.Canceled)
			require.ErrorIs(w, w.store.View(ctx, fn), context.Canceled)
			require.False(w, ran)
		},
		"a unit goes on after a fault": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.fails(ports.CodeExists, tx.Merchants().Create(ctx, aMerchant(theMerchant)))
				_, err := tx.Payouts().Get(ctx, "nobody")
				w.missing(err)
				w.ok(tx.Merchants().Create(ctx, aMerchant("merchant-2")))
			})
			w.view(func(ctx context.Context, tx ports.Tx) {
				_, err := tx.Merchants().Get(ctx, "merchant-2")
				w.ok(err)
			})
		},
		"a unit sees what it has written": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Cursors().Set(ctx, thePSP, "payouts", "mine"))
				cursor, err := tx.Cursors().Get(ctx, thePSP, "payouts")
				w.ok(err)
				require.Equal(w, "mine", cursor)
			})
		},
		"a view sees one state, whatever is committed meanwhile": func(w *world) {
			w.view(func(ctx context.Context, tx ports.Tx) {
				w.update(func(ctx context.Context, tx ports.Tx) {
					w.ok(tx.Cursors().Set(ctx, thePSP, "payouts", "later"))
				})
				cursor, err := tx.Cursors().Get(ctx, thePSP, "payouts")
				w.ok(err)
				require.Empty(w, cursor)
			})
		},
		"a view does not wait for a unit of work": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Cursors().Set(ctx, thePSP, "payouts", "mine"))
				w.view(func(ctx context.Context, tx ports.Tx) {
					cursor, err := tx.Cursors().Get(ctx, thePSP, "payouts")
					w.ok(err)
					require.Empty(w, cursor)
				})
			})
		},
		"units do not nest": func(w *world) {
			w.ok(w.store.Update(w.Context(), func(ctx context.Context, _ ports.Tx) error {
				require.Error(w, w.store.Update(ctx, func(context.Context, ports.Tx) error { return nil }))
				require.Error(w, w.store.View(ctx, func(context.Context, ports.Tx) error { return nil }))
				return nil
			}))
		},
		"a view cannot write": viewCannotWrite,
	})
}

// viewCannotWrite calls every method that writes.
func viewCannotWrite(w *world) {
	line, number := appended(w, aLine("k1", 100)), "1001"
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Documents().Upsert(ctx, theERP, docs(aDocument(number, 1000, "A")), same))
		w.ok(tx.Steps().Plan(ctx, []ports.Step{aStep("s1", line.ID)}))
		w.ok(tx.Exceptions().Raise(ctx, anException("e1", line.ID)))
		w.ok(tx.Runs().Create(ctx, aRun("run-1", 0)))
	})
	page := aRawPage("text")
	w.view(func(ctx context.Context, tx ports.Tx) {
		_, _, appending := tx.Lines().Append(ctx, thePayout, nil)
		_, saving := tx.Flows().SaveSettings(ctx, theFlow, nil, start(), "x")
		_, taking := tx.Lanes().Take(ctx, "lane", "x")
		claim := ports.Claim{Number: number, Amount: sek(1)}
		for name, err := range map[string]error{
			"merchants.Create":       tx.Merchants().Create(ctx, merchant.Merchant{ID: "m"}),
			"connections.Create":     tx.Connections().Create(ctx, aConnection("c", "x")),
			"connections.Save":       tx.Connections().Save(ctx, aConnection(thePSP, "x")),
			"flows.Create":           tx.Flows().Create(ctx, aFlow("f", theERP, thePSP), "x"),
			"flows.SaveSettings":     saving,
			"flows.SetEnabled":       tx.Flows().SetEnabled(ctx, theFlow, true),
			"runs.Create":            tx.Runs().Create(ctx, aRun("run-2", 0)),
			"runs.Add":               tx.Runs().Add(ctx, "run-1", ports.RunReport{PayoutsSeen: 1}),
			"runs.Finish":            tx.Runs().Finish(ctx, "run-1", ports.RunDone, start(), nil),
			"payouts.Create":         tx.Payouts().Create(ctx, aPayout("p", "REF-P", 0)),
			"payouts.Save":           tx.Payouts().Save(ctx, aPayout(thePayout, "REF-1", 0)),
			"lines.Append":           appending,
			"lines.Clear":            tx.Lines().Clear(ctx, thePayout),
			"lines.Decide":           tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: line.ID, State: ports.LineMatched}}),
			"lines.MarkDirect":       tx.Lines().MarkDirect(ctx, []int64{line.ID}),
			"rawPages.Put":           tx.RawPages().Put(ctx, thePSP, page, start()),
			"documents.Upsert":       tx.Documents().Upsert(ctx, theERP, nil, same),
			"documents.Claim":        tx.Documents().Claim(ctx, theERP, []ports.Claim{claim}),
			"documents.Settle":       tx.Documents().Settle(ctx, theERP, claim),
			"documents.MarkSearched": tx.Documents().MarkSearched(ctx, theERP, nil, start()),
			"steps.Plan":             tx.Steps().Plan(ctx, []ports.Step{aStep("s2", 0)}),
			"steps.Save":             tx.Steps().Save(ctx, ports.Step{ID: 1}),
			"exceptions.Raise":       tx.Exceptions().Raise(ctx, anException("e2", 0)),
			"exceptions.Resolve":     tx.Exceptions().Resolve(ctx, "e1", "", "", start()),
			"exceptions.ResolveLine": tx.Exceptions().ResolveLine(ctx, line.ID, "", "", start()),
			"cursors.Set":            tx.Cursors().Set(ctx, thePSP, "payouts", "x"),
			"lanes.Take":             taking,
			"lanes.Leave":            tx.Lanes().Leave(ctx, ports.Lane{Key: "lane"}),
			"access.CreateKey":       tx.Access().CreateKey(ctx, ports.APIKey{ID: "k"}),
			"access.SaveReply":       tx.Access().SaveReply(ctx, ports.Reply{Key: "k"}),
			"audit.Append":           tx.Audit().Append(ctx, ports.AuditEntry{By: "x"}),
			"jobs.Enqueue":           tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: theFlow}),
		} {
			w.Log(name)
			w.fails(ports.CodeReadOnly, err)
		}
	})
}
