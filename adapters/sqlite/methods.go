package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

type methods struct{ *tx }

const methodSelect = "SELECT merchant, id, name, kind, connection, authorised, created_at FROM payment_method "

func readMethod(row scanner) (ports.MethodRecord, error) {
	var m ports.MethodRecord
	err := row.Scan(&m.MerchantID, &m.ID, &m.Name, &m.Kind, text(&m.Connection), &m.Authorised, moment(&m.CreatedAt))
	return m, err
}

func (s methods) Create(ctx context.Context, m ports.MethodRecord) error {
	_, err := s.exec(ctx, `INSERT INTO payment_method (merchant, id, name, kind, connection, authorised, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		m.MerchantID, m.ID, m.Name, m.Kind, orNull(m.Connection), m.Authorised, micros(m.CreatedAt))
	return named(err, "payment method")
}

func (s methods) Get(ctx context.Context, merchantID, id string) (ports.MethodRecord, error) {
	m, err := one(ctx, s.tx, readMethod, methodSelect+"WHERE merchant = ? AND id = ?", merchantID, id)
	return m, named(err, "payment method")
}

func (s methods) List(ctx context.Context, merchantID string, page ports.Page) ([]ports.MethodRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readMethod, methodSelect+"WHERE merchant = ? AND id > ? ORDER BY id LIMIT ?", merchantID, page.After, page.Limit)
}

type orders struct{ *tx }

func (s orders) Create(ctx context.Context, merchantID string, o order.Order, at time.Time) error {
	content, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("storing order %s: %w", o.Number, err)
	}
	_, err = s.exec(ctx, "INSERT INTO customer_order (merchant, number, content, at) VALUES (?, ?, ?, ?)", merchantID, o.Number, string(content), micros(at))
	return named(err, "order")
}

func (s orders) Replace(ctx context.Context, merchantID string, o order.Order, at time.Time) error {
	content, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("storing order %s: %w", o.Number, err)
	}
	changed, err := s.exec(ctx, "UPDATE customer_order SET content = ?, at = ? WHERE merchant = ? AND number = ?", string(content), micros(at), merchantID, o.Number)
	return oneOf(changed, err, "order")
}

func (s orders) Get(ctx context.Context, merchantID, number string) (order.Order, error) {
	content, err := one(ctx, s.tx, scalar[string], "SELECT content FROM customer_order WHERE merchant = ? AND number = ?", merchantID, number)
	if err != nil {
		return order.Order{}, named(err, "order")
	}
	var o order.Order
	if err := json.Unmarshal([]byte(content), &o); err != nil {
		return order.Order{}, fmt.Errorf("reading order %s: %w", number, err)
	}
	return o, nil
}
