package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// ordinalBits is how much of a line's id is its ordinal: 268 million lines for
// each of 33 million payouts, before an id passes the 2^53 that JSON can show.
const ordinalBits = 28

func lineID(payoutNum, ordinal int64) int64 { return payoutNum<<ordinalBits | ordinal }

func ordinalOf(lineID int64) int64 { return lineID & (1<<ordinalBits - 1) }

// lineClass is what a line shares with many others.
type lineClass struct {
	kind        payout.Kind
	rawType     string
	currency    string
	local       string // currency of FeeVATLocal
	original    string // currency of Original
	feeVATRate  string
	synthesised bool
	names       string
}

// classOf gives the class of a line and the values of its references. All amounts
// of a line must have one currency, or none.
func classOf(l payout.Line) (lineClass, string, error) {
	net, err := l.Net()
	if err != nil {
		return lineClass{}, "", err
	}
	names, refs := splitReferences(l.References)
	return lineClass{
		kind: l.Kind, rawType: l.RawType, currency: string(net.Currency()),
		local: string(l.FeeVATLocal.Currency()), original: string(l.Original.Currency()),
		feeVATRate: l.FeeVATRate, synthesised: l.Synthesised, names: names,
	}, refs, nil
}

// class gives the number of a class and stores it if it is new.
func (t *tx) class(ctx context.Context, c lineClass) (int64, error) {
	if id, ok := t.classes[c]; ok {
		return id, nil
	}
	values := []any{c.kind, c.rawType, c.currency, c.local, c.original, c.feeVATRate, c.synthesised, c.names}
	id, err := one(ctx, t, scalar[int64], `SELECT id FROM line_class WHERE kind = ? AND raw_type = ? AND currency = ?
		AND local_currency = ? AND original_currency = ? AND fee_vat_rate = ? AND synthesised = ? AND names = ?`, values...)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = t.insert(ctx, `INSERT INTO line_class (kind, raw_type, currency, local_currency, original_currency,
			fee_vat_rate, synthesised, names) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, values...)
	}
	if err != nil {
		return 0, err
	}
	t.classes[c] = id
	return id, nil
}

// storedLine is a line as its row has it.
type storedLine struct {
	ports.LineRecord
	class, page     int64
	refs, rate      string
	gross, fee, vat sql.NullInt64
	local, original sql.NullInt64
	state           sql.NullInt64
}

const lineSelect = `SELECT l.id, l.class, l.key, l.gross, l.fee, l.fee_vat, l.fee_vat_local, l.original, l.rate, l.occurred_at, l.refs, coalesce(l.grp, l.fee_grp),
	l.raw_page, l.raw_offset, l.raw_length, f.state, f.document, f.decision, f.waiting_since,
	coalesce(f.direct, 0)
	FROM line l LEFT JOIN line_fate f ON f.line = l.id `

func readStoredLine(row scanner) (storedLine, error) {
	var l storedLine
	err := row.Scan(&l.ID, &l.class, &l.Key, &l.gross, &l.fee, &l.vat, &l.local, &l.original, text(&l.rate), moment(&l.OccurredAt), &l.refs, text(&l.Group),
		&l.page, &l.Raw.Offset, &l.Raw.Length, &l.state, text(&l.Document), rawJSON(&l.Decision), moment(&l.WaitingSince), &l.Direct)
	return l, err
}

// lineRecords reads lines by a query that begins with lineSelect. What they share
// is looked up once and not joined, which is twice as fast.
func (t *tx) lineRecords(ctx context.Context, query string, args ...any) ([]ports.LineRecord, error) {
	found, err := all(ctx, t, readStoredLine, query, args...)
	if err != nil {
		return nil, err
	}
	records := make([]ports.LineRecord, len(found))
	for i, l := range found {
		if records[i], err = t.complete(ctx, l); err != nil {
			return nil, fmt.Errorf("reading line %d: %w", l.ID, err)
		}
	}
	return records, nil
}

func (t *tx) complete(ctx context.Context, l storedLine) (ports.LineRecord, error) {
	class, err := lookUp(ctx, t, t.classOfID, readClass,
		"SELECT kind, raw_type, currency, local_currency, original_currency, fee_vat_rate, synthesised, names FROM line_class WHERE id = ?", l.class)
	if err != nil {
		return l.LineRecord, err
	}
	if l.Raw.Page, err = lookUp(ctx, t, t.wordOfID, scalar[string], "SELECT text FROM word WHERE id = ?", l.page); err != nil {
		return l.LineRecord, err
	}
	if l.PayoutID, err = lookUp(ctx, t, t.payoutOfNum, scalar[string], "SELECT id FROM payout WHERE num = ?", l.ID>>ordinalBits); err != nil {
		return l.LineRecord, err
	}
	if l.State, err = lineStateOf(l.state); err != nil {
		return l.LineRecord, err
	}
	l.Ordinal = ordinalOf(l.ID)
	l.Kind, l.RawType, l.FeeVATRate, l.Synthesised = class.kind, class.rawType, class.feeVATRate, class.synthesised
	l.Gross, l.FeeExVAT, l.FeeVAT = amount(l.gross, class.currency), amount(l.fee, class.currency), amount(l.vat, class.currency)
	l.FeeVATLocal, l.Original = amount(l.local, class.local), amount(l.original, class.original)
	if l.Rate, err = number(l.rate); err != nil {
		return l.LineRecord, err
	}
	l.References, err = joinReferences[payout.Reference](class.names, l.refs)
	return l.LineRecord, err
}

func readClass(row scanner) (c lineClass, err error) {
	err = row.Scan(&c.kind, &c.rawType, &c.currency, &c.local, &c.original, &c.feeVATRate, &c.synthesised, &c.names)
	return c, err
}

// lookUp gives what a number stands for and remembers it.
func lookUp[T any](ctx context.Context, t *tx, known map[int64]T, read func(scanner) (T, error), query string, id int64) (T, error) {
	if v, ok := known[id]; ok {
		return v, nil
	}
	v, err := one(ctx, t, read, query, id)
	if err == nil {
		known[id] = v
	}
	return v, err
}
