// Package jobs runs background work with River on the database of the store, so
// that a job is enqueued by the very transaction that makes it necessary.
//
// For SQLite: River shares the store's one writing connection. Its statements wait
// in turn with the units of work, and a job is enqueued through the transaction
// that already holds the connection, so neither can block the other for ever.
package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/kvitt/kvitt/ports"
)

// Options change how a queue works; the zero value of each field means the value
// in brackets.
type Options struct {
	// Workers is how many jobs run at once (4), those of Prompt kinds not counted.
	Workers int
	// Prompt lists kinds of short jobs that never wait behind the others: they have
	// two workers of their own.
	Prompt []ports.JobKind
	// Periodic jobs are enqueued by the queue itself, unless the last one of their
	// kind still waits or runs.
	Periodic []Periodic
	// PollInterval is how often the queue looks for work of which it was not told,
	// such as retries that have become due (500 ms).
	PollInterval time.Duration
	// JobTimeout is how long a job may run before its context ends (60 s).
	JobTimeout time.Duration
	// RescueAfter is how long a job counts as running when nobody has said that it
	// ended (120 s). It is longer than JobTimeout.
	RescueAfter time.Duration
	// RetryBase is the pause after the first failure (1 s); it doubles with each
	// further one up to RetryMax (60 s).
	RetryBase time.Duration
	RetryMax  time.Duration
	// Logger takes what River and failing jobs have to say (nowhere).
	Logger hclog.Logger
}

// Periodic is a job that recurs: at the start of the queue, and each time so much
// machine time has passed, a second at least. Its kind is one of the prompt ones.
type Periodic struct {
	Job   ports.Job
	Every time.Duration
}

func (o Options) withDefaults() Options {
	o.Workers = cmp.Or(o.Workers, 4)
	o.PollInterval = cmp.Or(o.PollInterval, 500*time.Millisecond)
	o.JobTimeout = cmp.Or(o.JobTimeout, time.Minute)
	o.RescueAfter = cmp.Or(o.RescueAfter, 2*time.Minute)
	o.RetryBase = cmp.Or(o.RetryBase, time.Second)
	o.RetryMax = cmp.Or(o.RetryMax, time.Minute)
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return o
}

// Queue enqueues and runs jobs.
type Queue struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
	prompt []ports.JobKind
}

// promptQueue and promptWorkers are River's queue for prompt jobs and its places.
const (
	promptQueue   = "prompt"
	promptWorkers = 2
)

// New brings River's tables up to date and gives a queue that can enqueue; nothing
// runs before Start. The handler runs one job; jobs of one subject never run at
// once. A job whose handler fails or panics is tried again, for ever.
func New(ctx context.Context, db *sql.DB, opts Options, handler func(ctx context.Context, job ports.Job) error) (*Queue, error) {
	opts = opts.withDefaults()
	driver, logger := riversqlite.New(db), slog.New(bridge{logger: opts.Logger.Named("river")})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("preparing job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrating job queue: %w", err)
	}
	retry := backOff{base: opts.RetryBase, most: opts.RetryMax}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{handler: handler, retry: retry, subjects: newSubjects(), logger: opts.Logger})
	client, err := river.NewClient(driver, &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: opts.Workers}, promptQueue: {MaxWorkers: promptWorkers}},
		PeriodicJobs:         recurring(opts.Periodic),
		Workers:              workers,
		FetchCooldown:        min(20*time.Millisecond, opts.PollInterval),
		FetchPollInterval:    opts.PollInterval,
		JobTimeout:           opts.JobTimeout,
		RescueStuckJobsAfter: opts.RescueAfter,
		RetryPolicy:          retry,
		MaxAttempts:          maxAttempts,
		Logger:               logger,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing job queue: %w", err)
	}
	return &Queue{db: db, client: client, prompt: opts.Prompt}, nil
}

// Start begins to run jobs; they run until Stop, whatever becomes of ctx. First it
// frees the jobs that a hub was running when it died. That is safe because the lock
// on the database proves that no other hub lives.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.free(ctx); err != nil {
		return fmt.Errorf("freeing jobs of the hub before: %w", err)
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting job queue: %w", err)
	}
	return nil
}

// Stop takes no more jobs and waits for those that run. When ctx ends it ends
// their contexts too and waits a little longer.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if hardErr := q.client.StopAndCancel(hard); hardErr != nil {
		return fmt.Errorf("stopping job queue: %w", errors.Join(err, hardErr))
	}
	return nil
}

// free also takes the leadership from the dead hub, for else retries and
// scheduled jobs would wait until its term has run out.
func (q *Queue) free(ctx context.Context) error {
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, query := range []string{
		"UPDATE river_job SET state = 'available', scheduled_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE state = 'running'",
		"DELETE FROM river_leader",
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return tx.Commit()
}
