package swap

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// watch looks at the new version until the time is over, and checks the connections once
// more half-way.
func (a *act) watch() error {
	swap := a.look()
	until := a.now().Add(swap.Watch)
	if !swap.WatchUntil.IsZero() {
		until = swap.WatchUntil // it was watched before the hub was started anew
	}
	a.change(func(s *ports.Swap) { s.WatchUntil = until })
	if err := a.enter(a.ctx, ports.SwapWatching); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(a.ctx)
	var again chan error // gives how the second check has ended, while it is under way
	var checking sync.WaitGroup
	defer func() {
		cancel()
		checking.Wait()
	}()
	for half := a.now().Add(until.Sub(a.now()) / 2); ; {
		if err := a.sound(); err != nil {
			return err
		}
		now := a.now()
		if !now.Before(until) && again == nil {
			return nil
		}
		if !half.IsZero() && !now.Before(half) {
			// Lanes may let it wait for long, and a crash must be seen meanwhile.
			ended := make(chan error, 1)
			half, again = time.Time{}, ended
			checking.Go(func() { ended <- a.checkAgain(ctx) })
		}
		select {
		case <-a.parts.Clock.After(min(a.parts.Options.Look, max(until.Sub(now), time.Millisecond))):
		case err := <-again:
			if again = nil; err != nil {
				return err
			}
		case <-a.ctx.Done():
			return context.Cause(a.ctx)
		}
	}
}

// sound says what speaks against the version since it has begun to serve.
func (a *act) sound() error {
	swap, before := a.look(), a.before
	now := a.parts.Fleet.Health(swap.Connector, swap.To)
	if now.Quarantined || now.Restarts > before.Restarts {
		return fault.New(CodeCrashed, fault.Conflict, "version "+swap.To+" went down while it was watched: "+now.Last).From(fault.Connector).
			WithRemedy("look at the version's log, GET /v1/connectors/{id}/versions/{version}/log")
	}
	calls, failed, refused := now.Calls-before.Calls, now.Failed-before.Failed, now.Refused-before.Refused
	if old := a.parts.Fleet.Health(swap.Connector, swap.From); a.tooMany(refused, calls, share(old.Refused, old.Calls)) {
		return fault.New(CodeFailing, fault.Conflict, fmt.Sprintf("the remote system turned down %d of %d call(s) of version %s while it was watched, of version %s %d of %d",
			refused, calls, swap.To, swap.From, old.Refused, old.Calls)).From(fault.Connector).
			WithRemedy("look at the version's errors, GET /v1/connectors/{id}/versions/{version}/errors")
	}
	if a.tooMany(failed, calls, 0) {
		return fault.New(CodeFailing, fault.Conflict, fmt.Sprintf("%d of %d call(s) of version %s failed by its own fault while it was watched, the last: %s",
			failed, calls, swap.To, now.LastError)).From(fault.Connector).
			WithRemedy("look at the version's errors, GET /v1/connectors/{id}/versions/{version}/errors")
	}
	return nil
}

// tooMany reports whether so many of the calls speak against a version, where so many in a
// hundred are usual.
func (a *act) tooMany(bad, calls, usual int64) bool {
	return bad > a.parts.Options.Failures && bad*100 > calls*(a.parts.Options.Share+usual)
}

// share is how many in a hundred, rounded up.
func share(of, all int64) int64 {
	if all == 0 {
		return 0
	}
	return (of*100 + all - 1) / all
}

// mostAgain is how many connections are checked a second time.
const mostAgain = 20

// checkAgain checks connections that could be served before.
func (a *act) checkAgain(ctx context.Context) error {
	if a.look().Undo {
		return nil
	}
	to, list, err := a.candidate()
	if err != nil {
		return err
	}
	list = list[:min(len(list), mostAgain)]
	defer a.rest(a.look().From) // which was started again if a check had to be held against it
	return refusal(a.each(list, func(c ports.ConnectionRecord) ports.SwapCheck { return a.checked(ctx, c, to) }), len(list))
}
