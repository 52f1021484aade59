package sqlite

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

type consents struct{ *tx }

func (s consents) Ask(ctx context.Context, r ports.ConsentRequest, forget time.Time) error {
	if _, err := s.exec(ctx, "DELETE FROM consent_request WHERE expires_at < ?", micros(forget)); err != nil {
		return err
	}
	_, err := s.exec(ctx, "INSERT INTO consent_request (state, connection, caller, by, verifier, expires_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.State, r.ConnectionID, r.Caller, r.By, r.Verifier, micros(r.ExpiresAt), micros(r.UsedAt))
	return named(err, "request for consent")
}

func (s consents) Use(ctx context.Context, state string, at time.Time) (ports.ConsentRequest, error) {
	read := func(row scanner) (r ports.ConsentRequest, err error) {
		err = row.Scan(&r.State, &r.ConnectionID, &r.Caller, &r.By, &r.Verifier, moment(&r.ExpiresAt), moment(&r.UsedAt))
		return r, err
	}
	r, err := one(ctx, s.tx, read,
		"SELECT state, connection, caller, by, verifier, expires_at, used_at FROM consent_request WHERE state = ?", state)
	if err != nil {
		return r, named(err, "request for consent")
	}
	_, err = s.exec(ctx, "UPDATE consent_request SET used_at = ? WHERE state = ? AND used_at IS NULL", micros(at), state)
	return r, err
}

func (s consents) Grant(ctx context.Context, connectionID string, trial bool) (ports.Grant, error) {
	read := func(row scanner) (g ports.Grant, err error) {
		err = row.Scan(&g.ConnectionID, &g.Trial, &g.Tokens, &g.Ended, &g.Version)
		return g, err
	}
	g, err := one(ctx, s.tx, read,
		"SELECT connection, trial, tokens, ended, version FROM consent_grant WHERE connection = ? AND trial = ?", connectionID, trial)
	return g, named(err, "grant")
}

func (s consents) SaveGrant(ctx context.Context, g ports.Grant) (int64, error) {
	next := g.Version + 1
	if g.Version > 0 {
		changed, err := s.exec(ctx, "UPDATE consent_grant SET tokens = ?, ended = ?, version = ? WHERE connection = ? AND trial = ? AND version = ?",
			g.Tokens, g.Ended, next, g.ConnectionID, g.Trial, g.Version)
		if err == nil && changed == 0 {
			return 0, errGrantChanged()
		}
		return next, err
	}
	_, err := s.exec(ctx, "INSERT INTO consent_grant (connection, trial, tokens, ended, version) VALUES (?, ?, ?, ?, ?)",
		g.ConnectionID, g.Trial, g.Tokens, g.Ended, next)
	if err = named(err, "grant"); fault.CodeOf(err) == ports.CodeExists {
		return 0, errGrantChanged()
	}
	return next, err
}

func errGrantChanged() error {
	return fault.New(ports.CodeConflict, fault.Conflict, "another grant of the connection is stored").WithRemedy("read it again")
}

func (s consents) Promote(ctx context.Context, connectionID string) (bool, error) {
	// The version goes on growing, so that whoever renews the old one notices.
	changed, err := s.exec(ctx, `INSERT INTO consent_grant (connection, trial, tokens, ended, version)
		SELECT connection, 0, tokens, ended, version FROM consent_grant WHERE connection = ? AND trial = 1
		ON CONFLICT (connection, trial) DO UPDATE SET tokens = excluded.tokens, ended = excluded.ended, version = version + 1`, connectionID)
	if err != nil || changed == 0 {
		return false, err
	}
	return true, s.DropGrant(ctx, connectionID, true)
}

func (s consents) DropGrant(ctx context.Context, connectionID string, trial bool) error {
	_, err := s.exec(ctx, "DELETE FROM consent_grant WHERE connection = ? AND trial = ?", connectionID, trial)
	return err
}
