package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func (s flows) SetOpening(ctx context.Context, id string, o ports.OpeningBalance) error {
	_, err := s.exec(ctx, `INSERT INTO opening_balance (flow, account, paid_in, currency, amount, date, note, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (flow, account) DO UPDATE SET paid_in = excluded.paid_in, currency = excluded.currency, amount = excluded.amount,
		date = excluded.date, note = excluded.note, by = excluded.by, at = excluded.at`,
		id, o.Account, o.PaidIn, o.Amount.Currency(), o.Amount.Minor(), o.Date.String(), o.Note, o.By, micros(o.At))
	return named(err, "flow")
}

func (s flows) Openings(ctx context.Context, id string) ([]ports.OpeningBalance, error) {
	return all(ctx, s.tx, readOpening, "SELECT account, paid_in, currency, amount, date, note, by, at FROM opening_balance WHERE flow = ? ORDER BY account", id)
}

func readOpening(row scanner) (ports.OpeningBalance, error) {
	var o ports.OpeningBalance
	var currency money.Currency
	var minor int64
	err := row.Scan(&o.Account, &o.PaidIn, &currency, &minor, date(&o.Date), &o.Note, &o.By, moment(&o.At))
	o.Amount = money.New(minor, currency)
	return o, err
}
