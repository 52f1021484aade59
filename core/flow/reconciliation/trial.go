package reconciliation

import (
	"context"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// CodeNoTrial: the run is no trial.
const CodeNoTrial fault.Code = "run.no_trial"

// Trial is what a trial has booked, read back from the accounting system.
type Trial struct {
	Run     ports.Run
	Payouts []TrialPayout
	// Clearing are the clearing accounts of the payouts.
	Clearing []TrialClearing
}

// Agrees reports whether everything that was written is found as it was written.
func (t Trial) Agrees() bool {
	for _, p := range t.Payouts {
		for _, f := range p.Vouchers {
			if f.Status != books.Found {
				return false
			}
		}
		for _, c := range p.Payments {
			if c.Status != Same {
				return false
			}
		}
	}
	return true
}

// TrialPayout is a payout of a trial.
type TrialPayout struct {
	Payout ports.PayoutRecord
	// FeeExVAT and FeeVAT are what its lines say, a cost positive.
	FeeExVAT, FeeVAT money.Amount
	// Vouchers are those of the payout, and those that the accounting system makes of
	// payments, as expected and as its books show them.
	Vouchers []books.Finding
	// Payments are those that were made, beside those that the documents show.
	Payments []Compared
}

// TrialClearing is the movement of a clearing account in the financial years that the
// trial touches, debit positive: before and after what was found of the trial.
type TrialClearing struct {
	Account       ledger.Account
	Currency      money.Currency
	Before, After money.Amount
}

// Trial reads back what a trial has booked. It can be asked for while the run is under
// way.
func (s *Service) Trial(ctx context.Context, run ports.Run) (Trial, error) {
	if run.Scope == nil || !run.Scope.Trial {
		return Trial{}, fault.New(CodeNoTrial, fault.Conflict, "the run is no trial").WithRemedy("start one with the names of a few payouts")
	}
	t := Trial{Run: run}
	steps, err := s.trialled(ctx, &t)
	if err != nil {
		return Trial{}, err
	}
	x, err := s.expect(ctx, run.FlowID)
	if err != nil {
		return Trial{}, err
	}
	years, err := s.years(ctx, x)
	if err != nil {
		return Trial{}, err
	}
	found, err := books.Compare(x.expected, x.aside, years, x.own, x.flow.since())
	if err != nil {
		return Trial{}, err
	}
	for i := range t.Payouts {
		p := &t.Payouts[i]
		for _, f := range found.Findings {
			if f.Expected.Payout == p.Payout.Reference {
				p.Vouchers = append(p.Vouchers, f)
			}
		}
		if p.Payments, err = s.besidePayments(ctx, x.flow.Target, steps[p.Payout.ID]); err != nil {
			return Trial{}, err
		}
	}
	return t, t.clear(x, years)
}

// trialled reads the payouts of a trial, with the payments made for each.
func (s *Service) trialled(ctx context.Context, t *Trial) (map[string][]ports.Step, error) {
	var steps map[string][]ports.Step
	err := s.view(ctx, t.Run.FlowID, func(ctx context.Context, tx ports.Tx, flow *Flow) error {
		steps, t.Payouts = map[string][]ports.Step{}, nil
		return walk.Payouts(ctx, tx, flow.MerchantID, func(p ports.PayoutRecord) error {
			if p.FlowID != flow.ID || !t.Run.Scope.Names(p.Reference, civil.In(p.Date, flow.Zone)) {
				return nil
			}
			one := TrialPayout{Payout: p, FeeExVAT: money.Zero(p.Net.Currency()), FeeVAT: money.Zero(p.Net.Currency())}
			if err := one.addFees(ctx, tx); err != nil {
				return err
			}
			t.Payouts = append(t.Payouts, one)
			return walk.Steps(ctx, tx, p.ID, func(step ports.Step) error {
				if step.Kind == ports.StepPayment && step.State == ports.StepDone {
					steps[p.ID] = append(steps[p.ID], step)
				}
				return nil
			})
		})
	})
	return steps, err
}

func (p *TrialPayout) addFees(ctx context.Context, tx ports.Tx) error {
	sums, err := tx.Lines().Sums(ctx, p.Payout.ID)
	if err != nil {
		return err
	}
	for _, sum := range sums {
		if p.FeeExVAT, err = p.FeeExVAT.Add(sum.FeeExVAT); err != nil {
			return err
		}
		if p.FeeVAT, err = p.FeeVAT.Add(sum.FeeVAT); err != nil {
			return err
		}
	}
	return nil
}

// clear adds up the clearing accounts of the payouts.
func (t *Trial) clear(x expectations, years []books.Year) error {
	seen := map[ledger.Account]bool{}
	for _, account := range x.own {
		if seen[account] || account == "" {
			continue
		}
		seen[account] = true
		all, currency := []ledger.Row{}, x.flow.Currency
		for _, year := range years {
			for _, v := range year.Vouchers {
				all = append(all, v.Rows...)
			}
		}
		after, err := onAccount(all, account, currency)
		if err != nil {
			return err
		}
		var own []ledger.Row
		for _, p := range t.Payouts {
			for _, f := range p.Vouchers {
				if f.Actual != nil {
					own = append(own, f.Actual.Rows...)
				}
			}
		}
		moved, err := onAccount(own, account, currency)
		if err != nil {
			return err
		}
		before, err := after.Sub(moved)
		if err != nil {
			return err
		}
		t.Clearing = append(t.Clearing, TrialClearing{Account: account, Currency: currency, Before: before, After: after})
	}
	return nil
}

// onAccount gives what rows put on an account, debit positive.
func onAccount(rows []ledger.Row, account ledger.Account, currency money.Currency) (money.Amount, error) {
	sum := money.Zero(currency)
	for _, r := range rows {
		if r.Account != account {
			continue
		}
		var err error
		if sum, err = sum.Add(r.Amount); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}
