package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// rateWindow is the length of the window that the limit counts in.
const rateWindow = time.Second

// rateLimit allows so many requests in any window of one second. That is the
// strictest reading of Klarna's "requests per second": who keeps to it keeps to
// fixed windows as well. It runs on the machine's time, since it is traffic that
// it limits: an advance of the simulated clock frees nothing.
type rateLimit struct {
	allowed int
	now     func() time.Time

	mu       sync.Mutex
	arrivals []time.Time // of the requests let through within the window
}

func newRateLimit(allowed int, now func() time.Time) *rateLimit {
	return &rateLimit{allowed: allowed, now: now}
}

// take asks for one request. Reset is the time until the next slot is free, or
// until the oldest request leaves the window.
func (l *rateLimit) take() (ok bool, remaining int, reset time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for len(l.arrivals) > 0 && now.Sub(l.arrivals[0]) >= rateWindow {
		l.arrivals = l.arrivals[1:]
	}
	if ok = len(l.arrivals) < l.allowed; ok {
		l.arrivals = append(l.arrivals, now)
	}
	return ok, l.allowed - len(l.arrivals), rateWindow - now.Sub(l.arrivals[0])
}

// throttle counts every request of the merchant and answers 429 to those above
// the limit, with the headers that Klarna sends.
func (s *server) throttle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok, remaining, reset := s.limit.take()
		seconds := strconv.Itoa(int(math.Ceil(reset.Seconds())))
		w.Header().Set("X-Ratelimit-Limit", fmt.Sprintf("%d, %d;w=1", s.limit.allowed, s.limit.allowed))
		w.Header().Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
		w.Header().Set("X-Ratelimit-Reset", seconds)
		if ok {
			next.ServeHTTP(w, r)
			return
		}
		if s.world.RetryAfter {
			w.Header().Set("Retry-After", seconds)
		}
		w.Header().Set("Content-Type", typeJSON)
		s.fail(w, &failure{http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "rate limit exceeded"})
	})
}
