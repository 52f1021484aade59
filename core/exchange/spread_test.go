package exchange_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		total     int64
		originals []int64
		want      []int64
	}{
		// By hand: 1000 x 100/499 = 200.40, 250/499 = 501.00, 149/499 = 298.597; the unit left goes to the last.
		"largest remainder":      {1000, []int64{100, 250, 149}, []int64{200, 501, 299}},
		"ties to the lower":      {5, []int64{30, 70}, []int64{2, 3}},
		"three equal lines":      {10000, []int64{1, 1, 1}, []int64{3334, 3333, 3333}},
		"only refunds":           {-206, []int64{-300, -500}, []int64{-77, -129}},
		"a line of 0":            {100, []int64{0, 1, 1}, []int64{0, 50, 50}},
		"the rate is 11.2":       {4256, []int64{500, -120}, []int64{5600, -1344}},
		"nothing for one öre":    {0, []int64{1}, []int64{0}},
		"refunds beyond sales":   {-2240, []int64{300, -500}, []int64{3360, -5600}},
		"the rest on both sides": {1001, []int64{200, 100, -100, -100}, []int64{2002, 1001, -1001, -1001}},
		// 100 x 500/380 = 131.58 rounds to 132, which leaves 32: 66 + 66 - 16 - 16 = 100.
		"each side adds up": {100, []int64{250, 250, -60, -60}, []int64{66, 66, -16, -16}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			originals := make([]money.Amount, 0, len(c.originals))
			for _, minor := range c.originals {
				originals = append(originals, eur(minor))
			}
			parts, err := exchange.Spread(sek(c.total), originals)
			require.NoError(t, err)
			got := make([]int64, 0, len(parts))
			for _, part := range parts {
				require.Equal(t, money.Currency("SEK"), part.Currency())
				got = append(got, part.Minor())
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestASumThatIsNoRateIsNotSpread(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		total     money.Amount
		originals []money.Amount
		code      fault.Code
	}{
		"no lines":                    {sek(100), nil, exchange.CodeSpread},
		"originals of 0":              {sek(100), []money.Amount{eur(0)}, exchange.CodeSpread},
		"originals that cancel out":   {sek(0), []money.Amount{eur(5), eur(-5)}, exchange.CodeSpread},
		"the other sign":              {sek(-100), []money.Amount{eur(5)}, exchange.CodeSpread},
		"nothing for sale and refund": {sek(0), []money.Amount{eur(6), eur(-5)}, exchange.CodeSpread},
		"two currencies":              {sek(100), []money.Amount{eur(5), sek(5)}, money.CodeMixed},
		"originals too large to add":  {sek(100), []money.Amount{eur(math.MaxInt64), eur(1)}, money.CodeOverflow},
		"a share too large to hold":   {sek(math.MaxInt64), []money.Amount{eur(100), eur(-99)}, money.CodeOverflow},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := exchange.Spread(c.total, c.originals)
			require.Equal(t, c.code, fault.CodeOf(err))
		})
	}
}

func TestTheLinesOfAConvertedPayoutSumToItExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		originals := make([]money.Amount, 0, 60)
		whole := eur(0)
		for _, minor := range rapid.SliceOfN(rapid.Int64Range(-100_000_00, 100_000_00), 1, 60).Draw(t, "originals") {
			originals = append(originals, eur(minor))
			whole, _ = whole.Add(eur(minor))
		}
		if whole.IsZero() {
			t.Skip("the originals cancel out")
		}
		total := sek(int64(whole.Sign()) * rapid.Int64Range(1, 10_000_000_00).Draw(t, "total"))
		parts, err := exchange.Spread(total, originals)
		require.NoError(t, err)
		require.Len(t, parts, len(originals))
		sum, err := money.Sum("SEK", parts...)
		require.NoError(t, err)
		require.Equal(t, total, sum)
		for i, part := range parts {
			require.GreaterOrEqual(t, part.Sign()*originals[i].Sign(), 0, "line %d changed its sign", i)
			if originals[i].IsZero() {
				require.True(t, part.IsZero())
			}
		}
	})
}
