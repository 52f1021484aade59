package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
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

// linesPerSum is how many lines are added up at once: SQLite sorts them first, and
// to sort a million takes 32 MiB.
const linesPerSum = 1 << 15

// Sums lets SQLite add up by class and brings the classes of one kind and raw
// type together.
func (s lines) Sums(ctx context.Context, payoutID string) ([]ports.LineSum, error) {
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	last, err := s.lastOrdinal(ctx, num)
	if err != nil {
		return nil, err
	}
	var parts []lineSum
	for from := int64(0); from < last; from += linesPerSum {
		some, err := s.partSums(ctx, lineID(num, from), lineID(num, min(from+linesPerSum, last)))
		if err != nil {
			return nil, err
		}
		parts = append(parts, some...)
	}
	slices.SortFunc(parts, compareSums)
	var sums []ports.LineSum
	for i, part := range parts {
		if i == 0 || compareSums(parts[i-1], part) != 0 {
			sums = append(sums, part.LineSum)
			continue
		}
		if err := addSum(&sums[len(sums)-1], part.LineSum); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// partSums adds up the lines with ids above from and up to to.
func (s lines) partSums(ctx context.Context, from, to int64) ([]lineSum, error) {
	return all(ctx, s.tx, readLineSum, `SELECT c.kind, c.raw_type, c.currency, g.settled, g.sign, g.lines, g.gross, g.fee, g.vat
		FROM (SELECT l.class, coalesce(f.state, 0) = 2 AS settled, (coalesce(l.gross, 0) < 0) * 2 + (coalesce(l.fee, 0) < 0 OR coalesce(l.fee_vat, 0) < 0) AS sign,
				count(*) AS lines, coalesce(sum(l.gross), 0) AS gross, coalesce(sum(l.fee), 0) AS fee, coalesce(sum(l.fee_vat), 0) AS vat
			FROM line l LEFT JOIN line_fate f ON f.line = l.id
			WHERE l.id > ? AND l.id <= ? GROUP BY 1, 2, 3) g
		JOIN line_class c ON c.id = g.class`, from, to)
}

// lineSum is a sum with what tells it from the others but is not shown.
type lineSum struct {
	ports.LineSum
	currency string
	// sign is 2 if the gross is negative, plus 1 if the fee is.
	sign int
}

func readLineSum(row scanner) (lineSum, error) {
	var s lineSum
	var gross, fee, vat int64
	err := row.Scan(&s.Kind, &s.RawType, &s.currency, &s.Settled, &s.sign, &s.Lines, &gross, &fee, &vat)
	currency := money.Currency(s.currency)
	s.Gross, s.FeeExVAT, s.FeeVAT = money.New(gross, currency), money.New(fee, currency), money.New(vat, currency)
	return s, err
}

// compareSums orders sums by kind as reports show them, raw type, settled first,
// positive gross before negative, fees before returned fees.
func compareSums(a, b lineSum) int {
	kinds := payout.Kinds()
	return cmp.Or(
		cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		cmp.Compare(a.RawType, b.RawType),
		cmp.Compare(a.currency, b.currency),
		compareBool(b.Settled, a.Settled),
		cmp.Compare(a.sign, b.sign),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func addSum(to *ports.LineSum, part ports.LineSum) (err error) {
	to.Lines += part.Lines
	if to.Gross, err = to.Gross.Add(part.Gross); err != nil {
		return err
	}
	if to.FeeExVAT, err = to.FeeExVAT.Add(part.FeeExVAT); err != nil {
		return err
	}
	to.FeeVAT, err = to.FeeVAT.Add(part.FeeVAT)
	return err
}

func (s lines) GroupFees(ctx context.Context, payoutID string, groups []string) (map[string]payout.KindSum, error) {
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	found, err := all(ctx, s.tx, readGroupFee, `SELECT l.fee_grp, c.currency, l.gross, l.fee, l.fee_vat
		FROM json_each(?) j CROSS JOIN line l ON l.payout = ? AND l.fee_grp = j.value CROSS JOIN line_class c ON c.id = l.class`,
		jsonArray(slices.Compact(slices.Sorted(slices.Values(groups)))), num)
	if err != nil {
		return nil, err
	}
	fees := make(map[string]payout.KindSum, len(groups))
	for _, l := range found {
		if fees[l.Group], err = fees[l.Group].Add(l); err != nil {
			return nil, err
		}
	}
	return fees, nil
}

func readGroupFee(row scanner) (payout.Line, error) {
	l := payout.Line{Kind: payout.Fee}
	var currency string
	var gross, fee, vat sql.NullInt64
	err := row.Scan(&l.Group, &currency, &gross, &fee, &vat)
	l.Gross, l.FeeExVAT, l.FeeVAT = amount(gross, currency), amount(fee, currency), amount(vat, currency)
	return l, err
}
