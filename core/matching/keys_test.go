package matching_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"1001":             "1001",
		" 1001\n":          "1001",
		"#1001":            "1001",
		"# 001001":         "1001",
		"0#0 1001":         "1001",
		"kl-1001a":         "KL-1001A",
		"KL-001":           "KL-001",
		"10010":            "10010",
		"order 7":          "ORDER 7",
		"åäö":              "ÅÄÖ",
		"":                 "",
		"000":              "",
		"#":                "",
		"\u00a01001\u00a0": "1001",
	}
	for value, want := range cases {
		require.Equal(t, want, matching.Normalise(value), "%q", value)
	}
}

func TestNormalisingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := matching.Normalise(rapid.String().Draw(t, "value"))
		require.Equal(t, once, matching.Normalise(once))
	})
}

func TestKeysAreThoseOfTheRulesStrongestFirst(t *testing.T) {
	t.Parallel()
	line := payout.Line{References: map[payout.Reference]string{
		payout.MerchantReference1: "#0042", payout.MerchantReference2: " ocr9 ",
	}}
	require.Equal(t, []matching.Key{
		{Reference: invoice.ExternalReference1, Value: "42"},
		{Reference: invoice.OrderNumber, Value: "42"},
		{Reference: invoice.OCR, Value: "OCR9"},
	}, matching.Keys(line, rules()))
	require.Empty(t, matching.Keys(payout.Line{}, rules()))
}

func TestAPrefixOrSuffixMayStandOnEitherSide(t *testing.T) {
	t.Parallel()
	pair := matching.KeyPair{Line: payout.MerchantReference1, Document: invoice.OrderNumber, Prefix: "kl-", Suffix: "/se"}
	r := matching.Rules{Keys: []matching.KeyPair{pair}}
	for _, value := range []string{"1001", "KL-1001/SE", "kl-1001", "001001"} {
		line := sale("1", value, 100_00)
		require.Equal(t, []matching.Key{
			{Reference: invoice.OrderNumber, Value: "1001"},
			{Reference: invoice.OrderNumber, Value: "KL-1001/SE"},
		}, matching.Keys(line, r), value)
		for _, number := range []string{"1001", "#1001", "KL-1001/se"} {
			decisions := matching.Match([]payout.Line{line}, []matching.Candidate{issued("1", number, 100_00)}, r)
			require.Equal(t, matching.Matched, decisions[0].State, "%s and %s", value, number)
		}
	}
	require.Empty(t, matching.Keys(sale("1", "", 1), r), "a prefix alone is no reference")
}

// What a store finds under the keys of a line is all that Match can use.
func TestMatchFindsNothingThatTheKeysDoNotFind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		reference := rapid.StringMatching(`#?0{0,2}(kl-|KL-)?[0-9]{0,3}(x|X)?`)
		r := matching.Rules{Keys: []matching.KeyPair{
			{Line: payout.MerchantReference1, Document: invoice.OrderNumber, Prefix: "KL-", Suffix: "X"},
			{Line: payout.MerchantReference1, Document: invoice.OCR},
		}}
		line := sale("1", reference.Draw(t, "line"), 100_00)
		candidate := issued("1", reference.Draw(t, "order number"), 100_00)
		candidate.Document.References[invoice.OCR] = reference.Draw(t, "ocr")

		found := false
		for _, key := range matching.Keys(line, r) {
			found = found || matching.Normalise(candidate.Document.References[key.Reference]) == key.Value
		}
		decisions := matching.Match([]payout.Line{line}, []matching.Candidate{candidate}, r)
		require.Equal(t, found, decisions[0].State == matching.Matched)
	})
}
