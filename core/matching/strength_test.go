package matching_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

// keyed gives the default rules with more pairs after them.
func keyed(pairs ...matching.KeyPair) matching.Rules {
	r := rules()
	r.Keys = append(r.Keys, pairs...)
	return r
}

func TestStrongerAndWeakerKeys(t *testing.T) {
	t.Parallel()
	capture := matching.KeyPair{Line: payout.CaptureReference, Document: invoice.ExternalReference2}
	refundOf := matching.KeyPair{Line: payout.RefundID, Document: invoice.ExternalReference2}
	captureOf := matching.KeyPair{Line: payout.CaptureID, Document: invoice.ExternalReference2}
	transaction := matching.KeyPair{Line: payout.TransactionID, Document: invoice.ExternalReference2}
	refer := func(line payout.Line, name payout.Reference, value string) []payout.Line {
		line.References[name] = value
		return []payout.Line{line}
	}
	stored := func(name invoice.Reference, values ...string) []matching.Candidate {
		candidates := invoices(100_00, 100_00)
		for i, value := range values {
			candidates[i].Document.References[name] = value
		}
		return candidates
	}
	credits := stored(invoice.ExternalReference2, "r1", "r2")
	for i := range credits {
		credits[i].Document.Kind, credits[i].Document.Total, credits[i].Document.Balance = invoice.Credit, sek(-100_00), sek(-100_00)
	}
	copied := slices.Clone(credits)
	copied[0] = with(copied[0], func(c *matching.Candidate) {
		c.Document.References = map[invoice.Reference]string{invoice.ExternalReference2: "c1"}
	})
	cases := map[string]struct {
		lines     []payout.Line
		documents []matching.Candidate
		rules     matching.Rules
		want      string
		rule      matching.KeyPair
	}{
		"the reference of the capture, although last among the keys": {
			refer(sale("a", "7", 100_00), payout.CaptureReference, "c2"), stored(invoice.ExternalReference2, "c1", "c2"), keyed(capture),
			"a: 2 100.00", capture,
		},
		"the capture goes before the amount": {
			refer(sale("a", "7", 60_00), payout.CaptureReference, "c2"),
			append(stored(invoice.ExternalReference2, "c1", "c2"), issued("3", "7", 60_00)), keyed(capture),
			"a: 2 60.00 part", capture,
		},
		"the provider's number of the transaction": {
			refer(sale("a", "7", 100_00), payout.TransactionID, "t2"), stored(invoice.ExternalReference2, "t1", "t2"), keyed(transaction),
			"a: 2 100.00", transaction,
		},
		"the refund, not its order": {
			refer(refund("a", "7", -100_00), payout.RefundID, "r2"), credits, keyed(refundOf),
			"a: 2 -100.00", refundOf,
		},
		"the capture of a refund is weaker than its order": {
			refer(refund("a", "7", -100_00), payout.CaptureID, "c1"), copied, keyed(captureOf),
			"a: 2 -100.00", matching.DefaultKeys()[1],
		},
		"no document carries the capture": {
			refer(sale("a", "7", 100_00), payout.CaptureReference, "c3"), invoices(100_00), keyed(capture),
			"a: 1 100.00", matching.DefaultKeys()[1],
		},
		"a weaker key chooses among equal documents": {
			refer(sale("a", "7", 100_00), payout.MerchantReference2, "222"), stored(invoice.OCR, "111", "222"), rules(),
			"a: 2 100.00", matching.DefaultKeys()[1],
		},
		"a weaker key chooses the document of a part": {
			refer(sale("a", "7", 60_00), payout.MerchantReference2, "222"), stored(invoice.OCR, "111", "222"), rules(),
			"a: 2 60.00 part", matching.DefaultKeys()[1],
		},
		"a weaker key that names both chooses none": {
			refer(sale("a", "7", 100_00), payout.MerchantReference2, "222"), stored(invoice.OCR, "222", "222"), rules(),
			"a: match.ambiguous", matching.DefaultKeys()[1],
		},
		"a weaker key that names another order's document chooses none": {
			refer(sale("a", "7", 100_00), payout.MerchantReference2, "333"),
			append(stored(invoice.OCR, "111", "222"), with(issued("3", "8", 100_00), func(c *matching.Candidate) {
				c.Document.References[invoice.OCR] = "333"
			})), rules(),
			"a: match.ambiguous", matching.DefaultKeys()[1],
		},
		"a weaker key that names two does not outdo a stronger one": {
			refer(sale("a", "8", 100_00), payout.MerchantReference2, "222"),
			append(stored(invoice.OCR, "222", "222"), issued("3", "8", 100_00)), rules(),
			"a: 3 100.00", matching.DefaultKeys()[1],
		},
		"a set without the document that a weaker key names": {
			refer(sale("a", "7", 100_00), payout.MerchantReference2, "333"),
			append(invoices(60_00, 40_00), with(issued("3", "7", 150_00), func(c *matching.Candidate) {
				c.Document.References[invoice.OCR] = "333"
			})), rules(),
			"a: 3 100.00 part", matching.DefaultKeys()[1],
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decisions := matching.Match(c.lines, c.documents, c.rules)
			require.Equal(t, []string{c.want}, outcomes(decisions))
			require.Equal(t, c.rule, decisions[0].Rule)
		})
	}
}

func TestAWeakerKeyThatChoseIsShown(t *testing.T) {
	t.Parallel()
	line := sale("a", "7", 100_00)
	line.References[payout.MerchantReference2] = "222"
	candidates := invoices(100_00, 100_00)
	candidates[1].Document.References[invoice.OCR] = "0222"
	require.Equal(t, []matching.Comparison{
		{What: "document", Line: "a", Document: "2"},
		{What: "merchant_reference1 = order_number", Line: "7", Document: "7"},
		{What: "open", Line: "100.00", Document: "100.00"},
		{What: "merchant_reference2 = ocr", Line: "222", Document: "0222"},
	}, matching.Match([]payout.Line{line}, candidates, rules())[0].Compared)
}

func TestKeysOfTheCaptureComeFirst(t *testing.T) {
	t.Parallel()
	r := keyed(
		matching.KeyPair{Line: payout.RefundID, Document: invoice.ExternalReference2},
		matching.KeyPair{Line: payout.CaptureID, Document: invoice.ExternalReference2})
	line := sale("a", "7", 100_00)
	line.References[payout.CaptureID], line.References[payout.RefundID] = "c1", "r1"
	require.Equal(t, matching.Key{Reference: invoice.ExternalReference2, Value: "C1"}, matching.Keys(line, r)[0])
	line.Kind = payout.Refund
	require.Equal(t, matching.Key{Reference: invoice.ExternalReference2, Value: "R1"}, matching.Keys(line, r)[0])
	require.Len(t, matching.Keys(line, r), 4)
}
