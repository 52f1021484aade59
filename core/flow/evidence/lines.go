package evidence

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// RowLine is a line with what it adds to a row, debit positive.
type RowLine struct {
	ports.LineRecord
	Amount money.Amount
}

// RowLines lists the lines that make row n of a payout's vouchers, by ordinal;
// after is an ordinal. The amounts of all of them are the row.
func (r *Reader) RowLines(ctx context.Context, payoutID string, n int, after int64, limit int) ([]RowLine, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]RowLine, error) {
		d, err := open(ctx, tx, payoutID)
		if err != nil {
			return nil, err
		}
		v, row, err := d.row(n)
		if err != nil {
			return nil, err
		}
		if v.LineID != 0 {
			return ofLine(ctx, tx, v.LineID, row.Amount, after)
		}
		var found []RowLine
		err = d.follow(ctx, tx, ports.LineFilter{Kind: row.kind()}, after, func(l ports.LineRecord, shares []Share) error {
			for _, s := range shares {
				if s.Row == n {
					found = append(found, RowLine{l, s.Amount})
				}
			}
			if len(found) == limit {
				return walk.ErrEnough
			}
			return nil
		})
		return found, err
	})
}

func ofLine(ctx context.Context, tx ports.Tx, lineID int64, amount money.Amount, after int64) ([]RowLine, error) {
	l, err := tx.Lines().Get(ctx, lineID)
	if err != nil || l.Ordinal <= after {
		return nil, err
	}
	return []RowLine{{l, amount}}, nil
}

// follow gives the lines after an ordinal with what each adds to the rows of the
// payout's voucher, until fn says walk.ErrEnough.
func (d *dossier) follow(ctx context.Context, tx ports.Tx, filter ports.LineFilter, after int64, fn func(ports.LineRecord, []Share) error) error {
	trail, err := d.trail()
	if err != nil {
		return err
	}
	from := after
	if trail.InOrder() {
		from = 0
	}
	return walk.Lines(ctx, tx, d.Payout.ID, filter, from, func(l ports.LineRecord) error {
		shares, err := d.sharesOf(trail, l)
		if err != nil || l.Ordinal <= after {
			return err
		}
		return fn(l, shares)
	})
}

func (d *dossier) sharesOf(trail *booking.Trail, l ports.LineRecord) ([]Share, error) {
	posted, err := trail.Line(l.Line, l.Direct)
	if err != nil {
		return nil, err
	}
	return d.shares(posted)
}
