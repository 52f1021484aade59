package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/ports/porttest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	porttest.Store(t, func(t *testing.T) porttest.Opened {
		t.Helper()
		store := openStore(t, filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{Enqueue: enqueue})
		_, err := store.WriteDB().ExecContext(t.Context(), "CREATE TABLE test_job (kind TEXT, subject TEXT)")
		require.NoError(t, err)
		return porttest.Opened{Store: store, Jobs: func(ctx context.Context) ([]ports.Job, error) { return enqueued(ctx, store.WriteDB()) }}
	})
}

func openStore(t *testing.T, path string, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// enqueue stands in for the queue.
func enqueue(ctx context.Context, tx *sql.Tx, job ports.Job) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO test_job VALUES (?, ?)", job.Kind, job.Subject)
	return err
}

func enqueued(ctx context.Context, db *sql.DB) ([]ports.Job, error) {
	rows, err := db.QueryContext(ctx, "SELECT kind, subject FROM test_job ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var jobs []ports.Job
	for rows.Next() {
		var j ports.Job
		if err := rows.Scan(&j.Kind, &j.Subject); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}
