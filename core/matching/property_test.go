package matching_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// crowd draws lines and documents that share few references and amounts, so that
// they meet in every way.
func crowd(t *rapid.T) ([]payout.Line, []matching.Candidate) {
	reference := rapid.SampledFrom([]string{"7", "7", "#007", "8", "kl-9", ""})
	minor := rapid.SampledFrom([]int64{50_00, 99_60, 100_00, 100_00, 150_00})
	weaker := rapid.SampledFrom([]string{"", "", "", "a", "b"})
	var lines []payout.Line
	for i := range rapid.IntRange(0, 12).Draw(t, "lines") {
		line := sale(strconv.Itoa(i), reference.Draw(t, "reference"), minor.Draw(t, "gross"))
		line.References[payout.MerchantReference2] = weaker.Draw(t, "weaker reference")
		line.References[payout.OrderID] = weaker.Draw(t, "weak reference")
		if rapid.Bool().Draw(t, "refund") {
			line.Kind, line.Gross = payout.Refund, line.Gross.Neg()
			line.References[payout.RefundReference] = weaker.Draw(t, "refund reference")
		}
		line.Synthesised = rapid.IntRange(0, 19).Draw(t, "total") == 0
		line.OccurredAt = line.OccurredAt.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hour")) * time.Hour)
		lines = append(lines, line)
	}
	var candidates []matching.Candidate
	for i := range rapid.IntRange(0, 12).Draw(t, "documents") {
		total := minor.Draw(t, "total") * rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign")
		c := issued(strconv.Itoa(1000+i), reference.Draw(t, "order number"), total)
		c.Document.References[invoice.OCR] = weaker.Draw(t, "ocr")
		c.Document.References[invoice.ExternalReference2] = weaker.Draw(t, "external reference")
		c.Document.Date = march(rapid.IntRange(29, 31).Draw(t, "day"))
		c.Document.Booked = rapid.IntRange(0, 9).Draw(t, "draft") > 0
		c.Document.Cancelled = rapid.IntRange(0, 9).Draw(t, "cancelled") == 0
		c.Document.Balance = sek(total / rapid.SampledFrom([]int64{1, 1, 2, 1000_00}).Draw(t, "share open"))
		c.Claimed = sek(c.Document.Balance.Minor() / rapid.SampledFrom([]int64{1, 2, 1000_00, 1000_00}).Draw(t, "share claimed"))
		c.PaidByKvitt = sek(total / rapid.SampledFrom([]int64{1, 1000_00}).Draw(t, "share paid"))
		candidates = append(candidates, c)
	}
	return lines, candidates
}

// crowdRules use every kind of rule.
func crowdRules() matching.Rules {
	r := rules()
	r.Keys = append(r.Keys, matching.KeyPair{Line: payout.RefundReference, Document: invoice.ExternalReference2})
	r.Suggest = []matching.KeyPair{{Line: payout.OrderID, Document: invoice.ExternalReference2}}
	r.DateWindowDays = 1
	return r
}

func TestTheOrderOfLinesAndDocumentsChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		want := matching.Match(lines, candidates, crowdRules())
		got := matching.Match(
			rapid.Permutation(lines).Draw(t, "shuffled lines"),
			rapid.Permutation(candidates).Draw(t, "shuffled documents"), crowdRules())
		require.Equal(t, want, got)
	})
}

func TestNothingIsTakenTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		taken := map[string]money.Amount{}
		closing := map[string]int{}
		for _, d := range matching.Match(lines, candidates, crowdRules()) {
			if d.State != matching.Matched {
				continue
			}
			for _, part := range d.Settles() {
				sum, err := money.Sum("SEK", taken[part.Document], part.Amount, part.WriteOff)
				require.NoError(t, err)
				taken[part.Document] = sum
				if !part.Partial {
					closing[part.Document]++
				}
			}
		}
		for _, c := range candidates {
			number := c.Document.Number
			open, err := c.Document.Balance.Sub(c.Claimed)
			require.NoError(t, err)
			require.LessOrEqual(t, closing[number], 1, "document %s is closed more than once", number)
			require.GreaterOrEqual(t, taken[number].Sign()*open.Sign(), 0)
			require.LessOrEqual(t, taken[number].Abs().Minor(), open.Abs().Minor(), "document %s", number)
			if closing[number] == 1 {
				require.Equal(t, open, taken[number], "document %s is closed without a rest", number)
			}
		}
	})
}

func TestPartsAddUpToTheLineExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		for _, d := range matching.Match(lines, candidates, crowdRules()) {
			if d.State != matching.Matched && d.State != matching.Suggested {
				require.Empty(t, d.Parts)
				require.Empty(t, d.Settles())
				continue
			}
			seen := map[string]bool{}
			sum := money.Zero("SEK")
			for _, part := range d.Settles() {
				require.False(t, seen[part.Document])
				seen[part.Document] = true
				require.Equal(t, d.Amount.Sign(), part.Amount.Sign())
				var err error
				sum, err = sum.Add(part.Amount)
				require.NoError(t, err)
			}
			require.Equal(t, d.Amount, sum)
			require.NotEqual(t, d.Document == "", len(d.Parts) == 0, "either one document or parts")
			require.NotEqual(t, 1, len(d.Parts))
			if len(d.Parts) > 0 {
				require.True(t, d.WriteOff.IsZero())
				for _, part := range d.Parts {
					require.True(t, part.WriteOff.IsZero())
				}
			}
		}
	})
}

func TestSuggestionsClaimNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		strict := crowdRules()
		strict.Suggest, strict.DateWindowDays = nil, 0
		without := matching.Match(lines, candidates, strict)
		for i, d := range matching.Match(lines, candidates, crowdRules()) {
			if d.State == matching.Suggested {
				require.Equal(t, matching.None, without[i].State)
				require.Equal(t, matching.CodeSuggested, d.Fault.Code)
				require.NotEmpty(t, d.Document)
				require.NotEmpty(t, d.Compared)
				continue
			}
			require.Equal(t, without[i], d)
		}
	})
}

func TestLinesOfOneAmountNeverGetMoreDocumentsThanThereAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 6)
		var lines []payout.Line
		for i := range count.Draw(t, "lines") {
			lines = append(lines, sale(strconv.Itoa(i), "7", 100_00))
		}
		var candidates []matching.Candidate
		for i := range count.Draw(t, "documents") {
			candidates = append(candidates, issued(strconv.Itoa(1000+i), "7", 100_00))
		}
		matched := map[string]bool{}
		for i, d := range matching.Match(lines, candidates, rules()) {
			switch {
			case len(candidates) > len(lines):
				require.Equal(t, matching.CodeAmbiguous, d.Fault.Code, "which of them stay open?")
			case i < len(candidates):
				require.Equal(t, matching.Matched, d.State)
				require.False(t, matched[d.Document])
				matched[d.Document] = true
			case len(candidates) == 1:
				require.Equal(t, matching.CodeAlreadySettled, d.Fault.Code)
			default:
				require.Equal(t, matching.CodeAmbiguous, d.Fault.Code)
			}
		}
	})
}

// sums counts the sets of amounts that add up to a sum.
func sums(amounts []int64, sum int64) int {
	if len(amounts) == 0 {
		if sum == 0 {
			return 1
		}
		return 0
	}
	return sums(amounts[1:], sum) + sums(amounts[1:], sum-amounts[0])
}

func TestALineCoversSeveralDocumentsOnlyIfItIsPlainWhich(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var candidates []matching.Candidate
		amounts := rapid.SliceOfN(rapid.Int64Range(1, 12), 2, 8).Draw(t, "amounts")
		for i, amount := range amounts {
			candidates = append(candidates, issued(strconv.Itoa(1000+i), "7", amount))
		}
		line := sale("1", "7", rapid.Int64Range(13, 60).Draw(t, "gross"))

		d := matching.Match([]payout.Line{line}, candidates, rules())[0]
		if sums(amounts, line.Gross.Minor()) == 1 {
			require.Equal(t, matching.Matched, d.State)
			require.Greater(t, len(d.Parts), 1)
		} else {
			require.Equal(t, matching.CodeAmbiguous, d.Fault.Code)
		}
	})
}

func TestAMatchIsAlwaysOfTheRightKindAndOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		byNumber := map[string]invoice.Document{}
		for _, c := range candidates {
			byNumber[c.Document.Number] = c.Document
		}
		byKey := map[string]payout.Line{}
		for _, line := range lines {
			byKey[line.Key] = line
		}
		for _, d := range matching.Match(lines, candidates, crowdRules()) {
			require.Equal(t, d.State == matching.Exception || d.State == matching.Suggested, d.Fault != nil)
			for _, part := range d.Settles() {
				document, line := byNumber[part.Document], byKey[d.Line]
				require.True(t, document.Booked)
				require.False(t, document.Cancelled)
				require.False(t, line.Synthesised)
				require.Equal(t, line.Kind == payout.Refund, document.Kind == invoice.Credit)
				require.Equal(t, document.Kind, part.Kind)
				require.LessOrEqual(t, part.WriteOff.Abs().Minor(), rules().Tolerance.Minor())
				require.Equal(t,
					matching.Normalise(line.References[d.Rule.Line]),
					matching.Normalise(document.References[d.Rule.Document]))
			}
		}
	})
}
