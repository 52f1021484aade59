package matching_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

// outcomes writes decisions the way the tables do: "a: 1001 60.00 part", with one
// entry for every document that a line moves, or "a: " and the code of the fault.
func outcomes(decisions []matching.Decision) []string {
	var out []string
	for _, d := range decisions {
		if d.State == matching.None {
			out = append(out, d.Line+": nothing")
		}
		if d.State == matching.Exception {
			out = append(out, d.Line+": "+string(d.Fault.Code))
		}
		for _, part := range d.Settles() {
			text := d.Line + ": " + part.Document + " " + part.Amount.String()
			if part.Partial {
				text += " part"
			}
			if !part.WriteOff.IsZero() {
				text += " off " + part.WriteOff.String()
			}
			if d.State == matching.Suggested {
				text += " suggested"
			}
			out = append(out, text)
		}
	}
	return out
}

// sales gives lines a, b, c of one order, an hour apart.
func sales(amounts ...int64) []payout.Line {
	var lines []payout.Line
	for i, amount := range amounts {
		line := sale(string(rune('a'+i)), "7", amount)
		line.OccurredAt = line.OccurredAt.Add(time.Duration(i) * time.Hour)
		lines = append(lines, line)
	}
	return lines
}

func refunds(amounts ...int64) []payout.Line {
	lines := sales(amounts...)
	for i := range lines {
		lines[i].Kind = payout.Refund
	}
	return lines
}

// invoices gives documents 1, 2, 3 of the order that sales has.
func invoices(totals ...int64) []matching.Candidate {
	var candidates []matching.Candidate
	for i, total := range totals {
		candidates = append(candidates, issued(strconv.Itoa(i+1), "7", total))
	}
	return candidates
}

func TestLinesAndDocumentsOfOneOrder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lines     []payout.Line
		documents []matching.Candidate
		want      []string
	}{
		"three captures, the last one closes": {
			sales(50_00, 30_00, 20_00), invoices(100_00), []string{"a: 1 50.00 part", "b: 1 30.00 part", "c: 1 20.00"},
		},
		"three captures, the last one within the tolerance": {
			sales(50_00, 30_00, 19_70), invoices(100_00), []string{"a: 1 50.00 part", "b: 1 30.00 part", "c: 1 19.70 off 0.30"},
		},
		"three captures, not all yet": {
			sales(50_00, 30_00), invoices(100_00), []string{"a: 1 50.00 part", "b: 1 30.00 part"},
		},
		"captured too much": {
			sales(50_00, 30_00, 40_00), invoices(100_00), []string{"a: 1 50.00 part", "b: 1 30.00 part", "c: match.amount_differs"},
		},
		"captured twice": {
			sales(100_00, 100_00), invoices(100_00), []string{"a: 1 100.00", "b: match.already_settled"},
		},
		"the whole after a part of it": {
			sales(60_00, 100_00), invoices(100_00), []string{"a: match.already_settled", "b: 1 100.00"},
		},
		"one capture, two invoices": {
			sales(100_00), invoices(60_00, 40_00), []string{"a: 1 60.00", "a: 2 40.00"},
		},
		"one capture, two of three invoices": {
			sales(100_00), invoices(60_00, 30_00, 40_00), []string{"a: 1 60.00", "a: 3 40.00"},
		},
		"one capture, two sets of invoices": {
			sales(100_00), invoices(60_00, 40_00, 70_00, 30_00), []string{"a: match.ambiguous"},
		},
		"one capture, any two of three equal invoices": {
			sales(100_00), invoices(50_00, 50_00, 50_00), []string{"a: match.ambiguous"},
		},
		"one capture, invoices that differ by an öre": {
			sales(100_00), invoices(60_00, 39_99), []string{"a: match.ambiguous"},
		},
		"one invoice goes before two of the same sum": {
			sales(100_00), invoices(60_00, 40_00, 100_00), []string{"a: 3 100.00"},
		},
		"what one line leaves is plain for the next": {
			sales(30_00, 100_00), invoices(100_00, 40_00), []string{"a: 2 30.00 part", "b: 1 100.00"},
		},
		"each its own, whatever came first": {
			sales(40_00, 100_00, 60_00), invoices(100_00, 60_00, 40_00), []string{"a: 3 40.00", "b: 1 100.00", "c: 2 60.00"},
		},
		"two captures of two equal invoices": {
			sales(100_00, 100_00), invoices(100_00, 100_00), []string{"a: 1 100.00", "b: 2 100.00"},
		},
		"one capture of two equal invoices": {
			sales(100_00), invoices(100_00, 100_00), []string{"a: match.ambiguous"},
		},
		"two captures of three equal invoices": {
			sales(100_00, 100_00), invoices(100_00, 100_00, 100_00), []string{"a: match.ambiguous", "b: match.ambiguous"},
		},
		"two captures together one of two invoices": {
			sales(60_00, 40_00), invoices(150_00, 100_00), []string{"a: 2 60.00 part", "b: 2 40.00"},
		},
		"two captures together two invoices": {
			sales(100_00, 50_00), invoices(90_00, 60_00), []string{"a: 1 90.00", "a: 2 10.00 part", "b: 2 50.00"},
		},
		"two captures, the first over two invoices and a part of the next": {
			sales(100_00, 20_00), invoices(70_00, 30_00, 50_00), []string{"a: 1 70.00", "a: 2 30.00", "b: 3 20.00 part"},
		},
		"two captures together one invoice or two others": {
			sales(30_00, 70_00), invoices(100_00, 40_00, 60_00), []string{"a: match.ambiguous", "b: match.ambiguous"},
		},
		"two captures together less than two invoices": {
			sales(100_00, 49_00), invoices(90_00, 60_00), []string{"a: match.ambiguous", "b: match.ambiguous"},
		},
		"one refund, two credit invoices": {
			refunds(-100_00), invoices(-60_00, -40_00), []string{"a: 1 -60.00", "a: 2 -40.00"},
		},
		"one refund, a credit invoice and what is left of another": {
			refunds(-100_00), append(invoices(-60_00), with(issued("2", "7", -90_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(-40_00)
			})), []string{"a: match.ambiguous"},
		},
		"two refunds, one credit invoice": {
			refunds(-60_00, -40_00), invoices(-100_00), []string{"a: match.amount_differs", "b: match.amount_differs"},
		},
		"two equal refunds and credit invoices": {
			refunds(-60_00, -60_00), invoices(-60_00, -60_00), []string{"a: 1 -60.00", "b: 2 -60.00"},
		},
		"a sale and a refund of an order with an invoice and its credit": {
			append(sales(100_00), later(refund("b", "7", -100_00))...), invoices(100_00, -100_00), []string{"a: 1 100.00", "b: 2 -100.00"},
		},
		"an invoice of less than nothing is no part of a set": {
			sales(50_00), append(invoices(80_00), with(issued("2", "7", -30_00), func(c *matching.Candidate) {
				c.Document.Kind = invoice.Invoice
			})), []string{"a: match.ambiguous"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, outcomes(matching.Match(c.lines, c.documents, rules())))
			slices.Reverse(c.lines)
			slices.Reverse(c.documents)
			require.Equal(t, c.want, outcomes(matching.Match(c.lines, c.documents, rules())), "in the opposite order")
		})
	}
}

// later gives one line, an hour after the first.
func later(line payout.Line) []payout.Line {
	line.OccurredAt = line.OccurredAt.Add(time.Hour)
	return []payout.Line{line}
}

func TestALineOfOneDocumentOnly(t *testing.T) {
	t.Parallel()
	r := rules()
	r.Several = false
	match := func(lines []payout.Line, candidates []matching.Candidate) []string {
		return outcomes(matching.Match(lines, candidates, r))
	}
	require.Equal(t, []string{"a: match.ambiguous"}, match(sales(100_00), invoices(60_00, 40_00)))
	require.Equal(t, []string{"a: match.ambiguous", "b: match.ambiguous"}, match(sales(100_00, 50_00), invoices(90_00, 60_00)))
	require.Equal(t, []string{"a: 2 60.00 part", "b: 2 40.00"}, match(sales(60_00, 40_00), invoices(150_00, 100_00)))
}

func TestTheOldestDocumentIsPaidFirst(t *testing.T) {
	t.Parallel()
	candidates := invoices(90_00, 60_00)
	candidates[0].Document.Date, candidates[1].Document.Date = march(2), march(1)
	require.Equal(t,
		[]string{"a: 2 60.00", "a: 1 40.00 part", "b: 1 50.00"},
		outcomes(matching.Match(sales(100_00, 50_00), candidates, rules())))
}

func TestDocumentsOfOtherOrdersAreNoPartOfASet(t *testing.T) {
	t.Parallel()
	candidates := append(invoices(60_00, 20_00), issued("3", "8", 40_00))
	require.Equal(t, []string{"a: match.ambiguous"}, outcomes(matching.Match(sales(100_00), candidates, rules())))
}

// What the lines of one order take makes plain what those of another mean.
func TestOrdersThatShareADocument(t *testing.T) {
	t.Parallel()
	candidates := append(invoices(-60_00, -40_00), issued("3", "8", -60_00), issued("4", "8", -60_00))
	for _, i := range []int{0, 2, 3} {
		candidates[i].Document.References[invoice.OCR] = "9"
	}
	lines := refunds(-100_00, -60_00, -60_00)
	for i := range lines[1:] {
		lines[i+1].References = map[payout.Reference]string{payout.MerchantReference2: "9"}
	}
	require.Equal(t,
		[]string{"a: 1 -60.00", "a: 2 -40.00", "b: 3 -60.00", "c: 4 -60.00"},
		outcomes(matching.Match(lines, candidates, rules())))
}

func TestASumOfLinesThatNameAnotherDocumentProvesNothing(t *testing.T) {
	t.Parallel()
	lines, candidates := sales(30_00, 70_00), invoices(100_00, 150_00)
	require.Equal(t, []string{"a: 1 30.00 part", "b: 1 70.00"}, outcomes(matching.Match(lines, candidates, rules())))
	lines[1].References[payout.MerchantReference2] = "222"
	candidates[1].Document.References[invoice.OCR] = "222"
	require.Equal(t, []string{"a: match.ambiguous", "b: 2 70.00 part"}, outcomes(matching.Match(lines, candidates, rules())))
}

func TestTooManyDocumentsAreNotSearched(t *testing.T) {
	t.Parallel()
	// 1 + 2 + 4 + … + 2048 = 4095, and powers of two add up to it in one way only.
	var totals []int64
	for i := range 12 {
		totals = append(totals, 1<<i)
	}
	decision := matching.Match(sales(4095), invoices(totals...), rules())[0]
	require.Len(t, decision.Parts, 12)

	totals = append(totals, 1<<12)
	decision = matching.Match(sales(4095), invoices(totals...), rules())[0]
	require.Len(t, decision.Parts, 12, "a document larger than the line is not in the way")

	decision = matching.Match(sales(8191), invoices(totals...), rules())[0]
	require.Equal(t, matching.CodeAmbiguous, decision.Fault.Code)
}

func TestAnExceptionShowsAFewOfManyDocuments(t *testing.T) {
	t.Parallel()
	totals := make([]int64, 30)
	for i := range totals {
		totals[i] = 100_00
	}
	candidates := append(invoices(totals...), issued("paid", "7", 100_00))
	candidates[30].Document.Balance = sek(0)
	decision := matching.Match(sales(100_00), candidates, rules())[0]
	require.Equal(t, "30 documents carry the same reference and fit equally well", decision.Fault.Reason)
	require.Len(t, decision.Compared, 12*3, "the document, the reference and the amount of each")
}

func TestPartsShowWhatWasCompared(t *testing.T) {
	t.Parallel()
	decision := matching.Match(sales(100_00), invoices(60_00, 40_00), rules())[0]
	require.Equal(t, matching.Decision{
		Line: "a", State: matching.Matched, Rule: matching.DefaultKeys()[1], Kind: invoice.Invoice,
		Amount: sek(100_00), WriteOff: sek(0),
		Parts: []matching.Part{
			{Document: "1", Kind: invoice.Invoice, Amount: sek(60_00), WriteOff: sek(0)},
			{Document: "2", Kind: invoice.Invoice, Amount: sek(40_00), WriteOff: sek(0)},
		},
		Compared: []matching.Comparison{
			{What: "document", Line: "a", Document: "1"},
			{What: "merchant_reference1 = order_number", Line: "7", Document: "7"},
			{What: "open", Line: "100.00", Document: "60.00"},
			{What: "document", Line: "a", Document: "2"},
			{What: "merchant_reference1 = order_number", Line: "7", Document: "7"},
			{What: "open", Line: "100.00", Document: "40.00"},
			{What: "together", Line: "100.00", Document: "100.00"},
		},
	}, decision)
}

func TestALineThatIsATotalIsNeverMatched(t *testing.T) {
	t.Parallel()
	for _, line := range []payout.Line{sale("totals/sale", "7", 100_00), refund("totals/return", "7", -100_00)} {
		line.Synthesised = true
		decisions := matching.Match([]payout.Line{line}, invoices(100_00, -100_00), rules())
		require.Equal(t, matching.Exception, decisions[0].State)
		require.Equal(t, matching.CodeSummary, decisions[0].Fault.Code)
		require.Equal(t, fault.Conflict, decisions[0].Fault.Class)
		require.Empty(t, decisions[0].Document)
	}
	// The refund as a row of its own is matched beside its total.
	total := refund("totals/return", "7", -100_00)
	total.Synthesised = true
	lines := []payout.Line{total, refund("a", "7", -100_00)}
	require.Equal(t, []string{"a: 2 -100.00", "totals/return: match.summary"}, outcomes(matching.Match(lines, invoices(100_00, -100_00), rules())))
}

func TestADisputeIsNotMatchedToADocument(t *testing.T) {
	t.Parallel()
	dispute := sale("b", "7", -100_00)
	dispute.Kind = payout.Chargeback
	lines := []payout.Line{refund("a", "7", -100_00), dispute}
	require.Equal(t, []string{"a: 2 -100.00"}, outcomes(matching.Match(lines, invoices(100_00, -100_00), rules())))
	require.Empty(t, matching.Match([]payout.Line{dispute}, invoices(100_00, -100_00), rules()))
}
