package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/ports"
)

type callbackTokens struct{ *tx }

func (s callbackTokens) Issue(ctx context.Context, t ports.CallbackToken, replaced time.Time) error {
	connection, err := s.connection(ctx, t.ConnectionID)
	if err != nil {
		return err
	}
	declared, err := encoded(&t.Declared)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, "DELETE FROM callback_token WHERE connection = ? AND expires_at <= ?", connection, micros(t.CreatedAt)); err != nil {
		return err
	}
	if _, err := s.exec(ctx, "UPDATE callback_token SET expires_at = ? WHERE connection = ? AND expires_at IS NULL", micros(replaced), connection); err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO callback_token (sha256, connection, created_at, declared) VALUES (?, ?, ?, ?)",
		t.SHA256, connection, micros(t.CreatedAt), declared)
	return named(err, "token")
}

func (s callbackTokens) Valid(ctx context.Context, connectionID string, at time.Time) ([]ports.CallbackToken, error) {
	read := func(row scanner) (t ports.CallbackToken, err error) {
		var declared *ports.Callbacks
		err = row.Scan(&t.SHA256, &t.ConnectionID, moment(&t.CreatedAt), moment(&t.ExpiresAt), decoded(&declared))
		if declared != nil {
			t.Declared = *declared
		}
		return t, err
	}
	return all(ctx, s.tx, read, `SELECT t.sha256, c.id, t.created_at, t.expires_at, t.declared
		FROM callback_token t JOIN connection c ON c.num = t.connection
		WHERE c.id = ? AND (t.expires_at IS NULL OR t.expires_at > ?)
		ORDER BY t.expires_at IS NOT NULL, t.created_at DESC`, connectionID, micros(at))
}

func (s callbackTokens) Revoke(ctx context.Context, connectionID string) (int, error) {
	connection, err := s.connection(ctx, connectionID)
	if err != nil {
		return 0, err
	}
	changed, err := s.exec(ctx, "DELETE FROM callback_token WHERE connection = ? AND expires_at IS NOT NULL", connection)
	return int(changed), err
}
