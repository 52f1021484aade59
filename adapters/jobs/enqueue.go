package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/kvitt/kvitt/ports"
)

// task is a job as River keeps it. All kinds share one kind of River's, so that a
// new kind of job needs no new worker.
type task struct {
	JobKind ports.JobKind `json:"kind"`
	Subject string        `json:"subject"`
}

// Kind names the task for River.
func (task) Kind() string { return "kvitt" }

// soon is how near a job's time must be for it to be made available at once,
// together with its time. River's scheduler would look at it only every 5 s.
const soon = 10 * time.Second

// Enqueue puts a job into the queue as part of the transaction. If the same job
// waits already, that one is kept and brought forward if this one is due earlier.
// A job that runs does not count: what it has read may be older than the reason
// for this one.
//
// River's own unique jobs cannot be used, because they must count running jobs.
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, job ports.Job) error {
	now := time.Now()
	if job.RunAt.Before(now) {
		job.RunAt = now
	}
	id, err := q.waitingJob(ctx, tx, job)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = q.insert(ctx, tx, job)
	}
	if err == nil {
		err = bringForward(ctx, tx, id, job.RunAt, job.RunAt.Sub(now) <= soon)
	}
	if err != nil {
		return fmt.Errorf("enqueueing job: %w", err)
	}
	return nil
}

// in gives the name of River's queue for a kind of job.
func (q *Queue) in(kind ports.JobKind) string {
	if slices.Contains(q.prompt, kind) {
		return promptQueue
	}
	return river.QueueDefault
}

func (q *Queue) waitingJob(ctx context.Context, tx *sql.Tx, job ports.Job) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, `SELECT id FROM river_job
		WHERE state IN ('available', 'scheduled', 'retryable', 'pending') AND queue = ?
			AND args ->> '$.kind' = ? AND args ->> '$.subject' = ? ORDER BY scheduled_at LIMIT 1`,
		q.in(job.Kind), string(job.Kind), job.Subject).Scan(&id)
	return id, err
}

func (q *Queue) insert(ctx context.Context, tx *sql.Tx, job ports.Job) (int64, error) {
	inserted, err := q.client.InsertTx(ctx, tx, task{JobKind: job.Kind, Subject: job.Subject}, &river.InsertOpts{Queue: q.in(job.Kind), ScheduledAt: job.RunAt})
	if err != nil {
		return 0, err
	}
	return inserted.Job.ID, nil
}

func bringForward(ctx context.Context, tx *sql.Tx, id int64, runAt time.Time, available bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE river_job SET scheduled_at = ?1, state = CASE WHEN ?2 THEN 'available' ELSE state END
		WHERE id = ?3 AND scheduled_at >= ?1`,
		runAt.UTC().Round(time.Millisecond).Format("2006-01-02 15:04:05.000"), available, id)
	return err
}
