package pantry_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/server/demo/pantry"
	"github.com/kvitt/kvitt/server/demo/world"
)

// load reads the world as a simulator does: from the file that is shipped.
func load(t *testing.T) pantry.World {
	t.Helper()
	var w pantry.World
	decoder := json.NewDecoder(bytes.NewReader(pantry.JSON()))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&w))
	return w
}

func TestTheFileIsWhatTheGeneratorWrites(t *testing.T) {
	t.Parallel()
	generated, err := world.Encode(pantry.Generate(pantry.Seed))
	require.NoError(t, err)
	require.True(t, bytes.Equal(generated, pantry.JSON()), "world.json is out of date: run go generate ./server/demo/pantry")
}

func TestAnotherSeedTellsTheSameStory(t *testing.T) {
	t.Parallel()
	want := balances(load(t))
	rapid.Check(t, func(t *rapid.T) {
		w := pantry.Generate(rapid.IntRange(1, 1_000_000).Draw(t, "seed"))
		require.Equal(t, want, balances(w))
		checkLines(t, w)
	})
}

func TestWhatIsDeliveredAndGivenBackIsWhatWasOrdered(t *testing.T) {
	t.Parallel()
	checkLines(t, load(t))
}

// checkLines holds amounts against lines, what happened against what was possible, and
// the rates against the law: food is taxed at 12 percent until 31 March in Sweden.
func checkLines(t require.TestingT, w pantry.World) {
	for _, o := range w.Klarna.Orders {
		left := sumOf(o.Lines)
		captured := int64(0)
		for _, c := range o.Captures {
			require.True(t, c.At.After(o.CreatedAt), o.MerchantReference1)
			require.True(t, len(c.Lines) == 0 && c.Amount == left || sumOf(c.Lines) == c.Amount, o.MerchantReference1)
			captured += c.Amount
		}
		require.LessOrEqual(t, captured, left, o.MerchantReference1)
		for _, r := range o.Refunds {
			require.True(t, r.At.After(o.Captures[len(o.Captures)-1].At), o.MerchantReference1)
			require.True(t, len(r.Lines) == 0 || sumOf(r.Lines) == r.Amount, o.MerchantReference1)
			captured -= r.Amount
		}
		require.GreaterOrEqual(t, captured, int64(0), o.MerchantReference1)
		for _, l := range o.Lines {
			require.Equal(t, l.UnitPrice*l.Quantity, l.TotalAmount)
			require.Equal(t, vatIn(l.TotalAmount, l.TaxRate/100), l.TotalTax, l.Name)
			april := !o.CreatedAt.Before(time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC))
			require.False(t, april && l.TaxRate == 1200, "%s is taxed at the old rate", o.MerchantReference1)
		}
	}
}

func sumOf(lines []world.OrderLine) (sum int64) {
	for _, l := range lines {
		sum += l.TotalAmount
	}
	return sum
}

func TestEveryKindOfThingHappens(t *testing.T) {
	t.Parallel()
	w := load(t)
	seen := map[string]int{}
	for _, o := range w.Klarna.Orders {
		rates, kinds := map[int64]bool{}, map[string]bool{}
		for _, l := range o.Lines {
			rates[l.TaxRate], kinds[l.Type] = true, true
		}
		for what, happens := range map[string]bool{
			"orders": true, "euro": o.PurchaseCurrency == "EUR", "in parts": len(o.Captures) > 1, "cancelled": o.Status == "CANCELLED",
			"regretted": o.OrderID == w.Regretted, "four rates": len(rates) >= 3 && rates[0], "gift card": kinds["gift_card"],
			"discount": kinds["discount"], "second refund": len(o.Refunds) > 1, "refund of parts": len(o.Refunds) > 0 && len(o.Captures) > 1,
		} {
			if happens {
				seen[what]++
			}
		}
	}
	require.Equal(t, map[string]int{
		"orders": 23, "euro": 3, "in parts": 2, "cancelled": 1, "regretted": 1, "four rates": 2, "gift card": 1, "discount": 1,
		"second refund": 1, "refund of parts": 2,
	}, seen)
	require.Len(t, w.Pushed, 21, "two orders are learned from payouts")
}

func TestTheREADMEShowsTheWorldAsItIs(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	w := load(t)
	for i := range w.Klarna.Payouts {
		require.Contains(t, string(readme), payoutRow(w, i))
	}
	for _, row := range balanceRows(w) {
		require.Contains(t, string(readme), row)
	}
}
