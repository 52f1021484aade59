package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/ports"
)

// deadline is how long a test waits for what must happen; it is no measure.
const deadline = time.Minute

// openDB opens a database as the store does: one connection, BEGIN IMMEDIATE.
func openDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// harness is a queue whose handler a test writes.
type harness struct {
	*testing.T
	db    *sql.DB
	queue *jobs.Queue
}

func newHarness(t *testing.T, handler func(ctx context.Context, job ports.Job) error) *harness {
	t.Helper()
	db := openDB(t, filepath.Join(t.TempDir(), "jobs.db"))
	queue, err := jobs.New(t.Context(), db, quick(), handler)
	require.NoError(t, err)
	return &harness{T: t, db: db, queue: queue}
}

func quick() jobs.Options {
	return jobs.Options{PollInterval: 20 * time.Millisecond, RetryBase: 10 * time.Millisecond, RetryMax: 50 * time.Millisecond}
}

func (h *harness) start() {
	h.Helper()
	require.NoError(h, h.queue.Start(h.Context()))
	h.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		require.NoError(h, h.queue.Stop(ctx))
	})
}

func (h *harness) enqueue(jobs ...ports.Job) {
	h.Helper()
	tx, err := h.db.BeginTx(h.Context(), nil)
	require.NoError(h, err)
	for _, job := range jobs {
		require.NoError(h, h.queue.Enqueue(h.Context(), tx, job))
	}
	require.NoError(h, tx.Commit())
}

func (h *harness) live() int {
	h.Helper()
	var n int
	require.NoError(h, h.db.QueryRowContext(h.Context(),
		"SELECT count(*) FROM river_job WHERE state NOT IN ('completed', 'cancelled', 'discarded')").Scan(&n))
	return n
}

func of(subject string) ports.Job { return ports.Job{Kind: ports.AdvanceFlow, Subject: subject} }

// log remembers what ran.
type log struct {
	mu   sync.Mutex
	runs []string
}

func (l *log) add(subject string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs = append(l.runs, subject)
	return len(l.runs)
}

func (l *log) count(subject string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, s := range l.runs {
		if s == subject {
			n++
		}
	}
	return n
}

func (h *harness) eventually(what string, condition func() bool) {
	h.Helper()
	require.Eventually(h, condition, deadline, 5*time.Millisecond, what)
}

func TestAJobRunsOnceItsTransactionIsCommitted(t *testing.T) {
	t.Parallel()
	var ran log
	h := newHarness(t, func(ctx context.Context, job ports.Job) error {
		ran.add(string(job.Kind) + " " + ports.WorkOf(ctx)) // its calls know what they are made for
		return nil
	})
	h.start()
	tx, err := h.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, h.queue.Enqueue(t.Context(), tx, of("undone")))
	require.NoError(t, tx.Rollback())
	h.enqueue(of("done"))
	h.eventually("the job runs", func() bool { return ran.count("flow.advance done") == 1 })
	h.eventually("nothing is left", func() bool { return h.live() == 0 })
	require.Zero(t, ran.count("flow.advance undone"))
}

func TestJobsThatWaitAreOne(t *testing.T) {
	t.Parallel()
	var ran log
	h := newHarness(t, func(_ context.Context, job ports.Job) error { ran.add(job.Subject); return nil })
	h.enqueue(of("a"), of("a"), of("b"))
	h.enqueue(of("a"))
	require.Equal(t, 2, h.live())
	h.start()
	h.eventually("all ran", func() bool { return h.live() == 0 })
	require.Equal(t, 1, ran.count("a"))
	require.Equal(t, 1, ran.count("b"))
}

func TestAJobEnqueuedWhileItRunsRunsOnceMoreAfterwards(t *testing.T) {
	t.Parallel()
	var ran log
	running, finish := make(chan struct{}, 8), make(chan struct{})
	var mu sync.Mutex
	atOnce, most := 0, 0
	h := newHarness(t, func(_ context.Context, job ports.Job) error {
		mu.Lock()
		atOnce++
		most = max(most, atOnce)
		mu.Unlock()
		running <- struct{}{}
		<-finish
		mu.Lock()
		atOnce--
		mu.Unlock()
		ran.add(job.Subject)
		return nil
	})
	h.start()
	h.enqueue(of("a"))
	<-running
	h.enqueue(of("a"))
	h.enqueue(of("b"))
	<-running // b, which has nothing to do with a
	close(finish)
	h.eventually("all ran", func() bool { return h.live() == 0 })
	require.Equal(t, 2, ran.count("a"))
	require.Equal(t, 1, ran.count("b"))
	require.Equal(t, 2, most, "two jobs of one subject ran at once")
}

func TestAJobMayEnqueueItself(t *testing.T) {
	t.Parallel()
	var ran log
	var h *harness
	h = newHarness(t, func(ctx context.Context, job ports.Job) error {
		if ran.add(job.Subject) == 10 {
			return nil
		}
		tx, err := h.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		if err := h.queue.Enqueue(ctx, tx, job); err != nil {
			return err
		}
		return tx.Commit()
	})
	h.start()
	h.enqueue(of("a"))
	h.eventually("the slices ran", func() bool { t.Log(ran.count("a"), h.live()); return ran.count("a") == 10 && h.live() == 0 })
}

func TestAJobIsNotRunBeforeItsTimeButMayBeBroughtForward(t *testing.T) {
	t.Parallel()
	var ran log
	h := newHarness(t, func(_ context.Context, job ports.Job) error { ran.add(job.Subject); return nil })
	h.start()
	later := of("a")
	later.RunAt = time.Now().Add(time.Hour)
	h.enqueue(later)
	evenLater := later
	evenLater.RunAt = later.RunAt.Add(time.Hour)
	h.enqueue(evenLater, of("b"))
	h.eventually("b ran", func() bool { return ran.count("b") == 1 })
	h.eventually("only a is left", func() bool { return h.live() == 1 })
	require.Zero(t, ran.count("a"))
	h.enqueue(of("a"))
	h.eventually("a ran", func() bool { return ran.count("a") == 1 })
	h.eventually("nothing is left", func() bool { return h.live() == 0 })
}

func TestAFailingJobIsTriedAgainAndNeverGivenUp(t *testing.T) {
	t.Parallel()
	const failures = 22 // more than River would forgive
	var ran log
	h := newHarness(t, func(_ context.Context, job ports.Job) error {
		switch n := ran.add(job.Subject); {
		case n > failures:
			return nil
		case n%2 == 0:
			panic("odd")
		}
		return errors.New("no luck")
	})
	h.start()
	h.enqueue(of("a"))
	h.eventually("the job succeeded", func() bool { return ran.count("a") == failures+1 && h.live() == 0 })
	var state string
	require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT state FROM river_job").Scan(&state))
	require.Equal(t, "completed", state)
}

func TestAUnitOfWorkThatHoldsTheConnectionDelaysJobsAndNoMore(t *testing.T) {
	t.Parallel()
	var ran log
	h := newHarness(t, func(ctx context.Context, job ports.Job) error {
		if _, err := h0(ctx).ExecContext(ctx, "INSERT INTO made VALUES (?)", job.Subject); err != nil {
			return err
		}
		ran.add(job.Subject)
		return nil
	})
	_, err := h.db.ExecContext(t.Context(), "CREATE TABLE made (subject TEXT)")
	require.NoError(t, err)
	ctx := context.WithValue(t.Context(), dbKey{}, h.db)
	require.NoError(t, h.queue.Start(ctx))
	for round := range 30 {
		tx, err := h.db.BeginTx(ctx, nil)
		require.NoError(t, err)
		for i := range 5 {
			require.NoError(t, h.queue.Enqueue(ctx, tx, of(string(rune('a'+i)))))
		}
		if round%3 == 0 { // long enough for River to ask for the connection
			_, err = tx.ExecContext(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT count(*) FROM n")
			require.NoError(t, err)
		}
		require.NoError(t, tx.Commit())
	}
	h.eventually("all ran", func() bool { return h.live() == 0 && ran.count("a") > 0 && ran.count("e") > 0 })
	stop, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	require.NoError(t, h.queue.Stop(stop))
}

type dbKey struct{}

func h0(ctx context.Context) *sql.DB {
	db, _ := ctx.Value(dbKey{}).(*sql.DB)
	return db
}

func TestStoppingEndsTheContextOfJobsThatDoNotFinish(t *testing.T) {
	t.Parallel()
	running := make(chan struct{}, 1)
	h := newHarness(t, func(ctx context.Context, _ ports.Job) error {
		running <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	require.NoError(t, h.queue.Start(t.Context()))
	h.enqueue(of("a"))
	<-running
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, h.queue.Stop(ctx))
	require.Equal(t, 1, h.live(), "the job is not lost")
}

func TestAJobEndsAtItsTimeout(t *testing.T) {
	t.Parallel()
	db := openDB(t, filepath.Join(t.TempDir(), "jobs.db"))
	opts := quick()
	opts.JobTimeout, opts.RescueAfter = 50*time.Millisecond, time.Second
	var ran log
	queue, err := jobs.New(t.Context(), db, opts, func(ctx context.Context, job ports.Job) error {
		if ran.add(job.Subject) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	require.NoError(t, err)
	h := &harness{T: t, db: db, queue: queue}
	h.start()
	h.enqueue(of("a"))
	h.eventually("the second attempt ran", func() bool { return ran.count("a") == 2 && h.live() == 0 })
}
