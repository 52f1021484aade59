package porttest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/ports"
)

func backlogs(t *testing.T, open func(t *testing.T) Opened) {
	cases(t, open, map[string]func(w *world){
		"what is not finished is counted, what is finished is not": backlogCounted,
	})
}

func backlogCounted(w *world) {
	counted := func() (b ports.Backlog) {
		w.view(func(ctx context.Context, tx ports.Tx) {
			var err error
			b, err = tx.Backlogs().Count(ctx)
			w.ok(err)
		})
		return b
	}
	require.Zero(w, counted())
	w.update(func(ctx context.Context, tx ports.Tx) {
		for _, id := range []string{"run-1", "run-2", "run-3"} {
			w.ok(tx.Runs().Create(ctx, aRun(id, 0)))
		}
		w.ok(tx.Runs().Wait(ctx, "run-1", aFault()))
		w.ok(tx.Exceptions().Raise(ctx, anException("e-1", 0)))
		w.ok(tx.Callbacks().Create(ctx, aCallback("cb-1", 0)))
		w.ok(tx.Callbacks().Create(ctx, aCallback("cb-2", 0)))
	})
	require.Equal(w, ports.Backlog{Runs: 3, RunsWaiting: 1, Exceptions: 1, Callbacks: 2}, counted())
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Runs().Finish(ctx, "run-1", ports.RunFailed, day(3), aFault()))
		w.ok(tx.Exceptions().Resolve(ctx, "e-1", "done", "anna", day(3)))
		w.ok(tx.Callbacks().Settle(ctx, "cb-1", aFate()))
	})
	require.Equal(w, ports.Backlog{Runs: 2, Callbacks: 1}, counted())
}
