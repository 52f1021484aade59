package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/ports"
)

func (s steps) Release(ctx context.Context, ids []int64, at time.Time, by string) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(ids) > ports.MaxBatch {
		return errBatch(len(ids))
	}
	_, err := s.exec(ctx, `UPDATE step SET released_at = ?, released_by = ?
		WHERE released_at IS NULL AND id IN (SELECT value FROM json_each(?))`, micros(at), by, jsonNumbers(ids))
	return err
}

func (s steps) Unreleased(ctx context.Context, flowID string, after int64, limit int) ([]ports.Step, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readStep, stepSelect+`WHERE s.id IN (
			SELECT id FROM step WHERE flow = ?1 AND state IN ('planned', 'open') AND released_at IS NULL AND id > ?2
			UNION ALL
			SELECT w.id FROM payout q JOIN step w ON w.payout = q.num
				WHERE q.flow = ?1 AND w.state IN ('planned', 'open') AND w.released_at IS NULL AND w.id > ?2
			ORDER BY 1 LIMIT ?3)
		ORDER BY s.id`, flowID, after, limit)
}
