package settlement

import (
	"context"
	"strings"
)

// ahead fetches one thing while the one before it is being stored. Only the
// fetching runs ahead: pages are stored one after the other, each with the cursor
// after it, and what was fetched but not stored is fetched again.
type ahead[T any] struct {
	name   string
	result chan fetched[T]
	cancel context.CancelFunc
}

type fetched[T any] struct {
	value T
	err   error
}

// take gives the thing of that name: the one under way if it is that, else it
// gives that up and fetches.
func (a *ahead[T]) take(ctx context.Context, name string, fetch func(context.Context) (T, error)) (T, error) {
	if a.result == nil || a.name != name {
		a.drop()
		return fetch(ctx)
	}
	got := <-a.result
	a.result = nil
	a.cancel()
	return got.value, got.err
}

// start begins to fetch the thing of that name. Nothing may be under way.
func (a *ahead[T]) start(ctx context.Context, name string, fetch func(context.Context) (T, error)) {
	ctx, a.cancel = context.WithCancel(ctx)
	result := make(chan fetched[T], 1)
	a.name, a.result = name, result
	go func() {
		value, err := fetch(ctx)
		result <- fetched[T]{value, err}
	}()
}

// drop gives up what is under way and waits until it has ended.
func (a *ahead[T]) drop() {
	if a.result == nil {
		return
	}
	a.cancel()
	<-a.result
	a.result = nil
}

// dropAhead ends what is under way, so that nothing outlives a slice.
func (w *work) dropAhead() {
	w.documents.drop()
	w.pages.drop()
	w.batches.drop()
}

// nameOf makes one name of parts.
func nameOf(parts ...string) string { return strings.Join(parts, "\x00") }
