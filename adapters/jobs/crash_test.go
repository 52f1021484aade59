package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jobs"
	"github.com/kvitt/kvitt/ports"
)

// childDatabase tells a copy of the test binary to be the hub that gets killed.
const childDatabase = "KVITT_JOBS_TEST_DATABASE"

func TestJobsOfAKilledHubAreRunByTheNextOneAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "jobs.db")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestChildHub", "-test.v") //nolint:gosec // ourselves
	child.Env = append(os.Environ(), childDatabase+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "running" {
		t.Log(lines.Text())
	}
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())

	var ran log
	db := openDB(t, path)
	// RescueAfter stays at two minutes: only Start can have freed the job.
	queue, err := jobs.New(t.Context(), db, jobs.Options{}, func(_ context.Context, job ports.Job) error { ran.add(job.Subject); return nil })
	require.NoError(t, err)
	h := &harness{T: t, db: db, queue: queue}
	var state string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT state FROM river_job").Scan(&state))
	require.Equal(t, "running", state, "the job was running when the hub was killed")
	h.start()
	h.eventually("the job runs", func() bool { return ran.count("interrupted") == 1 && h.live() == 0 })
}

// TestChildHub runs a job for ever, in the process that is killed.
func TestChildHub(t *testing.T) {
	path := os.Getenv(childDatabase)
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	db := openDB(t, path)
	queue, err := jobs.New(t.Context(), db, quick(), func(context.Context, ports.Job) error {
		fmt.Println("running") //nolint:forbidigo // the parent reads it
		select {}
	})
	require.NoError(t, err)
	h := &harness{T: t, db: db, queue: queue}
	h.enqueue(of("interrupted"))
	require.NoError(t, queue.Start(t.Context()))
	select {}
}
