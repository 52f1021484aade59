package matching

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
)

// suggest looks once more for the lines without a document, after all others have
// taken theirs.
func (m *matcher) suggest() {
	var alone []entry
	for _, e := range m.lost {
		if !m.creditAsInvoice(e) && !m.otherCurrency(e) && !m.suggestByKey(e) {
			alone = append(alone, e)
		}
	}
	if len(alone) > 0 && m.rules.DateWindowDays > 0 {
		m.suggestByAmount(alone, m.amounts())
	}
}

// suggestByKey tries the weak keys and reports whether one of them found what the
// line may settle. Several such documents are no suggestion.
func (m *matcher) suggestByKey(e entry) bool {
	for _, pair := range m.rules.Suggest {
		found := m.find(e.line, pair, kindFor(e.line.Kind))
		fitting := filter(found, func(d *document) bool { return d.fits(e.line) })
		if len(fitting) == 0 {
			fitting = filter(found, (*document).payable)
		}
		if len(fitting) > 1 || len(fitting) == 1 && m.propose(e, pair, fitting[0]) {
			return true
		}
	}
	return false
}

// propose makes a suggestion of what would be a match, and reports whether it would.
func (m *matcher) propose(e entry, pair KeyPair, d *document) bool {
	decision := judge(e.line, pair, d, m.rules.Tolerance)
	if decision.State != Matched {
		return false
	}
	why := "they share only a weak reference"
	if pair == (KeyPair{}) {
		why = "they share the amount, and the date is near"
	}
	decision.State = Suggested
	decision.Fault = fault.New(CodeSuggested, fault.Conflict, describe(d)+" may be what the line settles: "+why).
		WithRemedy("accept the suggestion or choose another document")
	m.decisions[e.at] = decision
	return true
}

// amounts are the documents that a line may take from, by kind and open balance.
type amounts map[amountKey][]*document

type amountKey struct {
	kind invoice.Kind
	open money.Amount
}

func (m *matcher) amounts() amounts {
	all := amounts{}
	for i := range m.documents {
		d := &m.documents[i]
		if d.payable() {
			key := amountKey{d.Document.Kind, d.open}
			all[key] = append(all[key], d)
		}
	}
	return all
}

// suggestByAmount suggests the only document of a line's amount within the window
// of dates, unless it is that of another line too.
func (m *matcher) suggestByAmount(lines []entry, all amounts) {
	type guess struct {
		entry
		query WeakQuery
		doc   *document
	}
	var guesses []guess
	rivals := map[*document]int{}
	for _, e := range lines {
		query, ok := Weak(*e.line, m.rules)
		if !ok {
			continue
		}
		near := filter(all[amountKey{query.Kind, query.Amount}], func(d *document) bool {
			return d.settleable(e.line) && query.covers(d.Document.Date)
		})
		for _, d := range near {
			rivals[d]++
		}
		if len(near) == 1 {
			guesses = append(guesses, guess{e, query, near[0]})
		}
	}
	for _, g := range guesses {
		if rivals[g.doc] == 1 && m.propose(g.entry, KeyPair{}, g.doc) {
			decision := &m.decisions[g.at]
			decision.Compared = append(decision.Compared, Comparison{"date", g.query.From.String(), g.doc.Document.Date.String()})
		}
	}
}

// covers reports whether a date lies in the window. No date is before every other.
func (q WeakQuery) covers(date civil.Date) bool {
	return !date.Before(q.From) && !q.To.Before(date)
}
