package matching

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// order is what lines of one kind share that one rule leads to the same documents:
// the sales, or the refunds, of one order.
type order struct {
	pair KeyPair
	// rank is the place of the pair among those of the line's kind.
	rank int
	// found are the documents, oldest first.
	found []*document
	// left are the lines not yet decided, by moment.
	left []entry
}

// orderName tells orders apart. Lines of one currency and with the same key of the
// same rule find the same documents.
type orderName struct {
	rank     int
	key      Key
	kind     payout.Kind
	currency money.Currency
}

// join adds a line to the order to which its reference belongs.
func (m *matcher) join(e entry, rank int, found []*document) {
	pair := m.pairs(e.line)[rank]
	name := orderName{rank, pair.keys(*e.line)[0], e.line.Kind, e.line.Gross.Currency()}
	o := m.named[name]
	if o == nil {
		o = &order{pair: pair, rank: rank, found: slices.SortedFunc(slices.Values(found), byDate)}
		if m.named == nil {
			m.named = map[orderName]*order{}
		}
		m.named[name], m.orders = o, append(m.orders, o)
	}
	o.left = append(o.left, e)
}

func byDate(a, b *document) int {
	return cmp.Or(a.Document.Date.Compare(b.Document.Date), cmp.Compare(a.Document.Number, b.Document.Number))
}

// matchOrders matches lines that settle documents to the last öre. The steps are
// those of the strongest evidence first; after a weaker one has taken something
// the stronger ones look again, since what is left may have become plain.
func (m *matcher) matchOrders() {
	steps := [...]func(*order) bool{m.oneToOne, m.alike, m.manyToOne, m.oneToMany, m.manyToMany}
	for step := 0; step < len(steps); {
		progress := false
		for _, o := range m.orders {
			if len(o.left) > 0 && steps[step](o) {
				progress = true
			}
		}
		if progress {
			step = 0
		} else {
			step++
		}
	}
}

// oneToOne gives a line the only document of its amount.
func (m *matcher) oneToOne(o *order) bool {
	open := o.open()
	return o.each(func(_ int, e entry) bool {
		d := m.only(e.line, o.rank, m.filter(open, func(d *document) bool { return d.fits(e.line) }))
		return d != nil && m.settle(o, e, d)
	})
}

// alike pairs equal lines and equal documents one by one if there is a line for
// every document: whichever gets which, all of them are settled. With fewer lines
// than documents nobody can say which stay open.
func (m *matcher) alike(o *order) bool {
	open := o.open()
	return o.each(func(at int, e entry) bool {
		documents := m.filter(open, func(d *document) bool { return d.fits(e.line) })
		lines := 0
		for _, other := range o.left[at:] {
			if other.line.Gross == e.line.Gross {
				lines++
			}
		}
		return len(documents) > 0 && lines >= len(documents) && m.settle(o, e, documents[0])
	})
}

func (m *matcher) settle(o *order, e entry, d *document) bool {
	m.pay(e, o.pair, d)
	m.explain(e, o, d)
	return true
}

// oneToMany gives a line the only set of documents that adds up to it.
func (m *matcher) oneToMany(o *order) bool {
	if !m.rules.Several {
		return false
	}
	open := o.open()
	return o.each(func(_ int, e entry) bool {
		lines := []entry{e}
		set := cover(open, e.line.Gross)
		if len(set) < 2 || !m.agrees(o, lines, open, set) {
			return false
		}
		m.split(o, lines, set)
		return true
	})
}

// manyToOne gives all lines left the one document that they add up to.
func (m *matcher) manyToOne(o *order) bool {
	return m.together(o, func(documents int) bool { return documents == 1 })
}

// manyToMany gives all lines left the only set of documents that they add up to.
func (m *matcher) manyToMany(o *order) bool {
	return m.rules.Several && m.together(o, func(documents int) bool { return documents > 1 })
}

func (m *matcher) together(o *order, wanted func(documents int) bool) bool {
	if len(o.left) < 2 || o.left[0].line.Kind != payout.Sale { // a credit invoice is only settled whole
		return false
	}
	sum := money.Zero(o.left[0].line.Gross.Currency())
	for _, e := range o.left {
		var err error
		if sum, err = sum.Add(e.line.Gross); err != nil {
			return false
		}
	}
	open := o.open()
	set := cover(open, sum)
	if !wanted(len(set)) || !m.agrees(o, o.left, open, set) {
		return false
	}
	m.split(o, o.left, set)
	o.left = nil
	return true
}

// agrees reports whether a set has every document that weaker keys of the lines
// name among the open ones.
func (m *matcher) agrees(o *order, lines []entry, open, set []*document) bool {
	for _, e := range lines {
		named := m.narrow(e.line, o.rank, open)
		if len(named) == len(open) {
			continue
		}
		for _, d := range named {
			if !slices.Contains(set, d) {
				return false
			}
		}
	}
	return true
}

// split settles a set of documents with lines of the same sum: the oldest document
// by the earliest line.
func (m *matcher) split(o *order, lines []entry, set []*document) {
	both := together(lines, set)
	for _, e := range lines {
		decision := Decision{
			Line: e.line.Key, State: Matched, Rule: o.pair, Kind: kindFor(e.line.Kind),
			Amount: e.line.Gross, WriteOff: money.Zero(e.line.Gross.Currency()),
		}
		for rest := e.line.Gross.Minor(); rest != 0; {
			d := set[0]
			decision.Compared = append(decision.Compared, compared(e.line, o.pair, d)...)
			part := partOf(d, rest)
			d.take(part)
			rest -= part.Amount.Minor()
			decision.Parts = append(decision.Parts, part)
			if !part.Partial {
				set = set[1:]
			}
		}
		if len(decision.Parts) == 1 {
			part := decision.Parts[0]
			decision.Document, decision.Partial, decision.Parts = part.Document, part.Partial, nil
		}
		decision.Compared = append(decision.Compared, both)
		m.decisions[e.at] = decision
	}
}

// partOf is what a line with so much left moves against a document: all that is
// open on it, or all that is left.
func partOf(d *document, rest int64) Part {
	part := Part{Document: d.Document.Number, Kind: d.Document.Kind, Amount: d.open, WriteOff: money.Zero(d.open.Currency())}
	if left := money.New(rest, d.open.Currency()); left.Abs().Minor() < d.open.Abs().Minor() {
		part.Amount, part.Partial = left, true
	}
	return part
}

// together lays the sum of the lines beside that of the documents, which is the same.
func together(lines []entry, set []*document) Comparison {
	currency := set[0].open.Currency()
	var paid, open int64
	for _, e := range lines {
		paid += e.line.Gross.Minor()
	}
	for _, d := range set {
		open += d.open.Minor()
	}
	return Comparison{"together", money.New(paid, currency).String(), money.New(open, currency).String()}
}

// open gives the documents that can still be settled in full.
func (o *order) open() []*document {
	return filter(o.found, func(d *document) bool { return d.settleable(o.left[0].line) })
}

// each asks for every line left whether it is decided now, keeps the others and
// reports whether any was.
func (o *order) each(decided func(at int, e entry) bool) bool {
	var keep []entry
	for at, e := range o.left {
		if !decided(at, e) {
			keep = append(keep, e)
		}
	}
	progress := len(keep) < len(o.left)
	o.left = keep
	return progress
}
