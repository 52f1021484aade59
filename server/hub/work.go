package hub

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/fx"

	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/subscription"
	"github.com/kvitt/kvitt/core/flow/timetable"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// work is what the job queue calls.
type work struct {
	fx.In

	Store     ports.Store
	Engine    *engine
	Timetable *timetable.Service
	Callbacks *callback.Service
	Shares    *shares
	// Subscriptions are kept by jobs of their own.
	Subscriptions *subscription.Service
}

func (w work) do(ctx context.Context, job ports.Job) error {
	switch job.Kind {
	case ports.AdvanceFlow:
		return w.advance(ctx, job)
	case ports.StartFlow:
		return w.Timetable.Start(ctx, job.Subject)
	case ports.FindDue:
		return w.Timetable.Find(ctx)
	case ports.ReadCallbacks:
		return w.readCallbacks(ctx, job)
	case ports.KeepSubscription:
		return w.keepSubscription(ctx, job)
	case ports.PruneCallbacks:
		return w.Callbacks.Prune(ctx)
	}
	return fmt.Errorf("working on a job of unknown kind %s", job.Kind)
}

// stepBack is how long a flow waits while its merchant has no place left.
const stepBack = time.Second

// advance moves a flow on by a slice and asks for the next one.
func (w work) advance(ctx context.Context, job ports.Job) error {
	flow, err := w.flow(ctx, job.Subject)
	if err != nil {
		return err
	}
	if !w.Shares.take(flow.MerchantID) {
		return w.again(ctx, job, stepBack)
	}
	defer w.Shares.leave(flow.MerchantID)
	next, err := w.Engine.Advance(ctx, job.Subject)
	if err != nil || next.Done {
		return err
	}
	return w.again(ctx, job, next.After)
}

// readCallbacks has messages to a connection read. They take a place of their merchant,
// so that no flood of them leaves none to others.
func (w work) readCallbacks(ctx context.Context, job ports.Job) error {
	connection, err := walk.View(ctx, w.Store, func(ctx context.Context, tx ports.Tx) (ports.ConnectionRecord, error) {
		return tx.Connections().Get(ctx, job.Subject)
	})
	if err != nil {
		return err
	}
	if !w.Shares.take(connection.MerchantID) {
		return w.again(ctx, job, stepBack)
	}
	defer w.Shares.leave(connection.MerchantID)
	next, err := w.Callbacks.Read(ctx, job.Subject)
	if err != nil || next.Done {
		return err
	}
	return w.again(ctx, job, next.After)
}

// keepSubscription makes what a provider sends agree with what is wanted.
func (w work) keepSubscription(ctx context.Context, job ports.Job) error {
	next, err := w.Subscriptions.Keep(ctx, job.Subject)
	if err != nil || next.Done {
		return err
	}
	return w.again(ctx, job, next.After)
}

// again enqueues a job once more.
func (w work) again(ctx context.Context, job ports.Job, after time.Duration) error {
	job.RunAt = time.Time{}
	if after > 0 {
		job.RunAt = time.Now().Add(after)
	}
	return w.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Jobs().Enqueue(ctx, job) })
}

func (w work) flow(ctx context.Context, id string) (merchant.Flow, error) {
	return walk.View(ctx, w.Store, func(ctx context.Context, tx ports.Tx) (merchant.Flow, error) { return tx.Flows().Get(ctx, id) })
}
