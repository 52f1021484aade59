package exchange

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeSpread: a converted sum cannot be divided over the amounts it is said to
// be made of.
const CodeSpread fault.Code = "currency.spread_impossible"

// Spread divides the total of a payout over the original amounts of its lines by
// largest remainder, ties to the lower index, so that the parts add up to the
// total exactly. Lines of either sign are divided apart, so that a part never has
// another sign than its original; the positive lines together get their exact
// share rounded half away from zero, the negative ones the rest.
//
// The rate is that of the whole, total / sum of the originals. It fails if that
// is not a rate: the originals cancel out, the signs differ, or nothing at all
// was paid for originals of both signs. Where sales and refunds nearly cancel out
// the rate of the whole is coarse; a rate stated on the lines is better.
func Spread(total money.Amount, originals []money.Amount) ([]money.Amount, error) {
	sides, err := weigh(originals)
	if err != nil {
		return nil, err
	}
	whole, err := sides.positive.Sub(sides.negative)
	if err != nil {
		return nil, err
	}
	mixed := !sides.positive.IsZero() && !sides.negative.IsZero()
	if whole.IsZero() || (total.Sign() != whole.Sign() && (mixed || !total.IsZero())) {
		return nil, fault.Invalid(CodeSpread, "total",
			total.String()+" "+string(total.Currency())+" cannot be divided over originals of "+whole.String()+" "+string(whole.Currency())).
			WithRemedy("state the rate of each line; the amounts do not give one")
	}
	plus, err := share(total, sides.positive, whole)
	if err != nil {
		return nil, err
	}
	minus, err := total.Sub(plus)
	if err != nil {
		return nil, err
	}
	parts := make([]money.Amount, len(originals))
	for i := range parts {
		parts[i] = money.Zero(total.Currency())
	}
	if err := place(parts, plus, sides.positive, sides.gains); err != nil {
		return nil, err
	}
	return parts, place(parts, minus, sides.negative, sides.losses)
}

// sides are the originals by sign: their weights, and their sums without sign.
type sides struct {
	positive money.Amount
	negative money.Amount
	gains    []int64
	losses   []int64
}

func weigh(originals []money.Amount) (sides, error) {
	s := sides{gains: make([]int64, len(originals)), losses: make([]int64, len(originals))}
	for i, original := range originals {
		sum, weights := &s.positive, s.gains
		if original.Sign() < 0 {
			sum, weights = &s.negative, s.losses
		}
		var err error
		if *sum, err = sum.Add(original.Abs()); err != nil {
			return sides{}, fault.Of(err).WithField("originals[" + strconv.Itoa(i) + "]")
		}
		weights[i] = original.Abs().Minor()
	}
	return s, nil
}

func share(total, part, whole money.Amount) (money.Amount, error) {
	exact := decimal.NewFromInt(total.Minor()).Mul(decimal.NewFromInt(part.Minor()))
	minor := exact.DivRound(decimal.NewFromInt(whole.Minor()), 0)
	return money.Round(minor.Shift(-int32(total.Currency().Exponent())), total.Currency()) //nolint:gosec // an ISO exponent is 0 to 4
}

// place puts the parts of one side where its weights stand.
func place(parts []money.Amount, amount, side money.Amount, weights []int64) error {
	if side.IsZero() {
		return nil
	}
	split, err := money.Allocate(amount, weights)
	if err != nil {
		return err
	}
	for i, part := range split {
		if weights[i] != 0 {
			parts[i] = part
		}
	}
	return nil
}
