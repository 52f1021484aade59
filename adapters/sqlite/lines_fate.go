package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/kvitt/kvitt/ports"
)

var insertFates = newBulk(5, "INSERT INTO line_fate (line, state, document, decision, waiting_since)",
	" ON CONFLICT (line) DO UPDATE SET state = excluded.state, document = excluded.document, "+
		"decision = excluded.decision, waiting_since = excluded.waiting_since") //nolint:gochecknoglobals // a constant in all but name

func (s lines) Decide(ctx context.Context, decisions []ports.LineDecision) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(decisions) > ports.MaxBatch {
		return errBatch(len(decisions))
	}
	ids := make([]int64, len(decisions))
	values := make([]any, 0, len(decisions)*insertFates.columns)
	for i, d := range decisions {
		fate, err := fateOf(d.State)
		if err != nil {
			return err
		}
		ids[i] = d.LineID
		values = append(values, d.LineID, fate, orNull(d.Document), jsonText(d.Decision), micros(d.WaitingSince))
	}
	if err := s.allExist(ctx, ids); err != nil {
		return err
	}
	return insertFates.run(ctx, s.tx, values)
}

// MarkDirect finds the fees of a group by their index, so that the lines of a group
// may lie anywhere in the payout.
func (s lines) MarkDirect(ctx context.Context, lineIDs []int64) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(lineIDs) > ports.MaxBatch {
		return errBatch(len(lineIDs))
	}
	if err := s.allExist(ctx, slices.Clone(lineIDs)); err != nil {
		return err
	}
	_, err := s.exec(ctx, `WITH marked AS (SELECT l.id, l.payout, l.grp FROM json_each(?) j CROSS JOIN line l ON l.id = j.value)
		INSERT INTO line_fate (line, state, direct)
		SELECT id, 1, 1 FROM marked WHERE true
		UNION SELECT f.id, 1, 1 FROM marked CROSS JOIN line f ON f.payout = marked.payout AND f.fee_grp = marked.grp
		WHERE true ON CONFLICT (line) DO UPDATE SET direct = 1`, jsonNumbers(lineIDs))
	return err
}

func (s lines) Reset(ctx context.Context, payoutID string) error {
	if !s.writable {
		return errReadOnly()
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM line_fate WHERE line > ? AND line < ?", lineID(num, 0), lineID(num+1, 0))
	return err
}

func (s lines) allExist(ctx context.Context, ids []int64) error {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found, err := one(ctx, s.tx, scalar[int],
		"SELECT count(*) FROM json_each(?) j CROSS JOIN line l ON l.id = j.value", jsonNumbers(ids))
	if err == nil && found < len(ids) {
		return errNotFound("there is no such line")
	}
	return err
}

func (s lines) States(ctx context.Context, payoutID string) (map[ports.LineState]int64, error) {
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	pending, err := s.lastOrdinal(ctx, num)
	if err != nil {
		return nil, err
	}
	counts := map[ports.LineState]int64{}
	for fate := int64(fateMatched); fate <= fateException; fate++ {
		n, err := one(ctx, s.tx, scalar[int64], "SELECT count(*) FROM line_fate WHERE state = ? AND line > ? AND line < ?",
			fate, lineID(num, 0), lineID(num+1, 0))
		if err != nil {
			return nil, err
		}
		state, err := lineStateOf(sql.NullInt64{Int64: fate, Valid: true})
		if err != nil {
			return nil, err
		}
		pending -= n
		addIfAny(counts, state, n)
	}
	addIfAny(counts, ports.LinePending, pending)
	return counts, nil
}

func addIfAny[K comparable](counts map[K]int64, key K, n int64) {
	if n > 0 {
		counts[key] += n
	}
}
