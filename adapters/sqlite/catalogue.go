package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/ports"
)

type catalogue struct{ *tx }

const versionColumns = "connector, version, sha256, size, description, origin, signature, conformance, level, installed_at, installed_by"

func readVersion(row scanner) (ports.InstalledVersion, error) {
	var v ports.InstalledVersion
	var description, signature string
	err := row.Scan(&v.Connector, &v.Version, &v.SHA256, &v.Size, &description, &v.Origin, &signature, rawJSON(&v.Conformance), &v.Level,
		moment(&v.InstalledAt), &v.InstalledBy)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(description), &v.Description); err != nil {
		return v, fmt.Errorf("reading the description of %s %s: %w", v.Connector, v.Version, err)
	}
	return v, json.Unmarshal([]byte(signature), &v.Signature)
}

func (s catalogue) Add(ctx context.Context, v ports.InstalledVersion) error {
	description, err := json.Marshal(v.Description)
	if err != nil {
		return err
	}
	signature, err := json.Marshal(v.Signature)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO connector_version ("+versionColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		v.Connector, v.Version, v.SHA256, v.Size, string(description), v.Origin, string(signature), jsonText(v.Conformance), v.Level,
		micros(v.InstalledAt), v.InstalledBy)
	return named(err, "version")
}

func (s catalogue) Get(ctx context.Context, connector, version string) (ports.InstalledVersion, error) {
	v, err := one(ctx, s.tx, readVersion, "SELECT "+versionColumns+" FROM connector_version WHERE connector = ? AND version = ?", connector, version)
	return v, named(err, "version")
}

func (s catalogue) List(ctx context.Context) ([]ports.InstalledVersion, error) {
	return all(ctx, s.tx, readVersion, "SELECT "+versionColumns+" FROM connector_version ORDER BY connector, num")
}

func (s catalogue) Remove(ctx context.Context, connector, version string) error {
	changed, err := s.exec(ctx, "DELETE FROM connector_version WHERE connector = ? AND version = ?", connector, version)
	return oneOf(changed, err, "version")
}

func (s catalogue) Want(ctx context.Context, w ports.Wanted) error {
	_, err := s.exec(ctx, `INSERT INTO connector_wanted (connector, connection, version, previous, wanted_at, wanted_by, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connector, connection) DO UPDATE SET version = excluded.version, previous = excluded.previous,
		wanted_at = excluded.wanted_at, wanted_by = excluded.wanted_by, reason = excluded.reason`,
		w.Connector, w.ConnectionID, w.Version, w.Previous, micros(w.At), w.By, w.Reason)
	return err
}

func (s catalogue) Unpin(ctx context.Context, connector, connectionID string) error {
	_, err := s.exec(ctx, "DELETE FROM connector_wanted WHERE connector = ? AND connection = ? AND connection <> ''", connector, connectionID)
	return err
}

func (s catalogue) Wanted(ctx context.Context) ([]ports.Wanted, error) {
	read := func(row scanner) (w ports.Wanted, err error) {
		err = row.Scan(&w.Connector, &w.ConnectionID, &w.Version, &w.Previous, moment(&w.At), &w.By, &w.Reason)
		return w, err
	}
	return all(ctx, s.tx, read, "SELECT connector, connection, version, previous, wanted_at, wanted_by, reason FROM connector_wanted ORDER BY connector, connection")
}

func (s catalogue) Connections(ctx context.Context, connector string, page ports.Page) ([]ports.ConnectionRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readConnection, "SELECT "+connectionColumns+" FROM connection WHERE connector = ? AND id > ? ORDER BY id LIMIT ?",
		connector, page.After, page.Limit)
}

func readSwap(row scanner) (ports.Swap, error) {
	var swap ports.Swap
	var record string
	if err := row.Scan(&record); err != nil {
		return swap, err
	}
	return swap, json.Unmarshal([]byte(record), &swap)
}

func (s catalogue) SaveSwap(ctx context.Context, swap ports.Swap) error {
	record, err := json.Marshal(swap)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO connector_swap (id, connector, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
		swap.ID, swap.Connector, string(record))
	return err
}

func (s catalogue) Swap(ctx context.Context, id string) (ports.Swap, error) {
	swap, err := one(ctx, s.tx, readSwap, "SELECT record FROM connector_swap WHERE id = ?", id)
	return swap, named(err, "swap")
}

func (s catalogue) Swaps(ctx context.Context, connector string, page ports.Page) ([]ports.Swap, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readSwap, `SELECT record FROM connector_swap WHERE (? = '' OR connector = ?)
		AND (? = '' OR num < (SELECT num FROM connector_swap WHERE id = ?)) ORDER BY num DESC LIMIT ?`,
		connector, connector, page.After, page.After, page.Limit)
}

// impact asks by a connector's version. The connection behind a step is the target of its
// flow: what is written is written there.
type impact struct{ *tx }

func (s impact) Payouts(ctx context.Context, connector, version string, page ports.Page) ([]ports.PayoutRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readPayout, "SELECT "+payoutColumns+` FROM payout WHERE connector_version = ? AND id > ?
		AND connection IN (SELECT id FROM connection WHERE connector = ?) ORDER BY id LIMIT ?`, version, page.After, connector, page.Limit)
}

func (s impact) Steps(ctx context.Context, connector, version string, unsettled bool, after int64, limit int) ([]ports.Step, error) {
	if err := limitOf(limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readStep, stepSelect+`JOIN flow f ON f.id = coalesce(p.flow, s.flow) JOIN connection c ON c.id = f.target
		WHERE s.connector_version = ? AND s.id > ? AND c.connector = ? AND (NOT ? OR s.state IN ('open', 'parked')) ORDER BY s.id LIMIT ?`,
		version, after, connector, unsettled, limit)
}
