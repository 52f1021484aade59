package reconciliation

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Journal is what a flow expects to stand in the books, in one currency.
type Journal struct {
	Currency money.Currency
	// Accounts are those of the vouchers by number, each named after its purpose in
	// the flow's settings.
	Accounts []NamedAccount
	// Vouchers are by date. Their numbers are those of the accounting system; a
	// payment has no series, its number is that of the payment.
	Vouchers []books.Voucher
}

// NamedAccount is an account with the purpose it serves.
type NamedAccount struct {
	Number ledger.Account
	Name   string
}

// WriteJournal writes everything that was booked for a flow in a currency, the
// merchant's own if none is named. Adopted payments, which others made, are shown
// with the customer ledger on the other side.
func (s *Service) WriteJournal(ctx context.Context, w io.Writer, flowID string, currency money.Currency) error {
	var j Journal
	err := s.view(ctx, flowID, func(ctx context.Context, tx ports.Tx, flow *Flow) error {
		j = Journal{Currency: cmp.Or(currency, flow.Currency)}
		names := map[ledger.Account]string{}
		err := s.each(ctx, tx, flow, func(d Document) error {
			if !d.made() || d.Currency != j.Currency {
				return nil
			}
			v, err := d.journalled()
			if err != nil {
				return err
			}
			j.Vouchers = append(j.Vouchers, v)
			purposes(names, v, d.Settings, j.Currency)
			return nil
		})
		for _, account := range slices.Sorted(maps.Keys(names)) {
			j.Accounts = append(j.Accounts, NamedAccount{Number: account, Name: names[account]})
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(j.Vouchers, func(a, b books.Voucher) int { return a.Date.Compare(b.Date) })
	return s.parts.Journals.WriteVouchers(w, j)
}

// journalled gives the whole voucher of a document.
func (d Document) journalled() (books.Voucher, error) {
	v := d.Voucher
	switch d.Kind {
	case books.Ordered:
	case books.Payment:
		v.Number = d.Mark
	case books.Adopted:
		paid, err := booking.ExpectedPayment(booking.Payment{
			DocumentNumber: d.Document, Amount: d.Step.Amount, Account: d.Clearing, Date: d.Day,
		}, d.Settings)
		if err != nil {
			return books.Voucher{}, err
		}
		v.Date, v.Rows = d.Day, paid.Rows()
	}
	return v, nil
}

// purposes names the accounts of a voucher. What the settings do not name keeps
// the meaning of the row.
func purposes(names map[ledger.Account]string, v books.Voucher, s booking.Settings, currency money.Currency) {
	for _, r := range v.Rows {
		if names[r.Account] != "" {
			continue
		}
		name := cmp.Or(r.Text, r.Meaning, "Other")
		switch a := s.Accounts; r.Account {
		case a.Clearing[currency]:
			name = "Clearing"
		case a.Bank[currency]:
			name = "Bank"
		case a.Receivable:
			name = "Customer ledger"
		}
		names[r.Account] = name
	}
}
