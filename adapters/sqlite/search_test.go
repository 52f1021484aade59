package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/ports"
)

func kinds() []ports.HitKind {
	return []ports.HitKind{
		ports.HitPayout, ports.HitLine, ports.HitDocument, ports.HitStep, ports.HitOrder, ports.HitEvent, ports.HitException, ports.HitRun,
	}
}

// The only tables that a search may walk are those of the spellings and, hub-wide, the
// connections, of which a merchant has a handful.
func TestASearchWalksNoTableThatGrows(t *testing.T) {
	t.Parallel()
	store, err := Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	allowed := regexp.MustCompile(`^SCAN (json_each|c)\b`)
	for _, kind := range kinds() {
		for _, by := range lookUps(kind) {
			for _, step := range planOf(t, store.read, by.sql(), `["7"]`, "merchant", 10) {
				if regexp.MustCompile(`^SCAN`).MatchString(step) {
					require.Regexp(t, allowed, step, "%s by %s", kind, by.field)
				}
			}
		}
	}
}

func planOf(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		steps = append(steps, detail)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, steps)
	return steps
}

func TestEveryKindCanBeSearched(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		require.NotEmpty(t, lookUps(kind), kind)
	}
	require.Empty(t, lookUps("weather"))
}

// As after a start of this version on a database of one before.
func TestLinesOfAnOlderVersionAreFoundAfterTheNextStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kvitt.db")
	store, err := Open(t.Context(), path, Options{})
	require.NoError(t, err)
	require.NoError(t, statementtest.Store(t.Context(), store))
	count := func(store *Store) (hits int) {
		require.NoError(t, store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
			found, err := tx.Search().Find(ctx, ports.Search{Kind: ports.HitLine, Text: "order-10001"}, 10)
			hits = len(found)
			return err
		}))
		return hits
	}
	before := count(store)
	require.NotZero(t, before)
	_, err = store.write.ExecContext(t.Context(), "DELETE FROM line_reference")
	require.NoError(t, err)
	_, err = store.write.ExecContext(t.Context(), "INSERT INTO line_reference_due SELECT num FROM payout")
	require.NoError(t, err)
	require.Zero(t, count(store))
	require.NoError(t, store.Close())
	for range 2 {
		store, err = Open(t.Context(), path, Options{})
		require.NoError(t, err)
		require.Equal(t, before, count(store))
		require.NoError(t, store.Close())
	}
}
