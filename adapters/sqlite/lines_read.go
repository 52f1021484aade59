package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// The numbers by which the states of lines are stored.
const (
	fatePending    = 1
	fateMatched    = 2
	fateNoDocument = 3
	fateWaiting    = 4
	fateException  = 5
)

func fateOf(state ports.LineState) (int64, error) {
	switch state {
	case ports.LinePending:
		return fatePending, nil
	case ports.LineMatched:
		return fateMatched, nil
	case ports.LineNoDocument:
		return fateNoDocument, nil
	case ports.LineWaiting:
		return fateWaiting, nil
	case ports.LineException:
		return fateException, nil
	}
	return 0, errInvalid("state", "\""+string(state)+"\" is not a state of a line")
}

func lineStateOf(fate sql.NullInt64) (ports.LineState, error) {
	if !fate.Valid {
		return ports.LinePending, nil
	}
	switch fate.Int64 {
	case fatePending:
		return ports.LinePending, nil
	case fateMatched:
		return ports.LineMatched, nil
	case fateNoDocument:
		return ports.LineNoDocument, nil
	case fateWaiting:
		return ports.LineWaiting, nil
	case fateException:
		return ports.LineException, nil
	}
	return "", fmt.Errorf("reading line: unknown state %d", fate.Int64)
}

func (s lines) Get(ctx context.Context, id int64) (ports.LineRecord, error) {
	l, err := one(ctx, s.tx, readStoredLine, lineSelect+"WHERE l.id = ?", id)
	if err != nil {
		return ports.LineRecord{}, named(err, "line")
	}
	record, err := s.complete(ctx, l)
	if err != nil {
		return record, err
	}
	corrected, err := s.withCorrections(ctx, []ports.LineRecord{record})
	return corrected[0], err
}

func (s lines) After(ctx context.Context, payoutID string, after int64, limit int, states ...ports.LineState) ([]ports.LineRecord, error) {
	return s.list(ctx, payoutID, "", states, after, limit)
}

func (s lines) List(ctx context.Context, payoutID string, filter ports.LineFilter, after int64, limit int) ([]ports.LineRecord, error) {
	var states []ports.LineState
	if filter.State != "" {
		states = append(states, filter.State)
	}
	found, err := s.list(ctx, payoutID, filter.Kind, states, after, limit)
	if err != nil {
		return nil, err
	}
	return s.withCorrections(ctx, found)
}

func (s lines) list(ctx context.Context, payoutID string, kind payout.Kind, states []ports.LineState, after int64, limit int) ([]ports.LineRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	fates, err := fatesOf(states)
	if err != nil {
		return nil, err
	}
	first, end := lineID(num, max(after, 0)), lineID(num+1, 0)
	if kind == "" && len(fates) > 0 {
		return s.lineRecords(ctx, lineSelect+"WHERE l.id IN ("+idsInStates(fates)+") ORDER BY l.id", first, end, limit)
	}
	query, args := lineSelect+"WHERE l.id > ? AND l.id < ?", []any{first, end}
	if kind != "" {
		query, args = query+" AND l.class IN (SELECT id FROM line_class WHERE kind = ?)", append(args, kind)
	}
	if len(fates) > 0 {
		query += " AND coalesce(f.state, 1) IN (" + strings.Join(fates, ", ") + ")"
	}
	return s.lineRecords(ctx, query+" ORDER BY l.id LIMIT ?", append(args, limit)...)
}

func fatesOf(states []ports.LineState) ([]string, error) {
	fates := make([]string, len(states))
	for i, state := range states {
		fate, err := fateOf(state)
		if err != nil {
			return nil, err
		}
		fates[i] = strconv.FormatInt(fate, 10)
	}
	return fates, nil
}

// idsInStates selects the first ids in the given states. Each part comes in order
// from an index and they are merged, so that few waiting lines are found among
// very many matched ones without reading those.
func idsInStates(fates []string) string {
	parts := make([]string, len(fates))
	for i, fate := range fates {
		parts[i] = "SELECT line FROM line_fate WHERE state = " + fate + " AND line > ?1 AND line < ?2"
		if fate == "1" {
			parts[i] = "SELECT l.id FROM line l LEFT JOIN line_fate f ON f.line = l.id " +
				"WHERE l.id > ?1 AND l.id < ?2 AND coalesce(f.state, 1) = 1"
		}
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY 1 LIMIT ?3"
}
