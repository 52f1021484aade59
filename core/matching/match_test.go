package matching_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func march(day int) civil.Date { return civil.Of(time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)) }

func rules() matching.Rules {
	return matching.Rules{Keys: matching.DefaultKeys(), Tolerance: sek(50), Several: true}
}

// sale and refund carry the order number as merchant reference 1.
func sale(key, order string, minor int64) payout.Line {
	return payout.Line{
		Key: key, Kind: payout.Sale, Gross: sek(minor), OccurredAt: time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC),
		References: map[payout.Reference]string{payout.MerchantReference1: order},
	}
}

func refund(key, order string, minor int64) payout.Line {
	line := sale(key, order, minor)
	line.Kind = payout.Refund
	return line
}

// issued gives an open, booked invoice, or a credit invoice if the total is
// negative.
func issued(number, order string, total int64) matching.Candidate {
	kind := invoice.Invoice
	if total < 0 {
		kind = invoice.Credit
	}
	return matching.Candidate{Document: invoice.Document{
		Number: number, Kind: kind, Total: sek(total), Balance: sek(total), Booked: true,
		References: map[invoice.Reference]string{invoice.OrderNumber: order},
	}}
}

func with(c matching.Candidate, change func(*matching.Candidate)) matching.Candidate {
	change(&c)
	return c
}

func TestADecisionShowsWhatWasCompared(t *testing.T) {
	t.Parallel()
	candidate := with(issued("1001", "#0007", 499_00), func(c *matching.Candidate) { c.Claimed = sek(100_00) })
	decisions := matching.Match([]payout.Line{sale("line 1", "7", 549_00)}, []matching.Candidate{candidate}, rules())
	require.Equal(t, []matching.Comparison{
		{What: "document", Line: "line 1", Document: "1001"},
		{What: "merchant_reference1 = order_number", Line: "7", Document: "#0007"},
		{What: "open", Line: "549.00", Document: "399.00"},
		{What: "total", Line: "549.00", Document: "499.00"},
	}, decisions[0].Compared)
}

func TestWhatOneLineTakesIsGoneForTheNext(t *testing.T) {
	t.Parallel()
	first, second, third := sale("b", "7", 60_00), sale("a", "7", 40_00), sale("c", "7", 1_00)
	second.OccurredAt = first.OccurredAt.Add(time.Hour)
	third.OccurredAt = first.OccurredAt.Add(2 * time.Hour)

	decisions := matching.Match([]payout.Line{third, second, first}, []matching.Candidate{issued("1001", "7", 100_00)}, rules())

	require.Len(t, decisions, 3)
	require.Equal(t, "b", decisions[0].Line)
	require.True(t, decisions[0].Partial)
	require.Equal(t, "a", decisions[1].Line)
	require.Equal(t, matching.Matched, decisions[1].State)
	require.False(t, decisions[1].Partial)
	require.Equal(t, "c", decisions[2].Line)
	require.Equal(t, matching.CodeAlreadySettled, decisions[2].Fault.Code)
}

func TestTheFirstRuleThatFindsADocumentDecides(t *testing.T) {
	t.Parallel()
	line := sale("1", "7", 100_00)
	line.References[payout.MerchantReference2] = "123456"
	byOCR := with(issued("1002", "", 100_00), func(c *matching.Candidate) {
		c.Document.References = map[invoice.Reference]string{invoice.OCR: "123456"}
	})
	paid := with(issued("1001", "7", 100_00), func(c *matching.Candidate) { c.Document.Balance = sek(0) })

	decisions := matching.Match([]payout.Line{line}, []matching.Candidate{byOCR, paid}, rules())
	require.Equal(t, "1001", decisions[0].Document, "a weaker key does not overrule a stronger one")

	decisions = matching.Match([]payout.Line{line}, []matching.Candidate{byOCR}, rules())
	require.Equal(t, "1002", decisions[0].Document)
	require.Equal(t, matching.DefaultKeys()[2], decisions[0].Rule)
}

func TestThereIsNoToleranceForAnotherCurrency(t *testing.T) {
	t.Parallel()
	euro := func(minor int64) money.Amount { return money.New(minor, "EUR") }
	line := sale("1", "7", 0)
	line.Gross = euro(100_01)
	candidate := with(issued("1001", "7", 0), func(c *matching.Candidate) {
		c.Document.Total, c.Document.Balance = euro(100_00), euro(100_00)
	})
	decisions := matching.Match([]payout.Line{line}, []matching.Candidate{candidate}, rules())
	require.Equal(t, matching.CodeAmountDiffers, decisions[0].Fault.Code)
}

func TestOnlyLinesThatMoveASaleAreDecided(t *testing.T) {
	t.Parallel()
	lines := []payout.Line{sale("0", "7", 0)}
	for _, kind := range payout.Kinds() {
		line := sale(string(kind), "7", 100_00)
		line.Kind = kind
		lines = append(lines, line)
	}
	decisions := matching.Match(lines, nil, rules())
	require.Len(t, decisions, 2)
	require.Equal(t, "refund", decisions[0].Line)
	require.Equal(t, "sale", decisions[1].Line)
}

func TestNoLinesGiveNoDecisions(t *testing.T) {
	t.Parallel()
	require.Empty(t, matching.Match(nil, []matching.Candidate{issued("1001", "7", 100_00)}, rules()))
}
