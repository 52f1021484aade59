package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

type payouts struct{ *tx }

const payoutColumns = "id, flow, merchant, connection, reference, date, currency, net, account, hold_reason, " +
	"raw_page, raw_offset, raw_length, state, hold, fingerprint, line_cursor, planned_to, " +
	"generation, connector_version, settings_version, created_at, updated_at, coverage_lines, coverage_found"

func readPayout(row scanner) (ports.PayoutRecord, error) {
	var p ports.PayoutRecord
	var currency string
	var net int64
	err := row.Scan(&p.ID, &p.FlowID, &p.MerchantID, &p.ConnectionID, &p.Reference, moment(&p.Date), &currency, &net, &p.Account, &p.HoldReason,
		&p.Raw.Page, &p.Raw.Offset, &p.Raw.Length, &p.State, decoded(&p.Hold), &p.Fingerprint, &p.LineCursor, &p.PlannedTo, &p.Generation,
		&p.ConnectorVersion, &p.SettingsVersion, moment(&p.CreatedAt), moment(&p.UpdatedAt), &p.Coverage.Lines, &p.Coverage.Found)
	p.Net = money.New(net, money.Currency(currency))
	return p, err
}

// payoutFields gives the values of the columns from reference on.
func payoutFields(p ports.PayoutRecord) ([]any, error) {
	hold, err := encoded(p.Hold)
	return []any{
		p.Reference, sortable(p.Date), p.Net.Currency(), p.Net.Minor(), p.Account, p.HoldReason,
		p.Raw.Page, p.Raw.Offset, p.Raw.Length, p.State, hold, p.Fingerprint, p.LineCursor, p.PlannedTo, p.Generation,
		p.ConnectorVersion, p.SettingsVersion, micros(p.CreatedAt), micros(p.UpdatedAt), p.Coverage.Lines, p.Coverage.Found,
	}, err
}

func (s payouts) Create(ctx context.Context, p ports.PayoutRecord) error {
	fields, err := payoutFields(p)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO payout ("+payoutColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		append([]any{p.ID, p.FlowID, p.MerchantID, p.ConnectionID}, fields...)...)
	return named(err, "payout")
}

func (s payouts) Save(ctx context.Context, p ports.PayoutRecord) error {
	fields, err := payoutFields(p)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, `UPDATE payout SET reference = ?, date = ?, currency = ?, net = ?, account = ?, hold_reason = ?,
		raw_page = ?, raw_offset = ?, raw_length = ?, state = ?, hold = ?, fingerprint = ?, line_cursor = ?, planned_to = ?, generation = ?,
		connector_version = ?, settings_version = ?, created_at = ?, updated_at = ?,
		coverage_lines = ?, coverage_found = ? WHERE id = ?`, append(fields, p.ID)...)
	return oneOf(changed, err, "payout")
}

func (s payouts) Get(ctx context.Context, id string) (ports.PayoutRecord, error) {
	p, err := one(ctx, s.tx, readPayout, "SELECT "+payoutColumns+" FROM payout WHERE id = ?", id)
	return p, named(err, "payout")
}

func (s payouts) ByReference(ctx context.Context, connectionID, reference string) (ports.PayoutRecord, error) {
	p, err := one(ctx, s.tx, readPayout, "SELECT "+payoutColumns+" FROM payout WHERE connection = ? AND reference = ?", connectionID, reference)
	return p, named(err, "payout")
}

func (s payouts) List(ctx context.Context, merchantID string, page ports.Page) ([]ports.PayoutRecord, error) {
	return s.page(ctx, page, oldestFirst, "merchant = ?", merchantID)
}

func (s payouts) Unfinished(ctx context.Context, flowID string, page ports.Page) ([]ports.PayoutRecord, error) {
	return s.page(ctx, page, oldestFirst, "flow = ? AND state NOT IN ('held', 'closed', 'undone')", flowID)
}

func (s payouts) Held(ctx context.Context, flowID string, page ports.Page) ([]ports.PayoutRecord, error) {
	return s.page(ctx, page, oldestFirst, "flow = ? AND state = 'held'", flowID)
}

func (s payouts) Newest(ctx context.Context, flowID string, page ports.Page) ([]ports.PayoutRecord, error) {
	return s.page(ctx, page, newestFirst, "flow = ?", flowID)
}

// sequence is an order of payouts: how the next one compares, and the clause.
type sequence struct{ compare, order string }

//nolint:gochecknoglobals // constants in all but name
var (
	oldestFirst = sequence{">", " ORDER BY date, reference, id LIMIT ?"}
	newestFirst = sequence{"<", " ORDER BY date DESC, reference DESC, id DESC LIMIT ?"}
)

// page lists payouts by date, then reference; two connections may have payouts of
// the same date and reference, which their ids tell apart.
func (s payouts) page(ctx context.Context, page ports.Page, in sequence, where, owner string) ([]ports.PayoutRecord, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	query := "SELECT " + payoutColumns + " FROM payout WHERE " + where
	if page.After == "" {
		return all(ctx, s.tx, readPayout, query+in.order, owner, page.Limit)
	}
	type position struct {
		date          int64
		reference, id string
	}
	read := func(row scanner) (p position, err error) {
		err = row.Scan(&p.date, &p.reference, &p.id)
		return p, err
	}
	after, err := one(ctx, s.tx, read, "SELECT date, reference, id FROM payout WHERE id = ?", page.After)
	if err != nil {
		return nil, named(err, "payout")
	}
	return all(ctx, s.tx, readPayout, query+" AND (date, reference, id) "+in.compare+" (?, ?, ?)"+in.order,
		owner, after.date, after.reference, after.id, page.Limit)
}
