package pluginhost

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
)

// ErrRestCancelled says that a connector was about to rest and goes on serving.
var ErrRestCancelled = errors.New("the connector stays in service")

// rest is Instance.Rest. go-plugin's Kill cuts calls off (hashicorp/go-plugin#192), so
// it comes last.
func (s *supervisor) rest(ctx context.Context) error {
	if there, err := s.beginRest(ctx); !there {
		return err
	}
	defer s.endRest()
	if attempt := s.starting(); attempt != nil {
		if err := linger(ctx, attempt); err != nil {
			return err
		}
		<-attempt // a start ends by its own timeout
	}
	s.mu.Lock()
	drained := s.drain()
	s.mu.Unlock()
	if drained != nil {
		if err := linger(ctx, drained); err != nil {
			return err
		}
	}
	return s.putDown()
}

// beginRest keeps new calls waiting. It reports false if there is no process that could
// rest, or if ctx has ended behind the rest of somebody else.
func (s *supervisor) beginRest(ctx context.Context) (bool, error) {
	for {
		s.mu.Lock()
		other := s.resting
		if other == nil {
			break
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return false, fmt.Errorf("waiting for another rest to end: %w", ctx.Err())
		}
	}
	defer s.mu.Unlock()
	if s.stopping || s.state != Ready && s.state != Starting {
		return false, nil
	}
	s.resting = make(chan struct{})
	return true, nil
}

// endRest lets the calls that wait go on.
func (s *supervisor) endRest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.resting)
	s.resting = nil
}

// starting gives the start under way, or nil.
func (s *supervisor) starting() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != Starting {
		return nil
	}
	return s.attempt
}

// drain gives what is closed once no call is under way, or nil if none is. The caller
// holds the lock.
func (s *supervisor) drain() <-chan struct{} {
	if s.inFlight == 0 {
		return nil
	}
	if s.drained == nil {
		s.drained = make(chan struct{})
	}
	return s.drained
}

// linger waits for an event, at most until the deadline of ctx. It fails when ctx is
// cancelled before that.
func linger(ctx context.Context, event <-chan struct{}) error {
	select {
	case <-event:
		return nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRestCancelled, context.Cause(ctx))
}

// putDown ends the process, if it has not ended by itself meanwhile.
func (s *supervisor) putDown() error {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	if p != nil && p.broken.Load() && waitFor(p.child.exited, drainTime) {
		s.gone(p) // it was on its way out by itself, and that is a failure
	}
	s.mu.Lock()
	switch {
	case s.stopping:
		s.mu.Unlock()
		return errStopped // which ends the process as well
	case s.process == nil:
		s.mu.Unlock()
		return nil
	}
	p, inFlight := s.process, s.inFlight
	s.process = nil // its exit is no failure
	s.forgive(p)
	s.work.Add(1)
	s.mu.Unlock()
	defer s.work.Done()
	if inFlight > 0 {
		s.tell(hclog.Warn, "connector rests while calls are under way", "in_flight", inFlight)
	}
	p.forced.Store(true)
	p.stop(s.config.KillTimeout)
	_, peak := p.child.usage()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peak = peak
	if s.state = Idle; s.stopping {
		s.state = Stopped
	}
	s.tell(hclog.Info, "connector rests")
	return nil
}
