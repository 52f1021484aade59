package sqlite

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/ports"
)

type access struct{ *tx }

func (s access) CreateKey(ctx context.Context, k ports.APIKey) error {
	_, err := s.exec(ctx, "INSERT INTO api_key (id, sha256, label, scope, merchant, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		k.ID, k.SHA256, k.Label, k.Scope, orNull(k.MerchantID), micros(k.CreatedAt))
	return named(err, "API key")
}

func (s access) KeyByHash(ctx context.Context, sha256 string) (ports.APIKey, error) {
	read := func(row scanner) (k ports.APIKey, err error) {
		err = row.Scan(&k.ID, &k.SHA256, &k.Label, &k.Scope, text(&k.MerchantID), moment(&k.CreatedAt))
		return k, err
	}
	k, err := one(ctx, s.tx, read, "SELECT id, sha256, label, scope, merchant, created_at FROM api_key WHERE sha256 = ?", sha256)
	return k, named(err, "API key")
}

func (s access) SaveReply(ctx context.Context, r ports.Reply) error {
	_, err := s.exec(ctx, "INSERT INTO reply (caller, key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?, ?)",
		r.Caller, r.Key, r.Fingerprint, r.Status, r.Body, micros(r.At))
	return named(err, "reply")
}

func (s access) ReplyTo(ctx context.Context, caller, key string) (ports.Reply, error) {
	read := func(row scanner) (r ports.Reply, err error) {
		err = row.Scan(&r.Caller, &r.Key, &r.Fingerprint, &r.Status, &r.Body, moment(&r.At))
		return r, err
	}
	r, err := one(ctx, s.tx, read, "SELECT caller, key, fingerprint, status, body, at FROM reply WHERE caller = ? AND key = ?", caller, key)
	return r, named(err, "reply")
}

type audit struct{ *tx }

func (s audit) Append(ctx context.Context, e ports.AuditEntry) error {
	_, err := s.exec(ctx, "INSERT INTO audit (merchant, at, by, act, subject, detail) VALUES (?, ?, ?, ?, ?, ?)",
		e.MerchantID, micros(e.At), e.By, e.Act, e.Subject, e.Detail)
	return err
}

func (s audit) List(ctx context.Context, filter ports.AuditFilter, page ports.Page) ([]ports.AuditEntry, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	query := narrowed{"SELECT id, merchant, at, by, act, subject, detail FROM audit WHERE true", nil}
	if page.After != "" {
		id, err := strconv.ParseInt(page.After, 10, 64)
		if err != nil {
			return nil, errNotFound("there is no such audit entry")
		}
		query.and("id < ?", id)
	}
	for _, by := range []struct{ condition, value string }{
		{"merchant = ?", filter.MerchantID}, {"subject = ?", filter.Subject}, {"act = ?", filter.Act},
	} {
		if by.value != "" {
			query.and(by.condition, by.value)
		}
	}
	if filter.By != "" {
		key := "(" + filter.By + ")"
		query.and("(by = ? OR substr(by, -length(?)) = ?)", filter.By, key, key)
	}
	if !filter.From.IsZero() {
		query.and("at >= ?", micros(filter.From))
	}
	if !filter.To.IsZero() {
		query.and("at < ?", micros(filter.To))
	}
	read := func(row scanner) (e ports.AuditEntry, err error) {
		err = row.Scan(&e.ID, &e.MerchantID, moment(&e.At), &e.By, &e.Act, &e.Subject, &e.Detail)
		return e, err
	}
	return all(ctx, s.tx, read, query.sql+" ORDER BY id DESC LIMIT ?", append(query.args, page.Limit)...)
}
