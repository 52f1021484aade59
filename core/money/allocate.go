package money

import (
	"math/bits"
	"sort"

	"github.com/kvitt/kvitt/core/fault"
)

// Allocate splits total over weights by largest remainder: each part is the
// exact share rounded towards zero, and the minor units left over go one by one
// to the largest fractions, ties to the lower index. The parts always add up to
// total and carry its sign. It fails if a weight is negative or all are 0.
func Allocate(total Amount, weights []int64) ([]Amount, error) {
	sum, err := weigh(weights)
	if err != nil {
		return nil, err
	}
	magnitude, sign := uint64(total.Abs().minor), int64(total.Sign()) //nolint:gosec // Abs is never negative
	parts := make([]int64, len(weights))
	remainders := make([]uint64, len(weights))
	left := magnitude
	for i, w := range weights {
		hi, lo := bits.Mul64(magnitude, uint64(w)) //nolint:gosec // weigh refused negative weights
		share, remainder := bits.Div64(hi, lo, sum)
		parts[i], remainders[i] = int64(share), remainder //nolint:gosec // a share is at most the total
		left -= share
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return remainders[order[i]] > remainders[order[j]] })
	for _, i := range order[:left] {
		parts[i]++
	}
	out := make([]Amount, len(parts))
	for i, p := range parts {
		out[i] = Amount{minor: sign * p, currency: total.currency}
	}
	return out, nil
}

func weigh(weights []int64) (uint64, error) {
	var sum uint64
	for _, w := range weights {
		if w < 0 {
			return 0, fault.Invalid(CodeWeights, "weights", "a weight is negative; split positive and negative parts apart")
		}
		next := sum + uint64(w)
		if next < sum {
			return 0, fault.Invalid(CodeOverflow, "weights", "the weights do not fit in 64 bits")
		}
		sum = next
	}
	if sum == 0 {
		return 0, fault.Invalid(CodeWeights, "weights", "all weights are 0")
	}
	return sum, nil
}
