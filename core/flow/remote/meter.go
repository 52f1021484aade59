package remote

import (
	"context"
	"maps"
	"sync"

	"github.com/kvitt/kvitt/ports"
)

// Tally counts calls to remote APIs by connector id.
type Tally struct {
	mu          sync.Mutex
	calls       map[string]int64
	rateLimited map[string]int64
}

type tallyKey struct{}

// WithTally makes every request under ctx count into the tally.
func WithTally(ctx context.Context, t *Tally) context.Context {
	return context.WithValue(ctx, tallyKey{}, t)
}

// Meter gives the tally of a context, or nil, into which nothing is counted.
func Meter(ctx context.Context) *Tally {
	t, _ := ctx.Value(tallyKey{}).(*Tally)
	return t
}

func (t *Tally) add(connector string, usage ports.Usage) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls, t.rateLimited = map[string]int64{}, map[string]int64{}
	}
	t.calls[connector] += int64(usage.Calls)
	t.rateLimited[connector] += int64(usage.RateLimited)
}

// Empty says whether nothing has been counted since the last Drain.
func (t *Tally) Empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.calls) == 0
}

// Drain gives what has been counted and starts again from nothing.
func (t *Tally) Drain() (calls, rateLimited map[string]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls, rateLimited = maps.Clone(t.calls), maps.Clone(t.rateLimited)
	clear(t.calls)
	clear(t.rateLimited)
	return calls, rateLimited
}

// Return puts back what was drained but could not be kept.
func (t *Tally) Return(calls, rateLimited map[string]int64) {
	for connector, n := range calls {
		t.add(connector, ports.Usage{Calls: int(n), RateLimited: int(rateLimited[connector])})
	}
}
