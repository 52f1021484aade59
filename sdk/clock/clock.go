// Package clock is a clock for the tests of connectors. A connector takes a
// func() time.Time and is given time.Now in use, and a Fake's Now in a test. What
// waits is tested with testing/synctest instead.
package clock

import (
	"sync"
	"time"
)

// Fake is a clock that stands still until a test moves it. It may be used from many
// goroutines.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// At gives a clock that shows a moment.
func At(now time.Time) *Fake { return &Fake{now: now} }

// Now gives the moment that the clock shows.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock, back if d is negative.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Set moves the clock to a moment.
func (f *Fake) Set(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = now
}
