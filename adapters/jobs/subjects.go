package jobs

import (
	"context"
	"sync"
	"time"
)

// subjects lets one job of a kind and subject run at a time.
type subjects struct {
	mu   sync.Mutex
	busy map[task]*subject
}

// subject is dropped when nobody holds it or waits for it.
type subject struct {
	turn  chan struct{}
	users int
}

func newSubjects() *subjects { return &subjects{busy: map[task]*subject{}} }

// acquire waits for the turn of a task, at most so long. If it got it, release
// must be called.
func (s *subjects) acquire(ctx context.Context, t task, patience time.Duration) (release func(), ok bool) {
	own := s.join(t)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case own.turn <- struct{}{}:
		return func() {
			<-own.turn
			s.leave(t, own)
		}, true
	case <-timer.C:
	case <-ctx.Done():
	}
	s.leave(t, own)
	return nil, false
}

func (s *subjects) join(t task) *subject {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.busy[t]
	if own == nil {
		own = &subject{turn: make(chan struct{}, 1)}
		s.busy[t] = own
	}
	own.users++
	return own
}

func (s *subjects) leave(t task, own *subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(s.busy, t)
	}
}
