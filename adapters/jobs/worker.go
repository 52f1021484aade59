package jobs

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/kvitt/kvitt/ports"
)

const (
	// maxAttempts is how many failures River records with a job. After so many it
	// would give the job up; from then on the job is put off instead, so that it
	// lives on without its record growing.
	maxAttempts = 20
	// patience is how long a job waits for another one of its subject before it
	// makes room for others.
	patience = 2 * time.Second
	// putOff is how long it then steps back.
	putOff = time.Second
)

type worker struct {
	river.WorkerDefaults[task]

	handler  func(ctx context.Context, job ports.Job) error
	retry    backOff
	subjects *subjects
	logger   hclog.Logger
}

// Work runs one job under the lock of its subject.
func (w *worker) Work(ctx context.Context, j *river.Job[task]) error {
	release, ok := w.subjects.acquire(ctx, j.Args, patience)
	if !ok {
		return river.JobSnooze(putOff)
	}
	defer release()
	err := w.handle(ctx, ports.Job{Kind: j.Args.JobKind, Subject: j.Args.Subject})
	switch {
	case err == nil:
		return nil
	case j.Attempt >= maxAttempts:
		w.logger.Error("job fails again and again", "kind", j.Args.JobKind, "subject", j.Args.Subject, "error", err)
		return river.JobSnooze(w.retry.most)
	}
	w.logger.Warn("job failed and will be tried again",
		"kind", j.Args.JobKind, "subject", j.Args.Subject, "attempt", j.Attempt, "error", err)
	return err
}

// handle turns a panic into an error, so that it is counted and tried again like
// any other.
func (w *worker) handle(ctx context.Context, job ports.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.logger.Error("job panicked", "kind", job.Kind, "subject", job.Subject, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("running job: panic: %v", p)
		}
	}()
	return w.handler(ports.WithWork(ctx, job.Subject), job)
}

// backOff doubles the pause with each failure.
type backOff struct {
	base time.Duration
	most time.Duration
}

// NextRetry is when a failed job runs again.
func (b backOff) NextRetry(job *rivertype.JobRow) time.Time {
	pause := b.base
	for range job.Errors {
		if pause *= 2; pause >= b.most {
			pause = b.most
			break
		}
	}
	return time.Now().Add(min(pause, b.most))
}
