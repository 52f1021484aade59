package order

import (
	"math/bits"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// Take gives what a capture, a transaction or a refund of amount takes of parts
// of which others took the sum before: the parts of amount, with their VAT. Both
// sums are of one kind; what was refunded is not what was captured.
//
// The sum so far is shared in proportion to the gross of the parts, and what was
// shared before is subtracted. Hence takes that add up to the whole give each part
// and its VAT exactly, whatever their order. Sharing is by Webster's method rather
// than by largest remainders as in money.Allocate: the two seldom differ, but with
// largest remainders one more krona shared may leave a part an öre less, which a
// capture would have to take back.
//
// The VAT so far is that of the part's gross so far or, where the source states
// another VAT than that of the whole part's gross, in proportion to it.
//
// Negative parts (discounts) share, in their own proportion, what the positive ones
// exceed amount by, so that no part changes its sign. Parts of which nothing is
// taken are left out.
//
// It fails with CodeOrderInvalid as Order.Validate does for parts and for negative
// or foreign sums, and with CodeOrderExceeded if less than amount is left.
func Take(parts []Part, before, amount money.Amount) ([]Part, error) {
	after, err := cumulate(parts, before, amount)
	if err != nil {
		return nil, err
	}
	had, has := shares(parts, before.Minor()), shares(parts, after.Minor())
	var taken []Part
	for i, p := range parts {
		if had[i] == has[i] {
			continue
		}
		currency := p.Gross.Currency()
		vatBefore, err := p.vatOf(money.New(had[i], currency))
		if err != nil {
			return nil, err
		}
		vat, err := p.vatOf(money.New(has[i], currency))
		if err != nil {
			return nil, err
		}
		p.Gross = money.New(has[i]-had[i], currency)
		if p.VAT, err = vat.Sub(vatBefore); err != nil {
			return nil, err
		}
		taken = append(taken, p)
	}
	return taken, nil
}

// cumulate checks what Take is given and adds amount to before.
func cumulate(parts []Part, before, amount money.Amount) (money.Amount, error) {
	if err := validateParts(parts); err != nil {
		return money.Amount{}, err
	}
	switch {
	case before.Sign() < 0:
		return money.Amount{}, fault.Invalid(CodeOrderInvalid, "before", "what was taken is never negative")
	case amount.Sign() < 0:
		return money.Amount{}, fault.Invalid(CodeOrderInvalid, "amount", "what is taken is never negative")
	}
	whole, err := total(parts)
	if err != nil {
		return money.Amount{}, err
	}
	left, err := whole.Sub(before)
	if err != nil {
		return money.Amount{}, fault.Invalid(CodeOrderInvalid, "before", "an order is taken in its own currency").Wrap(err)
	}
	rest, err := left.Sub(amount)
	if err != nil {
		return money.Amount{}, fault.Invalid(CodeOrderInvalid, "amount", "an order is taken in its own currency").Wrap(err)
	}
	if rest.Sign() < 0 {
		return money.Amount{}, fault.New(CodeOrderExceeded, fault.Conflict,
			amount.String()+" is more than is left: "+left.String()+" of "+whole.String()).WithField("amount").
			WithRemedy("compare the captures and refunds of the order with the provider's")
	}
	return before.Add(amount)
}

// vatOf gives the VAT of the part's first gross.
func (p Part) vatOf(gross money.Amount) (money.Amount, error) {
	whole, err := tax.FromGross(p.Gross, p.Rate)
	if err != nil {
		return money.Amount{}, err
	}
	if p.VAT.Currency() == "" || p.VAT == whole.VAT {
		split, err := tax.FromGross(gross, p.Rate)
		return split.VAT, err
	}
	magnitude := func(a money.Amount) uint64 { return uint64(a.Abs().Minor()) }      //nolint:gosec // Abs is never negative
	vat := int64(proportion(magnitude(gross), magnitude(p.VAT), magnitude(p.Gross))) //nolint:gosec // at most the VAT of the part
	return money.New(int64(p.VAT.Sign())*vat, p.VAT.Currency()), nil
}

// shares gives what each part has, in minor units with its sign, when sum is
// taken of all, for 0 ≤ sum ≤ the parts' total.
func shares(parts []Part, sum int64) []int64 {
	var positive, negative []uint64
	var sold, discount uint64
	for _, p := range parts {
		weight := uint64(p.Gross.Abs().Minor()) //nolint:gosec // Abs is never negative
		if p.Gross.Sign() < 0 {
			positive, negative = append(positive, 0), append(negative, weight)
			discount += weight
		} else {
			positive, negative = append(positive, weight), append(negative, 0)
			sold += weight
		}
	}
	out := make([]int64, len(parts))
	if sum == 0 {
		return out
	}
	// Rounding sum × sold / total and sum × discount / total, which differ by sum,
	// rounds both in the same direction, so that the two still differ by sum.
	all := uint64(sum) //nolint:gosec // cumulate refused a negative sum
	above := proportion(all, sold, sold-discount)
	plus, minus := spread(above, positive), spread(above-all, negative)
	for i := range out {
		out[i] = int64(plus[i]) - int64(minus[i]) //nolint:gosec // a share is at most its part
	}
	return out
}

// spread shares sum over weights, whose total is not below it, by the method of
// Webster: units go one by one to the largest weight / (2 × units it has + 1), ties
// to the lower index. All units up to a common quotient are given at once by
// rounding; the few that are then missing or too many are settled one by one.
func spread(sum uint64, weights []uint64) []uint64 {
	given := make([]uint64, len(weights))
	if sum == 0 {
		return given
	}
	var whole, total uint64
	for _, w := range weights {
		whole += w
	}
	for i, w := range weights {
		given[i] = proportion(sum, w, whole)
		total += given[i]
	}
	for ; total < sum; total++ {
		given[next(weights, given)]++
	}
	for ; total > sum; total-- {
		given[last(weights, given)]--
	}
	return given
}

// next gives the index to which one more unit goes.
func next(weights, given []uint64) int {
	best := 0
	for i := range weights {
		if less(weights[best], 2*given[best]+1, weights[i], 2*given[i]+1) {
			best = i
		}
	}
	return best
}

// last gives the index to which the last unit went.
func last(weights, given []uint64) int {
	best := -1
	for i := range weights {
		if given[i] > 0 && (best < 0 || !less(weights[best], 2*given[best]-1, weights[i], 2*given[i]-1)) {
			best = i
		}
	}
	return best
}

// less reports whether a/b < c/d, exactly.
func less(a, b, c, d uint64) bool {
	leftHigh, leftLow := bits.Mul64(a, d)
	rightHigh, rightLow := bits.Mul64(c, b)
	return leftHigh < rightHigh || leftHigh == rightHigh && leftLow < rightLow
}

// proportion gives sum × weight / whole, rounded half up, for sum ≤ whole or
// weight ≤ whole.
func proportion(sum, weight, whole uint64) uint64 {
	hi, lo := bits.Mul64(sum, weight)
	share, remainder := bits.Div64(hi, lo, whole)
	if remainder >= whole-remainder {
		share++
	}
	return share
}
