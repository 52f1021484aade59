package swap_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

func TestAHubThatStopsDuringASwapTakesItUpAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	release := r.hold("c2")
	begun := r.begin()
	r.await(begun.ID, "the other lanes", func(s ports.Swap) bool { return s.Moved == 2 })
	r.swaps.Stop()
	release()
	require.Equal(t, []string{"=2.0.0"}, r.wanted())
	for id := range r.fleet.own { // a hub that starts serves what is wanted
		r.fleet.Route("acme", id, "")
	}
	r.fleet.Route("acme", "", "2.0.0")
	r.serve()
	require.NoError(t, r.swaps.Resume(t.Context()))
	done := r.ended(begun.ID)
	require.Equal(t, ports.SwapDone, done.State)
	require.Equal(t, allNew, r.running())
}

// One that was going back does not watch a version that serves nobody, and call it done.
func TestAHubThatStopsWhileASwapGoesBackHasGoneBack(t *testing.T) {
	t.Parallel()
	for name, connections := range map[string][]string{"all": nil, "a canary": {"c2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, &acme{})
			begun := r.begin(func(q *swap.Request) { q.Watch, q.Drain, q.Connections = time.Hour, 300*time.Millisecond, connections })
			r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
			release := r.hold("c2") // the old version waits for it
			defer release()
			r.fleet.sicken("2.0.0", swap.Health{Restarts: 1})
			r.await(begun.ID, "the old version to be wanted", func(ports.Swap) bool { return slices.Equal([]string{"=1.0.0"}, r.wanted()) })
			r.swaps.Stop()
			for id := range r.fleet.own { // a hub that starts serves what is wanted
				r.fleet.Route("acme", id, "")
			}
			r.fleet.Route("acme", "", "1.0.0")
			r.serve()
			require.NoError(t, r.swaps.Resume(t.Context()))
			returned := r.ended(begun.ID)
			require.Equal(t, ports.SwapReturned, returned.State)
			require.Equal(t, swap.CodeInterrupted, returned.Fault.Code)
			require.Equal(t, allOld, r.running())
		})
	}
}

// TestWhatIsWantedChangesWithTheState: a hub that starts again goes by both.
func TestWhatIsWantedChangesWithTheState(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	release := r.hold("c2")
	defer release()
	begun := r.begin()
	r.await(begun.ID, "what is stored", func(s ports.Swap) bool {
		var state ports.SwapState
		var wanted []ports.Wanted
		require.NoError(t, r.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			stored, err := tx.Catalogue().Swap(ctx, begun.ID)
			if err != nil {
				return err
			}
			state = stored.State
			wanted, err = tx.Catalogue().Wanted(ctx)
			return err
		}))
		require.Equal(t, state == ports.SwapHandingOver, wanted[0].Version == "2.0.0")
		return s.Moved == 2
	})
	_, err := r.swaps.Cancel(t.Context(), begun.ID, "enough", "bo (key-2)")
	require.NoError(t, err)
	r.ended(begun.ID)
}

func TestAHubThatStopsBeforeTheFirstLaneHasMovedKeepsTheOldVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	left := ports.Swap{ID: "swap-left", Connector: "acme", From: "1.0.0", To: "2.0.0", State: ports.SwapComparing, By: "anna (key-1)", StartedAt: day(0)}
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error { return tx.Catalogue().SaveSwap(ctx, left) }))
	require.NoError(t, r.swaps.Resume(t.Context()))
	refused := r.ended(left.ID)
	require.Equal(t, ports.SwapRefused, refused.State)
	require.Equal(t, swap.CodeInterrupted, refused.Fault.Code)
	require.Equal(t, allOld, r.running())
}
