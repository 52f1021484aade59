package reconciliation

import (
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// converter takes amounts of a payout's lines to the currency of the books.
type converter struct {
	rate *exchange.Rate
	// nothing: the payout is in another currency and has no voucher, so that nothing
	// of it stands on the clearing account.
	nothing bool
}

// converter gives that of the payout, which converts nothing if the payout is in the
// currency of the books.
func (x *portion) converter() (converter, error) {
	if x.payout.Net.Currency() == x.statement.Currency {
		return converter{}, nil
	}
	found := converter{nothing: true}
	for _, d := range x.documents {
		if err := found.note(d); err != nil {
			return converter{}, err
		}
	}
	return found, nil
}

// note takes the rate from a payout's voucher.
func (c *converter) note(d Document) error {
	if d.Step.Kind != ports.StepVoucher {
		return nil
	}
	rate, converted, err := posting.RateOf(d.Step)
	if converted {
		*c = converter{rate: &rate}
	}
	return err
}

func (c converter) inBooks(amount money.Amount) (money.Amount, error) {
	if c.rate == nil {
		return amount, nil
	}
	return c.rate.Convert(amount)
}

// rounding gives what a payout's voucher in the currency of the books differs by from
// its lines, each converted: at most one minor unit for a line, since the voucher
// converts sums. What differs by more is no rounding and shows as a difference.
func (x *portion) rounding(lines, debts []Item, since civil.Date) ([]Item, error) {
	converted, err := x.converter()
	if err != nil || converted.rate == nil {
		return nil, err
	}
	rest := money.Zero(x.statement.Currency)
	for _, d := range x.documents {
		amount, err := d.onClearing()
		if err != nil {
			return nil, err
		}
		if rest, err = rest.Add(amount); err != nil {
			return nil, err
		}
	}
	for _, item := range slices.Concat(lines, debts) {
		if rest, err = rest.Sub(item.Amount); err != nil {
			return nil, err
		}
	}
	if rest.IsZero() || rest.Abs().Minor() > int64(len(lines)+len(debts)+len(x.documents)) {
		return nil, nil
	}
	item := x.item(x.payout.Reference, rest, since)
	item.Reason = "rounding of the lines at the rate of the payout"
	return []Item{item}, nil
}
