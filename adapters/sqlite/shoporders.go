package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

type shopOrders struct{ *tx }

const shopOrderSelect = "SELECT num, connection, content, state, fault, told_at FROM shop_order "

func readShopOrder(row scanner) (ports.ShopOrderRecord, error) {
	var r ports.ShopOrderRecord
	var content string
	if err := row.Scan(&r.Num, &r.ConnectionID, &content, &r.State, decoded(&r.Fault), moment(&r.ToldAt)); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(content), &r.ShopOrder); err != nil {
		return r, fmt.Errorf("reading order %d of a shop: %w", r.Num, err)
	}
	return r, nil
}

func (s shopOrders) Tell(ctx context.Context, connectionID string, told []ports.ShopOrder, at time.Time) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(told) > ports.MaxBatch {
		return errInvalid("orders", "too many orders at once")
	}
	for _, o := range told {
		content, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("storing order %s of a shop: %w", o.Number, err)
		}
		mark, err := markOf(o)
		if err != nil {
			return fmt.Errorf("storing order %s of a shop: %w", o.Number, err)
		}
		_, err = s.exec(ctx, `INSERT INTO shop_order (connection, number, content, fingerprint, state, told_at) VALUES (?, ?, ?, ?, 'told', ?)
			ON CONFLICT (connection, number) DO UPDATE SET content = excluded.content, fingerprint = excluded.fingerprint,
				state = 'told', told_at = excluded.told_at WHERE fingerprint <> excluded.fingerprint`,
			connectionID, o.Number, string(content), mark, micros(at))
		if err != nil {
			return named(err, "order of a shop")
		}
	}
	return nil
}

// markOf is a hash of what a shop says of an order, wherever in a page it says so.
func markOf(o ports.ShopOrder) (string, error) {
	o.Raw, o.Events = payout.Raw{}, slices.Clone(o.Events)
	for i := range o.Events {
		o.Events[i].Raw = payout.Raw{}
	}
	bare, err := json.Marshal(o)
	sum := sha256.Sum256(bare)
	return hex.EncodeToString(sum[:]), err
}

func (s shopOrders) Save(ctx context.Context, r ports.ShopOrderRecord) error {
	fault, err := encoded(r.Fault)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, "UPDATE shop_order SET state = ?, fault = ? WHERE connection = ? AND number = ?", r.State, fault, r.ConnectionID, r.Number)
	return oneOf(changed, err, "order of a shop")
}

func (s shopOrders) Retell(ctx context.Context, connectionID string) error {
	_, err := s.exec(ctx, "UPDATE shop_order SET state = 'told' WHERE connection = ? AND state = 'parked'", connectionID)
	return err
}

func (s shopOrders) Get(ctx context.Context, connectionID, number string) (ports.ShopOrderRecord, error) {
	r, err := one(ctx, s.tx, readShopOrder, shopOrderSelect+"WHERE connection = ? AND number = ?", connectionID, number)
	return r, named(err, "order of a shop")
}

func (s shopOrders) List(ctx context.Context, connectionID string, state ports.ShopOrderState, after int64, limit int) ([]ports.ShopOrderRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readShopOrder, shopOrderSelect+"WHERE connection = ? AND state = ? AND num > ? ORDER BY num LIMIT ?", connectionID, state, after, limit)
}
