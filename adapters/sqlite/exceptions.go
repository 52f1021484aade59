package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

type exceptions struct{ *tx }

const exceptionSelect = `SELECT e.id, e.merchant, p.id, e.line, e.step, v.id, e.customer_order, e.fact, e.code, e.reference, e.reason, e.remedy, e.currency, e.amount,
	e.document, e.state, e.resolution, e.raised_at, e.resolved_at, e.resolved_by, e.parked_by, e.parking_note, e.parked_at, e.parked_until
	FROM exception e LEFT JOIN payout p ON p.num = e.payout LEFT JOIN event v ON v.num = e.event `

func readException(row scanner) (ports.Exception, error) {
	var e ports.Exception
	var currency string
	var units int64
	err := row.Scan(&e.ID, &e.MerchantID, text(&e.PayoutID), &e.LineID, &e.StepID, text(&e.EventID), &e.Order, &e.Fact, &e.Code, &e.Reference, &e.Reason, &e.Remedy, &currency, &units,
		&e.Document, &e.State, &e.Resolution, moment(&e.RaisedAt), moment(&e.ResolvedAt), &e.ResolvedBy,
		text(&e.Parking.By), text(&e.Parking.Note), moment(&e.Parking.At), moment(&e.Parking.Until))
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
			document = excluded.document,
			parked_by = iif(code = excluded.code, parked_by, NULL), parking_note = iif(code = excluded.code, parking_note, NULL),
			parked_at = iif(code = excluded.code, parked_at, NULL), parked_until = iif(code = excluded.code, parked_until, NULL)`,
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
	query := narrowed{exceptionSelect + "WHERE e.merchant = ?", []any{merchantID}}
	if filter.PayoutID != "" {
		num, err := s.payout(ctx, filter.PayoutID)
		if err != nil {
			return nil, err
		}
		query.and("e.payout = ?", num)
	}
	if filter.EventID != "" {
		num, err := s.event(ctx, filter.EventID)
		if err != nil {
			return nil, err
		}
		query.and("e.event = ?", num)
	}
	if filter.State != "" {
		query.and("e.state = ?", filter.State)
	}
	if filter.Code != "" {
		query.and("e.code = ?", filter.Code)
	}
	query.more(filter)
	if page.After != "" {
		after, err := one(ctx, s.tx, readPlace, "SELECT raised_at, num FROM exception WHERE id = ?", page.After)
		if err != nil {
			return nil, named(err, "exception")
		}
		query.and("(e.raised_at, e.num) > (?, ?)", after.at, after.num)
	}
	return all(ctx, s.tx, readException, query.sql+" ORDER BY e.raised_at, e.num LIMIT ?", append(query.args, page.Limit)...)
}

// more adds the conditions that need no other lookup.
func (n *narrowed) more(filter ports.ExceptionFilter) {
	if filter.FlowID != "" {
		n.and(`(p.flow = ? OR e.step IN (SELECT id FROM step WHERE flow = ?)
			OR ((e.event <> 0 OR e.customer_order <> '') AND EXISTS (SELECT 1 FROM flow f WHERE f.id = ? AND f.merchant = e.merchant AND f.kind = 'events')))`,
			filter.FlowID, filter.FlowID, filter.FlowID)
	}
	if key := matching.Normalise(filter.Reference); key != "" {
		texts := jsonArray(spellings(filter.Reference, key))
		within := " IN (SELECT value FROM json_each(?))"
		n.and("("+normal("e.reference")+within+" OR "+normal("e.document")+within+" OR "+normal("e.customer_order")+within+")", texts, texts, texts)
	}
	if !filter.Before.IsZero() {
		n.and("e.raised_at < ?", sortable(filter.Before))
	}
	if filter.Parked != nil {
		not := "NOT "
		if *filter.Parked {
			not = ""
		}
		n.and(not+"(e.parked_at IS NOT NULL AND (e.parked_until IS NULL OR e.parked_until > ?))", sortable(filter.At))
	}
}

func (s exceptions) Park(ctx context.Context, id string, p ports.Parking) error {
	changed, err := s.exec(ctx, `UPDATE exception SET parked_by = ?, parking_note = ?, parked_at = ?, parked_until = ? WHERE id = ? AND state = 'open'`,
		orNull(p.By), orNull(p.Note), micros(p.At), micros(p.Until), id)
	if err != nil || changed == 1 {
		return err
	}
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	return errConflict("the exception has been resolved already")
}
