package hub

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/fx"

	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/adapters/secrets"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
	"github.com/kvitt/kvitt/server/config"
)

// stateModule provides what outlives the process: store, queue and keys.
func stateModule() fx.Option {
	return fx.Module("state",
		fx.Provide(
			newQueueLink,
			newStore,
			func(s *sqlite.Store) ports.Store { return s },
			func(cfg config.Config) *shares { return newShares(cfg.Workers) },
			newQueue,
			newKeyset,
			func(k *secrets.Keyset) ports.Secrets { return k },
			func(k *secrets.Keyset) *secrets.Signer { return k.Signer() },
			newBusinessClock,
		),
		fx.Invoke(ensureOperatorKey),
	)
}

func newBusinessClock(cfg config.Config) (ports.BusinessClock, error) {
	start, err := cfg.BusinessStart()
	return clock.SetTo(start), err
}

// queueLink lets the store enqueue jobs in its own transactions although the queue
// is made after the store, on the store's connection.
type queueLink struct {
	mu    sync.RWMutex
	queue *jobs.Queue
}

func newQueueLink() *queueLink { return &queueLink{} }

func (l *queueLink) set(q *jobs.Queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = q
}

func (l *queueLink) enqueue(ctx context.Context, tx *sql.Tx, job ports.Job) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.queue == nil {
		return fmt.Errorf("enqueueing %s: the job queue is not there yet", job.Kind)
	}
	return l.queue.Enqueue(ctx, tx, job)
}

func newStore(lc fx.Lifecycle, cfg config.Config, link *queueLink) (*sqlite.Store, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	path := filepath.Join(cfg.Data, "kvitt.db")
	if err := keepPrivate(path); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(context.Background(), path, sqlite.Options{Enqueue: link.enqueue})
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(store.Close))
	return store, nil
}

// keepPrivate makes the file, if it is not there, for the hub's user alone. SQLite
// gives the files beside it the same mode.
func keepPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	return file.Close()
}

// newKeyset takes the keys from the environment, or else from the data folder,
// where a new hub makes them.
func newKeyset(cfg config.Config) (*secrets.Keyset, error) {
	if text := os.Getenv("KVITT_KEYSET"); text != "" {
		return secrets.Parse([]byte(text))
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	return secrets.Load(filepath.Join(cfg.Data, "keyset.json"), true)
}

// newQueue makes the queue that moves flows on and starts what their schedules ask
// for. It starts after everything that a flow needs.
func newQueue(lc fx.Lifecycle, cfg config.Config, database *sqlite.Store, link *queueLink, work work, log hclog.Logger) (*jobs.Queue, error) {
	queue, err := jobs.New(context.Background(), database.WriteDB(), jobs.Options{
		Workers: cfg.Workers, Prompt: []ports.JobKind{ports.FindDue, ports.StartFlow, ports.PruneCallbacks},
		Periodic: []jobs.Periodic{
			{Job: ports.Job{Kind: ports.FindDue}, Every: cfg.Timings.Tick},
			{Job: ports.Job{Kind: ports.PruneCallbacks}, Every: time.Hour},
		},
		PollInterval: cfg.Timings.Poll, JobTimeout: cfg.Timings.JobTimeout, RescueAfter: cfg.Timings.RescueAfter,
		RetryBase: cfg.Timings.Backoff, Logger: log.Named("jobs"),
	}, work.do)
	if err != nil {
		return nil, err
	}
	link.set(queue)
	lc.Append(fx.Hook{OnStart: queue.Start, OnStop: queue.Stop})
	return queue, nil
}
