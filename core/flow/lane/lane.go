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

// Faults of lanes.
const (
	// CodeGrantTooLarge: an operation declares more calls than the window allows.
	CodeGrantTooLarge fault.Code = "lane.grant_too_large"
	// CodeHeld: two want to hold the lane at the same time.
	CodeHeld fault.Code = "lane.held"
)

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
	held     chan struct{} // closed when the lane is no longer held, nil if nobody holds it
	waiting  int           // requests that have no grant yet
	running  int           // requests that have one
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
func (l *Lane) InFlight() int { return cap(l.room()) }

// Limit replaces the quota, as another version of a connector declares it. Whoever calls it
// holds the lane.
func (l *Lane) Limit(quota ports.Quota) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quota = quota
	if inFlight := max(quota.InFlight, 1); inFlight != cap(l.slots) {
		l.slots = make(chan struct{}, inFlight)
	}
}

// room gives the slots of requests in flight, which Limit may replace.
func (l *Lane) room() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slots
}

func (l *Lane) limit() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.quota.Calls
}

// State is what a lane looks like at a moment.
type State struct {
	// Running requests have their grant, as InFlight at most may at a time; Waiting ones
	// have not.
	Running, InFlight, Waiting int
	// Calls is how many calls of a window may be made, 0 if that is not limited, and Left
	// how many of them may be made now.
	Calls, Left int
	Window      time.Duration
	// Paused is until when no call is made, zero if the lane does not rest.
	Paused time.Time
	Held   bool
}

// State looks at the lane.
func (l *Lane) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	s := State{Running: l.running, InFlight: cap(l.slots), Waiting: l.waiting, Calls: l.quota.Calls, Window: l.quota.Window, Held: l.held != nil}
	used := l.granted
	for _, at := range l.answered {
		if now.Sub(at) < l.quota.Window {
			used++
		}
	}
	s.Left = max(s.Calls-used, 0)
	if l.pause.After(now) {
		s.Paused = l.pause
	}
	return s
}

// Grant is leave to make a number of calls. It must be settled once.
type Grant struct {
	lane  *Lane
	slots chan struct{} // one of which it holds
	calls int
	since time.Time
}

// Take waits until the calls may be made. It fails if the context ends or the
// window can never hold so many.
func (l *Lane) Take(ctx context.Context, calls int) (*Grant, error) {
	if most := l.limit(); most > 0 && calls > most {
		return nil, fault.New(CodeGrantTooLarge, fault.Validation, "one request asks for more calls than the window holds").
			WithField("operations").WithRemedy("split the operation or correct the connector's quota")
	}
	l.count(0, 1)
	defer l.count(0, -1)
	for {
		grant, held, err := l.queue(ctx, calls)
		if held == nil {
			if grant != nil {
				l.count(1, 0)
			}
			return grant, err
		}
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *Lane) count(running, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running += running
	l.waiting += waiting
}

// queue waits for a slot, a turn and the calls. It gives way to whoever wants to hold
// the lane, and then returns what is closed when that is over.
func (l *Lane) queue(ctx context.Context, calls int) (grant *Grant, held <-chan struct{}, err error) {
	if held := l.holding(); held != nil {
		return nil, held, nil
	}
	slots := l.room()
	if err := enter(ctx, slots); err != nil {
		return nil, nil, err
	}
	if err := enter(ctx, l.turn); err != nil {
		<-slots
		return nil, nil, err
	}
	defer func() { <-l.turn }()
	for {
		// Whoever comes to hold the lane need not wait for all who stand in the queue; and
		// it may have other slots since.
		if held := l.holding(); held != nil || slots != l.room() {
			<-slots
			return nil, orPassed(held), nil
		}
		wait, changed := l.tryTake(calls)
		if wait == 0 {
			return &Grant{lane: l, slots: slots, calls: calls, since: l.clock.Now()}, nil, nil
		}
		if held := l.holding(); held != nil {
			<-slots
			return nil, held, nil
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = l.clock.After(wait)
		}
		select {
		case <-timer:
		case <-changed:
		case <-ctx.Done():
			<-slots
			return nil, nil, ctx.Err()
		}
	}
}

// orPassed gives held, or what is closed already if the lane is not held any more.
func orPassed(held <-chan struct{}) <-chan struct{} {
	if held != nil {
		return held
	}
	passed := make(chan struct{})
	close(passed)
	return passed
}

// holding gives what is closed when the lane is no longer held, nil if nobody holds it.
func (l *Lane) holding() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// Hold waits until no request is in flight and keeps further ones from starting until
// release is called, once. What the window holds stays as it is. It fails if the
// context ends first, or with CodeHeld if somebody holds the lane already.
func (l *Lane) Hold(ctx context.Context) (release func(), err error) {
	l.mu.Lock()
	if l.held != nil {
		l.mu.Unlock()
		return nil, fault.New(CodeHeld, fault.Conflict, "the lane is being handed over already").WithRemedy("wait until that has ended")
	}
	l.held = make(chan struct{})
	slots := l.slots
	l.change()
	l.mu.Unlock()
	taken := 0
	release = func() {
		for range taken {
			<-slots
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		close(l.held)
		l.held = nil
	}
	for range cap(slots) {
		if err := enter(ctx, slots); err != nil {
			release()
			return nil, err
		}
		taken++
	}
	return release, nil
}

// change tells those who wait that something has. The caller holds the lock.
func (l *Lane) change() {
	close(l.changed)
	l.changed = make(chan struct{})
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
	l.running--
	l.change()
	l.mu.Unlock()
	<-g.slots
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
