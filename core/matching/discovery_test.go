package matching_test

import (
	"maps"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

// TestDiscoverySaysWhichFieldCarriesWhichReference is the shop of 60 lines, of which
// 58 stand in the first external reference of an invoice.
func TestDiscoverySaysWhichFieldCarriesWhichReference(t *testing.T) {
	t.Parallel()
	var lines []payout.Line
	var documents []invoice.Document
	for i := range 60 {
		order := "KL" + strconv.Itoa(1000+i)
		line := sale("line "+strconv.Itoa(i), order, int64(100_00+i))
		line.References[payout.ShortOrderID] = "S" + strconv.Itoa(i)
		lines = append(lines, line)
		if i >= 58 {
			continue
		}
		d := issued(strconv.Itoa(i+1), "", int64(100_00+i)).Document
		d.References = map[invoice.Reference]string{invoice.ExternalReference1: "#" + order}
		if i < 20 {
			d.References[invoice.ExternalReference2] = "s" + strconv.Itoa(i)
		}
		documents = append(documents, d)
	}
	lines = append(lines, payout.Line{Key: "bare", Kind: payout.Sale, Gross: sek(1)}, payout.Line{Key: "fee", Kind: payout.Fee})

	found := matching.Discover(lines, documents)

	require.Equal(t, 60, found.Lines)
	require.Equal(t, 1, found.Bare)
	best := matching.KeyPair{Line: payout.MerchantReference1, Document: invoice.ExternalReference1}
	require.Equal(t, []matching.KeyPair{best}, found.Proposed, "the other pair finds no further line")
	require.Len(t, found.Pairs, 2)
	require.Equal(t, best, found.Pairs[0].Pair)
	require.Equal(t, []int{58, 58, 0, 0}, []int{found.Pairs[0].Found, found.Pairs[0].Agreeing, found.Pairs[0].Several, found.Pairs[0].Shared})
	require.Equal(t, matching.KeyPair{Line: payout.ShortOrderID, Document: invoice.ExternalReference2}, found.Pairs[1].Pair)
	require.Equal(t, 20, found.Pairs[1].Found)
	require.Equal(t, 58, found.Covered)
	require.Equal(t, []payout.Line{lines[58], lines[59]}, found.Missed)
	require.Equal(t, "line 0", found.Pairs[0].Examples[0].Line.Key)
	require.Equal(t, "1", found.Pairs[0].Examples[0].Document.Number)
	require.Equal(t, 58, matching.Covered(lines, documents, found.Proposed))
	require.Zero(t, matching.Covered(lines, documents, matching.DefaultKeys()[1:]))
}

func TestDiscoveryTellsWhatStaysAmbiguous(t *testing.T) {
	t.Parallel()
	lines := []payout.Line{sale("a", "7", 100_00), sale("b", "7", 50_00), sale("c", "8", 70_00), refund("d", "7", -100_00)}
	documents := []invoice.Document{issued("1", "7", 100_00).Document, issued("2", "7", 50_00).Document, issued("3", "8", 70_00).Document}
	found := matching.Discover(lines, documents)
	require.Equal(t, 4, found.Lines)
	require.Len(t, found.Pairs, 1)
	require.Equal(t, []int{3, 3, 2, 2}, []int{found.Pairs[0].Found, found.Pairs[0].Agreeing, found.Pairs[0].Several, found.Pairs[0].Shared})
	require.Equal(t, "d", found.Missed[0].Key, "a refund settles a credit invoice, and there is none")
}

func TestDiscoveryTakesNumbersThatMeetByChanceForNothing(t *testing.T) {
	t.Parallel()
	found := matching.Discover([]payout.Line{sale("a", "1001", 100_00)}, []invoice.Document{issued("x", "1001", 333_00).Document})
	require.Len(t, found.Pairs, 1)
	require.Empty(t, found.Proposed, "no amount agrees")
	require.Zero(t, found.Covered)
}

// sampled draws the lines and documents of crowd, the documents without what claims
// say of them.
func sampled(t *rapid.T) ([]payout.Line, []invoice.Document) {
	lines, candidates := crowd(t)
	var documents []invoice.Document
	for _, c := range candidates {
		documents = append(documents, c.Document)
	}
	return lines, documents
}

func TestCoverageIsAFractionOfTheLinesWithAReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, documents := sampled(t)
		found := matching.Discover(lines, documents)
		need := 0
		for _, l := range lines {
			if matching.NeedsDocument(l) && !l.Synthesised {
				need++
			}
		}
		require.Equal(t, need, found.Lines+found.Bare)
		require.LessOrEqual(t, found.Covered, found.Lines)
		last := found.Lines
		for _, c := range found.Pairs {
			require.Positive(t, c.Found)
			require.LessOrEqual(t, c.Found, last, "best coverage first")
			last = c.Found
			for _, part := range []int{c.Agreeing, c.Several, c.Shared} {
				require.LessOrEqual(t, part, c.Found)
			}
			require.NotEmpty(t, c.Examples)
		}
		require.Equal(t, found.Covered, matching.Covered(lines, documents, found.Proposed), "as Match would find them")
		require.Equal(t, found.Lines-found.Covered > 0, len(found.Missed) > 0)
		shuffled := matching.Discover(rapid.Permutation(lines).Draw(t, "shuffled lines"), rapid.Permutation(documents).Draw(t, "shuffled documents"))
		require.Equal(t, found.Proposed, shuffled.Proposed)
		require.Equal(t, found.Covered, shuffled.Covered)
	})
}

// TestAnotherFieldNeverLowersTheBestCoverage: whatever a further field of the
// documents holds, what the others find stays found.
func TestAnotherFieldNeverLowersTheBestCoverage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, documents := sampled(t)
		before := matching.Discover(lines, documents)
		value := rapid.SampledFrom([]string{"7", "8", "kl-9", "a", "b", ""})
		for i := range documents {
			documents[i].References = maps.Clone(documents[i].References)
			documents[i].References[invoice.ExternalReference1] = value.Draw(t, "external reference")
		}
		after := matching.Discover(lines, documents)
		require.Equal(t, before.Lines, after.Lines)
		require.GreaterOrEqual(t, after.Covered, before.Covered)
		if len(before.Pairs) > 0 {
			require.GreaterOrEqual(t, after.Pairs[0].Found, before.Pairs[0].Found)
		}
	})
}
