package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// rowsPerInsert is how many rows one INSERT takes while enough are left. Measured
// with this driver: 50 rows are about 10 % faster than one, 250 no faster than
// 50, 1000 slower; json_each is four times slower.
const rowsPerInsert = 50

// bulk inserts very many rows into one table.
type bulk struct {
	columns int
	many    string
	one     string
}

// newBulk takes "INSERT INTO table (columns)" and what follows the values.
func newBulk(columns int, insert, suffix string) bulk {
	row := "(" + strings.Repeat("?, ", columns-1) + "?)"
	return bulk{
		columns: columns,
		many:    insert + " VALUES " + strings.Repeat(row+", ", rowsPerInsert-1) + row + suffix,
		one:     insert + " VALUES " + row + suffix,
	}
}

// prepareBulk prepares the long statements once for the life of the connection:
// to read one takes as long as to insert dozens of rows.
func prepareBulk(ctx context.Context, write *sql.DB) (map[string]*sql.Stmt, error) {
	prepared := map[string]*sql.Stmt{}
	for _, b := range []bulk{insertLines, insertFates, insertDocuments, insertDocumentKeys, insertSteps, insertEvents, insertReferences} {
		stmt, err := write.PrepareContext(ctx, b.many) //nolint:sqlclosecheck // closed with the store
		if err != nil {
			return prepared, err
		}
		prepared[b.many] = stmt
	}
	return prepared, nil
}

// run inserts the rows, which lie one after the other in values.
func (b bulk) run(ctx context.Context, t *tx, values []any) error {
	for len(values) > 0 {
		statement, end := b.many, rowsPerInsert*b.columns
		if len(values) < end {
			statement, end = b.one, b.columns
		}
		if _, err := t.exec(ctx, statement, values[:end]...); err != nil {
			return err
		}
		values = values[end:]
	}
	return nil
}
