package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
)

func scripts(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func TestMigrationsAreAppliedInOrderAndOnce(t *testing.T) {
	t.Parallel()
	db := migrationDB(t)
	first := map[string]string{"0001_a.sql": "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);"}
	require.NoError(t, migrate(t.Context(), db, scripts(first)))
	require.NoError(t, migrate(t.Context(), db, scripts(first)))
	both := map[string]string{"0001_a.sql": first["0001_a.sql"], "0002_b.sql": "INSERT INTO a VALUES (2);"}
	require.NoError(t, migrate(t.Context(), db, scripts(both)))
	require.Equal(t, 3, sumOfA(t, db))
	require.Equal(t, CodeSchema, fault.CodeOf(migrate(t.Context(), db, scripts(first))), "an older kvitt does not know the second")
	both["0001_a.sql"] = "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);\r\n"
	require.Equal(t, CodeSchema, fault.CodeOf(migrate(t.Context(), db, scripts(both))))
}

func TestLineEndsDoNotMakeAnotherMigration(t *testing.T) {
	t.Parallel()
	db := migrationDB(t)
	require.NoError(t, migrate(t.Context(), db, scripts(map[string]string{"0001_a.sql": "CREATE TABLE a (x INTEGER);\n"})))
	require.NoError(t, migrate(t.Context(), db, scripts(map[string]string{"0001_a.sql": "CREATE TABLE a (x INTEGER);\r\n"})))
}

func TestAMigrationThatFailsLeavesNothingAndThoseBeforeIt(t *testing.T) {
	t.Parallel()
	db := migrationDB(t)
	files := map[string]string{
		"0001_a.sql": "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);",
		"0002_b.sql": "INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1);",
	}
	require.ErrorContains(t, migrate(t.Context(), db, scripts(files)), "0002_b.sql")
	require.Equal(t, 1, sumOfA(t, db))
	files["0002_b.sql"] = "INSERT INTO a VALUES (4);"
	require.NoError(t, migrate(t.Context(), db, scripts(files)))
	require.Equal(t, 5, sumOfA(t, db))
}

func migrationDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := connect(filepath.Join(t.TempDir(), "m.db"), "immediate", writerPragmas())
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func sumOfA(t *testing.T, db *sql.DB) int {
	t.Helper()
	var sum int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT sum(x) FROM a").Scan(&sum))
	return sum
}
