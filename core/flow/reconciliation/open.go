package reconciliation

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// portion is what one payout contributes to a clearing account. All its documents
// and unsettled lines together come to 0 there, so that what stands there on a day
// is what is still to come of them.
type portion struct {
	statement *Statement
	payout    ports.PayoutRecord
	// day is the date of the payout.
	day       civil.Date
	documents []Document
	// held are the payments that the opening balance holds and lines of the payout settle.
	held money.Amount
}

// carried is a debt that the provider moved to another payout.
type carried struct {
	statement *Statement
	item      Item
}

func (p *proof) portion(d Document, s *Statement) *portion {
	if n := len(p.portions); n > 0 && p.portions[n-1].payout.ID == d.Payout.ID {
		return p.portions[n-1]
	}
	part := &portion{statement: s, payout: *d.Payout, day: civil.In(d.Payout.Date, p.flow.Zone), held: money.Zero(s.Currency)}
	p.portions = append(p.portions, part)
	return part
}

// explain lists the items of every payout. Payouts without any document, which
// have carried debt alone, are met here for the first time.
func (p *proof) explain(ctx context.Context, tx ports.Tx) error {
	known := map[string]*portion{}
	for _, part := range p.portions {
		known[part.payout.ID] = part
	}
	err := eachPayout(ctx, tx, p.flow, func(record ports.PayoutRecord) error {
		part := known[record.ID]
		if part == nil {
			template, err := templateOf(ctx, tx, p.flow, record)
			if err != nil {
				return err
			}
			part = &portion{statement: p.account(template.Clearing, template.Currency), payout: record, day: template.Day}
			part.held = money.Zero(part.statement.Currency)
		}
		return p.list(ctx, tx, part)
	})
	for _, debt := range p.carries {
		debt.statement.Items = append(debt.statement.Items, debt.item)
	}
	return err
}

// list lists what a payout leaves on the account. As long as its voucher is not in
// the books, what stands there is money that it will take away: one item.
func (p *proof) list(ctx context.Context, tx ports.Tx, part *portion) error {
	booked, since := part.booked(p)
	items, err := part.unsettled(p, since)
	if err != nil {
		return err
	}
	if part.payout.State == payout.Undoing || part.payout.State == payout.Undone {
		part.statement.Items = append(part.statement.Items, items...)
		return nil // its documents take each other back, so that no line is open
	}
	lines, err := part.lines(ctx, tx, since)
	if err != nil {
		return err
	}
	debts, err := part.debts(ctx, tx, since)
	if err != nil {
		return err
	}
	rounding, err := part.rounding(lines, debts, since)
	if err != nil {
		return err
	}
	lines = append(lines, rounding...)
	settled, err := p.linesOfEvents(ctx, tx, part, since)
	if err != nil {
		return err
	}
	if booked {
		part.statement.Items = append(part.statement.Items, append(items, lines...)...)
		for _, line := range settled {
			p.enter(part.statement, line.Reference, entry{day: since, amount: line.Amount, line: true})
		}
		p.carry(part, debts)
		part.statement.taken, err = part.statement.taken.Add(part.held)
		return err
	}
	if !part.held.IsZero() { // what it takes still stands there as the opening balance
		items = append(items, part.item(part.payout.Reference, part.held.Neg(), since))
	}
	return p.listAsOne(part, slices.Concat(items, lines, debts, settled))
}

// booked reports whether the vouchers of the payout stood in the books when the
// period ended, and since when. A payout without a voucher counts from its day.
func (x *portion) booked(p *proof) (bool, civil.Date) {
	since, voucher, all := x.day, false, true
	for _, d := range x.documents {
		if d.Kind != books.Ordered || d.Step.Kind != ports.StepVoucher {
			continue
		}
		if all = all && p.settled(d); p.settled(d) && !voucher {
			since = d.Day
		}
		voucher = true
	}
	if !voucher {
		return !p.period.To.Before(x.day), since
	}
	return all, since
}

// unsettled lists the documents that are not in the books when the period ends.
func (x *portion) unsettled(p *proof, since civil.Date) ([]Item, error) {
	var items []Item
	for _, d := range x.documents {
		if p.settled(d) {
			continue
		}
		amount, err := d.onClearing()
		if err != nil {
			return nil, err
		}
		if amount.IsZero() {
			continue
		}
		item := x.item(d.Document, amount.Neg(), since)
		item.LineID = d.Step.LineID
		item.Reason = "it is not booked yet: " + d.Text
		if d.made() {
			item.Reason = "booked after the period, on " + d.Day.String() + ": " + d.Text
		}
		items = append(items, item)
	}
	return items, nil
}

func (x *portion) item(reference string, amount money.Amount, since civil.Date) Item {
	return Item{Payout: x.payout.Reference, PayoutID: x.payout.ID, Reference: reference, Amount: amount, Since: since}
}

// lines lists the lines that nothing has settled to this day.
func (x *portion) lines(ctx context.Context, tx ports.Tx, since civil.Date) ([]Item, error) {
	exceptions, err := exceptionsOf(ctx, tx, x.payout)
	if err != nil {
		return nil, err
	}
	converted, err := x.converter()
	if err != nil || converted.nothing {
		return nil, err
	}
	var items []Item
	for _, state := range []ports.LineState{ports.LinePending, ports.LineWaiting, ports.LineException} {
		err := walk.Lines(ctx, tx, x.payout.ID, ports.LineFilter{State: state}, 0, func(l ports.LineRecord) error {
			if l.Kind == payout.Carry || l.Direct {
				// Debt is told apart, since another payout may collect it. A direct line is
				// not in the voucher; if its payment was refused, the bank account misses it.
				return nil
			}
			amount := l.Gross
			if !l.Kind.NeedsDocument() {
				if amount, err = l.Net(); err != nil {
					return err
				}
			}
			if amount, err = converted.inBooks(amount); err != nil {
				return err
			}
			item := x.item(statement.Caption(l), amount.Neg(), since)
			item.LineID, item.Reason = l.ID, reasons[state]
			if e, ok := exceptions[l.ID]; ok {
				item.Code, item.Reason, item.Remedy = string(e.Code), e.Reason, e.Remedy
			}
			items = append(items, item)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return items, nil
}

// reasons say why a line of a state is open.
var reasons = map[ports.LineState]string{
	ports.LinePending:   "the line has not been looked at yet",
	ports.LineWaiting:   "its document is not in the accounting system yet",
	ports.LineException: "a person must decide",
}

// debts lists what the provider carried from or to another payout.
func (x *portion) debts(ctx context.Context, tx ports.Tx, since civil.Date) ([]Item, error) {
	converted, err := x.converter()
	if err != nil || converted.nothing {
		return nil, err
	}
	var items []Item
	err = walk.Lines(ctx, tx, x.payout.ID, ports.LineFilter{Kind: payout.Carry}, 0, func(l ports.LineRecord) error {
		debt, err := converted.inBooks(l.Gross.Neg())
		if err != nil {
			return err
		}
		item := x.item(statement.Caption(l), debt, since)
		item.LineID, item.Reason = l.ID, "debt that the provider carries to another payout"
		items = append(items, item)
		return nil
	})
	return items, err
}

// carry lists a payout's debts, and strikes those that it has collected.
func (p *proof) carry(part *portion, debts []Item) {
next:
	for _, debt := range debts {
		for i, open := range p.carries {
			if open.statement == part.statement && open.item.Amount == debt.Amount.Neg() {
				p.carries = append(p.carries[:i], p.carries[i+1:]...)
				continue next
			}
		}
		p.carries = append(p.carries, carried{part.statement, debt})
	}
}

// listAsOne lists what stands on the account for a payout whose voucher is not in
// the books: nothing as long as none of its payments is.
func (p *proof) listAsOne(part *portion, items []Item) error {
	var since civil.Date
	for _, d := range part.documents {
		if p.settled(d) && (since.IsZero() || d.Day.Before(since)) {
			since = d.Day
		}
	}
	if since.IsZero() {
		return nil
	}
	sum := money.Zero(part.statement.Currency)
	for _, item := range items {
		var err error
		if sum, err = sum.Add(item.Amount); err != nil {
			return err
		}
	}
	if sum.IsZero() {
		return nil
	}
	one := part.item(part.payout.Reference, sum, since)
	one.Reason = "payments of invoices that the payout of " + part.day.String() + " settles; its voucher was not booked by the end of the period"
	part.statement.Items = append(part.statement.Items, one)
	return nil
}

func exceptionsOf(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (map[int64]ports.Exception, error) {
	byLine := map[int64]ports.Exception{}
	for after := ""; ; {
		found, err := tx.Exceptions().List(ctx, p.MerchantID, ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionOpen}, ports.Page{After: after, Limit: batch})
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			byLine[e.LineID], after = e, e.ID
		}
		if len(found) < batch {
			return byLine, nil
		}
	}
}
