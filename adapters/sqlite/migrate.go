package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations gives the folder of the schema's migrations. They are applied in the
// order of their names and never changed once released.
func migrations() fs.FS { return embedded }

// migrate applies the migrations that the database does not have, each in a
// transaction of its own. It fails with CodeSchema if the database has one that
// is unknown here or has other content, because then nothing can be said about
// what the tables mean.
func migrate(ctx context.Context, db *sql.DB, folder fs.FS) error {
	const table = `CREATE TABLE IF NOT EXISTS schema_migration (
		name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
	) STRICT, WITHOUT ROWID`
	if _, err := db.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("preparing schema: %w", err)
	}
	applied, err := appliedMigrations(ctx, db)
	if err != nil {
		return fmt.Errorf("reading schema: %w", err)
	}
	names, err := fs.Glob(folder, "migrations/*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		script, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		m := migration{name: path.Base(name), script: string(script)}
		switch sum, known := applied[m.name]; {
		case !known:
			if err := m.apply(ctx, db); err != nil {
				return fmt.Errorf("applying migration %s: %w", m.name, err)
			}
		case sum != m.sum():
			return errSchema("migration " + m.name + " was another one when it was applied")
		}
		delete(applied, m.name)
	}
	for name := range applied {
		return errSchema("migration " + name + " is not known to this version of kvitt")
	}
	return nil
}

func errSchema(reason string) error {
	return fault.New(CodeSchema, fault.Conflict, reason).
		WithRemedy("start the version of kvitt that last used this database, or a newer one")
}

func appliedMigrations(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name, sha256 FROM schema_migration")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	applied := map[string]string{}
	for rows.Next() {
		var name, sum string
		if err := rows.Scan(&name, &sum); err != nil {
			return nil, err
		}
		applied[name] = sum
	}
	return applied, rows.Err()
}

type migration struct {
	name   string
	script string
}

// sum hashes the script with line ends as git may have changed them.
func (m migration) sum() string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(m.script, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

func (m migration) apply(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, m.script); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO schema_migration (name, sha256) VALUES (?, ?)", m.name, m.sum()); err != nil {
		return err
	}
	return tx.Commit()
}
