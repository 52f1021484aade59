package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// take adds a payout: what its vouchers put on the accounts, and its lines.
func (g *standings) take(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	steps, err := stepsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	booked := false
	for _, s := range steps {
		if s.State == ports.StepDone && (s.Kind == ports.StepVoucher || s.Kind == ports.StepCorrection) {
			booked = booked || s.Key == stepKey(p, "V1")
			if err := g.takeVoucher(s); err != nil {
				return err
			}
		}
	}
	if p.State == payout.Undoing || p.State == payout.Undone {
		return nil // what was booked comes to nothing, whatever the lines say
	}
	for _, kind := range []payout.Kind{g.puts, g.takes} {
		account := g.home(p, steps, kind)
		for after := int64(0); ; {
			lines, err := tx.Lines().List(ctx, p.ID, ports.LineFilter{Kind: kind}, after, 1000)
			if err != nil {
				return err
			}
			for _, l := range lines {
				after = l.Ordinal
				if err := g.takeLine(p, l, account, booked, steps); err != nil {
					return err
				}
			}
			if len(lines) < 1000 {
				break
			}
		}
	}
	return nil
}

func (g *standings) takeVoucher(s ports.Step) error {
	_, voucher, err := posting.ReadVoucher(s)
	if err != nil {
		return err
	}
	for _, r := range voucher.Rows() {
		if balance, ours := g.balances[r.Account]; ours {
			if g.balances[r.Account], err = balance.Add(r.Amount); err != nil {
				return err
			}
		}
	}
	return nil
}

// home gives the account on which lines of a kind stand by the plan of a payout, or
// to which they were moved after they had been parked; empty if on none.
func (g *standings) home(p ports.PayoutRecord, steps []ports.Step, kind payout.Kind) ledger.Account {
	version := p.SettingsVersion
	if version == 0 {
		version = len(g.versions)
	}
	if account := g.account(g.versions[version].Accounts); account != "" {
		return account
	}
	for _, s := range steps {
		if s.State != ports.StepDone || s.Kind != ports.StepCorrection || s.Reverses != "" {
			continue
		}
		_, voucher, err := posting.ReadVoucher(s)
		if err != nil {
			continue // takeVoucher has told
		}
		for _, r := range voucher.Rows() {
			if _, ours := g.balances[r.Account]; ours && r.Meaning == string(kind) {
				return r.Account
			}
		}
	}
	return ""
}

// takeLine adds a line to its claim, and the voucher that closed it.
func (g *standings) takeLine(p ports.PayoutRecord, l ports.LineRecord, account ledger.Account, booked bool, steps []ports.Step) error {
	if account == "" || (booked && l.State == ports.LineException) || (!booked && l.Kind != g.takes) {
		return nil
	}
	c := g.claim(claim{account, g.reference(l)})
	var err error
	if l.Kind == g.takes {
		if !booked {
			c.returning, err = c.returning.Sub(l.Gross)
			return err
		}
		if c.returned, err = c.returned.Sub(l.Gross); err != nil {
			return err
		}
	}
	if day := civil.In(p.Date, g.zone); c.Since.IsZero() || day.Before(c.Since) {
		c.Since = day
	}
	if l.Kind == g.puts || c.LineID == 0 {
		c.LineID, c.PayoutID, c.Payout = l.ID, p.ID, p.Reference
	}
	if c.Amount, err = c.Amount.Sub(l.Gross); err != nil {
		return err
	}
	return c.close(account, lossOf(p, l, steps))
}

// lossOf gives the voucher that closed the dispute of a line as lost, or nil.
func lossOf(p ports.PayoutRecord, l ports.LineRecord, steps []ports.Step) *ports.Step {
	for i, s := range steps {
		if s.Key == lossKey(p, l) && s.State != ports.StepDropped {
			return &steps[i]
		}
	}
	return nil
}

// close takes the amount of a voucher that closes the claim off it once it is made.
func (c *claimed) close(account ledger.Account, loss *ports.Step) error {
	if loss == nil {
		return nil
	}
	c.loss = loss
	if loss.State != ports.StepDone {
		c.Closing = true
		return nil
	}
	_, voucher, err := posting.ReadVoucher(*loss)
	if err != nil {
		return err
	}
	for _, r := range voucher.Rows() {
		if r.Account == account {
			if c.Amount, err = c.Amount.Add(r.Amount); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *standings) claim(of claim) *claimed {
	if known := g.claims[of]; known != nil {
		return known
	}
	zero := money.Zero(g.currency)
	c := &claimed{StandingItem: StandingItem{Reference: of.reference, Amount: zero}, returned: zero, returning: zero}
	g.claims[of] = c
	return c
}

// reference gives the name under which a provider gives back what it took: that of
// the dispute, or else of the order. Without either, a dispute stands alone.
func (g *standings) reference(l ports.LineRecord) string {
	for _, r := range []payout.Reference{payout.DisputeReference, payout.OrderID, payout.ShortOrderID, payout.MerchantReference1} {
		if v := l.References[r]; v != "" {
			return v
		}
	}
	if g.puts == payout.Chargeback {
		return l.Key
	}
	return ""
}
