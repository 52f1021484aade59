package matching_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// weakly suggests by the provider's order id on the order number, then by amount
// and a date no more than 14 days after the capture.
func weakly() matching.Rules {
	r := rules()
	r.Keys = r.Keys[2:]
	r.Suggest = []matching.KeyPair{
		{Line: payout.OrderID, Document: invoice.OrderNumber},
		{Line: payout.ShortOrderID, Document: invoice.ExternalReference2},
	}
	r.DateWindowDays = matching.DefaultDateWindowDays
	return r
}

// paid gives a line of March 30 with the provider's order id only.
func paid(key, order string, minor int64) payout.Line {
	line := sale(key, "", minor)
	line.References = map[payout.Reference]string{payout.OrderID: order}
	return line
}

// dated gives an open invoice of a day of March.
func dated(number, order string, total int64, day int) matching.Candidate {
	return with(issued(number, order, total), func(c *matching.Candidate) { c.Document.Date = march(day) })
}

func returned(key, order string, minor int64) payout.Line {
	line := paid(key, order, minor)
	line.Kind = payout.Refund
	return line
}

func TestWhatIsSuggested(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lines     []payout.Line
		documents []matching.Candidate
		want      []string
	}{
		"a weak reference": {
			[]payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{issued("1", "7", 100_00)}, []string{"a: 1 100.00 suggested"},
		},
		"a weak reference, a part": {
			[]payout.Line{paid("a", "7", 60_00)}, []matching.Candidate{issued("1", "7", 100_00)}, []string{"a: 1 60.00 part suggested"},
		},
		"a weak reference, within the tolerance": {
			[]payout.Line{paid("a", "7", 99_70)}, []matching.Candidate{issued("1", "7", 100_00)}, []string{"a: 1 99.70 off 0.30 suggested"},
		},
		"a weak reference, too much": {
			[]payout.Line{paid("a", "7", 101_00)}, []matching.Candidate{issued("1", "7", 100_00)}, []string{"a: nothing"},
		},
		"a weak reference of a paid document": {
			[]payout.Line{paid("a", "7", 100_00)},
			[]matching.Candidate{with(issued("1", "7", 100_00), func(c *matching.Candidate) { c.Document.Balance = sek(0) })},
			[]string{"a: nothing"},
		},
		"a weak reference of the other kind": {
			[]payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{issued("1", "7", -100_00)}, []string{"a: nothing"},
		},
		"a weak reference of two documents": {
			[]payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{issued("1", "7", 100_00), issued("2", "7", 100_00)}, []string{"a: nothing"},
		},
		"a weak reference of two documents, one of the amount": {
			[]payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{issued("1", "7", 100_00), issued("2", "7", 120_00)}, []string{"a: 1 100.00 suggested"},
		},
		"two lines with one weak reference": {
			[]payout.Line{paid("a", "7", 60_00), paid("b", "7", 60_00)},
			[]matching.Candidate{issued("1", "7", 100_00)},
			[]string{"a: 1 60.00 part suggested", "b: 1 60.00 part suggested"},
		},
		"a refund by a weak reference": {
			[]payout.Line{returned("a", "7", -100_00)}, []matching.Candidate{issued("1", "7", -100_00)}, []string{"a: 1 -100.00 suggested"},
		},
		"the amount, on the day": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30)}, []string{"a: 1 100.00 suggested"},
		},
		"the amount, on the last day": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30+14)}, []string{"a: 1 100.00 suggested"},
		},
		"the amount, a day too late": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30+15)}, []string{"a: nothing"},
		},
		"the amount, a day too early": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 29)}, []string{"a: nothing"},
		},
		"the amount, without a date": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{issued("1", "7", 100_00)}, []string{"a: nothing"},
		},
		"an öre less": {
			[]payout.Line{paid("a", "", 99_99)}, []matching.Candidate{dated("1", "7", 100_00, 30)}, []string{"a: nothing"},
		},
		"the absolute amount": {
			[]payout.Line{returned("a", "", -100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30)}, []string{"a: nothing"},
		},
		"the amount in another currency": {
			[]payout.Line{paid("a", "", 100_00)},
			[]matching.Candidate{with(dated("1", "7", 100_00, 30), func(c *matching.Candidate) {
				c.Document.Total, c.Document.Balance = money.New(100_00, "EUR"), money.New(100_00, "EUR")
			})},
			[]string{"a: nothing"},
		},
		"the amount that is left open": {
			[]payout.Line{paid("a", "", 40_00)},
			[]matching.Candidate{with(dated("1", "7", 100_00, 30), func(c *matching.Candidate) { c.Document.Balance = sek(40_00) })},
			[]string{"a: 1 40.00 suggested"},
		},
		"a refund by amount": {
			[]payout.Line{returned("a", "", -100_00)}, []matching.Candidate{dated("1", "7", -100_00, 30)}, []string{"a: 1 -100.00 suggested"},
		},
		"a refund of what is left of a credit invoice": {
			[]payout.Line{returned("a", "", -40_00)},
			[]matching.Candidate{with(dated("1", "7", -100_00, 30), func(c *matching.Candidate) { c.Document.Balance = sek(-40_00) })},
			[]string{"a: nothing"},
		},
		"a refund of a credit invoice beside what is left of another": {
			[]payout.Line{returned("a", "", -40_00)},
			[]matching.Candidate{
				with(dated("1", "7", -100_00, 30), func(c *matching.Candidate) { c.Document.Balance = sek(-40_00) }),
				dated("2", "8", -40_00, 30),
			},
			[]string{"a: 2 -40.00 suggested"},
		},
		"a draft": {
			[]payout.Line{paid("a", "", 100_00)},
			[]matching.Candidate{with(dated("1", "7", 100_00, 30), func(c *matching.Candidate) { c.Document.Booked = false })},
			[]string{"a: nothing"},
		},
		"two documents of the amount": {
			[]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30), dated("2", "8", 100_00, 31)}, []string{"a: nothing"},
		},
		"two documents of the amount, one settled by its line": {
			[]payout.Line{paid("a", "", 100_00), alsoOCR(sale("b", "", 100_00), "9")},
			[]matching.Candidate{dated("1", "7", 100_00, 30), with(dated("2", "8", 100_00, 31), func(c *matching.Candidate) {
				c.Document.References[invoice.OCR] = "9"
			})},
			[]string{"a: 1 100.00 suggested", "b: 2 100.00"},
		},
		"two lines of the amount": {
			[]payout.Line{paid("a", "", 100_00), paid("b", "", 100_00)},
			[]matching.Candidate{dated("1", "7", 100_00, 30)},
			[]string{"a: nothing", "b: nothing"},
		},
		"a weak reference goes before the amount": {
			[]payout.Line{paid("a", "7", 100_00)},
			[]matching.Candidate{issued("1", "7", 150_00), dated("2", "8", 100_00, 30)},
			[]string{"a: 1 100.00 part suggested"},
		},
		"what the strong key finds is never a suggestion": {
			[]payout.Line{alsoOCR(paid("a", "7", 100_00), "9")},
			[]matching.Candidate{issued("1", "7", 100_00), with(issued("2", "8", 90_00), func(c *matching.Candidate) {
				c.Document.References[invoice.OCR] = "9"
			})},
			[]string{"a: match.amount_differs"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, outcomes(matching.Match(c.lines, c.documents, weakly())))
		})
	}
}

// alsoOCR gives a line the reference that is a strong key of weakly.
func alsoOCR(line payout.Line, value string) payout.Line {
	line.References[payout.MerchantReference2] = value
	return line
}

func TestASuggestionSaysWhatItRestsOn(t *testing.T) {
	t.Parallel()
	byKey := matching.Match([]payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{issued("1", "7", 100_00)}, weakly())[0]
	require.Equal(t, matching.Suggested, byKey.State)
	require.Equal(t, weakly().Suggest[0], byKey.Rule)
	require.Equal(t, "1", byKey.Document)
	require.Equal(t, matching.CodeSuggested, byKey.Fault.Code)
	require.Equal(t, fault.Conflict, byKey.Fault.Class)
	require.Equal(t, "accept the suggestion or choose another document", byKey.Fault.Remedy)
	require.Equal(t, []matching.Comparison{
		{What: "document", Line: "a", Document: "1"},
		{What: "order_id = order_number", Line: "7", Document: "7"},
		{What: "open", Line: "100.00", Document: "100.00"},
	}, byKey.Compared)

	byAmount := matching.Match([]payout.Line{paid("a", "", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 31)}, weakly())[0]
	require.Equal(t, matching.KeyPair{}, byAmount.Rule)
	require.Equal(t, []matching.Comparison{
		{What: "document", Line: "a", Document: "1"},
		{What: "open", Line: "100.00", Document: "100.00"},
		{What: "date", Line: "2026-03-30", Document: "2026-03-31"},
	}, byAmount.Compared)
}

func TestNothingIsSuggestedUnlessTheRulesSaySo(t *testing.T) {
	t.Parallel()
	lines, candidates := []payout.Line{paid("a", "7", 100_00)}, []matching.Candidate{dated("1", "7", 100_00, 30)}
	require.Equal(t, []string{"a: nothing"}, outcomes(matching.Match(lines, candidates, rules())))
	require.Empty(t, matching.SuggestKeys(lines[0], rules()))
	_, ok := matching.Weak(lines[0], rules())
	require.False(t, ok)
}

func TestTheWindowBeginsOnTheMerchantsDay(t *testing.T) {
	t.Parallel()
	line := paid("a", "7", 100_00)
	line.OccurredAt = time.Date(2026, 3, 30, 22, 30, 0, 0, time.UTC) // the 31st, 00:30, in Stockholm
	r := weakly()

	query, ok := matching.Weak(line, r)
	require.True(t, ok)
	require.Equal(t, matching.WeakQuery{Kind: invoice.Invoice, Amount: sek(100_00), From: march(30), To: march(30 + 14)}, query)

	r.Zone = time.FixedZone("summer time", 2*60*60)
	query, ok = matching.Weak(line, r)
	require.True(t, ok)
	require.Equal(t, march(31), query.From)
	require.Equal(t, march(31+14), query.To)

	line.Kind, line.Gross = payout.Refund, sek(-100_00)
	query, _ = matching.Weak(line, r)
	require.Equal(t, invoice.Credit, query.Kind)
	require.Equal(t, sek(-100_00), query.Amount)
}

func TestLinesWithoutAWeakQuery(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*payout.Line){
		"no moment":       func(l *payout.Line) { l.OccurredAt = time.Time{} },
		"a fee":           func(l *payout.Line) { l.Kind = payout.Fee },
		"no money":        func(l *payout.Line) { l.Gross = sek(0) },
		"a total of many": func(l *payout.Line) { l.Synthesised = true },
	}
	for name, change := range cases {
		line := paid("a", "7", 100_00)
		change(&line)
		_, ok := matching.Weak(line, weakly())
		require.False(t, ok, name)
	}
}

func TestSuggestKeysAreThoseOfTheWeakRulesOnly(t *testing.T) {
	t.Parallel()
	line := alsoOCR(paid("a", "#07", 100_00), "9")
	line.References[payout.ShortOrderID] = "x"
	require.Equal(t, []matching.Key{
		{Reference: invoice.OrderNumber, Value: "7"}, {Reference: invoice.ExternalReference2, Value: "X"},
	}, matching.SuggestKeys(line, weakly()))
	require.Equal(t, []matching.Key{{Reference: invoice.OCR, Value: "9"}}, matching.Keys(line, weakly()))
}

// What a store finds by the keys, the weak keys and the weak query of a line is all
// that Match can use.
func TestMatchNeedsNoMoreThanTheQueriesFind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines, candidates := crowd(t)
		r := crowdRules()
		var found []matching.Candidate
		for _, c := range candidates {
			for _, line := range lines {
				if matching.NeedsDocument(line) && queried(c, line, r) {
					found = append(found, c)
					break
				}
			}
		}
		require.Equal(t, matching.Match(lines, candidates, r), matching.Match(lines, found, r))
	})
}

func queried(c matching.Candidate, line payout.Line, r matching.Rules) bool {
	for _, key := range append(matching.Keys(line, r), matching.SuggestKeys(line, r)...) {
		if matching.Normalise(c.Document.References[key.Reference]) == key.Value {
			return true
		}
	}
	query, ok := matching.Weak(line, r)
	open, err := c.Document.Balance.Sub(c.Claimed)
	return ok && err == nil && c.Document.Kind == query.Kind && open == query.Amount &&
		!c.Document.Date.Before(query.From) && !query.To.Before(c.Document.Date)
}
