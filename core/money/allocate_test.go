package money_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

func TestAllocateByLargestRemainder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		total   money.Amount
		weights []int64
		parts   []int64
	}{
		"a hundred kronor in three":                {money.New(10000, "SEK"), []int64{1, 1, 1}, []int64{3334, 3333, 3333}},
		"the same as a credit is its mirror":       {money.New(-10000, "SEK"), []int64{1, 1, 1}, []int64{-3334, -3333, -3333}},
		"a tie goes to the lower index":            {money.New(5, "SEK"), []int64{70, 30}, []int64{4, 1}},
		"a tie goes to the lower index, reversed":  {money.New(5, "SEK"), []int64{30, 70}, []int64{2, 3}},
		"one unit over three":                      {money.New(1, "SEK"), []int64{1, 1, 1}, []int64{1, 0, 0}},
		"two units over three":                     {money.New(2, "SEK"), []int64{1, 1, 1}, []int64{1, 1, 0}},
		"seven units over four":                    {money.New(7, "SEK"), []int64{3, 3, 3, 3}, []int64{2, 2, 2, 1}},
		"nothing":                                  {money.New(0, "SEK"), []int64{1, 2}, []int64{0, 0}},
		"a weight of 0 gets nothing":               {money.New(100, "SEK"), []int64{0, 1, 1}, []int64{0, 50, 50}},
		"a lump over invoices":                     {money.New(1000, "SEK"), []int64{100, 250, 149}, []int64{200, 501, 299}},
		"largest fraction first":                   {money.New(250, "SEK"), []int64{100, 200, 300}, []int64{42, 83, 125}},
		"fees over three captures":                 {money.New(1248, "SEK"), []int64{10000, 25000, 14900}, []int64{250, 625, 373}},
		"a refund over four VAT rates":             {money.New(10000, "SEK"), []int64{12500, 11200, 10600, 10000}, []int64{2822, 2528, 2393, 2257}},
		"yen":                                      {money.New(100, "JPY"), []int64{1, 1, 1}, []int64{34, 33, 33}},
		"dinars":                                   {money.New(1000, "KWD"), []int64{1, 1, 1}, []int64{334, 333, 333}},
		"a debt over two":                          {money.New(-206, "SEK"), []int64{300, 500}, []int64{-77, -129}},
		"the largest amount over the widest scale": {money.New(math.MaxInt64, "SEK"), []int64{math.MaxInt64, math.MaxInt64}, []int64{1 << 62, 1<<62 - 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts, err := money.Allocate(c.total, c.weights)
			require.NoError(t, err)
			want := make([]money.Amount, len(c.parts))
			for i, minor := range c.parts {
				want[i] = money.New(minor, c.total.Currency())
			}
			require.Equal(t, want, parts)
		})
	}
}

func TestAllocateRefusesWeightsThatMeanNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		weights []int64
		code    fault.Code
	}{
		"no weight":         {nil, money.CodeWeights},
		"only zeros":        {[]int64{0, 0}, money.CodeWeights},
		"a negative weight": {[]int64{2, -1}, money.CodeWeights},
		"too much weight":   {[]int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}, money.CodeOverflow},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := money.Allocate(money.New(100, "SEK"), c.weights)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestPartsAddUpAndLieWithinOneUnitOfTheExactShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := money.New(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "total"), "SEK")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<12), 1, 20).Draw(t, "weights")
		var scale int64
		for _, w := range weights {
			scale += w
		}
		if scale == 0 {
			t.Skip("nothing to split by")
		}
		parts, err := money.Allocate(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := money.Sum("SEK", parts...)
		if err != nil || sum != total {
			t.Fatalf("%v split into %v, which is %v", total, parts, sum)
		}
		for i, part := range parts {
			// |part × scale − total × weight| < scale, in whole numbers.
			if off := part.Minor()*scale - total.Minor()*weights[i]; off <= -scale || off >= scale {
				t.Fatalf("part %d of %v by %v is %v", i, total, weights, part)
			}
			if part.Sign()*total.Sign() < 0 {
				t.Fatalf("part %v has the wrong sign", part)
			}
		}
	})
}
