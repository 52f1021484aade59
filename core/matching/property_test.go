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
	reference := rapid.SampledFrom([]string{"7", "#007", "8", "kl-9", ""})
	minor := rapid.SampledFrom([]int64{50_00, 99_60, 100_00, 100_00, 150_00})
	var lines []payout.Line
	for i := range rapid.IntRange(0, 12).Draw(t, "lines") {
		line := sale(strconv.Itoa(i), reference.Draw(t, "reference"), minor.Draw(t, "gross"))
		if rapid.Bool().Draw(t, "refund") {
			line.Kind, line.Gross = payout.Refund, line.Gross.Neg()
		}
		line.OccurredAt = line.OccurredAt.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hour")) * time.Hour)
		lines = append(lines, line)
	}
	var candidates []matching.Candidate
	for i := range rapid.IntRange(0, 12).Draw(t, "documents") {
		total := minor.Draw(t, "total") * rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign")
		c := issued(strconv.Itoa(1000+i), reference.Draw(t, "order number"), total)
		c.Document.Booked = rapid.IntRange(0, 9).Draw(t, "draft") > 0
		c.Document.Cancelled = rapid.IntRange(0, 9).Draw(t, "cancelled") == 0
		c.Document.Balance = sek(total / rapid.SampledFrom([]int64{1, 1, 2, 1000_00}).Draw(t, "share open"))
		c.Claimed = sek(c.Document.Balance.Minor() / rapid.SampledFrom([]int64{1, 2, 1000_00, 1000_00}).Draw(t, "share claimed"))
		c.PaidByKvitt = sek(total / rapid.SampledFrom([]int64{1, 1000_00}).Draw(t, "share paid"))
		candidates = append(candidates, c)
	}
	return lines, candidates
}

func TestTheOrderOfLinesAndDocumentsChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		want := matching.Match(lines, candidates, rules())
		got := matching.Match(
			rapid.Permutation(lines).Draw(t, "shuffled lines"),
			rapid.Permutation(candidates).Draw(t, "shuffled documents"), rules())
		require.Equal(t, want, got)
	})
}

func TestNothingIsTakenTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		taken := map[string]money.Amount{}
		closing := map[string]int{}
		for _, d := range matching.Match(lines, candidates, rules()) {
			if d.State != matching.Matched {
				continue
			}
			for _, part := range []money.Amount{d.Amount, d.WriteOff} {
				sum, err := taken[d.Document].Add(part)
				require.NoError(t, err)
				taken[d.Document] = sum
			}
			if !d.Partial {
				closing[d.Document]++
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
			case len(candidates) > 1:
				require.Equal(t, matching.CodeAmbiguous, d.Fault.Code)
			case i == 0:
				require.Equal(t, matching.Matched, d.State)
			default:
				require.Equal(t, matching.CodeAlreadySettled, d.Fault.Code)
			}
			if d.State == matching.Matched {
				require.False(t, matched[d.Document])
				matched[d.Document] = true
			}
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
		for _, d := range matching.Match(lines, candidates, rules()) {
			if d.State != matching.Matched {
				require.Equal(t, d.State == matching.Exception, d.Fault != nil)
				continue
			}
			document, line := byNumber[d.Document], byKey[d.Line]
			require.True(t, document.Booked)
			require.False(t, document.Cancelled)
			require.Equal(t, line.Kind == payout.Refund, document.Kind == invoice.Credit)
			require.LessOrEqual(t, d.WriteOff.Abs().Minor(), rules().Tolerance.Minor())
			require.Equal(t,
				matching.Normalise(line.References[d.Rule.Line]),
				matching.Normalise(document.References[d.Rule.Document]))
		}
	})
}
