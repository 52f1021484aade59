package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// ResolveAdvance ties the line of an exception to an invoice that leaves less open
// than the line is of, and books the excess as an advance, because a person has
// decided that the customer paid it for something else. It fails with
// booking.CodeAdvance if there is no excess.
func (s *Service) ResolveAdvance(ctx context.Context, exceptionID, document, by string) error {
	return s.resolve(ctx, exceptionID, document, by, advanced{})
}

// difference is what becomes of what a line and the document that a person chose
// differ by. What a person decides is no part of the payout's plan, so it is late.
type difference interface {
	// settle gives how the line settles the document, and what to add to the audit log.
	settle(ctx context.Context, tx ports.Tx, c *casefile, d ports.DocumentRecord) (booking.Settlement, string, error)
}

// plainly leaves open what the line does not pay.
type plainly struct{}

func (plainly) settle(ctx context.Context, tx ports.Tx, c *casefile, d ports.DocumentRecord) (booking.Settlement, string, error) {
	seen, err := c.seen(d)
	if err != nil {
		return booking.Settlement{}, "", err
	}
	settled, err := c.settlementOf(ctx, tx, seen, d, c.settings.MatchingRules(seen.Gross.Currency()).Tolerance)
	return settled, "", err
}

// advanced books what the line exceeds the document by as an advance.
type advanced struct{}

func (advanced) settle(_ context.Context, _ ports.Tx, c *casefile, d ports.DocumentRecord) (booking.Settlement, string, error) {
	settled, err := c.withAdvance(d)
	return settled, "", err
}

// settlementOf gives how the line settles the document, up to a tolerance.
func (c *casefile) settlementOf(ctx context.Context, tx ports.Tx, seen ports.LineRecord, d ports.DocumentRecord, tolerance money.Amount) (booking.Settlement, error) {
	decision, err := choose(seen, d, tolerance)
	if err != nil {
		return booking.Settlement{}, err
	}
	conversion, err := c.conversion(ctx, tx, c.payout)
	if err != nil {
		return booking.Settlement{}, err
	}
	settled, err := c.settlements(c.payout, c.line, decision.Settles(), map[string]invoice.Document{d.Number: d.Document}, conversion)
	if err != nil {
		return booking.Settlement{}, err
	}
	settled[0].Late = true
	return settled[0], nil
}

// withAdvance settles what is open and books the excess as an advance.
func (c *casefile) withAdvance(d ports.DocumentRecord) (booking.Settlement, error) {
	settled, part := booking.Settlement{Line: c.line.Line, Document: d.Document, Late: true}, c.line
	if c.foreign(c.payout) {
		return booking.Settlement{}, fault.Invalid(booking.CodeAdvance, "advance", "an advance is booked of payouts in the currency of the books only").
			WithRemedy("resolve the exception without an advance, or register the payment by hand in the accounting system")
	}
	var err error
	if settled.Advance, err = excess(c.line, d); err != nil {
		return booking.Settlement{}, err
	}
	if part.Gross, err = part.Gross.Sub(settled.Advance); err != nil {
		return booking.Settlement{}, err
	}
	decision, err := choose(part, d, c.settings.MatchingRules(c.line.Gross.Currency()).Tolerance)
	settled.WriteOff = decision.WriteOff
	return settled, err
}

// excess is what a sale exceeds the open part of an invoice by.
func excess(l ports.LineRecord, d ports.DocumentRecord) (money.Amount, error) {
	none := fault.Invalid(booking.CodeAdvance, "advance", "the line of "+l.Gross.String()+" does not exceed what is open on document "+d.Number).
		WithRemedy("resolve the exception without an advance")
	open, err := d.Balance.Sub(d.Claimed)
	if err != nil {
		return money.Amount{}, err
	}
	if l.Kind != payout.Sale || open.Currency() != l.Gross.Currency() || open.Sign() <= 0 {
		return money.Amount{}, none
	}
	rest, err := l.Gross.Sub(open)
	if err != nil {
		return money.Amount{}, err
	}
	if rest.Sign() <= 0 {
		return money.Amount{}, none
	}
	return rest, nil
}

// learnForLine asks for the years of the dates that the payment of a case's line may
// be booked on.
func (c *casefile) learnForLine(ctx context.Context, document string) error {
	b := batch{lines: []ports.LineRecord{c.line}}
	err := c.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		chosen, err := tx.Documents().Get(ctx, c.flow.Target, document)
		b.documents = []ports.DocumentRecord{chosen}
		return err
	})
	if err != nil {
		return err
	}
	return c.learnFor(ctx, c.payout, b)
}
