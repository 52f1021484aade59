package matching

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/payout"
)

// Match decides for every line that needs a document which one it settles.
//
// Lines are considered by moment, then by key, and the decisions come in that
// order; other lines get none. The first rule under which any document of the
// right kind and currency stands decides which documents a line may settle. Of
// those, first the lines that equal one document get it, then the lines of one
// order are tried together: several on one document, one on several, several on
// several, each only where exactly one set of documents adds up. A line that still
// has one open document is a part of it or an exception. Keys are unique among the
// lines; candidates with the same number are one document and count once.
func Match(lines []payout.Line, candidates []Candidate, rules Rules) []Decision {
	order := make([]int, 0, len(lines))
	for i := range lines {
		if NeedsDocument(lines[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(lines[i].OccurredAt.Compare(lines[j].OccurredAt), cmp.Compare(lines[i].Key, lines[j].Key))
	})
	m := matcher{shelf: newShelf(candidates, rules), decisions: make([]Decision, len(order))}
	for at, i := range order {
		m.look(entry{&lines[i], at})
	}
	m.matchOrders()
	m.judgeRest()
	m.suggest()
	return m.decisions
}

// matcher decides on the lines of one call.
type matcher struct {
	*shelf
	decisions []Decision
	// orders hold the lines that do not simply equal their only document.
	orders []*order
	named  map[orderName]*order
	// lost are the lines for which no document was found.
	lost []entry
	// chosen is the buffer of filter.
	chosen []*document
}

// entry is a line and the place of its decision.
type entry struct {
	line *payout.Line
	at   int
}

// look finds the documents of a line. If it is one, and the line settles it, that
// is the end of it.
func (m *matcher) look(e entry) {
	if e.line.Synthesised {
		m.decisions[e.at] = summary(e.line)
		return
	}
	for rank, pair := range m.pairs(e.line) {
		found := m.find(e.line, pair, kindFor(e.line.Kind))
		if len(found) == 0 {
			continue
		}
		if len(found) == 1 && found[0].fits(e.line) {
			m.pay(e, pair, found[0])
		} else {
			m.join(e, rank, found)
		}
		return
	}
	m.decisions[e.at] = Decision{Line: e.line.Key, State: None}
	m.lost = append(m.lost, e)
}

// pay stores the decision on a line and its one document, and takes from the
// document what the line settles.
func (m *matcher) pay(e entry, pair KeyPair, d *document) {
	decision := &m.decisions[e.at]
	*decision = judge(e.line, pair, d, m.rules.Tolerance)
	if decision.State == Matched {
		d.take(decision.whole())
	}
}

// judgeRest decides by moment on the lines that no exact set of documents covers.
func (m *matcher) judgeRest() {
	type rest struct {
		entry
		order *order
	}
	var all []rest
	for _, o := range m.orders {
		for _, e := range o.left {
			all = append(all, rest{e, o})
		}
	}
	slices.SortFunc(all, func(a, b rest) int { return cmp.Compare(a.at, b.at) })
	for _, r := range all {
		d, among := m.choose(r.line, r.order)
		if d == nil {
			m.decisions[r.at] = ambiguous(r.line, r.order.pair, among)
			continue
		}
		m.settle(r.order, r.entry, d)
	}
}

// choose gives the one document that the line can mean, or nil and the documents
// that fit equally well: one that is open with the very amount, else one that is
// open, else one that is not cancelled, else one at all. A weaker key may choose
// among several.
func (m *matcher) choose(line *payout.Line, o *order) (*document, []*document) {
	preferences := [...]func(*document) bool{
		func(d *document) bool { return d.payable() && d.open.Minor() == line.Gross.Minor() },
		(*document).payable,
		func(d *document) bool { return !d.Document.Cancelled },
	}
	for _, preferred := range preferences {
		if chosen := m.filter(o.found, preferred); len(chosen) > 0 {
			return m.only(line, o.rank, chosen), chosen
		}
	}
	return m.only(line, o.rank, o.found), o.found
}

// filter is the function of that name without a slice for each call. What it gives
// is good until the next call.
func (m *matcher) filter(documents []*document, wanted func(*document) bool) []*document {
	m.chosen = m.chosen[:0]
	for _, d := range documents {
		if wanted(d) {
			m.chosen = append(m.chosen, d)
		}
	}
	return m.chosen
}

func filter(documents []*document, wanted func(*document) bool) []*document {
	var chosen []*document
	for _, d := range documents {
		if wanted(d) {
			chosen = append(chosen, d)
		}
	}
	return chosen
}

// only gives the document if it is one, or if weaker keys of the line name one of
// several, else nil.
func (m *matcher) only(line *payout.Line, rank int, among []*document) *document {
	if len(among) > 1 {
		among = m.narrow(line, rank, among)
	}
	if len(among) == 1 {
		return among[0]
	}
	return nil
}

// narrow keeps of several documents those that weaker keys of the line name, each
// key among what the one before has left. A key that names none is passed over.
func (m *matcher) narrow(line *payout.Line, rank int, among []*document) []*document {
	for _, pair := range m.pairs(line)[rank+1:] {
		if named := m.carriers(line, pair, among); len(named) > 0 {
			among = named
		}
	}
	return among
}

// carriers gives the documents that carry the line's reference under a pair.
func (m *matcher) carriers(line *payout.Line, pair KeyPair, among []*document) []*document {
	keys := pair.keys(*line)
	_, bare := m.first[keys[0]]
	_, full := m.first[keys[1]]
	if !bare && !full {
		return nil
	}
	return filter(among, func(d *document) bool {
		value := Normalise(d.Document.References[pair.Document])
		return value != "" && (value == keys[0].Value || value == keys[1].Value)
	})
}

// explain adds the weaker keys that speak for a document chosen among several.
func (m *matcher) explain(e entry, o *order, d *document) {
	if len(o.found) < 2 {
		return
	}
	decision := &m.decisions[e.at]
	for _, pair := range m.pairs(e.line)[o.rank+1:] {
		if len(m.carriers(e.line, pair, []*document{d})) > 0 {
			decision.Compared = append(decision.Compared, references(e.line, pair, d))
		}
	}
}
