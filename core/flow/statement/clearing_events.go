package statement

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// sales is what the events of a shop leave on a clearing account, by transaction.
type sales struct {
	// order are the transactions as they came.
	order []string
	// booked is what done vouchers put on the account, settled the gross of the lines
	// that events settle.
	booked, settled map[string]money.Amount
}

func (s *sales) add(to map[string]money.Amount, transaction string, amount money.Amount) error {
	_, booked := s.booked[transaction]
	if _, settled := s.settled[transaction]; !booked && !settled {
		s.order = append(s.order, transaction)
	}
	var err error
	to[transaction], err = to[transaction].Add(amount)
	return err
}

// settle takes note of the lines of a payout that events settle: its voucher takes
// their gross off the account.
func (e *explanation) settle(ctx context.Context, tx ports.Tx, c *Clearing, p ports.PayoutRecord) error {
	if e.shop == nil || p.Net.Currency() != c.Currency || p.State == payout.Undoing || p.State == payout.Undone {
		return nil
	}
	of := e.salesOn(c)
	return e.shop.EachSettled(ctx, tx, p.ID, func(l ports.LineRecord, transaction string) error {
		return of.add(of.settled, transaction, l.Gross)
	})
}

func (e *explanation) salesOn(c *Clearing) *sales {
	if e.sales[c] == nil {
		e.sales[c] = &sales{booked: map[string]money.Amount{}, settled: map[string]money.Amount{}}
	}
	return e.sales[c]
}

// events adds what the vouchers of the shop's events put on the clearing accounts, and
// lists what of it no line has settled.
func (e *explanation) events(ctx context.Context, tx ports.Tx) error {
	if e.shop == nil {
		return nil
	}
	presumed, err := e.present()
	if err != nil {
		return err
	}
	if err := walk.StepsOfFlow(ctx, tx, e.shop.Flow.ID, e.sold); err != nil {
		return err
	}
	e.accounts = slices.DeleteFunc(e.accounts, func(c *Clearing) bool { return c == presumed && e.sales[c] == nil })
	for _, c := range e.accounts {
		if err := e.listSales(c); err != nil {
			return err
		}
	}
	return nil
}

// present sees that the clearing account of the books' currency is among the accounts
// although no payout has used it yet, and gives it if so.
func (e *explanation) present() (*Clearing, error) {
	settings, err := booking.Parse(e.flow.Settings)
	if err != nil {
		return nil, err
	}
	account := settings.Accounts.Clearing[e.books]
	if account == "" || slices.ContainsFunc(e.accounts, func(c *Clearing) bool { return c.Account == account }) {
		return nil, nil
	}
	return e.open(account, e.books), nil
}

// sold adds the voucher of a step to the accounts that it touches.
func (e *explanation) sold(s ports.Step) error {
	if s.State != ports.StepDone {
		return nil
	}
	d, err := document(s)
	if err != nil {
		return err
	}
	for _, c := range e.accounts {
		amount, err := d.on(c.Account)
		if err != nil {
			return err
		}
		if amount.Currency() != c.Currency { // it does not touch the account
			continue
		}
		if err := e.soldOn(c, s.Key, amount); err != nil {
			return err
		}
	}
	return nil
}

func (e *explanation) soldOn(c *Clearing, step string, amount money.Amount) error {
	shares, err := e.shop.Shares(step, amount)
	if err != nil {
		return err
	}
	of := e.salesOn(c)
	for _, share := range shares {
		if err := of.add(of.booked, share.Transaction, share.Amount); err != nil {
			return err
		}
	}
	c.Events, err = c.Events.Add(amount)
	return err
}

// listSales lists the transactions of which something stands on an account.
func (e *explanation) listSales(c *Clearing) error {
	of := e.salesOn(c)
	for _, transaction := range of.order {
		amount, err := of.booked[transaction].Sub(of.settled[transaction])
		if err != nil {
			return err
		}
		if amount.IsZero() {
			continue
		}
		item := ClearingItem{Reference: transaction, Amount: amount, Reason: SaleReason(transaction, amount, of.settled[transaction])}
		c.Items = append(c.Items, item)
		if c.Open, err = c.Open.Add(amount); err != nil {
			return err
		}
	}
	return nil
}

// SaleReason says why a transaction leaves an amount on the clearing account, of which
// lines that its events settle have taken some gross off.
func SaleReason(transaction string, amount, settled money.Amount) string {
	switch {
	case transaction == "":
		return "what vouchers of events come to besides their events, such as fees stated with captures"
	case amount.Sign() > 0 && settled.Sign() < 0:
		return "a payout has kept back more than the vouchers of its events took off so far"
	case amount.Sign() > 0:
		return "captured, not yet paid out"
	case settled.Sign() > 0:
		return "a payout has paid out more than the vouchers of its events put here so far"
	}
	return "refunded, not yet kept back by a payout"
}
