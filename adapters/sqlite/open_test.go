package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestASecondHubIsToldWhoHasTheDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kvitt.db")
	first, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	require.Equal(t, sqlite.CodeLocked, fault.CodeOf(err))
	require.ErrorContains(t, err, strconv.Itoa(os.Getpid()))
	require.NoError(t, first.Close())
	openStore(t, path, sqlite.Options{})
}

func TestWhatWasStoredIsThereAfterOpeningAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a folder with spaces & åäö?#%20", "kvitt.db")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Merchants().Create(ctx, merchant.Merchant{ID: "m1"})
	}))
	require.NoError(t, store.Close())
	require.FileExists(t, path)
	store = openStore(t, path, sqlite.Options{})
	require.NoError(t, store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Merchants().Get(ctx, "m1")
		return err
	}))
}

func TestTheDatabaseIsSetUpSoThatACommitIsOnTheDisk(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		require.NoError(t, store.WriteDB().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		require.Equal(t, want, got, pragma)
	}
}

func TestADatabaseOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"newer":  "INSERT INTO schema_migration (name, sha256) VALUES ('9999_later.sql', 'x')",
		"edited": "UPDATE schema_migration SET sha256 = 'x'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "kvitt.db")
			store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			require.NoError(t, err)
			_, err = store.WriteDB().ExecContext(t.Context(), change)
			require.NoError(t, err)
			require.NoError(t, store.Close())
			for range 2 { // and the lock is free again after the refusal
				_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
				require.Equal(t, sqlite.CodeSchema, fault.CodeOf(err))
			}
		})
	}
}

func TestAFileThatIsNoDatabaseIsRefusedAndNotTouched(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kvitt.db")
	text := []byte(fmt.Sprintf("%4096s", "this is not a database"))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.Error(t, err)
	after, err := os.ReadFile(path) //nolint:gosec // the path is ours
	require.NoError(t, err)
	require.Equal(t, text, after)
}

func TestEnqueueingWithoutAQueueFails(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.Error(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: "f"})
	}))
}

// intact asks SQLite itself whether the file is in order.
func intact(t *testing.T, db *sql.DB) {
	t.Helper()
	var verdict string
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)
	var violations int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM pragma_foreign_key_check").Scan(&violations))
	require.Zero(t, violations)
}

// seed makes a merchant with two connections, a flow and a payout.
func seed(t *testing.T, store *sqlite.Store) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m"}); err != nil {
			return err
		}
		for _, id := range []string{"psp", "erp"} {
			c := ports.ConnectionRecord{Connection: merchant.Connection{ID: id, MerchantID: "m", Connector: id}}
			if err := tx.Connections().Create(ctx, c); err != nil {
				return err
			}
		}
		if err := tx.Flows().Create(ctx, merchant.Flow{ID: "f", MerchantID: "m", Kind: merchant.Payouts, Source: "psp", Target: "erp"}, "test"); err != nil {
			return err
		}
		return tx.Payouts().Create(ctx, ports.PayoutRecord{ID: "p", FlowID: "f", MerchantID: "m", ConnectionID: "psp"})
	}))
}
