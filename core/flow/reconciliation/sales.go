package reconciliation

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// sales are the transactions of a shop on one clearing account, by what vouchers of
// events put there and what payouts took off.
type sales struct {
	order   []string
	entries map[string][]entry
}

// entry is an effect on the account; that of a line is what its payout took off.
type entry struct {
	day    civil.Date
	amount money.Amount
	line   bool
}

func (p *proof) enter(s *Statement, transaction string, e entry) {
	of := p.sales[s]
	if of == nil {
		of = &sales{entries: map[string][]entry{}}
		p.sales[s] = of
	}
	if of.entries[transaction] == nil {
		of.order = append(of.order, transaction)
	}
	of.entries[transaction] = append(of.entries[transaction], e)
}

// linesOfEvents gives the lines of a payout that events of the shop settle, each as the
// item that it would be without them.
func (p *proof) linesOfEvents(ctx context.Context, tx ports.Tx, part *portion, since civil.Date) ([]Item, error) {
	if p.shop == nil || part.payout.Net.Currency() != part.statement.Currency {
		return nil, nil
	}
	var items []Item
	err := p.shop.EachSettled(ctx, tx, part.payout.ID, func(l ports.LineRecord, transaction string) error {
		items = append(items, part.item(transaction, l.Gross.Neg(), since))
		return nil
	})
	return items, err
}

// proveEvents proves the accounts of a flow of events that no flow of payouts proves:
// what was captured and refunded there, and what deposits and credits settled. If there
// are others alone it fails with CodeNoPayouts.
func (s *Service) proveEvents(ctx context.Context, tx ports.Tx, p *proof) error {
	owned, err := p.owned(ctx, tx)
	if err != nil {
		return err
	}
	passed := false
	err = s.each(ctx, tx, p.flow, func(d Document) error {
		if !touches(d.Rows, d.Clearing) {
			return nil
		}
		if slices.Contains(owned, d.Clearing) {
			passed = true
			return nil
		}
		return p.takeSale(d, p.account(d.Clearing, d.Currency))
	})
	if err == nil && passed && len(p.accounts) == 0 {
		return fault.New(CodeNoPayouts, fault.Validation, "a flow of payouts proves the account that this flow of events uses").
			WithRemedy("ask for the flow of payouts of the same provider")
	}
	return err
}

// owned are the clearing accounts that enabled flows of payouts prove.
func (p *proof) owned(ctx context.Context, tx ports.Tx) ([]ledger.Account, error) {
	var owned []ledger.Account
	for after := ""; ; {
		flows, err := tx.Flows().List(ctx, p.flow.MerchantID, ports.Page{After: after, Limit: batch})
		if err != nil {
			return nil, err
		}
		for _, f := range flows {
			after = f.ID
			if f.Kind != merchant.Payouts || f.Target != p.flow.Target || !f.Enabled {
				continue
			}
			settings, err := booking.Parse(f.Settings)
			if err != nil {
				return nil, err
			}
			for _, account := range settings.Accounts.Clearing {
				owned = append(owned, account)
			}
		}
		if len(flows) < batch {
			return owned, nil
		}
	}
}

// addEvents adds what the shop's events put on the accounts of a flow of payouts, also
// before any payout has used them.
func (s *Service) addEvents(ctx context.Context, tx ports.Tx, p *proof) error {
	if p.shop == nil {
		return nil
	}
	shop, err := describe(ctx, tx, p.shop.Flow)
	if err != nil {
		return err
	}
	settings, err := p.flow.settingsOf(ctx, tx, p.flow.SettingsVersion)
	if err != nil {
		return err
	}
	usual := settings[0].Accounts.Clearing[p.flow.Currency]
	return s.each(ctx, tx, shop, func(d Document) error {
		if d.Currency == p.flow.Currency && p.settled(d) && touches(d.Rows, usual) {
			p.account(usual, d.Currency)
		}
		for _, proven := range p.accounts {
			if d.Currency != proven.Currency || !touches(d.Rows, proven.Account) {
				continue
			}
			if err := p.takeSale(d, proven); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeSale counts the voucher of an event, or of several, if it stood in the books when
// the period ended.
func (p *proof) takeSale(d Document, s *Statement) error {
	if !p.settled(d) {
		return nil
	}
	d.Clearing = s.Account
	amount, err := d.onClearing()
	if err != nil {
		return err
	}
	if d.Day.Before(p.period.From) {
		s.Opening, err = s.Opening.Add(amount)
	} else {
		err = s.takeRows(d)
	}
	if err != nil {
		return err
	}
	shares, err := p.shop.Shares(d.Step.Key, amount)
	for _, share := range shares {
		p.enter(s, share.Transaction, entry{day: d.Day, amount: share.Amount})
	}
	return err
}

// takeRows counts what the voucher of an event puts on the account by the rows on the
// other side: deposits, fees, and what was sold or taken back.
func (s *Statement) takeRows(d Document) error {
	sold := money.Zero(s.Currency)
	for _, r := range d.Rows {
		if r.Account == d.Clearing {
			continue
		}
		total := s.place(d, r)
		if total == &s.Other {
			total = &sold
		}
		var err error
		if *total, err = total.Sub(r.Amount); err != nil {
			return err
		}
	}
	total := s.sold(d, sold)
	var err error
	*total, err = total.Add(sold)
	return err
}

// listSales lists the transactions of which something stands on the accounts.
func (p *proof) listSales() error {
	for _, s := range p.accounts {
		if p.sales[s] == nil {
			continue
		}
		for _, transaction := range p.sales[s].order {
			item, err := saleItem(s.Currency, transaction, p.sales[s].entries[transaction])
			if err != nil {
				return err
			}
			if !item.Amount.IsZero() {
				s.Items = append(s.Items, item)
			}
		}
	}
	return nil
}

// saleItem adds up a transaction. It stands on the account since it last stood at 0.
func saleItem(currency money.Currency, transaction string, entries []entry) (Item, error) {
	item := Item{Reference: transaction, Amount: money.Zero(currency)}
	settled := money.Zero(currency)
	slices.SortStableFunc(entries, func(a, b entry) int { return a.day.Compare(b.day) })
	for _, e := range entries {
		if item.Amount.IsZero() {
			item.Since = e.day
		}
		var err error
		if item.Amount, err = item.Amount.Add(e.amount); err != nil {
			return item, err
		}
		if !e.line {
			continue
		}
		if settled, err = settled.Sub(e.amount); err != nil {
			return item, err
		}
	}
	item.Reason = statement.SaleReason(transaction, item.Amount, settled)
	return item, nil
}
