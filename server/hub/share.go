package hub

import "sync"

// shares bounds how many flows of one merchant are worked on at the same time, so
// that a merchant with many flows, or whose remote systems all hang, leaves places to
// the others.
type shares struct {
	most int
	mu   sync.Mutex
	held map[string]int
}

// newShares gives a merchant at most a quarter of the places.
func newShares(workers int) *shares { return &shares{most: max(workers/4, 1), held: map[string]int{}} }

// take gives a place, or not. Leave must be called for one that was given.
func (s *shares) take(merchantID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[merchantID] >= s.most {
		return false
	}
	s.held[merchantID]++
	return true
}

func (s *shares) leave(merchantID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[merchantID]--; s.held[merchantID] == 0 {
		delete(s.held, merchantID)
	}
}
