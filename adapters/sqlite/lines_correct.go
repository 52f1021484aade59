package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

func (s lines) Correct(ctx context.Context, corrections []ports.LineCorrection) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(corrections) > ports.MaxBatch {
		return errBatch(len(corrections))
	}
	ids := make([]int64, len(corrections))
	for i, c := range corrections {
		ids[i] = c.LineID
	}
	if err := s.allExist(ctx, ids); err != nil {
		return err
	}
	for _, c := range corrections {
		_, err := s.exec(ctx, `INSERT INTO line_correction (line, reference, value, by, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (line, reference) DO UPDATE SET value = excluded.value, by = excluded.by, at = excluded.at`,
			c.LineID, c.Reference, c.Value, c.By, micros(c.At))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s lines) Corrections(ctx context.Context, lineIDs []int64) (map[int64][]ports.LineCorrection, error) {
	found, err := all(ctx, s.tx, readCorrection, `SELECT c.line, c.reference, c.value, c.by, c.at
		FROM json_each(?) j CROSS JOIN line_correction c ON c.line = j.value ORDER BY c.line, c.reference`, jsonNumbers(lineIDs))
	byLine := make(map[int64][]ports.LineCorrection, len(found))
	for _, c := range found {
		byLine[c.LineID] = append(byLine[c.LineID], c)
	}
	return byLine, err
}

func readCorrection(row scanner) (c ports.LineCorrection, err error) {
	err = row.Scan(&c.LineID, &c.Reference, &c.Value, &c.By, moment(&c.At))
	return c, err
}

// withCorrections gives lines with what people said of them.
func (s lines) withCorrections(ctx context.Context, records []ports.LineRecord) ([]ports.LineRecord, error) {
	ids := make([]int64, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	corrections, err := s.Corrections(ctx, ids)
	for i := range records {
		records[i].Corrections = corrections[records[i].ID]
	}
	return records, err
}

// ByKeys walks the payout, because there is no index by key (see lineKeys) and only
// the unit of work that writes may use what is known in memory.
func (s lines) ByKeys(ctx context.Context, payoutID string, keys []string) (map[string]ports.LineRecord, error) {
	if len(keys) > ports.MaxBatch {
		return nil, errBatch(len(keys))
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	found, err := s.lineRecords(ctx, lineSelect+"WHERE l.id > ? AND l.id < ? AND l.key IN (SELECT value FROM json_each(?))",
		lineID(num, 0), lineID(num+1, 0), jsonArray(keys))
	byKey := make(map[string]ports.LineRecord, len(found))
	for _, l := range found {
		byKey[l.Key] = l
	}
	return byKey, err
}
