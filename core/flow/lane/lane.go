// Package lane keeps all calls to one remote account in one queue, so that its
// rate limit is never exceeded whoever calls, and whatever happens to the
// connector's process meanwhile.
//
// A request asks for a grant of calls before it starts and settles it when it has
// its answer. A granted call counts against the window from the grant until one
// window after the answer: the remote system may have counted it at any moment in
// between.
package lane

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeGrantTooLarge: an operation declares more calls than the window allows.
const CodeGrantTooLarge fault.Code = "lane.grant_too_large"

// Clock is machine time, which tests replace.
type Clock interface {
	Now() time.Time
	// After gives a channel that receives once d has passed.
	After(d time.Duration) <-chan time.Time
}

// Lane is the queue of one remote account. It is safe for concurrent use.
type Lane struct {
	quota ports.Quota
	clock Clock

	turn  chan struct{} // held by the request that waits for calls, first come first served
	slots chan struct{} // one for each request in flight

	mu       sync.Mutex
	granted  int         // calls granted and not yet settled
	answered []time.Time // when settled calls were answered, oldest first
	pause    time.Time   // no call before this moment
	strikes  int         // refusals for exceeding the limit since the last success
	changed  chan struct{}
}

// New makes a lane. A lane that is not clean, because nobody knows which calls its
// last owner made, starts with a full window.
func New(quota ports.Quota, clock Clock, clean bool) *Lane {
	inFlight := max(quota.InFlight, 1)
	l := &Lane{
		quota: quota, clock: clock,
		turn: make(chan struct{}, 1), slots: make(chan struct{}, inFlight),
		changed: make(chan struct{}),
	}
	if !clean {
		now := clock.Now()
		for range quota.Calls {
			l.answered = append(l.answered, now)
		}
	}
	return l
}

// InFlight is how many requests may run at the same time.
func (l *Lane) InFlight() int { return cap(l.slots) }

// Grant is leave to make a number of calls. It must be settled once.
type Grant struct {
	lane  *Lane
	calls int
	since time.Time
}

// Take waits until the calls may be made. It fails if the context ends or the
// window can never hold so many.
func (l *Lane) Take(ctx context.Context, calls int) (*Grant, error) {
	if l.quota.Calls > 0 && calls > l.quota.Calls {
		return nil, fault.New(CodeGrantTooLarge, fault.Validation, "one request asks for more calls than the window holds").
			WithField("operations").WithRemedy("split the operation or correct the connector's quota")
	}
	if err := enter(ctx, l.slots); err != nil {
		return nil, err
	}
	if err := enter(ctx, l.turn); err != nil {
		<-l.slots
		return nil, err
	}
	defer func() { <-l.turn }()
	for {
		wait, changed := l.tryTake(calls)
		if wait == 0 {
			return &Grant{lane: l, calls: calls, since: l.clock.Now()}, nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = l.clock.After(wait)
		}
		select {
		case <-timer:
		case <-changed:
		case <-ctx.Done():
			<-l.slots
			return nil, ctx.Err()
		}
	}
}

func enter(ctx context.Context, door chan struct{}) error {
	select {
	case door <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tryTake takes the calls and returns 0, or returns how long to wait; a negative
// wait means until another grant is settled.
func (l *Lane) tryTake(calls int) (time.Duration, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if wait := l.pause.Sub(now); wait > 0 {
		return wait, l.changed
	}
	if l.quota.Calls == 0 {
		return 0, nil
	}
	for len(l.answered) > 0 && now.Sub(l.answered[0]) >= l.quota.Window {
		l.answered = l.answered[1:]
	}
	over := l.granted + len(l.answered) + calls - l.quota.Calls
	if over <= 0 {
		l.granted += calls
		return 0, nil
	}
	if over > len(l.answered) {
		return -1, l.changed
	}
	return l.answered[over-1].Add(l.quota.Window).Sub(now), l.changed
}

// Settle says what the request really cost; an unknown cost is the whole grant. Of
// several calls the first one's place is free earlier than the others', as long as
// they say by how much it was answered before the last (ports.Usage.Spread).
func (g *Grant) Settle(usage ports.Usage, known bool) {
	spent := g.calls
	if known {
		spent = usage.Calls
	}
	l := g.lane
	l.mu.Lock()
	now := l.clock.Now()
	if l.quota.Calls > 0 {
		l.granted -= g.calls
		for range spent {
			l.answered = append(l.answered, now)
		}
		if known && spent > 1 && usage.Spread > 0 {
			l.advance(later(now.Add(-usage.Spread), g.since))
		}
	}
	l.rest(usage, now)
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	<-l.slots
}

// advance moves one of the calls that were answered last to an earlier moment.
func (l *Lane) advance(first time.Time) {
	l.answered = l.answered[:len(l.answered)-1]
	at, _ := slices.BinarySearchFunc(l.answered, first, time.Time.Compare)
	l.answered = slices.Insert(l.answered, at, first)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rest pauses the lane when the remote system refused a call: for as long as it
// asks, else for a window, twice that, and four times at most.
func (l *Lane) rest(usage ports.Usage, now time.Time) {
	if usage.RateLimited == 0 && usage.RetryAfter == 0 {
		if usage.Calls > 0 {
			l.strikes = 0
		}
		return
	}
	pause := usage.RetryAfter
	if pause == 0 {
		pause = max(l.quota.Window, time.Second) << min(l.strikes, 2)
		l.strikes++
	}
	if until := now.Add(pause); until.After(l.pause) {
		l.pause = until
	}
}
