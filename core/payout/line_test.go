package payout_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func TestALineThatNoProviderCanMeanIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line  payout.Line
		field string
	}{
		"no key":                {payout.Line{Kind: payout.Sale, Gross: sek(1)}, "key"},
		"no kind":               {payout.Line{Key: "a", Gross: sek(1)}, "kind"},
		"a kind not in the set": {payout.Line{Key: "a", Kind: "bonus", Gross: sek(1)}, "kind"},
		"a negative sale":       {payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(-1)}, "gross"},
		"a positive refund":     {payout.Line{Key: "a", Kind: payout.Refund, Gross: sek(1)}, "gross"},
		"a fee with a gross":    {payout.Line{Key: "a", Kind: payout.Fee, Gross: sek(1), FeeExVAT: sek(1)}, "gross"},
		"VAT against the fee":   {payout.Line{Key: "a", Kind: payout.Fee, FeeExVAT: sek(4), FeeVAT: sek(-1)}, "fee_vat"},
		"local VAT against it": {
			payout.Line{Key: "a", Kind: payout.Fee, FeeExVAT: sek(4), FeeVAT: sek(1), FeeVATLocal: money.New(-1, "NOK")}, "fee_vat_local",
		},
		"the original of a fee": {payout.Line{Key: "a", Kind: payout.Fee, FeeExVAT: sek(4), Original: money.New(1, "EUR")}, "original"},
		"an original against it": {
			payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(4), Original: money.New(-1, "EUR")}, "original",
		},
		"an original of its own currency": {payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(4), Original: sek(4)}, "original"},
		"a rate of nothing":               {payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(4), Rate: decimal.NewFromInt(11)}, "rate"},
		"a negative rate": {
			payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(4), Original: money.New(1, "EUR"), Rate: decimal.NewFromInt(-11)}, "rate",
		},
		"two currencies": {payout.Line{Key: "a", Kind: payout.Sale, Gross: sek(4), FeeExVAT: money.New(1, "EUR")}, "currency"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.line.Validate()
			require.Equal(t, payout.CodeLineInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.NotEmpty(t, fault.Of(err).Remedy)
		})
	}
}

func TestLinesThatProvidersSendAreAccepted(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]payout.Line{
		"a sale with its fee":    {Key: "a", Kind: payout.Sale, Gross: sek(100_00), FeeExVAT: sek(2_00), FeeVAT: sek(50)},
		"a refund with its fee":  {Key: "a", Kind: payout.Refund, Gross: sek(-100_00), FeeExVAT: sek(-2_00), FeeVAT: sek(-50)},
		"a fee of its own":       {Key: "a", Kind: payout.Fee, Gross: sek(0), FeeExVAT: sek(8_00), FeeVAT: sek(2_00)},
		"a returned fee":         {Key: "a", Kind: payout.Fee, FeeExVAT: sek(-15_00)},
		"a debt carried forward": {Key: "a", Kind: payout.Carry, Gross: sek(206_00)},
		"what was paid in euro": {
			Key: "a", Kind: payout.Sale, Gross: sek(1120_00), Original: money.New(100_00, "EUR"), Rate: decimal.RequireFromString("11.2"),
		},
		"VAT stated twice":        {Key: "a", Kind: payout.Fee, FeeExVAT: money.New(8_00, "EUR"), FeeVAT: money.New(2_00, "EUR"), FeeVATLocal: sek(23_00)},
		"a type nobody knows yet": {Key: "a", Kind: payout.Unknown, Gross: sek(-7_50)},
	} {
		require.NoError(t, line.Validate(), name)
	}
}

func TestNetIsGrossLessFeeAndItsVAT(t *testing.T) {
	t.Parallel()
	net, err := payout.Line{Gross: sek(100_00), FeeExVAT: sek(8_00), FeeVAT: sek(2_00)}.Net()
	require.NoError(t, err)
	require.Equal(t, sek(90_00), net)

	net, err = payout.Line{Gross: sek(-100_00), FeeExVAT: sek(-4_00), FeeVAT: sek(-1_00)}.Net()
	require.NoError(t, err)
	require.Equal(t, sek(-95_00), net)
}

func TestOnlySalesAndRefundsNeedADocument(t *testing.T) {
	t.Parallel()
	for _, kind := range payout.Kinds() {
		require.True(t, kind.Valid())
		require.Equal(t, kind == payout.Sale || kind == payout.Refund, kind.NeedsDocument(), kind)
	}
	require.False(t, payout.Kind("").Valid())
}

func TestEveryReferenceIsListedOnce(t *testing.T) {
	t.Parallel()
	seen := map[payout.Reference]bool{}
	for _, reference := range payout.References() {
		require.False(t, seen[reference], reference)
		seen[reference] = true
	}
}
