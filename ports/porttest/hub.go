package porttest

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func cursors(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a stream that was never read gives nothing, then what was set last": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, want := range []string{"", "one", "two", ""} {
					w.ok(tx.Cursors().Set(ctx, thePSP, "payouts", want))
					got, err := tx.Cursors().Get(ctx, thePSP, "payouts")
					w.ok(err)
					require.Equal(w, want, got)
				}
				got, err := tx.Cursors().Get(ctx, thePSP, "other")
				w.ok(err)
				require.Empty(w, got)
				got, err = tx.Cursors().Get(ctx, theERP, "payouts")
				w.ok(err)
				require.Empty(w, got)
				w.missing(tx.Cursors().Set(ctx, "nobody", "payouts", "x"))
			})
		},
	})
}

func lanes(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a new lane is clean; each owner has the next epoch": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				lane, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				require.Equal(w, ports.Lane{Key: "l", Owner: "hub-1", Epoch: 1, Clean: true}, lane)
				other, err := tx.Lanes().Take(ctx, "l2", "hub-1")
				w.ok(err)
				require.Equal(w, int64(1), other.Epoch)
			})
		},
		"a lane that nobody left in good order is not clean": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				_, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				lane, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				require.Equal(w, ports.Lane{Key: "l", Owner: "hub-1", Epoch: 2}, lane)
			})
		},
		"a lane that its owner left is clean for the next one": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				lane, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				w.ok(tx.Lanes().Leave(ctx, lane))
				lane, err = tx.Lanes().Take(ctx, "l", "hub-2")
				w.ok(err)
				require.Equal(w, ports.Lane{Key: "l", Owner: "hub-2", Epoch: 2, Clean: true}, lane)
				lane, err = tx.Lanes().Take(ctx, "l", "hub-3")
				w.ok(err)
				require.False(w, lane.Clean)
			})
		},
		"leaving with an old epoch or as another owner changes nothing": func(w *world) {
			w.update(func(ctx context.Context, tx ports.Tx) {
				old, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				current, err := tx.Lanes().Take(ctx, "l", "hub-1")
				w.ok(err)
				w.ok(tx.Lanes().Leave(ctx, old))
				stranger := current
				stranger.Owner = "hub-2"
				w.ok(tx.Lanes().Leave(ctx, stranger))
				w.ok(tx.Lanes().Leave(ctx, ports.Lane{Key: "nobody"}))
				lane, err := tx.Lanes().Take(ctx, "l", "hub-3")
				w.ok(err)
				require.False(w, lane.Clean)
			})
		},
	})
}

func access(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a key is found by its hash": func(w *world) {
			key := ports.APIKey{ID: "k1", SHA256: "aa", Label: "agency", Scope: ports.ScopeMerchant, MerchantID: theMerchant, CreatedAt: start()}
			operator := ports.APIKey{ID: "k2", SHA256: "bb", Scope: ports.ScopeOperator, CreatedAt: start()}
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, k := range []ports.APIKey{key, operator} {
					w.ok(tx.Access().CreateKey(ctx, k))
					w.fails(ports.CodeExists, tx.Access().CreateKey(ctx, k))
					got, err := tx.Access().KeyByHash(ctx, k.SHA256)
					w.ok(err)
					require.Equal(w, k, got)
				}
				_, err := tx.Access().KeyByHash(ctx, "cc")
				w.missing(err)
			})
		},
		"a reply is kept once for each caller and key": func(w *world) {
			reply := ports.Reply{Caller: "k1", Key: "i1", Fingerprint: "f", Status: 201, Body: []byte(`{"id":"x"}`), At: start()}
			w.update(func(ctx context.Context, tx ports.Tx) {
				w.ok(tx.Access().SaveReply(ctx, reply))
				second := reply
				second.Status, second.Fingerprint = 500, "g"
				w.fails(ports.CodeExists, tx.Access().SaveReply(ctx, second))
				got, err := tx.Access().ReplyTo(ctx, "k1", "i1")
				w.ok(err)
				require.Equal(w, reply, got)
				second.Caller = "k2"
				w.ok(tx.Access().SaveReply(ctx, second))
				_, err = tx.Access().ReplyTo(ctx, "k1", "i2")
				w.missing(err)
			})
		},
	})
}

func audit(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"entries of all merchants can be narrowed by whom, what, to what and when": func(w *world) {
			entry := func(merchantID, by, act, subject string, days int) ports.AuditEntry {
				return ports.AuditEntry{MerchantID: merchantID, By: by, Act: act, Subject: subject, At: day(days)}
			}
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, e := range []ports.AuditEntry{
					entry(theMerchant, "Shop (key-1)", "flow.enabled", "f1", 1), entry("merchant-2", "Shop (key-12)", "flow.enabled", "f2", 2),
					entry("", "Ops (key-2)", "key.created", "key-1", 3), entry(theMerchant, "hub", "flow.disabled", "f1", 4),
				} {
					w.ok(tx.Audit().Append(ctx, e))
				}
				for _, c := range []struct {
					filter ports.AuditFilter
					want   []string
				}{
					{ports.AuditFilter{}, []string{"flow.disabled f1", "key.created key-1", "flow.enabled f2", "flow.enabled f1"}},
					{ports.AuditFilter{Subject: "f1"}, []string{"flow.disabled f1", "flow.enabled f1"}},
					{ports.AuditFilter{Act: "flow.enabled"}, []string{"flow.enabled f2", "flow.enabled f1"}},
					{ports.AuditFilter{Act: "flow.enabled", MerchantID: theMerchant}, []string{"flow.enabled f1"}},
					{ports.AuditFilter{By: "key-1"}, []string{"flow.enabled f1"}},
					{ports.AuditFilter{By: "Shop (key-12)"}, []string{"flow.enabled f2"}},
					{ports.AuditFilter{By: "hub"}, []string{"flow.disabled f1"}},
					{ports.AuditFilter{By: "%"}, nil},
					{ports.AuditFilter{From: day(2), To: day(4)}, []string{"key.created key-1", "flow.enabled f2"}},
				} {
					got, err := tx.Audit().List(ctx, c.filter, ports.Page{Limit: 10})
					w.ok(err)
					var said []string
					for _, e := range got {
						said = append(said, e.Act+" "+e.Subject)
					}
					require.Equal(w, c.want, said, "%+v", c.filter)
				}
			})
		},
		"entries of a merchant are listed newest first": func(w *world) {
			entry := ports.AuditEntry{MerchantID: theMerchant, At: start(), By: "anna", Act: "exception.adopt", Subject: "e1", Detail: "d"}
			w.update(func(ctx context.Context, tx ports.Tx) {
				for _, subject := range []string{"e1", "e2", "e3"} {
					e := entry
					e.Subject = subject
					w.ok(tx.Audit().Append(ctx, e))
				}
				w.ok(tx.Audit().Append(ctx, ports.AuditEntry{By: "operator", Act: "start", At: start()}))
				entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: theMerchant}, ports.Page{Limit: 10})
				w.ok(err)
				require.Len(w, entries, 3)
				require.Equal(w, "e3", entries[0].Subject)
				entry.ID = entries[2].ID
				require.Equal(w, entry, entries[2])
				id := func(e ports.AuditEntry) string { return strconv.FormatInt(e.ID, 10) }
				pages(w, []string{id(entries[0]), id(entries[1]), id(entries[2])}, id,
					func(p ports.Page) ([]ports.AuditEntry, error) {
						return tx.Audit().List(ctx, ports.AuditFilter{MerchantID: theMerchant}, p)
					})
			})
		},
	})
}
