package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// anyLine draws a line that a connector may deliver.
func anyLine() *rapid.Generator[payout.Line] {
	return rapid.Custom(func(t *rapid.T) payout.Line {
		kinds := payout.Kinds()
		line := payout.Line{
			Key:     "k",
			Kind:    rapid.SampledFrom(kinds[:len(kinds)-1]).Draw(t, "kind"), // all but unknown
			RawType: rapid.SampledFrom([]string{"A", "B", "FEE/FIXED", "FEE/MONTHLY"}).Draw(t, "raw type"),
			Gross:   sek(rapid.Int64Range(-10_000_00, 10_000_00).Draw(t, "gross")),
		}
		switch line.Kind {
		case payout.Sale:
			line.Gross = line.Gross.Abs()
		case payout.Refund:
			line.Gross = line.Gross.Abs().Neg()
		case payout.Fee:
			line.Gross = sek(0)
		case payout.Chargeback, payout.ChargebackReversal, payout.Reserve, payout.Release, payout.Carry,
			payout.Commission, payout.Loan, payout.Tax, payout.Adjustment, payout.Unknown:
		}
		sign := rapid.SampledFrom([]int64{1, 1, 1, -1}).Draw(t, "sign")
		line.FeeExVAT = sek(sign * rapid.Int64Range(0, 300_00).Draw(t, "fee"))
		line.FeeVAT = sek(sign * rapid.Int64Range(0, 75_00).Draw(t, "vat"))
		return line
	})
}

func anySettings() *rapid.Generator[booking.Settings] {
	return rapid.Custom(func(t *rapid.T) booking.Settings {
		s := booking.Default()
		s.Suspense = rapid.Bool().Draw(t, "suspense")
		s.Adjustments = rapid.SampledFrom([]booking.AdjustmentPolicy{booking.HoldAdjustments, booking.SuspendAdjustments}).Draw(t, "adjustments")
		s.Accounts.Loan = rapid.SampledFrom([]ledger.Account{"", "2390"}).Draw(t, "loan")
		s.Accounts.Reserve = rapid.SampledFrom([]ledger.Account{"", "1689"}).Draw(t, "reserve")
		mode := rapid.SampledFrom([]booking.VATMode{booking.NoVAT, booking.Domestic, booking.ReverseEU, booking.ReverseNonEU})
		s.FeeRules = []booking.FeeRule{
			{Match: "FEE/*", VAT: mode.Draw(t, "vat of fees"), Meaning: "fee"},
			{Match: "A", VAT: mode.Draw(t, "vat of A"), Account: "6064", Meaning: "factoring"},
		}
		s.ReverseCharge.Style = rapid.SampledFrom([]booking.ReverseStyle{booking.Pair, booking.DirectCost}).Draw(t, "style")
		s.ReverseCharge.Moment = rapid.SampledFrom([]booking.ReverseMoment{booking.WithPayout, booking.Monthly}).Draw(t, "moment")
		return s
	})
}

func onAccount(t require.TestingT, account ledger.Account, vouchers ...ledger.Voucher) (sum money.Amount, rows int) {
	sum = sek(0)
	for _, v := range vouchers {
		for _, r := range v.Rows() {
			if r.Account == account {
				var err error
				sum, err = sum.Add(r.Amount)
				require.NoError(t, err)
				rows++
			}
		}
	}
	return sum, rows
}

func TestAnyPayoutIsBookedToTheOre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 1, 40).Draw(t, "lines")
		entry, net := voucherOf(t, anySettings().Draw(t, "settings"), lines...)

		// ledger.New refuses a voucher that does not balance; what is left to show is
		// that the right amounts stand on the bank and the clearing account.
		bank, rows := onAccount(t, "1930", entry.Voucher)
		require.Equal(t, net, bank)
		require.LessOrEqual(t, rows, 1)
		require.Equal(t, net.IsZero(), rows == 0)

		expected := sek(0)
		for _, line := range lines {
			switch line.Kind {
			case payout.Sale, payout.Refund, payout.Carry:
				expected, _ = expected.Sub(line.Gross)
			default:
			}
		}
		for _, open := range entry.Open {
			expected, _ = expected.Sub(open.Amount)
		}
		clearing, rows := onAccount(t, "1686", entry.Voucher)
		require.Equal(t, expected, clearing)
		require.LessOrEqual(t, rows, 1)
	})
}

func TestTheOrderOfLinesChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 1, 20).Draw(t, "lines")
		s := anySettings().Draw(t, "settings")
		entry, _ := voucherOf(t, s, lines...)
		shuffled, _ := voucherOf(t, s, rapid.Permutation(lines).Draw(t, "shuffled")...)
		require.Equal(t, entry, shuffled)
	})
}

func TestAMillionLinesComeDownToAFewSums(t *testing.T) {
	t.Parallel()
	var tally booking.Tally
	line := payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: sek(100_00), FeeExVAT: sek(2_00), FeeVAT: sek(50)}
	const lines = 1_000_000
	for range lines {
		require.NoError(t, tally.Add(line, false))
	}
	require.Equal(t, []booking.Sum{{
		Kind: payout.Sale, RawType: "SALE", Lines: lines,
		Gross: sek(lines * 100_00), FeeExVAT: sek(lines * 2_00), FeeVAT: sek(lines * 50),
	}}, tally.Sums())
}

func TestATallyRefusesALineOfAnotherCurrencyAndStaysAsItWas(t *testing.T) {
	t.Parallel()
	var tally booking.Tally
	require.NoError(t, tally.Add(payout.Line{Kind: payout.Sale, Gross: sek(1)}, false))
	before := tally.Sums()
	err := tally.Add(payout.Line{Kind: payout.Sale, Gross: money.New(1, "EUR")}, false)
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
	require.Equal(t, before, tally.Sums())
}
