package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

type flows struct{ *tx }

const flowSelect = `SELECT f.id, f.merchant, f.kind, f.source, f.target, f.enabled, f.mode, f.left_shadow, s.settings, f.settings_version, f.since, f.created_at,
	f.schedule_cron, f.schedule_zone, f.schedule_jitter, f.next_run_at,
	coalesce((SELECT r.cause FROM run r WHERE r.flow = f.id ORDER BY r.started_at DESC, r.num DESC LIMIT 1), '')
	FROM flow f JOIN flow_settings s ON s.flow = f.id AND s.version = f.settings_version `

func readFlow(row scanner) (merchant.Flow, error) {
	var f merchant.Flow
	var jitter int64
	err := row.Scan(&f.ID, &f.MerchantID, &f.Kind, &f.Source, &f.Target, &f.Enabled, &f.Mode, &f.LeftShadow,
		rawJSON(&f.Settings), &f.SettingsVersion, moment(&f.Since), moment(&f.CreatedAt),
		&f.Schedule.Cron, &f.Schedule.Zone, &jitter, moment(&f.NextRunAt), &f.LastTrigger)
	f.Schedule.Jitter = time.Duration(jitter) * time.Second
	return f, err
}

func (s flows) Create(ctx context.Context, f merchant.Flow, by string) error {
	_, err := s.exec(ctx, `INSERT INTO flow (id, merchant, kind, source, target, enabled, mode, settings_version, since, created_at,
		schedule_cron, schedule_zone, schedule_jitter, next_run_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)`,
		f.ID, f.MerchantID, f.Kind, f.Source, f.Target, f.Enabled, cmp.Or(f.Mode, merchant.Live), micros(f.Since), micros(f.CreatedAt),
		f.Schedule.Cron, f.Schedule.Zone, int64(f.Schedule.Jitter/time.Second), micros(f.NextRunAt))
	if err != nil {
		return named(err, "flow")
	}
	return s.addSettings(ctx, f.ID, 1, f.Settings, f.CreatedAt, by)
}

func (s flows) addSettings(ctx context.Context, id string, version int, settings json.RawMessage, at time.Time, by string) error {
	_, err := s.exec(ctx, "INSERT INTO flow_settings (flow, version, settings, at, by) VALUES (?, ?, ?, ?, ?)",
		id, version, jsonText(settings), micros(at), by)
	return named(err, "version of the flow's settings")
}

func (s flows) SaveSettings(ctx context.Context, id string, settings json.RawMessage, at time.Time, by string) (int, error) {
	changed, err := s.exec(ctx, "UPDATE flow SET settings_version = settings_version + 1 WHERE id = ?", id)
	if err := oneOf(changed, err, "flow"); err != nil {
		return 0, err
	}
	version, err := one(ctx, s.tx, scalar[int], "SELECT settings_version FROM flow WHERE id = ?", id)
	if err != nil {
		return 0, err
	}
	return version, s.addSettings(ctx, id, version, settings, at, by)
}

func (s flows) SetEnabled(ctx context.Context, id string, enabled bool) error {
	changed, err := s.exec(ctx, "UPDATE flow SET enabled = ? WHERE id = ?", enabled, id)
	return oneOf(changed, err, "flow")
}

func (s flows) SetMode(ctx context.Context, id string, mode merchant.Mode, since time.Time) error {
	changed, err := s.exec(ctx, `UPDATE flow SET left_shadow = left_shadow OR (mode = 'shadow' AND ?1 <> 'shadow'), mode = ?1, since = ?2 WHERE id = ?3`,
		mode, micros(since), id)
	return oneOf(changed, err, "flow")
}

func (s flows) Schedule(ctx context.Context, id string, to merchant.Schedule, next time.Time) error {
	changed, err := s.exec(ctx, "UPDATE flow SET schedule_cron = ?, schedule_zone = ?, schedule_jitter = ?, next_run_at = ? WHERE id = ?",
		to.Cron, to.Zone, int64(to.Jitter/time.Second), micros(next), id)
	return oneOf(changed, err, "flow")
}

func (s flows) Due(ctx context.Context, by time.Time, page ports.Page) ([]merchant.Flow, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readFlow, flowSelect+"WHERE f.next_run_at <= ? AND f.id > ? ORDER BY f.id LIMIT ?",
		by.UnixMicro(), page.After, page.Limit)
}

func (s flows) Get(ctx context.Context, id string) (merchant.Flow, error) {
	f, err := one(ctx, s.tx, readFlow, flowSelect+"WHERE f.id = ?", id)
	return f, named(err, "flow")
}

func (s flows) Settings(ctx context.Context, id string, version int) (json.RawMessage, error) {
	read := func(row scanner) (json.RawMessage, error) {
		var settings json.RawMessage
		err := row.Scan(rawJSON(&settings))
		return settings, err
	}
	settings, err := one(ctx, s.tx, read, "SELECT settings FROM flow_settings WHERE flow = ? AND version = ?", id, version)
	return settings, named(err, "version of the flow's settings")
}

func (s flows) List(ctx context.Context, merchantID string, page ports.Page) ([]merchant.Flow, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readFlow, flowSelect+"WHERE (? = '' OR f.merchant = ?) AND f.id > ? ORDER BY f.id LIMIT ?",
		merchantID, merchantID, page.After, page.Limit)
}
