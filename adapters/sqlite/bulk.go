package sqlite

import (
	"context"
	"strings"
)

// rowsPerInsert is how many rows one INSERT takes while enough are left. Measured
// with this driver: 50 rows are about 10 % faster than one, 250 no faster than
// 50, 1000 slower; json_each is four times slower.
const rowsPerInsert = 50

// bulk inserts very many rows into one table.
type bulk struct {
	// insert is "INSERT INTO table (columns)", suffix what follows the values.
	insert  string
	columns int
	suffix  string
}

// run inserts the rows, which lie one after the other in values, and gives how
// many were inserted.
func (b bulk) run(ctx context.Context, t *tx, values []any) (int64, error) {
	var inserted int64
	for len(values) > 0 {
		rows := rowsPerInsert
		if len(values) < rows*b.columns {
			rows = 1
		}
		n, err := t.exec(ctx, b.statement(rows), values[:rows*b.columns]...)
		if err != nil {
			return inserted, err
		}
		inserted += n
		values = values[rows*b.columns:]
	}
	return inserted, nil
}

func (b bulk) statement(rows int) string {
	row := "(" + strings.Repeat("?, ", b.columns-1) + "?)"
	return b.insert + " VALUES " + strings.Repeat(row+", ", rows-1) + row + b.suffix
}
