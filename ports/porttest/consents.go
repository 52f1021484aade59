package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func consents(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"a request is given as it was and is used from then on":              requestOnce,
		"requests that expired long ago are forgotten, and unknown ones are": requestForgotten,
		"a grant is replaced by who has read it last":                        grantReplaced,
		"a grant on trial takes the place of the one in use":                 grantPromoted,
	})
}

func aRequest(state string) ports.ConsentRequest {
	return ports.ConsentRequest{
		State: state, ConnectionID: theERP, Caller: "key-1", By: "anna (key-1)", Verifier: []byte("sealed"), ExpiresAt: start().Add(time.Hour),
	}
}

func requestOnce(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Consents().Ask(ctx, aRequest("aa"), start()))
		w.fails(ports.CodeExists, tx.Consents().Ask(ctx, aRequest("aa"), start()))
		first, err := tx.Consents().Use(ctx, "aa", start())
		w.ok(err)
		require.Equal(w, aRequest("aa"), first)
		for range 2 {
			again, err := tx.Consents().Use(ctx, "aa", start().Add(time.Minute))
			w.ok(err)
			require.Equal(w, start(), again.UsedAt, "the first use counts")
		}
	})
}

func requestForgotten(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Consents().Ask(ctx, aRequest("aa"), start()))
		w.ok(tx.Consents().Ask(ctx, aRequest("bb"), aRequest("aa").ExpiresAt))
		_, err := tx.Consents().Use(ctx, "aa", start())
		w.ok(err)
		w.ok(tx.Consents().Ask(ctx, aRequest("cc"), aRequest("aa").ExpiresAt.Add(time.Microsecond)))
		for _, state := range []string{"aa", "bb", "dd"} {
			_, err := tx.Consents().Use(ctx, state, start())
			w.missing(err)
		}
		orphan := aRequest("ee")
		orphan.ConnectionID = "nobody"
		w.missing(tx.Consents().Ask(ctx, orphan, start()))
	})
}

func grantReplaced(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		_, err := tx.Consents().Grant(ctx, theERP, false)
		w.missing(err)
		g := ports.Grant{ConnectionID: theERP, Tokens: []byte("one")}
		g.Version, err = tx.Consents().SaveGrant(ctx, g)
		w.ok(err)
		got, err := tx.Consents().Grant(ctx, theERP, false)
		w.ok(err)
		require.Equal(w, g, got)
		old := g
		g.Tokens, g.Ended = []byte("two"), true
		g.Version, err = tx.Consents().SaveGrant(ctx, g)
		w.ok(err)
		require.Greater(w, g.Version, old.Version)
		_, err = tx.Consents().SaveGrant(ctx, old)
		w.fails(ports.CodeConflict, err)
		old.Version = 0
		_, err = tx.Consents().SaveGrant(ctx, old)
		w.fails(ports.CodeConflict, err)
		got, err = tx.Consents().Grant(ctx, theERP, false)
		w.ok(err)
		require.Equal(w, g, got)
		_, err = tx.Consents().SaveGrant(ctx, ports.Grant{ConnectionID: "nobody", Tokens: []byte("x")})
		w.missing(err)
	})
}

func grantPromoted(w *world) {
	w.update(func(ctx context.Context, tx ports.Tx) {
		none, err := tx.Consents().Promote(ctx, theERP)
		w.ok(err)
		require.False(w, none)
		used := ports.Grant{ConnectionID: theERP, Tokens: []byte("old"), Ended: true}
		used.Version, err = tx.Consents().SaveGrant(ctx, used)
		w.ok(err)
		_, err = tx.Consents().SaveGrant(ctx, ports.Grant{ConnectionID: theERP, Trial: true, Tokens: []byte("new")})
		w.ok(err)
		done, err := tx.Consents().Promote(ctx, theERP)
		w.ok(err)
		require.True(w, done)
		got, err := tx.Consents().Grant(ctx, theERP, false)
		w.ok(err)
		require.Equal(w, ports.Grant{ConnectionID: theERP, Tokens: []byte("new"), Version: got.Version}, got)
		_, err = tx.Consents().Grant(ctx, theERP, true)
		w.missing(err)
		_, err = tx.Consents().SaveGrant(ctx, used)
		w.fails(ports.CodeConflict, err)
		w.ok(tx.Consents().DropGrant(ctx, theERP, false))
		w.ok(tx.Consents().DropGrant(ctx, theERP, false))
		_, err = tx.Consents().Grant(ctx, theERP, false)
		w.missing(err)
	})
}
