package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// childDatabase tells a copy of the test binary to be the hub that gets killed.
const childDatabase = "KVITT_SQLITE_TEST_DATABASE"

const crashPage = 200

// TestAKilledHubLeavesWholeUnitsOfWork kills a process that stores pages of lines,
// each with its cursor and a job, at moments of no particular choice.
func TestAKilledHubLeavesWholeUnitsOfWork(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kvitt.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	seed(t, store)
	_, err = store.WriteDB().ExecContext(t.Context(), "CREATE TABLE test_job (kind TEXT, subject TEXT)")
	require.NoError(t, err)
	require.NoError(t, store.Close())
	told := 0
	for round := range 6 {
		told = max(told, runChild(t, path, 7*round+3))
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err, "the dead hub's lock is free")
		pages := wholePages(t, store)
		require.GreaterOrEqual(t, pages, told, "what Update returned from is kept")
		intact(t, store.WriteDB())
		require.NoError(t, store.Close())
	}
	require.Positive(t, told)
}

// runChild starts the child, kills it in the unit of work after the one that it has
// told of so many times, and gives the last page that it told of.
func runChild(t *testing.T, path string, units int) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestChildStore", "-test.v") //nolint:gosec // ourselves
	child.Env = append(os.Environ(), childDatabase+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	last, seen := 0, 0
	for lines := bufio.NewScanner(out); seen < units && lines.Scan(); {
		if page, err := strconv.Atoi(lines.Text()); err == nil {
			last, seen = page, seen+1
		}
	}
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	require.Equal(t, units, seen)
	return last
}

// wholePages checks that lines, cursor and jobs tell the same number of pages.
func wholePages(t *testing.T, store *sqlite.Store) int {
	t.Helper()
	pages := 0
	require.NoError(t, store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		states, err := tx.Lines().States(ctx, "p")
		if err != nil {
			return err
		}
		lines := int(states[ports.LinePending])
		require.Zero(t, lines%crashPage, "no page is there in part")
		pages = lines / crashPage
		cursor, err := tx.Cursors().Get(ctx, "psp", "lines")
		if err != nil {
			return err
		}
		require.Equal(t, strconv.Itoa(pages), cursor, "the cursor is stored with its page")
		return nil
	}))
	jobs, err := enqueued(t.Context(), store.WriteDB())
	require.NoError(t, err)
	require.Len(t, jobs, pages)
	return pages
}

// TestChildStore stores page after page, in the process that is killed.
func TestChildStore(t *testing.T) {
	path := os.Getenv(childDatabase)
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Enqueue: enqueue})
	require.NoError(t, err)
	for {
		page := 0
		require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			cursor, err := tx.Cursors().Get(ctx, "psp", "lines")
			if err != nil {
				return err
			}
			if cursor != "" {
				if page, err = strconv.Atoi(cursor); err != nil {
					return err
				}
			}
			page++
			if err := tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: cursor}); err != nil {
				return err
			}
			if _, _, err := tx.Lines().Append(ctx, "p", crashLines(page)); err != nil {
				return err
			}
			return tx.Cursors().Set(ctx, "psp", "lines", strconv.Itoa(page))
		}))
		fmt.Println(page) //nolint:forbidigo // the parent reads it
	}
}

func crashLines(page int) []payout.Line {
	lines := make([]payout.Line, crashPage)
	for i := range lines {
		lines[i] = payout.Line{Key: fmt.Sprintf("%d/%d", page, i), Kind: payout.Sale, Gross: money.New(100, "SEK")}
	}
	return lines
}
