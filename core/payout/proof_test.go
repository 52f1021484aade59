package payout_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func sums(t require.TestingT, lines []payout.Line) []payout.KindSum {
	byKind := map[payout.Kind]payout.KindSum{}
	for _, line := range lines {
		sum, err := byKind[line.Kind].Add(line)
		require.NoError(t, err)
		byKind[line.Kind] = sum
	}
	list := make([]payout.KindSum, 0, len(byKind))
	for _, sum := range byKind {
		list = append(list, sum)
	}
	return list
}

func TestAProofShowsSignedEffectsThatAddUpToTheNet(t *testing.T) {
	t.Parallel()
	lines := []payout.Line{
		{Key: "1", Kind: payout.Sale, Gross: sek(1000_00), FeeExVAT: sek(20_00), FeeVAT: sek(5_00)},
		{Key: "2", Kind: payout.Sale, Gross: sek(500_00), FeeExVAT: sek(10_00), FeeVAT: sek(2_50)},
		{Key: "3", Kind: payout.Refund, Gross: sek(-120_00), FeeExVAT: sek(-1_00)},
		{Key: "4", Kind: payout.Fee, FeeExVAT: sek(49_00), FeeVAT: sek(12_25)},
		{Key: "5", Kind: payout.Chargeback, Gross: sek(-125_00)},
		{Key: "6", Kind: payout.Reserve, Gross: sek(-100_00)},
		{Key: "7", Kind: payout.Release, Gross: sek(40_00)},
		{Key: "8", Kind: payout.Carry, Gross: sek(-206_00)},
	}
	p := payout.Payout{Reference: "P1", Net: sek(891_25)}

	proof, err := payout.Prove(p, sums(t, lines))

	require.NoError(t, err)
	require.Equal(t, payout.Proof{
		Gross: sek(1500_00), Refunds: sek(-120_00), Fees: sek(-78_00), FeeVAT: sek(-19_75),
		Reserves: sek(-60_00), Other: sek(-331_00), Net: sek(891_25), Difference: sek(0), Lines: 8,
	}, proof)
	require.NoError(t, proof.Check(sums(t, lines)))
}

func TestAPayoutThatIsOffByOneOreIsHeld(t *testing.T) {
	t.Parallel()
	list := sums(t, []payout.Line{{Key: "1", Kind: payout.Sale, Gross: sek(100_00)}})
	proof, err := payout.Prove(payout.Payout{Net: sek(99_99)}, list)
	require.NoError(t, err)
	require.Equal(t, sek(1), proof.Difference)
	require.Equal(t, payout.CodeProofFailed, fault.CodeOf(proof.Check(list)))
	require.Contains(t, proof.Check(list).Error(), "the lines add up to SEK 0.01 more than the 99.99 paid out")
}

func TestAPayoutWithALineOfUnknownMeaningIsHeldAlthoughItAddsUp(t *testing.T) {
	t.Parallel()
	list := sums(t, []payout.Line{
		{Key: "1", Kind: payout.Sale, Gross: sek(100_00)},
		{Key: "2", Kind: payout.Unknown, Gross: sek(-1_00)},
	})
	proof, err := payout.Prove(payout.Payout{Net: sek(99_00)}, list)
	require.NoError(t, err)
	require.True(t, proof.Difference.IsZero())
	require.Equal(t, payout.CodeUnknownType, fault.CodeOf(proof.Check(list)))
}

func TestAPayoutWithoutLinesIsWorthNothing(t *testing.T) {
	t.Parallel()
	empty, err := payout.Prove(payout.Payout{Net: sek(0)}, nil)
	require.NoError(t, err)
	require.NoError(t, empty.Check(nil))

	paid, err := payout.Prove(payout.Payout{Net: sek(1)}, nil)
	require.NoError(t, err)
	require.Equal(t, payout.CodeProofFailed, fault.CodeOf(paid.Check(nil)))
	require.Contains(t, paid.Check(nil).Error(), "the lines add up to SEK 0.01 less than the 0.01 paid out")
}

func TestCurrenciesAreNotMixedInAProof(t *testing.T) {
	t.Parallel()
	_, err := payout.Prove(payout.Payout{Net: sek(1)}, []payout.KindSum{{Kind: payout.Sale, Gross: money.New(1, "EUR")}})
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
}

func TestAnyPayoutIsProvenByTheSumOfItsLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		net := sek(0)
		var lines []payout.Line
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			line := payout.Line{
				Kind:     rapid.SampledFrom(payout.Kinds()).Draw(t, "kind"),
				Gross:    sek(rapid.Int64Range(-9_999_99, 9_999_99).Draw(t, "gross")),
				FeeExVAT: sek(rapid.Int64Range(-99_99, 99_99).Draw(t, "fee")),
				FeeVAT:   sek(rapid.Int64Range(-19_99, 19_99).Draw(t, "vat")),
			}
			effect, err := line.Net()
			require.NoError(t, err)
			net, err = net.Add(effect)
			require.NoError(t, err)
			lines = append(lines, line)
		}
		off := sek(rapid.Int64Range(-2, 2).Draw(t, "off"))
		stated, err := net.Sub(off)
		require.NoError(t, err)

		proof, err := payout.Prove(payout.Payout{Net: stated}, sums(t, lines))
		require.NoError(t, err)
		require.Equal(t, off, proof.Difference)
		require.Equal(t, int64(len(lines)), proof.Lines)

		total, err := money.Sum("SEK", proof.Gross, proof.Refunds, proof.Fees, proof.FeeVAT, proof.Reserves, proof.Other)
		require.NoError(t, err)
		require.Equal(t, net, total)
	})
}
