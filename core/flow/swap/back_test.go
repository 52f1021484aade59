package swap_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

func TestTheOldVersionTakesOverFromOneThatIsSick(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		health swap.Health
		code   fault.Code
	}{
		"crashes":        {swap.Health{Restarts: 1, Last: "signal: killed"}, swap.CodeCrashed},
		"is quarantined": {swap.Health{Quarantined: true}, swap.CodeCrashed},
		"fails calls":    {swap.Health{Calls: 10, Failed: 4, LastError: "ListPayouts: panic"}, swap.CodeFailing},
		"is turned down": {swap.Health{Calls: 100, Refused: 14}, swap.CodeFailing}, // of the old version 8 of 100
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, &acme{})
			r.fleet.sicken("1.0.0", swap.Health{Calls: 100, Refused: 8})
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
	begun := r.begin(func(q *swap.Request) { q.Watch = 5 * time.Second })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.fleet.sicken("2.0.0", swap.Health{Restarts: 3, Calls: 200, Failed: 104}) // 4 of 100, and what was before does not count
	require.Equal(t, ports.SwapDone, r.ended(begun.ID).State)
}

func TestAConnectionThatFailsWhileItIsWatchedBringsTheOldVersionBack(t *testing.T) {
	t.Parallel()
	young := &acme{fails: map[string]string{}}
	r := newRig(t, young)
	begun := r.begin(func(q *swap.Request) { q.Watch = 6 * time.Second })
	r.await(begun.ID, "the watch", func(s ports.Swap) bool { return s.State == ports.SwapWatching })
	r.fleet.exchange("2.0.0", &acme{version: "2.0.0", fails: map[string]string{"c3": "the token is of another version"}})
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
