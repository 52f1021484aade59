package order_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// goods is a part of which VAT is not stated.
func goods(percent uint8, gross int64) order.Part {
	return order.Part{Supply: tax.Goods, Rate: tax.Percent(percent), Gross: sek(gross)}
}

// stated is a part of which the source states the VAT.
func stated(percent uint8, gross, vat int64) order.Part {
	p := goods(percent, gross)
	p.VAT = sek(vat)
	return p
}

// mixed is an order of 443.00, 100.00 without VAT at each Swedish rate.
func mixed() []order.Part {
	return []order.Part{
		stated(25, 125_00, 25_00), stated(12, 112_00, 12_00), stated(6, 106_00, 6_00), stated(0, 100_00, 0),
	}
}

func take(t require.TestingT, parts []order.Part, before, amount int64) []order.Part {
	taken, err := order.Take(parts, sek(before), sek(amount))
	require.NoError(t, err)
	return taken
}

func TestAPartialRefundIsSpreadOverTheRates(t *testing.T) {
	t.Parallel()
	// 100.00 of 443.00 with no word about the rows: VAT is that of each part's gross.
	require.Equal(t, []order.Part{
		stated(25, 28_22, 5_64), stated(12, 25_28, 2_71), stated(6, 23_93, 1_35), stated(0, 22_57, 0),
	}, take(t, mixed(), 0, 100_00))
}

func TestTheLastTransactionTakesTheRemainderOfAmountAndVAT(t *testing.T) {
	t.Parallel()
	// The order above: the first 100.00 by gift card, the remaining 343.00 by card.
	require.Equal(t, []order.Part{
		stated(25, 96_78, 19_36), stated(12, 86_72, 9_29), stated(6, 82_07, 4_65), stated(0, 77_43, 0),
	}, take(t, mixed(), 100_00, 343_00))
}

func TestVATIsRoundedOverAllCapturesSoFar(t *testing.T) {
	t.Parallel()
	// 10.00 at 25 %: 2.00 of VAT, of 3.33 0.67, of 6.66 1.33. VAT of each capture
	// alone would be 3 × 0.67 = 2.01.
	parts := []order.Part{goods(25, 10_00)}
	require.Equal(t, []order.Part{stated(25, 3_33, 67)}, take(t, parts, 0, 3_33))
	require.Equal(t, []order.Part{stated(25, 3_33, 66)}, take(t, parts, 3_33, 3_33))
	require.Equal(t, []order.Part{stated(25, 3_34, 67)}, take(t, parts, 6_66, 3_34))
}

func TestTheFirstTakeSharesAsLargestRemaindersDo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		amount      int64
		parts, want []int64
	}{
		"even, ties to the first":          {2, []int64{1, 1, 1}, []int64{1, 1, 0}},
		"two parts, tie":                   {5, []int64{70, 30}, []int64{4, 1}},
		"two parts, tie the other way":     {5, []int64{30, 70}, []int64{2, 3}},
		"four parts, three units over":     {7, []int64{3, 3, 3, 3}, []int64{2, 2, 2, 1}},
		"nothing of a part of nothing":     {100, []int64{0, 100, 100}, []int64{0, 50, 50}},
		"three parts":                      {250, []int64{100, 200, 300}, []int64{42, 83, 125}},
		"large parts, small amount":        {1248, []int64{10000, 25000, 14900}, []int64{250, 625, 373}},
		"four parts, rounded both ways":    {10000, []int64{12500, 11200, 10600, 10000}, []int64{2822, 2528, 2393, 2257}},
		"the whole is every part":          {499, []int64{100, 250, 149}, []int64{100, 250, 149}},
		"one unit":                         {1, []int64{1, 1, 1}, []int64{1, 0, 0}},
		"half of all that fits in 64 bits": {math.MaxInt64 / 2, []int64{math.MaxInt64 - 1, 1}, []int64{math.MaxInt64 / 2, 0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parts, want []order.Part
			for i, gross := range c.parts {
				parts = append(parts, stated(0, gross, 0))
				if c.want[i] != 0 {
					want = append(want, stated(0, c.want[i], 0))
				}
			}
			require.Equal(t, want, take(t, parts, 0, c.amount))
		})
	}
}

func TestNoTakeGivesBackWhatAnEarlierOneTook(t *testing.T) {
	t.Parallel()
	// Of 10 over 6, 6, 2 the exact shares are 4.29, 4.29, 1.43, by largest remainder
	// 4, 4, 2. Of 11 they are 4.71, 4.71, 1.57, by largest remainder 5, 5, 1: the
	// eleventh unit would cost the last part one. By Webster nine units are given down
	// to the quotient 6/7, the next three all have 2/3 (6/9, 6/9, 2/3) and go by index.
	parts := []order.Part{stated(0, 6, 0), stated(0, 6, 0), stated(0, 2, 0)}
	require.Equal(t, []order.Part{stated(0, 5, 0), stated(0, 4, 0), stated(0, 1, 0)}, take(t, parts, 0, 10))
	require.Equal(t, []order.Part{stated(0, 1, 0)}, take(t, parts, 10, 1))
}

func TestVATThatTheSourceRoundedByRowIsKept(t *testing.T) {
	t.Parallel()
	// 3 × 19.99 at 25 %, VAT 3 × 4.00 = 12.00, where 59.97 has 11.99. Half of the
	// gross, 29.985, is 29.99; of 12.00 it has 12.00 × 29.99 / 59.97 = 6.001.
	parts := []order.Part{stated(25, 59_97, 12_00)}
	require.Equal(t, []order.Part{stated(25, 29_99, 6_00)}, take(t, parts, 0, 29_99))
	require.Equal(t, []order.Part{stated(25, 29_98, 6_00)}, take(t, parts, 29_99, 29_98))

	// Half an öre is rounded away from zero, so that the first takes it.
	parts = []order.Part{stated(25, 2, 1)}
	require.Equal(t, []order.Part{stated(25, 1, 1)}, take(t, parts, 0, 1))
	require.Equal(t, []order.Part{stated(25, 1, 0)}, take(t, parts, 1, 1))
}

func TestADiscountIsSpreadApartFromWhatItReduces(t *testing.T) {
	t.Parallel()
	// 100.00 at 25 % and 50.00 at 12 %, less 30.00 at 25 %: 120.00. Half of it is half
	// of every part. VAT: 50.00 × 25/125 = 10.00, 25.00 × 12/112 = 2.68, 15.00 × 25/125
	// = 3.00.
	parts := []order.Part{goods(25, 100_00), goods(12, 50_00), goods(25, -30_00)}
	require.Equal(t, []order.Part{
		stated(25, 50_00, 10_00), stated(12, 25_00, 2_68), stated(25, -15_00, -3_00),
	}, take(t, parts, 0, 60_00))
}

func TestNothingTakenIsNoPart(t *testing.T) {
	t.Parallel()
	require.Empty(t, take(t, mixed(), 0, 0))
	require.Empty(t, take(t, mixed(), 443_00, 0))
	require.Empty(t, take(t, []order.Part{goods(25, 10_00), goods(12, -10_00)}, 0, 0))
	taken, err := order.Take(mixed(), money.Amount{}, money.Amount{})
	require.NoError(t, err)
	require.Empty(t, taken)
}

func TestWhatCannotBeTakenIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		parts          []order.Part
		before, amount money.Amount
		code           fault.Code
		field          string
	}{
		"more than the whole":           {mixed(), sek(0), sek(443_01), order.CodeOrderExceeded, "amount"},
		"more than is left":             {mixed(), sek(400_00), sek(43_01), order.CodeOrderExceeded, "amount"},
		"of what is exceeded already":   {mixed(), sek(443_01), sek(0), order.CodeOrderExceeded, "amount"},
		"of nothing":                    {nil, sek(0), sek(1), order.CodeOrderInvalid, "parts"},
		"a negative amount":             {mixed(), sek(10), sek(-1), order.CodeOrderInvalid, "amount"},
		"after a negative sum":          {mixed(), sek(-10), sek(1), order.CodeOrderInvalid, "before"},
		"another currency":              {mixed(), sek(0), money.New(1, "EUR"), order.CodeOrderInvalid, "amount"},
		"after another currency":        {mixed(), money.New(1, "EUR"), sek(1), order.CodeOrderInvalid, "before"},
		"parts of two currencies":       {[]order.Part{goods(25, 1), {Gross: money.New(1, "EUR")}}, sek(0), sek(1), order.CodeOrderInvalid, "parts[1].gross"},
		"discounts beyond what is sold": {[]order.Part{goods(25, 1), goods(25, -2)}, sek(0), sek(0), order.CodeOrderInvalid, "parts"},
		"parts beyond 64 bits": {
			[]order.Part{goods(0, math.MaxInt64), goods(0, -math.MaxInt64), goods(0, math.MaxInt64)},
			sek(0), sek(1), order.CodeOrderInvalid, "parts",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := order.Take(c.parts, c.before, c.amount)
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

// drawParts draws a part at each of some rates, with or without VAT stated.
func drawParts(t *rapid.T, least int64) []order.Part {
	parts := []order.Part{}
	for _, percent := range []uint8{25, 12, 6, 0, 19} {
		gross := rapid.OneOf(rapid.Int64Range(least, 20), rapid.Int64Range(least, 1_000_000_00)).Draw(t, "gross")
		p := goods(percent, gross)
		split, err := tax.FromGross(p.Gross, p.Rate)
		require.NoError(t, err)
		p.VAT = split.VAT
		if off := rapid.Int64Range(-3, 3).Draw(t, "off"); gross > 100 && percent > 0 && rapid.Bool().Draw(t, "stated") {
			p.VAT = sek(split.VAT.Minor() + off)
		}
		parts = append(parts, p)
	}
	return parts
}

// partition draws amounts that add up to whole.
func partition(t *rapid.T, whole int64) []int64 {
	var amounts []int64
	for whole > 0 && len(amounts) < 6 {
		amount := rapid.OneOf(rapid.Int64Range(0, min(whole, 3)), rapid.Int64Range(0, whole)).Draw(t, "amount")
		amounts, whole = append(amounts, amount), whole-amount
	}
	return append(amounts, whole)
}

type sums struct{ gross, vat int64 }

func byRate(parts []order.Part) map[tax.Rate]sums {
	out := map[tax.Rate]sums{}
	for _, p := range parts {
		s := out[p.Rate]
		s.gross, s.vat = s.gross+p.Gross.Minor(), s.vat+p.VAT.Minor()
		out[p.Rate] = s
	}
	return out
}

func TestTakesOfAnyPartitionInAnyOrderAddUpToTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := drawParts(t, 0)
		whole, err := order.Order{Parts: parts}.Total()
		require.NoError(t, err)
		amounts := rapid.Permutation(partition(t, whole.Minor())).Draw(t, "order")

		var all []order.Part
		before := int64(0)
		for _, amount := range amounts {
			taken := take(t, parts, before, amount)
			sum := int64(0)
			for _, p := range taken {
				require.Positive(t, p.Gross.Minor(), "no part is taken back and none is empty")
				require.GreaterOrEqual(t, p.VAT.Minor(), int64(0))
				require.LessOrEqual(t, p.VAT.Minor(), p.Gross.Minor())
				sum += p.Gross.Minor()
			}
			require.Equal(t, amount, sum, "a take adds up to its amount")
			all, before = append(all, taken...), before+amount
		}
		for rate, s := range byRate(parts) {
			require.Equal(t, s, byRate(all)[rate], "at %s %%", rate)
		}
	})
}

func TestDiscountsKeepTheirSignAndTakesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := drawParts(t, 1)
		discounts := drawParts(t, 1)
		discount := discounts[0]
		whole, err := order.Order{Parts: parts}.Total()
		require.NoError(t, err)
		discount.Rate, discount.VAT = tax.Percent(7), money.Amount{}
		discount.Gross = sek(-min(discount.Gross.Minor(), whole.Minor()))
		parts = append(parts, discount)

		got := map[tax.Rate]int64{}
		before := int64(0)
		for _, amount := range partition(t, whole.Minor()+discount.Gross.Minor()) {
			sum := int64(0)
			for _, p := range take(t, parts, before, amount) {
				require.Equal(t, p.Rate == discount.Rate, p.Gross.Sign() < 0, "a part keeps its sign")
				sum, got[p.Rate] = sum+p.Gross.Minor(), got[p.Rate]+p.Gross.Minor()
			}
			require.Equal(t, amount, sum)
			before += amount
		}
		if before == 0 {
			return
		}
		for _, p := range parts {
			require.Equal(t, p.Gross.Minor(), got[p.Rate], "at %s %%", p.Rate)
		}
	})
}

func TestSharesStayNearTheExactProportion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := drawParts(t, 1)
		whole, err := order.Order{Parts: parts}.Total()
		require.NoError(t, err)
		amount := rapid.Int64Range(0, whole.Minor()).Draw(t, "amount")
		taken := byRate(take(t, parts, 0, amount))
		for _, p := range parts {
			// |share − amount × gross / whole| < parts, in whole numbers.
			off := taken[p.Rate].gross*whole.Minor() - amount*p.Gross.Minor()
			require.Less(t, max(off, -off), int64(len(parts))*whole.Minor())
		}
	})
}
