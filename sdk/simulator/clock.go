package simulator

import (
	"sync"
	"time"
)

// clock is a simulated clock: it shows a time of its own and runs at the pace of
// the machine's monotonic clock.
type clock struct {
	mu     sync.Mutex
	shown  time.Time // what the clock showed at the moment read
	readAt time.Time // the machine's time at that moment
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.Add(time.Since(c.readAt))
}

// set makes the clock show t from now on.
func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.readAt = t.UTC(), time.Now()
}

// advance moves the clock by d, which may be negative.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = c.shown.Add(d)
}
