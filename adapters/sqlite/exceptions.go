package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

type exceptions struct{ *tx }

const exceptionSelect = `SELECT e.id, e.merchant, p.id, e.line, e.step, v.id, e.customer_order, e.fact, e.code, e.reference, e.reason, e.remedy, e.currency, e.amount,
	e.document, e.state, e.resolution, e.raised_at, e.resolved_at, e.resolved_by
	FROM exception e LEFT JOIN payout p ON p.num = e.payout LEFT JOIN event v ON v.num = e.event `

func readException(row scanner) (ports.Exception, error) {
	var e ports.Exception
	var currency string
	var units int64
	err := row.Scan(&e.ID, &e.MerchantID, text(&e.PayoutID), &e.LineID, &e.StepID, text(&e.EventID), &e.Order, &e.Fact, &e.Code, &e.Reference, &e.Reason, &e.Remedy, &currency, &units,
		&e.Document, &e.State, &e.Resolution, moment(&e.RaisedAt), moment(&e.ResolvedAt), &e.ResolvedBy)
	e.Amount = money.New(units, money.Currency(currency))
	return e, err
}

func (s exceptions) Raise(ctx context.Context, e ports.Exception) error {
	if !s.writable {
		return errReadOnly()
	}
	num, err := s.payoutOrNone(ctx, e.PayoutID)
	if err != nil {
		return err
	}
	event, err := s.eventOrNone(ctx, e.EventID)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `INSERT INTO exception (id, merchant, payout, line, step, event, customer_order, fact, code, reference, reason, remedy, currency, amount,
			document, state, resolution, raised_at, resolved_at, resolved_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', '', ?, NULL, '')
		ON CONFLICT (merchant, payout, line, step, event, customer_order, fact) WHERE state = 'open'
		DO UPDATE SET code = excluded.code, reference = excluded.reference, reason = excluded.reason, remedy = excluded.remedy,
			document = excluded.document`,
		e.ID, e.MerchantID, num, e.LineID, e.StepID, event, e.Order, e.Fact, e.Code, e.Reference, e.Reason, e.Remedy,
		e.Amount.Currency(), e.Amount.Minor(), e.Document, sortable(e.RaisedAt))
	return named(err, "exception")
}

// payoutOrNone gives 0 for an exception that concerns no payout.
func (s exceptions) payoutOrNone(ctx context.Context, id string) (int64, error) {
	if id == "" {
		return 0, nil
	}
	return s.payout(ctx, id)
}

func (s exceptions) Resolve(ctx context.Context, id, resolution, by string, at time.Time) error {
	changed, err := s.exec(ctx, `UPDATE exception SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?
		WHERE id = ? AND state = 'open'`, resolution, by, micros(at), id)
	if err != nil || changed == 1 {
		return err
	}
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	return errConflict("the exception has been resolved already")
}

func (s exceptions) ResolveLine(ctx context.Context, lineID int64, resolution, by string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE exception SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?
		WHERE line = ? AND line <> 0 AND state = 'open'`, resolution, by, micros(at), lineID)
	return err
}

func (s exceptions) ResolveEvent(ctx context.Context, eventID, resolution, by string, at time.Time) error {
	event, err := s.event(ctx, eventID)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `UPDATE exception SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?
		WHERE event = ? AND event <> 0 AND state = 'open'`, resolution, by, micros(at), event)
	return err
}

func (s exceptions) ResolveOrder(ctx context.Context, merchantID, number, resolution, by string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE exception SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?
		WHERE merchant = ? AND customer_order = ? AND customer_order <> '' AND state = 'open'`, resolution, by, micros(at), merchantID, number)
	return err
}

func (s exceptions) ResolveFact(ctx context.Context, merchantID, fact, resolution, by string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE exception SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?
		WHERE merchant = ? AND fact = ? AND fact <> '' AND state = 'open'`, resolution, by, micros(at), merchantID, fact)
	return err
}

// eventOrNone gives 0 for an exception that concerns no event.
func (s exceptions) eventOrNone(ctx context.Context, id string) (int64, error) {
	if id == "" {
		return 0, nil
	}
	return s.event(ctx, id)
}

func (s exceptions) event(ctx context.Context, id string) (int64, error) {
	num, err := one(ctx, s.tx, scalar[int64], "SELECT num FROM event WHERE id = ?", id)
	return num, named(err, "event")
}

func (s exceptions) Get(ctx context.Context, id string) (ports.Exception, error) {
	e, err := one(ctx, s.tx, readException, exceptionSelect+"WHERE e.id = ?", id)
	return e, named(err, "exception")
}

func (s exceptions) List(ctx context.Context, merchantID string, filter ports.ExceptionFilter, page ports.Page) ([]ports.Exception, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	query, args := exceptionSelect+"WHERE e.merchant = ?", []any{merchantID}
	narrow := func(condition string, values ...any) {
		query, args = query+" AND "+condition, append(args, values...)
	}
	if filter.PayoutID != "" {
		num, err := s.payout(ctx, filter.PayoutID)
		if err != nil {
			return nil, err
		}
		narrow("e.payout = ?", num)
	}
	if filter.EventID != "" {
		num, err := s.event(ctx, filter.EventID)
		if err != nil {
			return nil, err
		}
		narrow("e.event = ?", num)
	}
	if filter.State != "" {
		narrow("e.state = ?", filter.State)
	}
	if filter.Code != "" {
		narrow("e.code = ?", filter.Code)
	}
	if page.After != "" {
		after, err := one(ctx, s.tx, readPlace, "SELECT raised_at, num FROM exception WHERE id = ?", page.After)
		if err != nil {
			return nil, named(err, "exception")
		}
		narrow("(e.raised_at, e.num) > (?, ?)", after.at, after.num)
	}
	return all(ctx, s.tx, readException, query+" ORDER BY e.raised_at, e.num LIMIT ?", append(args, page.Limit)...)
}
