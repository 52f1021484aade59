package server

import (
	"cmp"
	"sync"
	"time"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

const (
	usualRequests = 25
	usualWindowMS = 5000
)

// limiter is a sliding window per caller in real time, whatever the simulated
// clock says: a client waits in real time too.
type limiter struct {
	requests      int
	window        time.Duration
	countRejected bool
	now           func() time.Time

	mu   sync.Mutex
	seen map[string][]time.Time
}

func newLimiter(limit world.RateLimit, now func() time.Time) *limiter {
	return &limiter{
		requests:      cmp.Or(limit.Requests, usualRequests),
		window:        time.Duration(cmp.Or(limit.WindowMS, usualWindowMS)) * time.Millisecond,
		countRejected: limit.CountRejected,
		now:           now,
		seen:          map[string][]time.Time{},
	}
}

// allow says whether a caller may make one more request now.
func (l *limiter) allow(caller string) bool {
	if l.requests < 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	recent := l.seen[caller]
	for len(recent) > 0 && now.Sub(recent[0]) >= l.window {
		recent = recent[1:]
	}
	allowed := len(recent) < l.requests
	if allowed || l.countRejected {
		recent = append(recent, now)
	}
	l.seen[caller] = recent
	return allowed
}
