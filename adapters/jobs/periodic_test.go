package jobs_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/ports"
)

func prompt(subject string) ports.Job { return ports.Job{Kind: ports.StartFlow, Subject: subject} }

func promptHarness(t *testing.T, handler func(ctx context.Context, job ports.Job) error, periodic ...jobs.Periodic) *harness {
	t.Helper()
	db := openDB(t, filepath.Join(t.TempDir(), "jobs.db"))
	opts := quick()
	opts.Workers, opts.Prompt, opts.Periodic = 1, []ports.JobKind{ports.FindDue, ports.StartFlow}, periodic
	queue, err := jobs.New(t.Context(), db, opts, handler)
	require.NoError(t, err)
	return &harness{T: t, db: db, queue: queue}
}

func TestAPromptJobDoesNotWaitBehindOthers(t *testing.T) {
	t.Parallel()
	var ran log
	running, finish := make(chan struct{}, 1), make(chan struct{})
	h := promptHarness(t, func(_ context.Context, job ports.Job) error {
		if job.Kind == ports.AdvanceFlow {
			running <- struct{}{}
			<-finish
		}
		ran.add(job.Subject)
		return nil
	})
	h.start()
	h.enqueue(of("slow"))
	<-running
	h.enqueue(prompt("a"), prompt("a"), prompt("b"))
	h.eventually("the prompt jobs run", func() bool { return ran.count("a") == 1 && ran.count("b") == 1 })
	require.Zero(t, ran.count("slow"), "it holds the only place of its kind")
	close(finish)
	h.eventually("nothing is left", func() bool { return h.live() == 0 })
	require.Equal(t, 1, ran.count("a"), "what waited was one")
}

func TestAPeriodicJobRecursAndIsNotGatheredWhileItRuns(t *testing.T) {
	t.Parallel()
	var ran log
	finish := make(chan struct{})
	h := promptHarness(t, func(_ context.Context, job ports.Job) error {
		if job.Kind == ports.FindDue {
			<-finish
		}
		ran.add(string(job.Kind))
		return nil
	}, jobs.Periodic{Job: ports.Job{Kind: ports.FindDue}, Every: time.Second}, jobs.Periodic{Job: prompt("metronome"), Every: time.Second})
	h.start()
	h.eventually("another job of the same rhythm recurs", func() bool { return ran.count("flow.start") >= 3 })
	var enqueued int
	require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE args ->> '$.kind' = 'flow.find_due'").Scan(&enqueued))
	require.Equal(t, 1, enqueued)
	close(finish)
	h.eventually("it recurs once it has run", func() bool { return ran.count("flow.find_due") >= 2 })
}
