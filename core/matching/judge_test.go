package matching_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func TestWhatBecomesOfALine(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line       payout.Line
		candidates []matching.Candidate
		document   string
		state      matching.State
		partial    bool
		writeOff   int64
		code       fault.Code
	}{
		"the very amount": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched,
		},
		"a refund and its credit invoice": {
			line: refund("1", "7", -95_00), candidates: []matching.Candidate{issued("1001", "7", 100_00), issued("1002", "7", -95_00)},
			document: "1002", state: matching.Matched,
		},
		"too little by less than the tolerance": {
			line: sale("1", "7", 99_60), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched, writeOff: 40,
		},
		"too little by the tolerance": {
			line: sale("1", "7", 99_50), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched, writeOff: 50,
		},
		"too little by more than the tolerance is a part": {
			line: sale("1", "7", 99_49), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched, partial: true,
		},
		"one öre too much": {
			line: sale("1", "7", 100_01), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched, writeOff: -1,
		},
		"too much": {
			line: sale("1", "7", 549_00), candidates: []matching.Candidate{issued("1001", "7", 499_00)},
			document: "1001", state: matching.Exception, code: matching.CodeAmountDiffers,
		},
		"a refund rounded by the accounting system": {
			line: refund("1", "7", -99_60), candidates: []matching.Candidate{issued("1001", "7", -100_00)},
			document: "1001", state: matching.Matched, writeOff: -40,
		},
		"a refund smaller than its credit invoice": {
			line: refund("1", "7", -60_00), candidates: []matching.Candidate{issued("1001", "7", -100_00)},
			document: "1001", state: matching.Exception, code: matching.CodeAmountDiffers,
		},
		"a refund of what is left of a credit invoice": {
			line: refund("1", "7", -60_00),
			candidates: []matching.Candidate{with(issued("1001", "7", -100_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(-60_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAmountDiffers,
		},
		"a credit invoice made as an ordinary one": {
			line: refund("1", "7", -100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Kind = invoice.Credit
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAmountDiffers,
		},
		"the rest of a partly paid invoice": {
			line: sale("1", "7", 40_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(40_00)
			})},
			document: "1001", state: matching.Matched,
		},
		"what other lines have left": {
			line: sale("1", "7", 40_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Claimed = sek(60_00)
			})},
			document: "1001", state: matching.Matched,
		},
		"nothing is left": {
			line: sale("1", "7", 40_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Claimed = sek(100_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadySettled,
		},
		"kvitt has paid it before": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance, c.PaidByKvitt = sek(0), sek(100_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadySettled,
		},
		"kvitt has paid all of it, though less than the line": {
			line: sale("1", "7", 140_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance, c.PaidByKvitt = sek(0), sek(100_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadySettled,
		},
		"somebody paid it by hand": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(0)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadyPaid,
		},
		"somebody paid by hand what kvitt had not": {
			line: sale("1", "7", 60_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance, c.PaidByKvitt = sek(0), sek(40_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadyPaid,
		},
		"somebody paid too much": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(-5_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadyPaid,
		},
		"somebody settled the credit invoice": {
			line: refund("1", "7", -100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", -100_00), func(c *matching.Candidate) {
				c.Document.Balance = sek(0)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadyCredited,
		},
		"kvitt settled the credit invoice": {
			line: refund("1", "7", -100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", -100_00), func(c *matching.Candidate) {
				c.Document.Balance, c.PaidByKvitt = sek(0), sek(-100_00)
			})},
			document: "1001", state: matching.Exception, code: matching.CodeAlreadySettled,
		},
		"a draft": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Booked = false
			})},
			document: "1001", state: matching.Exception, code: matching.CodeNotBooked,
		},
		"cancelled, although a draft": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Booked, c.Document.Cancelled = false, true
			})},
			document: "1001", state: matching.Exception, code: matching.CodeCancelled,
		},
		"an invoice of nothing": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 0)},
			document: "1001", state: matching.Exception, code: matching.CodeAmountDiffers,
		},
		"two that fit": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_00), issued("1002", "7", 100_00)},
			state: matching.Exception, code: matching.CodeAmbiguous,
		},
		"two, one of the very amount": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_40), issued("1002", "7", 100_00)},
			document: "1002", state: matching.Matched,
		},
		"two, none of the very amount": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_40), issued("1002", "7", 200_00)},
			state: matching.Exception, code: matching.CodeAmbiguous,
		},
		"two of the very amount, one paid": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{
				with(issued("1001", "7", 100_00), func(c *matching.Candidate) { c.Document.Balance = sek(0) }),
				issued("1002", "7", 100_00),
			},
			document: "1002", state: matching.Matched,
		},
		"one cancelled, its successor paid": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{
				with(issued("1001", "7", 100_00), func(c *matching.Candidate) { c.Document.Cancelled = true }),
				with(issued("1002", "7", 100_00), func(c *matching.Candidate) { c.Document.Balance = sek(0) }),
			},
			document: "1002", state: matching.Exception, code: matching.CodeAlreadyPaid,
		},
		"two cancelled": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{
				with(issued("1001", "7", 100_00), func(c *matching.Candidate) { c.Document.Cancelled = true }),
				with(issued("1002", "7", 100_00), func(c *matching.Candidate) { c.Document.Cancelled = true }),
			},
			state: matching.Exception, code: matching.CodeAmbiguous,
		},
		"nothing with that reference": {
			line: sale("1", "8", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			state: matching.None,
		},
		"a line without a reference": {
			line: sale("1", " # ", 100_00), candidates: []matching.Candidate{issued("1001", "", 100_00)},
			state: matching.None,
		},
		"a sale is never settled by a credit invoice": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", -100_00)},
			state: matching.None,
		},
		"a refund is never settled by an invoice": {
			line: refund("1", "7", -100_00), candidates: []matching.Candidate{issued("1001", "7", 100_00)},
			state: matching.None,
		},
		"the same number in another currency": {
			line: sale("1", "7", 100_00),
			candidates: []matching.Candidate{with(issued("1001", "7", 100_00), func(c *matching.Candidate) {
				c.Document.Total, c.Document.Balance = money.New(100_00, "EUR"), money.New(100_00, "EUR")
			})},
			document: "1001", state: matching.Exception, code: matching.CodeCombination,
		},
		"one document given twice": {
			line: sale("1", "7", 100_00), candidates: []matching.Candidate{issued("1001", "7", 100_00), issued("1001", "7", 100_00)},
			document: "1001", state: matching.Matched,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decisions := matching.Match([]payout.Line{c.line}, c.candidates, rules())

			require.Len(t, decisions, 1)
			got := decisions[0]
			require.Equal(t, c.line.Key, got.Line)
			require.Equal(t, c.state, got.State)
			require.Equal(t, c.document, got.Document)
			require.Equal(t, c.partial, got.Partial)
			require.Equal(t, c.writeOff, got.WriteOff.Minor())
			require.Equal(t, c.code != "", got.Fault != nil)
			if got.Fault != nil {
				require.Equal(t, c.code, got.Fault.Code)
				require.NotEmpty(t, got.Fault.Reason)
				require.NotEmpty(t, got.Fault.Remedy)
			}
			if c.state != matching.None {
				require.Equal(t, c.line.Gross, got.Amount)
				require.Equal(t, matching.DefaultKeys()[1], got.Rule)
				require.NotEmpty(t, got.Compared)
			}
		})
	}
}
