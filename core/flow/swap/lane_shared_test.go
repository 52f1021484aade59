package swap_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

// share has the connections of two merchants reach one account.
func (r *rig) share(ids ...string) {
	require.NoError(r, r.store.Update(r.Context(), func(ctx context.Context, tx ports.Tx) error {
		var errs error
		for _, id := range ids {
			c, err := tx.Connections().Get(ctx, id)
			sealed, sealing := onboardingtest.Secrets{}.Seal(ctx, id, []byte(`{"user":"anna"}`))
			c.Credentials = sealed
			errs = errors.Join(errs, err, sealing, tx.Connections().Save(ctx, c))
		}
		return errs
	}))
}

func TestOneLaneIsNotServedByTwoVersions(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{account: []string{"user"}})
	r.fleet.versions["1.0.0"].account = []string{"user"}
	r.share("c1", "c3")
	pin := func(ids ...string) ports.Swap {
		return r.ended(r.begin(func(q *swap.Request) { q.Connections = ids }).ID)
	}
	refused := pin("c1", "c2")
	require.Equal(t, ports.SwapRefused, refused.State)
	require.Equal(t, swap.CodeLaneShared, refused.Fault.Code)
	require.Equal(t, allOld, r.running())
	require.Equal(t, ports.SwapDone, pin("c1", "c3").State)
	require.Equal(t, "2.0.0 1.0.0 2.0.0", r.running())
	require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)

	// One that is made for the account later comes to those that are pinned.
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error { return addMerchant(ctx, tx, "m4", "c4") }))
	r.share("c4")
	undo, err := r.swaps.Undo(t.Context(), "acme", "x", "bo (key-2)")
	require.NoError(t, err)
	require.Equal(t, swap.CodeLaneShared, r.ended(undo.ID).Fault.Code)
}

func TestAVersionThatNamesLanesOtherwiseIsKeptOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{account: []string{"user"}})
	refused := r.ended(r.begin().ID)
	require.Equal(t, swap.CodeLaneRenamed, refused.Fault.Code)
	require.Equal(t, allOld, r.running())
}
