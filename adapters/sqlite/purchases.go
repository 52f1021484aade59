package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

type purchases struct{ *tx }

const purchaseSelect = "SELECT num, connection, id, origin, learned_at, content, read_at, due_at, failures, fault, orders, invoices, refunds FROM purchase "

func readPurchase(row scanner) (ports.PurchaseRecord, error) {
	var r ports.PurchaseRecord
	var content json.RawMessage
	var orders, invoices, refunds bool
	err := row.Scan(&r.Num, &r.ConnectionID, &r.ID, &r.Origin, moment(&r.LearnedAt), rawJSON(&content), moment(&r.ReadAt), moment(&r.DueAt),
		&r.Failures, decoded(&r.Fault), &orders, &invoices, &refunds)
	if err != nil {
		return r, err
	}
	for _, k := range []struct {
		kind merchant.FlowKind
		is   bool
	}{{merchant.Invoices, invoices}, {merchant.Orders, orders}, {merchant.Refunds, refunds}} {
		if k.is {
			r.Unplanned = append(r.Unplanned, k.kind)
		}
	}
	if content == nil {
		return r, nil
	}
	if err := json.Unmarshal(content, &r.Purchase); err != nil {
		return r, fmt.Errorf("reading order %s of a provider: %w", r.ID, err)
	}
	return r, nil
}

func (s purchases) Learn(ctx context.Context, connectionID, id string, origin ports.PurchaseOrigin, at time.Time) (bool, error) {
	added, err := s.exec(ctx, `INSERT INTO purchase (connection, id, origin, learned_at, due_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (connection, id) DO NOTHING`, connectionID, id, origin, micros(at), micros(at))
	if err != nil || added > 0 {
		if err == nil {
			err = s.name(ctx, connectionID, id, []string{id})
		}
		return added > 0, named(err, "connection")
	}
	_, err = s.exec(ctx, "UPDATE purchase SET due_at = ? WHERE connection = ? AND id = ? AND (due_at IS NULL OR due_at > ?)", micros(at), connectionID, id, micros(at))
	return false, err
}

func (s purchases) name(ctx context.Context, connectionID, id string, names []string) error {
	for _, name := range names {
		_, err := s.exec(ctx, `INSERT INTO purchase_name (connection, name, purchase)
			SELECT connection, ?, num FROM purchase WHERE connection = ? AND id = ? ON CONFLICT DO NOTHING`, name, connectionID, id)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s purchases) Save(ctx context.Context, r ports.PurchaseRecord) error {
	fault, err := encoded(r.Fault)
	if err != nil {
		return err
	}
	var content any
	names := []string{r.ID}
	if !r.ReadAt.IsZero() {
		text, err := json.Marshal(r.Purchase)
		if err != nil {
			return fmt.Errorf("storing order %s of a provider: %w", r.ID, err)
		}
		content = string(text)
		for _, name := range r.Purchase.References {
			names = append(names, name)
		}
	}
	changed, err := s.exec(ctx, `UPDATE purchase SET content = ?, read_at = ?, due_at = ?, failures = ?, fault = ?, orders = ?, invoices = ?, refunds = ?
		WHERE connection = ? AND id = ?`, content, micros(r.ReadAt), micros(r.DueAt), r.Failures, fault,
		slices.Contains(r.Unplanned, merchant.Orders), slices.Contains(r.Unplanned, merchant.Invoices), slices.Contains(r.Unplanned, merchant.Refunds),
		r.ConnectionID, r.ID)
	if err := oneOf(changed, err, "order of a provider"); err != nil {
		return err
	}
	_, err = s.exec(ctx, "DELETE FROM purchase_name WHERE purchase = (SELECT num FROM purchase WHERE connection = ? AND id = ?)", r.ConnectionID, r.ID)
	if err != nil {
		return err
	}
	return s.name(ctx, r.ConnectionID, r.ID, names)
}

func (s purchases) Get(ctx context.Context, connectionID, id string) (ports.PurchaseRecord, error) {
	r, err := one(ctx, s.tx, readPurchase, purchaseSelect+"WHERE connection = ? AND id = ?", connectionID, id)
	return r, named(err, "order of a provider")
}

func (s purchases) Due(ctx context.Context, connectionID string, at time.Time, limit int) ([]ports.PurchaseRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readPurchase, purchaseSelect+"WHERE connection = ? AND due_at <= ? ORDER BY due_at, num LIMIT ?", connectionID, micros(at), limit)
}

func (s purchases) Unplanned(ctx context.Context, connectionID string, kind merchant.FlowKind, after int64, limit int) ([]ports.PurchaseRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	columns := map[merchant.FlowKind]string{merchant.Orders: "orders", merchant.Invoices: "invoices", merchant.Refunds: "refunds"}
	column, ok := columns[kind]
	if !ok {
		return nil, errInvalid("kind", "flows of kind \""+string(kind)+"\" make no documents of orders")
	}
	return all(ctx, s.tx, readPurchase, purchaseSelect+"WHERE connection = ? AND "+column+" AND num > ? ORDER BY num LIMIT ?", connectionID, after, limit)
}

func (s purchases) List(ctx context.Context, connectionID string, after int64, limit int) ([]ports.PurchaseRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readPurchase, purchaseSelect+"WHERE connection = ? AND num > ? ORDER BY num LIMIT ?", connectionID, after, limit)
}

func (s purchases) Named(ctx context.Context, connectionID, name string, limit int) ([]ports.PurchaseRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readPurchase, purchaseSelect+
		"WHERE num IN (SELECT purchase FROM purchase_name WHERE connection = ? AND name = ?) ORDER BY num LIMIT ?", connectionID, name, limit)
}
