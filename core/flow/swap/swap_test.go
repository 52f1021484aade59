package swap_test

import (
	"context"
	"errors"
	"slices"
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
	require.Equal(t, 6, refused.Payouts, "from the pages and from the provider")
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

func TestTheOldVersionTakesOverFromOneThatIsSick(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		health swap.Health
		code   fault.Code
	}{
		"crashes":        {swap.Health{Restarts: 1, Last: "signal: killed"}, swap.CodeCrashed},
		"is quarantined": {swap.Health{Quarantined: true}, swap.CodeCrashed},
		"fails calls":    {swap.Health{Calls: 10, Failed: 4, LastError: "ListPayouts: panic"}, swap.CodeFailing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, &acme{})
			begun := r.begin(func(q *swap.Request) { q.Watch = time.Hour })
			r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
			require.Equal(t, allNew, r.running())
			r.fleet.sicken("2.0.0", c.health)
			returned := r.ended(begun.ID)
			require.Equal(t, ports.SwapReturned, returned.State)
			require.Equal(t, c.code, returned.Fault.Code)
			require.Equal(t, allOld, r.running())
			require.Equal(t, []string{"=1.0.0"}, r.wanted())
			require.True(t, r.fleet.runs("1.0.0"))
			require.False(t, r.fleet.runs("2.0.0"))
			require.Equal(t, "connector.swap_returned by hub", r.acts()[1])
		})
	}
}

func TestAFewFailuresAmongManyCallsAreNoReasonToGoBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 3, Calls: 100, Failed: 100})
	begun := r.begin(func(q *swap.Request) { q.Watch = 300 * time.Millisecond })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 3, Calls: 200, Failed: 104}) // 4 of 100, and what was before does not count
	require.Equal(t, ports.SwapDone, r.ended(begun.ID).State)
}

func TestAConnectionThatFailsWhileItIsWatchedBringsTheOldVersionBack(t *testing.T) {
	t.Parallel()
	young := &acme{fails: map[string]string{}}
	r := newRig(t, young)
	begun := r.begin(func(q *swap.Request) { q.Watch = time.Second })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.fleet.versions["2.0.0"] = &acme{version: "2.0.0", fails: map[string]string{"c3": "the token is of another version"}}
	returned := r.ended(begun.ID)
	require.Equal(t, ports.SwapReturned, returned.State)
	require.Equal(t, swap.CodeCheckFailed, returned.Fault.Code)
	require.Equal(t, allOld, r.running())
}

// hold keeps a request of a connection under way until release is called.
func (r *rig) hold(id string) (release func()) {
	account, err := r.desk.Open(r.Context(), id)
	require.NoError(r, err)
	begun, ended := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		err := account.Do(context.Background(), "ListPayouts", 1, func(context.Context, ports.Call) (ports.Usage, error) {
			close(begun)
			<-ended
			return ports.Usage{Calls: 1}, nil
		})
		if err != nil {
			r.Error(err)
		}
	})
	<-begun
	return func() {
		close(ended)
		done.Wait()
	}
}

func TestALaneThatStaysBusyBringsAllLanesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	release := r.hold("c2")
	begun := r.begin(func(q *swap.Request) { q.Drain = time.Second })
	r.await(begun.ID, "the other lanes", func(s ports.Swap) bool { return s.Moved == 2 && s.InFlight == 1 })
	require.Equal(t, "2.0.0 1.0.0 2.0.0", r.running(), "others do not wait for it")
	returned := r.ended(begun.ID)
	require.Equal(t, ports.SwapReturned, returned.State)
	require.Equal(t, swap.CodeLaneBusy, returned.Fault.Code)
	require.Equal(t, allOld, r.running())
	release()
	require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)
}

func TestASwapCanBeCancelledWhileItWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	release := r.hold("c2")
	begun := r.begin()
	r.await(begun.ID, "the other lanes", func(s ports.Swap) bool { return s.Moved == 2 })
	_, err := r.swaps.Begin(t.Context(), swap.Request{Connector: "acme", To: "2.0.0", Connections: []string{"c1"}, Reason: "another"})
	require.Equal(t, swap.CodeServing, fault.CodeOf(err))
	_, err = r.swaps.Begin(t.Context(), swap.Request{Connector: "acme", To: "1.0.0", Connections: []string{"c1"}, Reason: "another"})
	require.Equal(t, swap.CodeUnderWay, fault.CodeOf(err))
	_, err = r.swaps.Undo(t.Context(), "acme", "not tonight", "bo (key-2)")
	require.NoError(t, err)
	cancelled := r.ended(begun.ID)
	require.Equal(t, ports.SwapCancelled, cancelled.State)
	require.Contains(t, cancelled.Fault.Reason, "bo (key-2): not tonight")
	require.Equal(t, allOld, r.running())
	release()
	require.Equal(t, []string{"connector.swap_started by anna (key-1)", "connector.swap_cancelled by bo (key-2)", "connector.swap_cancelled by hub"}, r.acts())
	_, err = r.swaps.Cancel(t.Context(), begun.ID, "again", "bo (key-2)")
	require.Equal(t, swap.CodeEnded, fault.CodeOf(err))
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

func TestACancellationThatComesTooLateLeavesTheEndAsItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	var begun ports.Swap
	store := r.store
	r.store = late{store, func() { r.ended(begun.ID) }}
	r.serve()
	begun = r.begin(func(q *swap.Request) { q.Watch = time.Second })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	_, err := r.swaps.Cancel(context.WithValue(t.Context(), somebodyElse{}, true), begun.ID, "too late", "bo (key-2)")
	require.NoError(t, err)
	require.Equal(t, ports.SwapDone, r.ended(begun.ID).State)
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

func TestUndoGoesBackWithoutComparing(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{extra: map[string]int64{"a": 1}})
	_, err := r.swaps.Undo(t.Context(), "acme", "x", "anna (key-1)")
	require.Equal(t, swap.CodeNothingToUndo, fault.CodeOf(err))
	require.Equal(t, ports.SwapDone, r.ended(r.begin(func(q *swap.Request) { q.Accept = true }).ID).State)
	undo, err := r.swaps.Undo(t.Context(), "acme", "it was wrong", "anna (key-1)")
	require.NoError(t, err)
	undone := r.ended(undo.ID)
	require.Equal(t, []ports.SwapState{ports.SwapChecking, ports.SwapHandingOver, ports.SwapDraining, ports.SwapWatching, ports.SwapDone}, states(undone))
	require.Equal(t, allOld, r.running())
	require.Equal(t, []string{"=1.0.0"}, r.wanted())
}

// The hub has gone back by itself: whoever asks it to go back at that moment does not get
// the version that has failed, and without a comparison.
func TestUndoDoesNotLeadToAVersionFromWhichTheHubHasGoneBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	r.fleet.versions["3.0.0"] = &acme{version: "3.0.0"}
	fails := func(to string) {
		begun := r.begin(func(q *swap.Request) { q.To, q.Watch = to, time.Hour })
		r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
		r.fleet.sicken(to, swap.Health{Restarts: 1, Last: "signal: killed"})
		require.Equal(t, ports.SwapReturned, r.ended(begun.ID).State)
	}
	fails("2.0.0")
	_, err := r.swaps.Undo(t.Context(), "acme", "it is sick", "bo (key-2)")
	require.Equal(t, swap.CodeNothingToUndo, fault.CodeOf(err))
	require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)
	fails("3.0.0")
	undo, err := r.swaps.Undo(t.Context(), "acme", "and 2.0.0 as well", "bo (key-2)")
	require.NoError(t, err)
	require.Equal(t, "1.0.0", undo.To)
	require.Equal(t, ports.SwapDone, r.ended(undo.ID).State)
	require.Equal(t, allOld, r.running())
}

// A swap that could not end would keep out every version that works.
func TestASwapEndsAlthoughTheOldVersionIsNoLongerThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	old := r.fleet.versions["1.0.0"]
	delete(r.fleet.versions, "1.0.0")
	r.fleet.versions["0.9.0"] = &acme{version: "0.9.0"}
	r.fleet.Route("acme", "", "0.9.0") // somebody serves, so that lanes have a name
	begun := r.begin(func(q *swap.Request) { q.Watch = time.Hour })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 1, Last: "signal: killed"})
	ended := r.ended(begun.ID)
	require.Equal(t, ports.SwapDone, ended.State)
	require.Equal(t, swap.CodeCrashed, ended.Fault.Code)
	require.Equal(t, allNew, r.running())
	r.fleet.versions["1.0.0"] = old
	require.Equal(t, ports.SwapDone, r.ended(r.begin(func(q *swap.Request) { q.To = "1.0.0" }).ID).State)
}

func TestAVersionThatCrashesBeforeItIsWatchedIsSickToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	release := r.hold("c2")
	begun := r.begin()
	r.await(begun.ID, "the other lanes", func(s ports.Swap) bool { return s.Moved == 2 })
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 1, Last: "signal: killed"})
	release()
	returned := r.ended(begun.ID)
	require.Equal(t, ports.SwapReturned, returned.State)
	require.Equal(t, swap.CodeCrashed, returned.Fault.Code)
	require.Equal(t, allOld, r.running())
}

// limited makes a lane rest for an hour.
func (r *rig) limited(id string) {
	account, err := r.desk.Open(r.Context(), id)
	require.NoError(r, err)
	require.NoError(r, account.Do(r.Context(), "ListPayouts", 1, func(context.Context, ports.Call) (ports.Usage, error) {
		return ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: time.Hour}, nil
	}))
}

func TestALaneThatRestsHoldsNoSwapUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	r.limited("c2")
	done := r.ended(r.begin().ID)
	require.Equal(t, ports.SwapDone, done.State)
	require.Equal(t, ports.CheckWarning, done.Checks[1].State)
	require.Contains(t, done.Checks[1].Detail, "its lane rests")
	require.Equal(t, allNew, r.running())
}

func TestACrashIsSeenWhileConnectionsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	options := swap.DefaultOptions()
	options.Check, options.Look = time.Hour, time.Millisecond
	r.serveWith(options)
	begun := r.begin(func(q *swap.Request) { q.Watch = time.Second })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.limited("c2")
	time.Sleep(1500 * time.Millisecond) // beyond the watch, whose second check waits for the lane
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 1})
	returned := r.ended(begun.ID)
	require.Equal(t, ports.SwapReturned, returned.State)
	require.Equal(t, swap.CodeCrashed, returned.Fault.Code)
}

func TestUndoOfACanaryLeavesTheOthersWhereTheyAre(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{})
	r.fleet.versions["3.0.0"] = &acme{version: "3.0.0"}
	require.Equal(t, ports.SwapDone, r.ended(r.begin().ID).State)
	require.Equal(t, ports.SwapDone, r.ended(r.begin(func(q *swap.Request) { q.To, q.Connections = "3.0.0", []string{"c2"} }).ID).State)
	require.Equal(t, "2.0.0 3.0.0 2.0.0", r.running())
	undo, err := r.swaps.Undo(t.Context(), "acme", "the canary is sick", "bo (key-2)")
	require.NoError(t, err)
	require.Equal(t, ports.SwapDone, r.ended(undo.ID).State)
	require.Equal(t, allNew, r.running())
	require.Equal(t, []string{"=2.0.0"}, r.wanted())
}

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
