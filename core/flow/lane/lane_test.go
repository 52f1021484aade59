package lane_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/ports"
)

// systemClock is machine time, which synctest replaces by its own.
type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func quota(calls, inFlight int) ports.Quota {
	return ports.Quota{Calls: calls, Window: 5 * time.Second, InFlight: inFlight}
}

func take(t *testing.T, l *lane.Lane, calls int) *lane.Grant {
	t.Helper()
	grant, err := l.Take(t.Context(), calls)
	require.NoError(t, err)
	return grant
}

func TestAFullWindowFreesASlotOneWindowAfterTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(2, 2), systemClock{}, true)
		start := time.Now()
		grant := take(t, l, 2)
		time.Sleep(time.Second) // the remote system takes a second to answer
		grant.Settle(ports.Usage{Calls: 2}, true)
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		require.Equal(t, 6*time.Second, time.Since(start))
	})
}

func TestOfTwoCallsTheFirstFreesItsSlotEarlier(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spread, freed time.Duration
	}{
		"by what they say":                       {spread: time.Second, freed: 6 * time.Second},
		"but not before they were granted":       {spread: time.Hour, freed: 5 * time.Second},
		"and with the second if they do not say": {freed: 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := lane.New(quota(2, 2), systemClock{}, true)
				start := time.Now()
				grant := take(t, l, 2)
				time.Sleep(2 * time.Second)
				grant.Settle(ports.Usage{Calls: 2, Spread: c.spread}, true)
				take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
				require.Equal(t, c.freed, time.Since(start))
				take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
				require.Equal(t, 7*time.Second, time.Since(start), "the second call's own")
			})
		})
	}
}

func TestWhatWasGrantedButNotSpentIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(3, 1), systemClock{}, true)
		start := time.Now()
		take(t, l, 3).Settle(ports.Usage{Calls: 1}, true)
		take(t, l, 2).Settle(ports.Usage{Calls: 2}, true)
		require.Zero(t, time.Since(start))
	})
}

func TestAnUnknownSpendIsTheWholeGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(3, 1), systemClock{}, true)
		start := time.Now()
		take(t, l, 3).Settle(ports.Usage{}, false)
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestALaneThatWasNotLeftInGoodOrderStartsWithAFullWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(2, 1), systemClock{}, false)
		start := time.Now()
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestARefusalPausesTheLaneLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(100, 1), systemClock{}, true)
		for _, pause := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 20 * time.Second} {
			take(t, l, 1).Settle(ports.Usage{Calls: 1, RateLimited: 1}, true)
			refused := time.Now()
			take(t, l, 1).Settle(ports.Usage{}, true)
			require.Equal(t, pause, time.Since(refused))
		}
		take(t, l, 1).Settle(ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: 42 * time.Second}, true)
		refused := time.Now()
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		require.Equal(t, 42*time.Second, time.Since(refused), "what the remote system asks for goes before our own guess")
	})
}

func TestMoreCallsThanTheWindowHoldsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := lane.New(quota(2, 1), systemClock{}, true).Take(t.Context(), 3)
	require.Equal(t, lane.CodeGrantTooLarge, fault.CodeOf(err))
}

func TestWhoeverGivesUpWaitingLeavesTheLaneToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(1, 2), systemClock{}, true)
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Take(impatient, 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		start := time.Now()
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		require.Equal(t, 4*time.Second, time.Since(start))
	})
}

func TestNoMoreRequestsThanAllowedAreInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(ports.Quota{InFlight: 2}, systemClock{}, true)
		first, second := take(t, l, 1), take(t, l, 1)
		third := make(chan struct{})
		go func() {
			grant, err := l.Take(context.Background(), 1)
			if err == nil {
				grant.Settle(ports.Usage{}, true)
			}
			close(third)
		}()
		synctest.Wait()
		select {
		case <-third:
			t.Fatal("a third request ran beside two")
		default:
		}
		first.Settle(ports.Usage{}, true)
		<-third
		second.Settle(ports.Usage{}, true)
	})
}

// TestNoWindowEverHoldsMoreThanTheQuota plays many requests of random size and
// length. The remote system counts a call at any moment between request and
// answer; here at the worst ones.
func TestNoWindowEverHoldsMoreThanTheQuota(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls, inFlight := rapid.IntRange(2, 8).Draw(rt, "calls"), rapid.IntRange(1, 4).Draw(rt, "in flight")
		seed := rapid.Uint64().Draw(rt, "seed")
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var counted []time.Time
			l := lane.New(quota(calls, inFlight), systemClock{}, true)
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // a test's dice
					size := 1 + random.IntN(2)
					grant, err := l.Take(context.Background(), size)
					if err != nil {
						t.Error(err)
						return
					}
					for range size {
						time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
						mu.Lock()
						counted = append(counted, time.Now())
						mu.Unlock()
						time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
					}
					grant.Settle(ports.Usage{Calls: size}, random.IntN(4) > 0)
				})
			}
			all.Wait()
			for i := calls; i < len(counted); i++ {
				if counted[i].Sub(counted[i-calls]) < 5*time.Second {
					t.Fatalf("call %d came %s after call %d", i, counted[i].Sub(counted[i-calls]), i-calls)
				}
			}
		})
	})
}

func TestWhoHoldsALaneWaitsForRequestsInFlightAndLetsNoneStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(100, 3), systemClock{}, true)
		first, second := take(t, l, 1), take(t, l, 1)
		var held, late time.Time
		start := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			release, err := l.Hold(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			held = time.Now()
			time.Sleep(time.Second)
			release()
		})
		time.Sleep(time.Second)
		all.Go(func() {
			grant, err := l.Take(context.Background(), 1)
			if err != nil {
				t.Error(err)
				return
			}
			late = time.Now()
			grant.Settle(ports.Usage{Calls: 1}, true)
		})
		time.Sleep(time.Second)
		first.Settle(ports.Usage{Calls: 1}, true)
		time.Sleep(time.Second)
		require.True(t, held.IsZero(), "one request is in flight")
		second.Settle(ports.Usage{Calls: 1}, true)
		all.Wait()
		require.Equal(t, 3*time.Second, held.Sub(start))
		require.Equal(t, 4*time.Second, late.Sub(start), "it came before the lane was held, and waited")
		require.Equal(t, lane.State{InFlight: 3, Calls: 100, Left: 97, Window: 5 * time.Second}, l.State(), "the window is the same")
	})
}

// A request that waits for its window is not in flight: whoever holds the lane need not
// wait for it.
func TestWhoWaitsForTheWindowGivesWayToWhoHoldsTheLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(1, 2), systemClock{}, true)
		start := time.Now()
		take(t, l, 1).Settle(ports.Usage{Calls: 1, RateLimited: 1, RetryAfter: time.Minute}, true)
		granted := make(chan time.Time)
		go func() {
			grant, err := l.Take(context.Background(), 1)
			if err == nil {
				grant.Settle(ports.Usage{}, true)
			}
			granted <- time.Now()
		}()
		time.Sleep(time.Second)
		release, err := l.Hold(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		release()
		require.Equal(t, time.Minute, (<-granted).Sub(start), "the rest that was asked for outlives the hold")
	})
}

// Of a long queue only what is in flight is waited for.
func TestWhoStandsInTheQueueGivesWayToWhoHoldsTheLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(0, 1), systemClock{}, true)
		first := take(t, l, 1)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				grant, err := l.Take(context.Background(), 1)
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Minute)
				grant.Settle(ports.Usage{Calls: 1}, true)
			})
		}
		synctest.Wait()
		start := time.Now()
		time.AfterFunc(time.Second, func() { first.Settle(ports.Usage{Calls: 1}, true) })
		release, err := l.Hold(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(start))
		release()
		all.Wait()
		require.Equal(t, time.Second+20*time.Minute, time.Since(start))
	})
}

func TestALaneThatCannotBeHeldInTimeGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(10, 2), systemClock{}, true)
		slow := take(t, l, 1)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Hold(impatient)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		take(t, l, 1).Settle(ports.Usage{Calls: 1}, true)
		slow.Settle(ports.Usage{Calls: 1}, true)
		release, err := l.Hold(t.Context())
		require.NoError(t, err)
		_, err = l.Hold(t.Context())
		require.Equal(t, lane.CodeHeld, fault.CodeOf(err))
		release()
	})
}

// Another version may bear more requests at a time, or fewer.
func TestWhoHoldsALaneMayReplaceItsQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lane.New(quota(0, 3), systemClock{}, true)
		running := func() int {
			var all sync.WaitGroup
			var mu sync.Mutex
			now, most := 0, 0
			for range 12 {
				all.Go(func() {
					grant, err := l.Take(context.Background(), 1)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					now++
					most = max(most, now)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					now--
					mu.Unlock()
					grant.Settle(ports.Usage{Calls: 1}, true)
				})
			}
			all.Wait()
			return most
		}
		require.Equal(t, 3, running())
		for _, inFlight := range []int{1, 5} {
			waits := make(chan struct{})
			release, err := l.Hold(t.Context())
			require.NoError(t, err)
			go func() { // it has come before the quota was replaced
				defer close(waits)
				if grant, err := l.Take(context.Background(), 1); err == nil {
					grant.Settle(ports.Usage{}, true)
				}
			}()
			synctest.Wait()
			l.Limit(quota(0, inFlight))
			release()
			<-waits
			require.Equal(t, inFlight, l.InFlight())
			require.Equal(t, inFlight, running())
		}
	})
}
