package matching_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func TestARefundBookedAsAnInvoice(t *testing.T) {
	t.Parallel()
	r := keyed(
		matching.KeyPair{Line: payout.RefundReference, Document: invoice.ExternalReference2},
		matching.KeyPair{Line: payout.CaptureReference, Document: invoice.ExternalReference2})
	line := func(refund, merchant string) payout.Line {
		l := returned("a", "", -100_00)
		l.References[payout.RefundReference], l.References[payout.MerchantReference1] = refund, merchant
		return l
	}
	carrying := func(number, reference string, total int64) matching.Candidate {
		return with(issued(number, "7", total), func(c *matching.Candidate) {
			c.Document.Kind = invoice.Invoice
			c.Document.References[invoice.ExternalReference2] = reference
		})
	}
	cases := map[string]struct {
		line      payout.Line
		documents []matching.Candidate
		document  string
		code      fault.Code
	}{
		"with the refund's reference and amount": {
			line("r1", "7"), []matching.Candidate{carrying("1", "r1", 100_00)}, "1", matching.CodeCreditIsInvoice,
		},
		"with the order's reference and a negative amount": {
			line("", "7"), []matching.Candidate{carrying("1", "", -100_00)}, "1", matching.CodeCreditIsInvoice,
		},
		"twice": {
			line("r1", "7"), []matching.Candidate{carrying("1", "r1", 100_00), carrying("2", "r1", 100_00)}, "", matching.CodeCreditIsInvoice,
		},
		"the invoice of the sale":        {line("r1", "7"), []matching.Candidate{carrying("1", "c1", 100_00)}, "", ""},
		"another amount":                 {line("r1", "7"), []matching.Candidate{carrying("1", "r1", 99_99)}, "", ""},
		"a shop that numbers refunds so": {line("7", "#7"), []matching.Candidate{carrying("1", "7", 100_00)}, "", ""},
		"a credit invoice is there": {
			line("r1", "7"), []matching.Candidate{carrying("1", "r1", 100_00), issued("2", "7", -100_00)}, "2", "",
		},
		"cancelled": {
			line("r1", "7"), []matching.Candidate{with(carrying("1", "r1", 100_00), func(c *matching.Candidate) { c.Document.Cancelled = true })}, "", "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := matching.Match([]payout.Line{c.line}, c.documents, r)[0]
			require.Equal(t, c.document, d.Document)
			if c.code == "" {
				require.Nil(t, d.Fault)
				return
			}
			require.Equal(t, matching.Exception, d.State)
			require.Equal(t, c.code, d.Fault.Code)
			require.Equal(t, fault.Conflict, d.Fault.Class)
			require.Contains(t, d.Compared, matching.Comparison{What: "kind", Line: "refund", Document: "invoice"})
		})
	}
}
