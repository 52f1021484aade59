package reconciliation

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/money"
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
		rate, converted, err := posting.RateOf(d.Step)
		if err != nil {
			return converter{}, err
		}
		if converted {
			found = converter{rate: &rate}
		}
	}
	return found, nil
}

func (c converter) inBooks(amount money.Amount) (money.Amount, error) {
	if c.rate == nil {
		return amount, nil
	}
	return c.rate.Convert(amount)
}
