package settlement

import (
	"context"
	"sync"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// conversion is how the lines of a payout in another currency come into the books.
type conversion struct {
	payout string
	rate   exchange.Rate
	// shares are what the gross of sales and refunds comes to, by ordinal, in minor
	// units of the currency of the books.
	shares []int64
	// why is the fault that keeps the lines from being converted, else nil.
	why *fault.Error
}

// converted keeps the conversion of the payout that is worked on, because the shares
// depend on all of its lines.
type converted struct {
	sync.Mutex
	last *conversion
}

// share gives what a line puts on the clearing account.
func (c *conversion) share(l ports.LineRecord) money.Amount {
	if l.Ordinal >= int64(len(c.shares)) {
		return money.Zero(c.rate.To)
	}
	return money.New(c.shares[l.Ordinal], c.rate.To)
}

// conversion gives how the lines of a payout are converted, or nil if the payout is
// in the currency of the books.
func (w *work) conversion(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (*conversion, error) {
	if !w.foreign(p) {
		return nil, nil
	}
	rate, err := w.rateOf(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	w.converted.Lock()
	defer w.converted.Unlock()
	if last := w.converted.last; last != nil && last.payout == p.ID && last.rate.Value.Equal(rate.Value) && last.rate.To == rate.To {
		return last, nil
	}
	c := &conversion{payout: p.ID, rate: rate}
	if c.shares, err = spread(ctx, tx, p, rate); err != nil {
		return nil, err
	}
	w.converted.last = c
	return c, nil
}

// attempt is conversion for lines: what keeps them from being converted is the
// fault of each.
func (w *work) attempt(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (*conversion, error) {
	c, err := w.conversion(ctx, tx, p)
	if f := fault.Of(err); f != nil && foreignMayPass(f.Code) {
		return &conversion{why: f}, nil
	}
	return c, err
}

// rateOf gives the rate at which the payout's voucher was planned, so that its
// payments agree with it, or that of its day if there is none yet.
func (w *work) rateOf(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) (exchange.Rate, error) {
	voucher, err := tx.Steps().ByKey(ctx, stepKey(p, "V1"))
	if fault.CodeOf(err) == ports.CodeNotFound {
		return w.rate(p)
	}
	if err != nil {
		return exchange.Rate{}, err
	}
	rate, known, err := posting.RateOf(voucher)
	if err != nil || known {
		return rate, err
	}
	return w.rate(p)
}

// spread divides what the sales of a payout come to in the books over the sales, and
// so for the refunds, each by largest remainder: together the lines come to what the
// payout does. Sales and refunds are divided apart, because the sum of both may be
// too small to tell the rate.
func spread(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, rate exchange.Rate) ([]int64, error) {
	var sales, refunds heap
	err := walk.Lines(ctx, tx, p.ID, ports.LineFilter{}, 0, func(l ports.LineRecord) error {
		switch {
		case !l.Kind.NeedsDocument():
			return nil
		case l.Gross.Sign() < 0:
			return refunds.add(l)
		case l.Gross.Sign() > 0:
			return sales.add(l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	shares := make([]int64, 1+max(sales.last(), refunds.last()))
	for _, s := range []heap{sales, refunds} {
		if err := s.spread(rate, shares); err != nil {
			return nil, err
		}
	}
	return shares, nil
}

// heap is the sales or the refunds of a payout.
type heap struct {
	ordinals []int64
	gross    []money.Amount
	sum      money.Amount
}

func (s *heap) add(l ports.LineRecord) error {
	s.ordinals, s.gross = append(s.ordinals, l.Ordinal), append(s.gross, l.Gross)
	var err error
	s.sum, err = s.sum.Add(l.Gross)
	return err
}

func (s *heap) last() int64 {
	if len(s.ordinals) == 0 {
		return 0
	}
	return s.ordinals[len(s.ordinals)-1]
}

func (s *heap) spread(rate exchange.Rate, shares []int64) error {
	if len(s.gross) == 0 {
		return nil
	}
	total, err := rate.Convert(s.sum)
	if err != nil {
		return err
	}
	parts, err := exchange.Spread(total, s.gross)
	for i, part := range parts {
		shares[s.ordinals[i]] = part.Minor()
	}
	return err
}

// standing gives what the payout's voucher takes off the clearing account: the shares
// of the lines that do not reach the bank by their payments, and carried debt unless
// that has an account of its own.
func (w *work) standing(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, c *conversion, sums []ports.LineSum) (money.Amount, error) {
	stands := int64(0)
	for _, share := range c.shares {
		stands += share
	}
	direct := false
	for _, sum := range sums {
		direct = direct || sum.Direct && sum.Kind.NeedsDocument()
	}
	if direct {
		err := walk.Lines(ctx, tx, p.ID, ports.LineFilter{}, 0, func(l ports.LineRecord) error {
			if l.Direct {
				stands -= c.share(l).Minor()
			}
			return nil
		})
		if err != nil {
			return money.Amount{}, err
		}
	}
	booked := money.New(stands, c.rate.To)
	for _, sum := range sums {
		if sum.Kind != payout.Carry || w.settings.Accounts.Carry != "" {
			continue
		}
		debt, err := c.rate.Convert(sum.Gross)
		if err != nil {
			return money.Amount{}, err
		}
		if booked, err = booked.Add(debt); err != nil {
			return money.Amount{}, err
		}
	}
	return booked, nil
}
