package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/ports"
)

type callbacks struct{ *tx }

// callbackBrief are the columns of a message that lists show.
const callbackBrief = "b.num, b.id, c.id, c.merchant, b.method, b.received_at, b.state, b.attempts, b.fault, b.read_at"

const fromCallback = " FROM callback b JOIN connection c ON c.num = b.connection"

// numbered is a message with its place in the order of arrival.
type numbered struct {
	ports.CallbackRecord
	num int64
}

// readCallback reads callbackBrief and what follows it.
func readCallback(more func(*numbered) []any) func(row scanner) (numbered, error) {
	return func(row scanner) (numbered, error) {
		var b numbered
		into := []any{
			&b.num, &b.ID, &b.ConnectionID, &b.MerchantID, &b.Method, moment(&b.ReceivedAt), &b.State, &b.Attempts, decoded(&b.Fault), moment(&b.ReadAt),
		}
		return b, row.Scan(append(into, more(&b)...)...)
	}
}

func nothingMore(*numbered) []any { return nil }

func (s callbacks) Create(ctx context.Context, c ports.CallbackRecord) error {
	connection, err := s.connection(ctx, c.ConnectionID)
	if err != nil {
		return err
	}
	var headers *map[string][]string
	if c.Headers != nil {
		headers = &c.Headers
	}
	text, err := encoded(headers)
	if err != nil {
		return err
	}
	body := c.Body
	if body == nil {
		body = []byte{}
	}
	_, err = s.exec(ctx, `INSERT INTO callback (id, connection, method, query, headers, body, received_at, state, attempts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`,
		c.ID, connection, c.Method, c.Query, text, body, micros(c.ReceivedAt), ports.CallbackReceived)
	return named(err, "callback")
}

func (s callbacks) Get(ctx context.Context, id string) (ports.CallbackRecord, error) {
	return s.whole(ctx, "SELECT "+callbackBrief+", b.query, b.headers, b.body"+fromCallback+" WHERE b.id = ?", id)
}

// whole reads a message with its bytes and notices.
func (s callbacks) whole(ctx context.Context, query string, args ...any) (ports.CallbackRecord, error) {
	b, err := one(ctx, s.tx, readWhole, query, args...)
	if err != nil {
		return ports.CallbackRecord{}, named(err, "callback")
	}
	b.Notices, err = s.notices(ctx, b.num)
	return b.CallbackRecord, err
}

func readWhole(row scanner) (numbered, error) {
	var headers *map[string][]string
	b, err := readCallback(func(b *numbered) []any { return []any{&b.Query, decoded(&headers), &b.Body} })(row)
	if headers != nil {
		b.Headers = *headers
	}
	if len(b.Body) == 0 {
		b.Body = nil
	}
	return b, err
}

func (s callbacks) List(ctx context.Context, connectionID string, state ports.CallbackState, page ports.Page) ([]ports.CallbackRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	connection, err := s.connection(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	found, err := all(ctx, s.tx, readCallback(nothingMore), "SELECT "+callbackBrief+fromCallback+`
		WHERE b.connection = ?1 AND (?2 = '' OR b.state = ?2)
			AND (?3 = '' OR b.num < (SELECT num FROM callback WHERE id = ?3))
		ORDER BY b.num DESC LIMIT ?4`, connection, state, page.After, page.Limit)
	if err != nil {
		return nil, err
	}
	var list []ports.CallbackRecord
	for _, b := range found {
		if b.Notices, err = s.notices(ctx, b.num); err != nil {
			return nil, err
		}
		list = append(list, b.CallbackRecord)
	}
	return list, nil
}

func (s callbacks) notices(ctx context.Context, num int64) ([]ports.NoticeRecord, error) {
	read := func(row scanner) (n ports.NoticeRecord, err error) {
		err = row.Scan(&n.Key, &n.Subject, &n.ID, &n.Order, &n.Event, moment(&n.OccurredAt), &n.Outcome, &n.Detail)
		return n, err
	}
	return all(ctx, s.tx, read,
		"SELECT key, subject, id, of_order, event, occurred_at, outcome, detail FROM callback_notice WHERE callback = ? ORDER BY ordinal", num)
}

func (s callbacks) Waiting(ctx context.Context, connectionID string, limit int) ([]ports.CallbackRecord, error) {
	if err := limitOf(limit, maxPage); err != nil {
		return nil, err
	}
	connection, err := s.connection(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	found, err := all(ctx, s.tx, readWhole, "SELECT "+callbackBrief+", b.query, b.headers, b.body"+fromCallback+`
		WHERE b.connection = ? AND b.state = 'received' ORDER BY b.num LIMIT ?`, connection, limit)
	var list []ports.CallbackRecord
	for _, b := range found {
		list = append(list, b.CallbackRecord)
	}
	return list, err
}

func (s callbacks) Settle(ctx context.Context, id string, fate ports.CallbackFate) error {
	fault, err := encoded(fate.Fault)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, "UPDATE callback SET state = ?, attempts = ?, fault = ?, read_at = ? WHERE id = ?",
		fate.State, fate.Attempts, fault, micros(fate.ReadAt), id)
	if err := oneOf(changed, err, "callback"); err != nil {
		return err
	}
	if _, err := s.exec(ctx, "DELETE FROM callback_notice WHERE callback = (SELECT num FROM callback WHERE id = ?)", id); err != nil {
		return err
	}
	for i, n := range fate.Notices {
		_, err := s.exec(ctx, `INSERT INTO callback_notice (callback, ordinal, connection, key, subject, id, of_order, event, occurred_at, outcome, detail)
			SELECT num, ?, connection, ?, ?, ?, ?, ?, ?, ?, ? FROM callback WHERE id = ?`,
			i, n.Key, n.Subject, n.ID, n.Order, n.Event, micros(n.OccurredAt), n.Outcome, n.Detail, id)
		if err != nil {
			return named(err, "notice")
		}
	}
	return nil
}

func (s callbacks) Woke(ctx context.Context, connectionID, key string) (bool, error) {
	connection, err := s.connection(ctx, connectionID)
	if err != nil {
		return false, err
	}
	return one(ctx, s.tx, scalar[bool], "SELECT EXISTS (SELECT 1 FROM callback_notice WHERE connection = ? AND key = ? AND outcome = ?)", connection, key, ports.NoticeWoke)
}

func (s callbacks) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return 0, err
	}
	old, err := all(ctx, s.tx, scalar[int64],
		"SELECT num FROM callback WHERE received_at < ? AND state <> 'received' ORDER BY received_at LIMIT ?", micros(before), limit)
	if err != nil {
		return 0, err
	}
	for _, num := range old {
		for _, query := range []string{"DELETE FROM callback_notice WHERE callback = ?", "DELETE FROM callback WHERE num = ?"} {
			if _, err := s.exec(ctx, query, num); err != nil {
				return 0, err
			}
		}
	}
	return len(old), nil
}
