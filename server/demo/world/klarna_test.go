package world_test

import (
	"math/big"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/demo/world"
)

// effect is the direction of a row, as Klarna documents its types.
var effect = map[string]int64{"SALE": 1, "RETURN": -1, "REVERSAL": -1, "FEE": -1, "HOLDBACK": -1, "RELEASE": 1}

func TestPayoutsAddUp(t *testing.T) {
	t.Parallel()
	checkSums(t, load(t))
}

// checkSums recomputes every total from the rows, and the settlement twice: by the
// formula over the totals and by the rows' own effects.
func checkSums(t require.TestingT, w world.World) {
	require.Len(t, w.Klarna.Payouts, 4)
	var debt int64
	for _, p := range w.Klarna.Payouts {
		sums := map[string]int64{}
		var rows, vat int64
		for _, row := range p.Transactions {
			require.Contains(t, effect, row.Type)
			require.Positive(t, row.Amount)
			sums[row.Type] += row.Amount
			rows += effect[row.Type] * row.Amount
			if row.VATAmount != nil {
				vat += *row.VATAmount
			}
			require.Equal(t, p.PaymentReference, row.PaymentReference)
			require.Equal(t, "SEK", row.CurrencyCode)
		}
		g := p.Totals
		require.Equal(t, sums["SALE"], g.Sale)
		require.Equal(t, sums["RETURN"], g.Return)
		require.Equal(t, sums["REVERSAL"], g.Reversal)
		require.Equal(t, sums["FEE"], g.Fee)
		require.Equal(t, sums["HOLDBACK"], g.Holdback)
		require.Equal(t, sums["RELEASE"], g.Release)
		require.Equal(t, vat, g.Tax)
		require.Equal(t, g.Sale-g.Return-g.Reversal-g.Fee+g.FeeCorrection+g.Commission-g.Tax-g.Charge+g.Credit-
			g.Repay-g.Holdback+g.Release+g.FeeRefund+g.TaxRefund+g.Deposit, g.Settlement)
		require.Equal(t, rows-vat-g.Repay+g.Deposit, g.Settlement)
		require.Equal(t, debt, g.OpeningDebt, "the debt of the last payout")
		require.Equal(t, g.OpeningDebt-g.Repay+g.Deposit, g.ClosingDebt)
		require.GreaterOrEqual(t, g.Settlement, int64(0))
		debt = g.ClosingDebt
	}
	require.Zero(t, debt, "the repay is in full")
}

func TestFeesAreKlarnasPriceWithVATRoundedOnEachRow(t *testing.T) {
	t.Parallel()
	checkFees(t, load(t))
}

// checkFees recomputes the fees with exact fractions.
func checkFees(t require.TestingT, w world.World) {
	fees, vat := new(big.Rat), new(big.Rat)
	for _, p := range w.Klarna.Payouts {
		sales := map[string]int64{}
		rows := map[string]int{}
		for _, row := range p.Transactions {
			if row.Type == "SALE" {
				sales[row.CaptureID] = row.Amount
			}
		}
		for _, row := range p.Transactions {
			switch row.DetailedType {
			case "PURCHASE_FEE_PERCENTAGE":
				require.Equal(t, half(big.NewRat(sales[row.CaptureID]*299, 10000)), row.Amount)
			case "PURCHASE_FEE_FIXED":
				require.EqualValues(t, 300, row.Amount)
			case "DISPUTE_FEE":
				require.EqualValues(t, 0, *row.VATAmount)
				require.Empty(t, row.CaptureID)
				continue
			default:
				require.Nil(t, row.VATAmount, "only fees have VAT")
				continue
			}
			rows[row.CaptureID]++
			require.EqualValues(t, 2500, *row.VATRate)
			require.Equal(t, half(big.NewRat(row.Amount, 4)), *row.VATAmount)
			fees.Add(fees, big.NewRat(row.Amount, 1))
			vat.Add(vat, big.NewRat(*row.VATAmount, 1))
		}
		for capture := range sales {
			require.Equal(t, 2, rows[capture], "two fees for each capture")
		}
		require.Len(t, rows, len(sales))
	}
	difference := vat.Sub(vat, fees.Quo(fees, big.NewRat(4, 1)))
	require.GreaterOrEqual(t, difference.Abs(difference).Cmp(big.NewRat(2, 1)), 0, "at least 2 öre from rounding by row")
}

// half rounds half up.
func half(r *big.Rat) int64 {
	r = new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(r.Num(), r.Denom()).Int64()
}

func TestEachPayoutTellsItsPart(t *testing.T) {
	t.Parallel()
	w := load(t)
	count := make([]map[string]int, 4)
	orders := map[string]bool{}
	for i, p := range w.Klarna.Payouts {
		count[i] = map[string]int{}
		for _, row := range p.Transactions {
			count[i][row.Type+"/"+row.DetailedType]++
			if row.Type == "SALE" {
				orders[row.OrderID] = true
			}
		}
	}
	require.GreaterOrEqual(t, len(orders), 60)

	require.Len(t, count[0], 3, "payout 1 is plain: sales and their two fees")
	require.Equal(t, 5, count[1]["RETURN/PURCHASE_RETURN"])
	for _, once := range []string{
		"RETURN/PAYMENT_DEFAULT", "REVERSAL/REVERSAL", "FEE/DISPUTE_FEE", "HOLDBACK/ROLLING_RESERVE",
	} {
		require.Equal(t, 1, count[1][once], once)
		require.Zero(t, count[0][once]+count[2][once]+count[3][once], once)
	}
	require.Positive(t, w.Klarna.Payouts[2].Totals.Deposit, "payout 3 ends negative")
	require.Zero(t, w.Klarna.Payouts[2].Totals.Settlement)
	require.Equal(t, w.Klarna.Payouts[2].Totals.Deposit, w.Klarna.Payouts[3].Totals.Repay)
	require.Positive(t, w.Klarna.Payouts[3].Totals.Settlement)
	require.Equal(t, w.Klarna.Payouts[1].Totals.Holdback, w.Klarna.Payouts[3].Totals.Release)
	require.Equal(t, 1, count[3]["RELEASE/ROLLING_RESERVE"])
}

func TestASaleAndItsRefundStandInOnePayout(t *testing.T) {
	t.Parallel()
	amounts := map[string][2]int64{}
	for _, row := range load(t).Klarna.Payouts[1].Transactions {
		pair := amounts[row.OrderID]
		switch row.DetailedType {
		case "PURCHASE":
			pair[0] += row.Amount
		case "PURCHASE_RETURN":
			pair[1] += row.Amount
		}
		amounts[row.OrderID] = pair
	}
	both := 0
	for _, pair := range amounts {
		if pair[0] > 0 && pair[0] == pair[1] {
			both++
		}
	}
	require.Equal(t, 1, both)
}

func TestRowsLookLikeKlarnas(t *testing.T) {
	t.Parallel()
	w := load(t)
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	first := time.Date(2026, time.March, 30, 0, 0, 0, 0, time.UTC)
	captures, references := map[string]bool{}, map[string]string{}
	for _, p := range w.Klarna.Payouts {
		require.True(t, p.PayoutDate.Before(w.Now))
		for _, row := range p.Transactions {
			require.False(t, row.SaleDate.Before(first))
			require.False(t, row.CaptureDate.Before(row.SaleDate))
			require.True(t, row.CaptureDate.Before(p.PayoutDate))
			if row.DetailedType == "ROLLING_RESERVE" {
				require.Empty(t, row.OrderID)
				require.Empty(t, row.CaptureID)
				continue
			}
			require.Regexp(t, uuid, row.OrderID)
			if known, ok := references[row.OrderID]; ok {
				require.Equal(t, known, row.MerchantReference1)
			}
			references[row.OrderID] = row.MerchantReference1
			switch row.Type {
			case "SALE":
				require.False(t, captures[row.CaptureID], "one sale for each capture")
				captures[row.CaptureID] = true
				require.Regexp(t, uuid, row.CaptureID)
			case "RETURN", "REVERSAL":
				require.Empty(t, row.CaptureID)
				require.Regexp(t, uuid, row.RefundID)
			}
		}
	}
	require.Equal(t, "2026-04-20T08:00:00Z", w.Now.Format(time.RFC3339))
}
