package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

type merchants struct{ *tx }

const merchantColumns = "id, name, organisation_number, country, zone, currency, created_at"

func readMerchant(row scanner) (merchant.Merchant, error) {
	var m merchant.Merchant
	err := row.Scan(&m.ID, &m.Name, &m.OrganisationNumber, &m.Country, &m.Zone, &m.Currency, moment(&m.CreatedAt))
	return m, err
}

func (s merchants) Create(ctx context.Context, m merchant.Merchant) error {
	_, err := s.exec(ctx, "INSERT INTO merchant ("+merchantColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
		m.ID, m.Name, m.OrganisationNumber, m.Country, m.Zone, m.Currency, micros(m.CreatedAt))
	return named(err, "merchant")
}

func (s merchants) Get(ctx context.Context, id string) (merchant.Merchant, error) {
	m, err := one(ctx, s.tx, readMerchant, "SELECT "+merchantColumns+" FROM merchant WHERE id = ?", id)
	return m, named(err, "merchant")
}

func (s merchants) List(ctx context.Context, page ports.Page) ([]merchant.Merchant, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readMerchant,
		"SELECT "+merchantColumns+" FROM merchant WHERE id > ? ORDER BY id LIMIT ?", page.After, page.Limit)
}
