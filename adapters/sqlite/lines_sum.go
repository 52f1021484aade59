package sqlite

import (
	"cmp"
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

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
	return together(parts)
}

// together sorts sums and makes one of those that differ in their class alone.
func together(parts []lineSum) ([]ports.LineSum, error) {
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
	return all(ctx, s.tx, readLineSum, `SELECT `+sumColumns+`
		FROM (SELECT l.class, `+fateAndSums+`
			FROM line l LEFT JOIN line_fate f ON f.line = l.id
			WHERE l.id > ? AND l.id <= ? GROUP BY 1, 2, 3) g
		JOIN line_class c ON c.id = g.class`, from, to)
}

// sumColumns are what scanLineSum reads.
const sumColumns = "c.kind, c.raw_type, c.currency, c.local_currency, g.fate, g.sign, g.lines, g.gross, g.fee, g.vat, g.local"

// fateAndSums are the columns that tell sums of one class apart, and the sums. Fate
// is 1 if the lines are settled, plus 2 if they are direct.
const fateAndSums = `(coalesce(f.state, 0) = 2) + 2 * coalesce(f.direct, 0) AS fate,
				(coalesce(l.gross, 0) < 0) * 2 + (coalesce(l.fee, 0) < 0 OR coalesce(l.fee_vat, 0) < 0) AS sign,
				count(*) AS lines, coalesce(sum(l.gross), 0) AS gross, coalesce(sum(l.fee), 0) AS fee, coalesce(sum(l.fee_vat), 0) AS vat,
				coalesce(sum(l.fee_vat_local), 0) AS local`

// lineSum is a sum with what tells it from the others but is not shown.
type lineSum struct {
	ports.LineSum
	currency, local string
	// sign is 2 if the gross is negative, plus 1 if the fee is.
	sign int
}

func readLineSum(row scanner) (lineSum, error) { return scanLineSum(row) }

// scanLineSum reads a sum, of which the query gives first what goes into more.
func scanLineSum(row scanner, more ...any) (lineSum, error) {
	var s lineSum
	var fate int
	var gross, fee, vat, local int64
	err := row.Scan(append(more, &s.Kind, &s.RawType, &s.currency, &s.local, &fate, &s.sign, &s.Lines, &gross, &fee, &vat, &local)...)
	s.Settled, s.Direct = fate&1 != 0, fate&2 != 0
	currency := money.Currency(s.currency)
	s.Gross, s.FeeExVAT, s.FeeVAT = money.New(gross, currency), money.New(fee, currency), money.New(vat, currency)
	if s.local != "" {
		s.FeeVATLocal = money.New(local, money.Currency(s.local))
	}
	return s, err
}

// compareSums orders sums by kind as reports show them, raw type, settled and
// direct first, positive gross before negative, fees before returned fees.
func compareSums(a, b lineSum) int {
	kinds := payout.Kinds()
	return cmp.Or(
		cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		cmp.Compare(a.RawType, b.RawType),
		cmp.Compare(a.currency, b.currency),
		cmp.Compare(a.local, b.local),
		compareBool(b.Settled, a.Settled),
		compareBool(b.Direct, a.Direct),
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
	if to.FeeVAT, err = to.FeeVAT.Add(part.FeeVAT); err != nil {
		return err
	}
	to.FeeVATLocal, err = to.FeeVATLocal.Add(part.FeeVATLocal)
	return err
}

func (s lines) GroupFees(ctx context.Context, payoutID string, groups []string) (map[string][]ports.LineSum, error) {
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	found, err := all(ctx, s.tx, readGroupFee, `SELECT g.fee_grp, `+sumColumns+`
		FROM (SELECT l.fee_grp, l.class, `+fateAndSums+`
			FROM json_each(?) j CROSS JOIN line l ON l.payout = ? AND l.fee_grp = j.value LEFT JOIN line_fate f ON f.line = l.id
			GROUP BY 1, 2, 3, 4) g
		JOIN line_class c ON c.id = g.class`, jsonArray(slices.Compact(slices.Sorted(slices.Values(groups)))), num)
	if err != nil {
		return nil, err
	}
	parts := make(map[string][]lineSum, len(groups))
	for _, f := range found {
		parts[f.group] = append(parts[f.group], f.lineSum)
	}
	fees := make(map[string][]ports.LineSum, len(parts))
	for group, of := range parts {
		if fees[group], err = together(of); err != nil {
			return nil, err
		}
	}
	return fees, nil
}

// groupFee is a sum of fees of one group.
type groupFee struct {
	lineSum
	group string
}

func readGroupFee(row scanner) (f groupFee, err error) {
	f.lineSum, err = scanLineSum(row, &f.group)
	return f, err
}
