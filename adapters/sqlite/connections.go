package sqlite

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/ports"
)

type connections struct{ *tx }

const connectionColumns = "id, merchant, connector, label, settings, account_id, account_name, state, " +
	"credentials, checks, capabilities, verified_at, paused_at, paused_by, pause_reason, created_at, updated_at"

func readConnection(row scanner) (ports.ConnectionRecord, error) {
	var c ports.ConnectionRecord
	var checks *[]ports.Check
	var capabilities *[]ports.CapabilityRecord
	err := row.Scan(&c.ID, &c.MerchantID, &c.Connector, &c.Label, rawJSON(&c.Settings), &c.AccountID, &c.AccountName, &c.State,
		&c.Credentials, decoded(&checks), decoded(&capabilities), moment(&c.VerifiedAt),
		moment(&c.Pause.Since), text(&c.Pause.By), text(&c.Pause.Reason), moment(&c.CreatedAt), moment(&c.UpdatedAt))
	if checks != nil {
		c.Checks = *checks
	}
	if capabilities != nil {
		c.Capabilities = *capabilities
	}
	return c, err
}

// listJSON writes a list, NULL for none.
func listJSON[T any](list []T) (any, error) {
	if list == nil {
		return nil, nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// verdicts gives what the last verification said, as it is stored.
func verdicts(c ports.ConnectionRecord) (checks, capabilities any, err error) {
	if checks, err = listJSON(c.Checks); err != nil {
		return nil, nil, err
	}
	capabilities, err = listJSON(c.Capabilities)
	return checks, capabilities, err
}

func (s connections) Create(ctx context.Context, c ports.ConnectionRecord) error {
	checks, capabilities, err := verdicts(c)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO connection ("+connectionColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		c.ID, c.MerchantID, c.Connector, c.Label, jsonText(c.Settings), c.AccountID, c.AccountName, c.State,
		c.Credentials, checks, capabilities, micros(c.VerifiedAt),
		micros(c.Pause.Since), orNull(c.Pause.By), orNull(c.Pause.Reason), micros(c.CreatedAt), micros(c.UpdatedAt))
	return named(err, "connection")
}

func (s connections) Save(ctx context.Context, c ports.ConnectionRecord) error {
	checks, capabilities, err := verdicts(c)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, `UPDATE connection SET connector = ?, label = ?, settings = ?, account_id = ?, account_name = ?,
		state = ?, credentials = ?, checks = ?, capabilities = ?, verified_at = ?,
		paused_at = ?, paused_by = ?, pause_reason = ?, created_at = ?, updated_at = ? WHERE id = ?`,
		c.Connector, c.Label, jsonText(c.Settings), c.AccountID, c.AccountName,
		c.State, c.Credentials, checks, capabilities, micros(c.VerifiedAt),
		micros(c.Pause.Since), orNull(c.Pause.By), orNull(c.Pause.Reason), micros(c.CreatedAt), micros(c.UpdatedAt), c.ID)
	return oneOf(changed, err, "connection")
}

func (s connections) Get(ctx context.Context, id string) (ports.ConnectionRecord, error) {
	c, err := one(ctx, s.tx, readConnection, "SELECT "+connectionColumns+" FROM connection WHERE id = ?", id)
	return c, named(err, "connection")
}

func (s connections) List(ctx context.Context, merchantID string, page ports.Page) ([]ports.ConnectionRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readConnection,
		"SELECT "+connectionColumns+" FROM connection WHERE merchant = ? AND id > ? ORDER BY id LIMIT ?",
		merchantID, page.After, page.Limit)
}
