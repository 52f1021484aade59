package matching

import "github.com/kvitt/kvitt/core/fault"

// CodeCombination: nobody has said how a line in one currency settles a document in
// another.
const CodeCombination fault.Code = "currency.unsupported_combination"

// otherCurrency reports whether a line without a document has one in another
// currency under its keys, and says so in its decision: what the line settles of
// it cannot be told from the amounts.
func (m *matcher) otherCurrency(e entry) bool {
	for _, pair := range m.pairs(e.line) {
		d := m.abroad(e, pair)
		if d == nil {
			continue
		}
		decision := exception(e.line, fault.New(CodeCombination, fault.Conflict,
			describe(d)+" is in "+string(d.Document.Total.Currency())+", the line in "+string(e.line.Gross.Currency())).
			WithField("currencies").
			WithRemedy("settle the document in the accounting system at the provider's rate, then adopt the payment or name what the money is"))
		decision.Rule, decision.Document = pair, d.Document.Number
		decision.Compared = compared(e.line, pair, d)
		m.decisions[e.at] = decision
		return true
	}
	return false
}

// abroad gives the only document of the line's kind in another currency that
// carries its key, or nil.
func (m *matcher) abroad(e entry, pair KeyPair) *document {
	var only *document
	for _, key := range pair.keys(*e.line) {
		at, ok := m.first[key]
		for ; ok && at != end; at = m.next[at].next {
			d := &m.documents[m.next[at].document]
			if key.Value == "" || d == only || d.Document.Kind != kindFor(e.line.Kind) || d.Document.Total.Currency() == e.line.Gross.Currency() {
				continue
			}
			if only != nil {
				return nil
			}
			only = d
		}
	}
	return only
}
