package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

type backlogs struct{ *tx }

// Count reads partial indexes alone, which hold what is open and nothing else.
func (s backlogs) Count(ctx context.Context) (ports.Backlog, error) {
	read := func(row scanner) (ports.Backlog, error) {
		var b ports.Backlog
		err := row.Scan(&b.Runs, &b.RunsWaiting, &b.Exceptions, &b.Callbacks)
		return b, err
	}
	return one(ctx, s.tx, read, `SELECT (SELECT count(*) FROM run WHERE state = 'running'), (SELECT count(fault) FROM run WHERE state = 'running'),
		(SELECT count(*) FROM exception WHERE state = 'open'), (SELECT count(*) FROM callback WHERE state = 'received')`)
}
