package statement

import (
	"context"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// conversion is how a payout in another currency than the books came into them.
type conversion struct {
	// rate is that of the payout's voucher, nil if it was not converted.
	rate *exchange.Rate
	// stands is what all documents of the payout, made or not, and payments by others
	// put on the account, and converted how many amounts were taken at the rate.
	stands    money.Amount
	converted int64
}

// inBooks gives an amount of a line in the currency of the books.
func (c *conversion) inBooks(amount money.Amount) (money.Amount, error) {
	if c.rate == nil {
		return amount, nil
	}
	c.converted++
	return c.rate.Convert(amount)
}

// unknown reports whether the payout is in another currency and has no voucher.
func (p *portion) unknown() bool {
	return p.rate == nil && p.payout.Net.Currency() != p.Currency
}

// convertedByOthers is byOthers of a payout in another currency: each line alone,
// because its payment by kvitt differs by rounding from what it is at the rate.
func (p *portion) convertedByOthers(ctx context.Context, tx ports.Tx) error {
	if p.unknown() {
		return nil
	}
	return walk.Lines(ctx, tx, p.payout.ID, ports.LineFilter{State: ports.LineMatched}, 0, func(l ports.LineRecord) error {
		if l.Direct || !l.Kind.NeedsDocument() || p.written[l.ID] {
			return nil
		}
		gross, err := p.inBooks(l.Gross)
		if err != nil {
			return err
		}
		if p.stands, err = p.stands.Add(gross); err != nil {
			return err
		}
		p.Payments, err = p.Payments.Add(gross)
		return err
	})
}

// convertedLines lists the lines of a payout in another currency, and what rounding
// leaves between them and the voucher, which is at most one minor unit for an
// amount: the voucher converts sums. Without a voucher nothing of it stands on the account.
func (p *portion) convertedLines(ctx context.Context, tx ports.Tx) error {
	if p.unknown() {
		return nil
	}
	before := p.Open
	if err := p.ownLines(ctx, tx); err != nil {
		return err
	}
	listed, err := p.Open.Sub(before)
	if err != nil {
		return err
	}
	rest, err := p.stands.Sub(listed)
	if err != nil || rest.IsZero() || rest.Abs().Minor() > p.converted+int64(len(p.written)) {
		return err
	}
	return p.list(ClearingItem{Reference: p.payout.Reference, Amount: rest, Reason: "rounding of the lines at the rate of the payout"}, 0)
}
