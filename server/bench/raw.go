package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/ports"
)

// rawRows is how many rows one statement of the raw rate inserts: the number that
// the store itself found best with this driver.
const rawRows = 50

// insertAgain inserts every row that the folder's database holds into an empty
// database of the same schema, with the same pragmas, indexes and connection
// settings: table by table, 50 rows in a statement, 5000 in a transaction. It gives
// the number of rows and the time of the inserts and commits; reading the rows is
// not part of it.
func insertAgain(ctx context.Context, folder string) (rows int64, took time.Duration, err error) {
	from, err := sql.Open("sqlite", "file:"+filepath.Join(folder, databaseName)+"?mode=ro")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := sqlite.Open(ctx, filepath.Join(folder, "raw.db"), sqlite.Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	tables, err := tablesOf(ctx, from)
	if err != nil {
		return 0, 0, err
	}
	for _, table := range tables {
		c := tableCopy{table: table, to: to.WriteDB()}
		if err := c.run(ctx, from); err != nil {
			return 0, 0, fmt.Errorf("inserting the rows of %s again: %w", table, err)
		}
		rows, took = rows+c.rows, took+c.took
	}
	return rows, took, nil
}

// tablesOf lists the tables in the order in which they were made, so that what
// others refer to comes first.
func tablesOf(ctx context.Context, db *sql.DB) (tables []string, err error) {
	found, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_migration' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, found.Err()
}

// tableCopy inserts the rows of one table.
type tableCopy struct {
	table   string
	columns int
	to      *sql.DB
	rows    int64
	took    time.Duration
}

func (c *tableCopy) run(ctx context.Context, from *sql.DB) error {
	found, err := from.QueryContext(ctx, "SELECT * FROM "+c.table)
	if err != nil {
		return err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return err
	}
	c.columns = len(names)
	batch := make([]any, 0, ports.MaxBatch*c.columns)
	for found.Next() {
		row := make([]any, c.columns)
		pointers := make([]any, c.columns)
		for i := range row {
			pointers[i] = &row[i]
		}
		if err := found.Scan(pointers...); err != nil {
			return err
		}
		if batch = append(batch, row...); len(batch) == cap(batch) {
			if err := c.insert(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return errors.Join(found.Err(), c.insert(ctx, batch))
}

// insert is what is measured.
func (c *tableCopy) insert(ctx context.Context, values []any) error {
	if len(values) == 0 {
		return nil
	}
	began := time.Now()
	tx, err := c.to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	c.rows += int64(len(values) / c.columns)
	for _, size := range []int{rawRows, 1} {
		if values, err = c.insertBy(ctx, tx, size, values); err != nil {
			return err
		}
	}
	err = tx.Commit()
	c.took += time.Since(began)
	return err
}

// insertBy inserts so many rows with each statement as long as there are as many,
// and gives what is left.
func (c *tableCopy) insertBy(ctx context.Context, tx *sql.Tx, rows int, values []any) ([]any, error) {
	stmt, err := tx.PrepareContext(ctx, c.statement(rows))
	if err != nil {
		return nil, err
	}
	defer func() { _ = stmt.Close() }() // the transaction has closed it if this fails
	for len(values) >= rows*c.columns {
		if _, err := stmt.ExecContext(ctx, values[:rows*c.columns]...); err != nil {
			return nil, err
		}
		values = values[rows*c.columns:]
	}
	return values, nil
}

func (c *tableCopy) statement(rows int) string {
	row := "(" + strings.Repeat("?, ", c.columns-1) + "?)"
	return "INSERT INTO " + c.table + " VALUES " + strings.Repeat(row+", ", rows-1) + row
}
