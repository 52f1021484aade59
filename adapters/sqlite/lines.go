package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

type lines struct{ *tx }

// lastOrdinal is the number of lines that a payout has, because they are counted
// from 1 without gaps.
func (s lines) lastOrdinal(ctx context.Context, payoutNum int64) (int64, error) {
	last, err := one(ctx, s.tx, scalar[sql.NullInt64],
		"SELECT max(id) FROM line WHERE id > ? AND id < ?", lineID(payoutNum, 0), lineID(payoutNum+1, 0))
	return ordinalOf(last.Int64), err
}

func (s lines) Append(ctx context.Context, payoutID string, batch []payout.Line) (added, known int, err error) {
	if !s.writable {
		return 0, 0, errReadOnly()
	}
	if len(batch) > ports.MaxBatch {
		return 0, 0, errBatch(len(batch))
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return 0, 0, err
	}
	last, err := s.lastOrdinal(ctx, num)
	if err != nil {
		return 0, 0, err
	}
	keys, err := s.keys(ctx, num, last)
	if err != nil {
		return 0, 0, err
	}
	fresh, err := s.unknown(ctx, num, keys, batch)
	if err != nil {
		return 0, 0, err
	}
	values := make([]any, 0, len(fresh)*insertLines.columns)
	for i, l := range fresh {
		if values, err = s.lineValues(ctx, values, lineID(num, last+1+int64(i)), num, l); err != nil {
			return 0, 0, err
		}
	}
	if err := insertLines.run(ctx, s.tx, values); err != nil {
		return 0, 0, err
	}
	if err := s.addReferences(ctx, num, last+1, fresh); err != nil {
		return 0, 0, err
	}
	for _, l := range fresh {
		keys.add(l.Key)
	}
	return len(fresh), len(batch) - len(fresh), nil
}

var insertLines = newBulk(17, "INSERT INTO line (id, payout, class, key, gross, fee, fee_vat, fee_vat_local, original, rate, occurred_at, refs, grp, fee_grp, "+
	"raw_page, raw_offset, raw_length)",
	"") //nolint:gochecknoglobals // a constant in all but name

func (s lines) lineValues(ctx context.Context, values []any, id, payoutNum int64, l payout.Line) ([]any, error) {
	class, refs, err := classOf(l)
	if err != nil {
		return nil, err
	}
	classID, err := s.class(ctx, class)
	if err != nil {
		return nil, err
	}
	page, err := s.word(ctx, l.Raw.Page)
	if err != nil {
		return nil, err
	}
	group, feeGroup := orNull(l.Group), any(nil)
	if l.Kind == payout.Fee {
		group, feeGroup = feeGroup, group
	}
	return append(values, id, payoutNum, classID, l.Key, minor(l.Gross), minor(l.FeeExVAT), minor(l.FeeVAT),
		minor(l.FeeVATLocal), minor(l.Original), numeral(l.Rate), micros(l.OccurredAt), refs, group, feeGroup, page, l.Raw.Offset, l.Raw.Length), nil
}

// unknown gives the lines of a batch that the payout does not have yet.
func (s lines) unknown(ctx context.Context, payoutNum int64, keys *payoutKeys, batch []payout.Line) ([]payout.Line, error) {
	stored, err := s.stored(ctx, payoutNum, keys, batch)
	if err != nil {
		return nil, err
	}
	fresh := batch[:0:0]
	for _, l := range batch {
		before, known := stored[l.Key]
		if !known {
			stored[l.Key] = l
			fresh = append(fresh, l)
			continue
		}
		if !sameContent(before, l) {
			return nil, fault.New(payout.CodeContentChanged, fault.Conflict, "the provider shows other content for the line "+l.Key).
				WithRemedy("compare the payout with the provider's report; what was read first is kept")
		}
	}
	return fresh, nil
}

// sameContent compares what two readings say of a line. Raw is where they read
// it, which may differ.
func sameContent(a, b payout.Line) bool {
	if len(a.References) != len(b.References) {
		return false
	}
	for name, value := range a.References {
		if other, ok := b.References[name]; !ok || other != value {
			return false
		}
	}
	return a.Key == b.Key && a.Kind == b.Kind && a.RawType == b.RawType &&
		a.Gross == b.Gross && a.FeeExVAT == b.FeeExVAT && a.FeeVAT == b.FeeVAT && a.FeeVATRate == b.FeeVATRate &&
		a.FeeVATLocal == b.FeeVATLocal && a.Original == b.Original && a.Rate.Equal(b.Rate) &&
		a.OccurredAt.Truncate(time.Microsecond).Equal(b.OccurredAt.Truncate(time.Microsecond)) &&
		a.Group == b.Group && a.Synthesised == b.Synthesised
}

func (s lines) Clear(ctx context.Context, payoutID string) error {
	if !s.writable {
		return errReadOnly()
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return err
	}
	planned, err := one(ctx, s.tx, scalar[bool], "SELECT EXISTS (SELECT 1 FROM step WHERE payout = ?)", num)
	if err != nil {
		return err
	}
	if planned {
		return errConflict("the payout has been planned; its lines stay")
	}
	s.store.keys.forget(num)
	if err := s.dropReferences(ctx, num); err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM line_correction WHERE line > ? AND line < ?", "DELETE FROM line_fate WHERE line > ? AND line < ?",
		"DELETE FROM line WHERE id > ? AND id < ?",
	} {
		if _, err := s.exec(ctx, query, lineID(num, 0), lineID(num+1, 0)); err != nil {
			return err
		}
	}
	return nil
}
