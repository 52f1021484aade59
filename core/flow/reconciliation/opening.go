package reconciliation

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/ports"
)

// begin opens the accounts on which something stood when kvitt began.
func (p *proof) begin(ctx context.Context, tx ports.Tx) error {
	listed, err := tx.Flows().Openings(ctx, p.flow.ID)
	if err != nil {
		return err
	}
	for _, o := range listed {
		s := p.account(o.Account, o.Amount.Currency())
		if s.opening = o; p.period.To.Before(o.Date) {
			continue // it is not known what stood there before
		}
		total := &s.Opening
		if p.period.From.Before(o.Date) {
			total = &s.Other
		}
		if *total, err = total.Add(o.Amount); err != nil {
			return err
		}
	}
	return nil
}

// listOpening lists what payouts have left of the opening balance.
func (s *Statement) listOpening() error {
	if s.opening.Account == "" || s.To.Before(s.opening.Date) {
		return nil
	}
	left, err := s.opening.Amount.Sub(s.taken)
	if err != nil || left.IsZero() {
		return err
	}
	s.Items = append(s.Items, Item{
		Reference: statement.OpeningReference, Amount: left, Since: s.opening.Date, Reason: statement.OpeningReason(s.opening),
	})
	return nil
}
