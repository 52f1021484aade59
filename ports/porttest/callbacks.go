package porttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func callbacks(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a message is kept as it arrived":                       callbackKept,
		"messages are listed newest first, without their bytes": callbackListed,
		"those that wait come in the order of their arrival":    callbackWaiting,
		"what becomes of a message replaces what was before":    callbackSettled,
		"a notice that woke something is known by its key":      callbackWoke,
		"old messages are forgotten, but for those that wait":   callbackPruned,
		"a new token lets the one before live for a while":      tokenReplaced,
		"replaced tokens are revoked, the newest is not":        tokenRevoked,
	})
}

func aCallback(id string, minutes int) ports.CallbackRecord {
	return ports.CallbackRecord{
		ID: id, ConnectionID: thePSP, MerchantID: theMerchant, Method: "POST", Query: "order_id=4711&x=%C3%B6",
		Headers: map[string][]string{"X-Hash": {"a", "b"}}, Body: []byte{0, 255, '{'}, ReceivedAt: start().Add(time.Duration(minutes) * time.Minute),
		CallbackFate: ports.CallbackFate{State: ports.CallbackReceived},
	}
}

func aFate() ports.CallbackFate {
	return ports.CallbackFate{
		State: ports.CallbackRead, Attempts: 2, ReadAt: start().Add(time.Hour),
		Notices: []ports.NoticeRecord{
			{Notice: ports.Notice{Subject: ports.AboutPayout, ID: "P1", Order: "O1", Event: "evt_1", OccurredAt: start()}, Key: "k1", Outcome: ports.NoticeWoke, Detail: "flow-1"},
			{Notice: ports.Notice{Subject: ports.AboutAccount}, Key: "k2", Outcome: ports.NoticeKept, Detail: "nobody"},
		},
	}
}

func callbackKept(w *world) {
	bare := ports.CallbackRecord{
		ID: "cb-2", ConnectionID: theERP, MerchantID: theMerchant, Method: "GET", ReceivedAt: start(),
		CallbackFate: ports.CallbackFate{State: ports.CallbackReceived},
	}
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Callbacks().Create(ctx, aCallback("cb-1", 0)))
		w.ok(tx.Callbacks().Create(ctx, bare))
		w.fails(ports.CodeExists, tx.Callbacks().Create(ctx, aCallback("cb-1", 1)))
		orphan := aCallback("cb-3", 0)
		orphan.ConnectionID = "nobody"
		w.missing(tx.Callbacks().Create(ctx, orphan))
	})
	w.view(func(ctx context.Context, tx ports.Tx) {
		for _, want := range []ports.CallbackRecord{aCallback("cb-1", 0), bare} {
			got, err := tx.Callbacks().Get(ctx, want.ID)
			w.ok(err)
			require.Equal(w, want, got)
		}
		_, err := tx.Callbacks().Get(ctx, "cb-3")
		w.missing(err)
		w.fails(ports.CodeReadOnly, tx.Callbacks().Create(ctx, aCallback("cb-4", 0)))
	})
}

func callbackListed(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		for i := range 4 {
			w.ok(tx.Callbacks().Create(ctx, aCallback(fmt.Sprintf("cb-%d", 9-i), i)))
		}
		elsewhere := aCallback("cb-e", 0)
		elsewhere.ConnectionID = theERP
		w.ok(tx.Callbacks().Create(ctx, elsewhere))
		w.ok(tx.Callbacks().Settle(ctx, "cb-8", aFate()))
		page, err := tx.Callbacks().List(ctx, thePSP, "", ports.Page{Limit: 2})
		w.ok(err)
		require.Equal(w, []string{"cb-6", "cb-7"}, ids(page))
		page, err = tx.Callbacks().List(ctx, thePSP, "", ports.Page{Limit: 5, After: "cb-7"})
		w.ok(err)
		require.Equal(w, []string{"cb-8", "cb-9"}, ids(page))
		require.Equal(w, aFate(), page[0].CallbackFate)
		require.Empty(w, page[0].Body)
		require.Empty(w, page[0].Headers)
		require.Empty(w, page[0].Query)
		read, err := tx.Callbacks().List(ctx, thePSP, ports.CallbackRead, ports.Page{Limit: 5})
		w.ok(err)
		require.Equal(w, []string{"cb-8"}, ids(read))
		_, err = tx.Callbacks().List(ctx, thePSP, "", ports.Page{})
		w.fails(ports.CodeInvalid, err)
	})
}

func ids(list []ports.CallbackRecord) []string {
	var all []string
	for _, c := range list {
		all = append(all, c.ID)
	}
	return all
}

func callbackWaiting(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		for i := range 4 {
			w.ok(tx.Callbacks().Create(ctx, aCallback(fmt.Sprintf("cb-%d", 9-i), -i)))
		}
		w.ok(tx.Callbacks().Settle(ctx, "cb-8", aFate()))
		first, err := tx.Callbacks().Waiting(ctx, thePSP, 1)
		w.ok(err)
		require.Equal(w, []ports.CallbackRecord{aCallback("cb-9", 0)}, first)
		all, err := tx.Callbacks().Waiting(ctx, thePSP, 5)
		w.ok(err)
		require.Equal(w, []string{"cb-9", "cb-7", "cb-6"}, ids(all))
		none, err := tx.Callbacks().Waiting(ctx, theERP, 5)
		w.ok(err)
		require.Empty(w, none)
	})
}

func callbackSettled(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Callbacks().Create(ctx, aCallback("cb-1", 0)))
		w.missing(tx.Callbacks().Settle(ctx, "nobody", aFate()))
		refused := ports.CallbackFate{State: ports.CallbackRefused, ReadAt: day(1), Fault: &ports.FaultRecord{
			Code: "callback.signature_invalid", Class: fault.Auth, Field: "X-Hash", Reason: "no", Remedy: "look", At: day(1),
		}}
		for _, fate := range []ports.CallbackFate{aFate(), refused, {State: ports.CallbackReceived}, aFate()} {
			w.ok(tx.Callbacks().Settle(ctx, "cb-1", fate))
			got, err := tx.Callbacks().Get(ctx, "cb-1")
			w.ok(err)
			require.Equal(w, fate, got.CallbackFate)
		}
	})
}

func callbackWoke(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Callbacks().Create(ctx, aCallback("cb-1", 0)))
		woke := func(connection, key string) bool {
			yes, err := tx.Callbacks().Woke(ctx, connection, key)
			w.ok(err)
			return yes
		}
		require.False(w, woke(thePSP, "k1"))
		w.ok(tx.Callbacks().Settle(ctx, "cb-1", aFate()))
		require.True(w, woke(thePSP, "k1"))
		require.False(w, woke(thePSP, "k2"), "it was only kept")
		require.False(w, woke(thePSP, "k3"))
		require.False(w, woke(theERP, "k1"))
	})
}

func callbackPruned(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		for i, id := range []string{"cb-1", "cb-2", "cb-3", "cb-4"} {
			w.ok(tx.Callbacks().Create(ctx, aCallback(id, i)))
		}
		for _, id := range []string{"cb-1", "cb-3", "cb-4"} {
			w.ok(tx.Callbacks().Settle(ctx, id, aFate()))
		}
		before := aCallback("cb-4", 3).ReceivedAt
		for _, want := range []int{1, 1, 0} {
			n, err := tx.Callbacks().Prune(ctx, before, 1)
			w.ok(err)
			require.Equal(w, want, n)
		}
		left, err := tx.Callbacks().List(ctx, thePSP, "", ports.Page{Limit: 5})
		w.ok(err)
		require.Equal(w, []string{"cb-4", "cb-2"}, ids(left))
		_, err = tx.Callbacks().Prune(ctx, before, 0)
		w.fails(ports.CodeInvalid, err)
	})
}

func aToken(sha256 string, days int) ports.CallbackToken {
	return ports.CallbackToken{
		SHA256: sha256, ConnectionID: thePSP, CreatedAt: day(days),
		Declared: ports.Callbacks{Methods: []string{"POST"}, Status: 202, MediaType: "text/plain", Body: "OK"},
	}
}

func tokenReplaced(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		valid := func(at time.Time) []ports.CallbackToken {
			list, err := tx.CallbackTokens().Valid(ctx, thePSP, at)
			w.ok(err)
			return list
		}
		require.Empty(w, valid(start()))
		first, second := aToken("aa", 0), aToken("bb", 1)
		w.ok(tx.CallbackTokens().Issue(ctx, first, day(7)))
		require.Equal(w, []ports.CallbackToken{first}, valid(day(400)))
		w.ok(tx.CallbackTokens().Issue(ctx, second, day(8)))
		replaced := first
		replaced.ExpiresAt = day(8)
		require.Equal(w, []ports.CallbackToken{second, replaced}, valid(day(8).Add(-time.Microsecond)))
		require.Equal(w, []ports.CallbackToken{second}, valid(day(8)))
		w.fails(ports.CodeExists, tx.CallbackTokens().Issue(ctx, aToken("aa", 2), day(9)))
		none, err := tx.CallbackTokens().Valid(ctx, "nobody", start())
		w.ok(err)
		require.Empty(w, none)
		orphan := aToken("cc", 0)
		orphan.ConnectionID = "nobody"
		w.missing(tx.CallbackTokens().Issue(ctx, orphan, day(1)))
	})
}

func tokenRevoked(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.CallbackTokens().Issue(ctx, aToken("aa", 0), day(7)))
		n, err := tx.CallbackTokens().Revoke(ctx, thePSP)
		w.ok(err)
		require.Zero(w, n)
		w.ok(tx.CallbackTokens().Issue(ctx, aToken("bb", 1), day(8)))
		n, err = tx.CallbackTokens().Revoke(ctx, thePSP)
		w.ok(err)
		require.Equal(w, 1, n)
		left, err := tx.CallbackTokens().Valid(ctx, thePSP, day(2))
		w.ok(err)
		require.Equal(w, []ports.CallbackToken{aToken("bb", 1)}, left)
	})
}
