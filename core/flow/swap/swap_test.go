package swap_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

const (
	allOld = "1.0.0 1.0.0 1.0.0"
	allNew = "2.0.0 2.0.0 2.0.0"
)

func states(s ports.Swap) []ports.SwapState {
	var list []ports.SwapState
	for _, e := range s.Entered {
		list = append(list, e.State)
	}
	return list
}

func TestASwapHandsEveryConnectionOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	done := r.ended(r.begin().ID)
	require.Equal(t, []ports.SwapState{
		ports.SwapChecking, ports.SwapComparing, ports.SwapHandingOver, ports.SwapDraining, ports.SwapWatching, ports.SwapDone,
	}, states(done))
	require.Nil(t, done.Fault)
	require.Equal(t, 3, done.Payouts)
	require.EqualValues(t, 6, done.Lines)
	require.Zero(t, done.Differ)
	require.Equal(t, [2]int{3, 3}, [2]int{done.Lanes, done.Moved})
	require.Equal(t, allNew, r.running())
	require.Equal(t, []string{"=2.0.0"}, r.wanted())
	require.False(t, r.fleet.runs("1.0.0"), "the old version was stopped")
	require.Equal(t, []string{"connector.swap_started by anna (key-1)", "connector.swap_done by anna (key-1)"}, r.acts())
	require.ElementsMatch(t, []string{"f-c1", "f-c2", "f-c3"}, r.jobs.woken(), "what waited for the old version goes on")
	stored, err := r.swaps.List(t.Context(), "acme", ports.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []ports.Swap{done}, stored)

	_, err = r.swaps.Begin(t.Context(), swap.Request{Connector: "acme", To: "2.0.0", Reason: "again"})
	require.Equal(t, swap.CodeServing, fault.CodeOf(err))
}

// TestNoLaneIsEverServedByTwoVersions keeps requests going on every connection while
// versions change places.
func TestNoLaneIsEverServedByTwoVersions(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	ctx, stop := context.WithCancel(t.Context())
	var inside [3]struct{ old, young atomic.Int64 }
	var served [2]atomic.Int64
	var all sync.WaitGroup
	for i, id := range []string{"c1", "c2", "c3"} {
		for range 2 {
			all.Go(func() {
				account, err := r.desk.Open(ctx, id)
				if err != nil {
					t.Error(err)
					return
				}
				for ctx.Err() == nil {
					err := account.Do(ctx, "ListPayouts", 1, func(context.Context, ports.Call) (ports.Usage, error) {
						mine, other, count := &inside[i].old, &inside[i].young, &served[0]
						if r.fleet.Running("acme", id) == "2.0.0" {
							mine, other, count = other, mine, &served[1]
						}
						mine.Add(1)
						defer mine.Add(-1)
						time.Sleep(time.Millisecond)
						if other.Load() > 0 {
							t.Error("two versions served one lane at a time")
						}
						count.Add(1)
						return ports.Usage{Calls: 1}, nil
					})
					if err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
	}
	for range 5 {
		require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)
		undo, err := r.swaps.Undo(t.Context(), "acme", "and back", "anna (key-1)")
		require.NoError(t, err)
		require.Equal(t, ports.SwapDone, r.ended(undo.ID).State)
	}
	stop()
	all.Wait()
	require.Positive(t, served[0].Load())
	require.Positive(t, served[1].Load())
}

func TestBookedLinesThatAreReadOtherwiseKeepAVersionOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{extra: map[string]int64{"b": 5}, kind: map[string]payout.Kind{"a": payout.Adjustment}})
	refused := r.ended(r.begin(func(q *swap.Request) { q.Live = true }).ID)
	require.Equal(t, ports.SwapRefused, refused.State)
	require.Equal(t, swap.CodeDiffers, refused.Fault.Code)
	require.Equal(t, 3, refused.Payouts, "each from its pages and from the provider")
	require.EqualValues(t, 12, refused.Differ)
	require.Equal(t, []ports.SwapDifference{
		{PayoutID: "p-c1", Line: "a", Field: "kind", Stored: "sale", Read: "adjustment", Blocks: true},
		{PayoutID: "p-c1", Line: "b", Field: "gross", Stored: "2.00 SEK", Read: "2.05 SEK", Blocks: true},
	}, refused.Differences[:2])
	require.Equal(t, allOld, r.running())
	require.Equal(t, []string{"=1.0.0"}, r.wanted())
	require.False(t, r.fleet.runs("2.0.0"), "it serves nobody")
	require.Equal(t, "connector.swap_refused by hub", r.acts()[1])

	accepted := r.ended(r.begin(func(q *swap.Request) { q.Accept = true }).ID)
	require.Equal(t, ports.SwapDone, accepted.State)
	require.EqualValues(t, 6, accepted.Differ, "and they are listed all the same")
	require.Equal(t, allNew, r.running())
}

func TestAVersionThatFailsAConnectionIsKeptOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{fails: map[string]string{"c2": "the key is not known", "c3": "the account is closed"}})
	r.fleet.versions["1.0.0"].fails = map[string]string{"c3": "the account is closed"}
	refused := r.ended(r.begin().ID)
	require.Equal(t, ports.SwapRefused, refused.State)
	require.Equal(t, swap.CodeCheckFailed, refused.Fault.Code)
	require.Contains(t, refused.Fault.Reason, "1 of 3 connection(s)")
	require.Equal(t, []ports.SwapCheck{
		{ConnectionID: "c1", State: ports.CheckOK},
		{ConnectionID: "c2", State: ports.CheckFailed, Detail: "access: the key is not known"},
		{ConnectionID: "c3", State: ports.CheckWarning, Detail: "it fails with the old version too: access: the account is closed"},
	}, refused.Checks)
	require.Equal(t, allOld, r.running())
}

func TestAVersionWhoseSettingsAreOthersOrThatCanDoLessIsKeptOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{settings: `{"type":"object","required":["region"]}`})
	refused := r.ended(r.begin().ID)
	require.Equal(t, swap.CodeCheckFailed, refused.Fault.Code)
	require.Contains(t, refused.Checks[0].Detail, "its settings do not fit")

	r = newRig(t, &acme{})
	r.fleet.versions["1.0.0"].capabilities = []ports.Capability{ports.CapabilityPurchases}
	refused = r.ended(r.begin().ID)
	require.Equal(t, swap.CodeCapabilityLost, refused.Fault.Code)
	require.Contains(t, refused.Fault.Reason, "psp.orders")
}

func TestAVersionThatDoesNotStartIsKeptOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	r.fleet.failing["2.0.0"] = fault.New("connector.start_failed", fault.NotSent, "it exited")
	refused := r.ended(r.begin().ID)
	require.Equal(t, ports.SwapRefused, refused.State)
	require.EqualValues(t, "connector.start_failed", refused.Fault.Code)
	require.Equal(t, allOld, r.running())
}

// late is a store that lets a swap end before it stores what somebody else has to say.
type late struct {
	ports.Store
	wait func()
}

type somebodyElse struct{}

func (s late) Update(ctx context.Context, fn func(context.Context, ports.Tx) error) error {
	if ctx.Value(somebodyElse{}) != nil {
		s.wait()
	}
	return s.Store.Update(ctx, fn)
}

func TestOneConnectionGoesAheadAsACanary(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	done := r.ended(r.begin(func(q *swap.Request) { q.Connections = []string{"c2"} }).ID)
	require.Equal(t, ports.SwapDone, done.State)
	require.Equal(t, [2]int{1, 1}, [2]int{done.Payouts, done.Moved})
	require.Equal(t, "1.0.0 2.0.0 1.0.0", r.running())
	require.Equal(t, []string{"=1.0.0", "c2=2.0.0"}, r.wanted())
	require.True(t, r.fleet.runs("1.0.0"), "the others are served by it")

	all := r.ended(r.begin().ID)
	require.Equal(t, 2, all.Moved, "the canary is there already")
	require.Equal(t, allNew, r.running())
	require.Equal(t, []string{"=2.0.0", "c2=2.0.0"}, r.wanted())

	_, err := r.swaps.Begin(t.Context(), swap.Request{Connector: "acme", To: "1.0.0", Connections: []string{"c1", "nobody"}, Reason: "x"})
	require.Equal(t, "connections", fault.Of(err).Field)
}

func TestAPinToWhatAllOthersHaveIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	pin := func(version string) {
		require.Equal(t, ports.SwapDone, r.ended(r.begin(func(q *swap.Request) { q.To, q.Connections = version, []string{"c2"} }).ID).State)
	}
	pin("2.0.0")
	pin("1.0.0")
	require.Equal(t, []string{"=1.0.0"}, r.wanted())
	require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)
	require.Equal(t, allNew, r.running(), "c2 goes with the others again")
}

// limited makes a lane rest for an hour.
func (r *rig) limited(id string) {
	account, err := r.desk.Open(r.Context(), id)
	require.NoError(r, err)
	require.NoError(r, account.Do(r.Context(), "ListPayouts", 1, func(context.Context, ports.Call) (ports.Usage, error) {
		return ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: time.Hour}, nil
	}))
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	for field, request := range map[string]swap.Request{
		"reason":        {To: "2.0.0"},
		"drain_seconds": {To: "2.0.0", Reason: "x", Drain: time.Hour},
		"watch_seconds": {To: "2.0.0", Reason: "x", Watch: 48 * time.Hour},
	} {
		request.Connector = "acme"
		_, err := r.swaps.Begin(t.Context(), request)
		require.Equal(t, field, fault.Of(err).Field)
		require.Equal(t, swap.CodeInvalid, fault.CodeOf(err))
	}
	_, err := r.swaps.Begin(t.Context(), swap.Request{Connector: "acme", To: "3.0.0", Reason: "x"})
	require.EqualValues(t, "connector.version_unknown", fault.CodeOf(err))
	require.Empty(t, r.acts())
}

func TestPausedAndDisconnectedConnectionsDoNotHoldASwapUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{fails: map[string]string{"c1": "x"}})
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		c, err := tx.Connections().Get(ctx, "c1")
		c.Pause.Since, c.Pause.By, c.Pause.Reason = day(0), "bo", "stock-taking"
		return errors.Join(err, tx.Connections().Save(ctx, c))
	}))
	done := r.ended(r.begin().ID)
	require.Equal(t, ports.SwapDone, done.State)
	require.Equal(t, ports.SwapCheck{ConnectionID: "c1", State: ports.CheckWarning, Detail: "not checked: it is paused"}, done.Checks[0])
	_, err := r.desk.Open(t.Context(), "c1")
	require.Equal(t, remote.CodePaused, fault.CodeOf(err))
	require.Equal(t, allNew, r.running())
}
