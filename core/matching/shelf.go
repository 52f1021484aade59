package matching

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// shelf holds the candidates under their keys, and what is still open on each.
type shelf struct {
	rules Rules
	// sales and refunds are the keys of the rules for each kind, strongest first.
	sales, refunds []KeyPair
	documents      []document
	// first and next chain the documents under one key without a slice for each.
	first map[Key]int
	next  []link
	// found is the buffer of find.
	found []*document
}

type document struct {
	*Candidate
	// open is the balance that no line has taken: Balance − Claimed − taken here.
	open money.Amount
}

type link struct {
	document int
	next     int
}

const end = -1

func newShelf(candidates []Candidate, rules Rules) *shelf {
	references := documentReferences(rules)
	s := &shelf{
		rules:     rules,
		sales:     slices.Collect(rules.pairs(payout.Sale)),
		refunds:   slices.Collect(rules.pairs(payout.Refund)),
		documents: make([]document, 0, len(candidates)),
		first:     make(map[Key]int, len(candidates)*len(references)),
		next:      make([]link, 0, len(candidates)*len(references)),
	}
	for i := range candidates {
		s.documents = append(s.documents, document{Candidate: &candidates[i], open: remaining(candidates[i])})
	}
	slices.SortStableFunc(s.documents, func(a, b document) int { return cmp.Compare(a.Document.Number, b.Document.Number) })
	s.documents = slices.CompactFunc(s.documents, func(a, b document) bool { return a.Document.Number == b.Document.Number })
	for i := range s.documents {
		for _, reference := range references {
			s.put(i, reference)
		}
	}
	return s
}

func documentReferences(rules Rules) []invoice.Reference {
	var references []invoice.Reference
	for _, pair := range slices.Concat(rules.Keys, rules.Suggest) {
		if !slices.Contains(references, pair.Document) {
			references = append(references, pair.Document)
		}
	}
	return references
}

// remaining is what may still be claimed. Amounts that cannot be subtracted
// (another currency) leave nothing, so that no line takes the document.
func remaining(c Candidate) money.Amount {
	open, err := c.Document.Balance.Sub(c.Claimed)
	if err != nil {
		return money.Zero(c.Document.Balance.Currency())
	}
	return open
}

func (s *shelf) put(document int, reference invoice.Reference) {
	key := Key{reference, Normalise(s.documents[document].Document.References[reference])}
	if key.Value == "" {
		return
	}
	next, taken := s.first[key]
	if !taken {
		next = end
	}
	s.first[key] = len(s.next)
	s.next = append(s.next, link{document, next})
}

// pairs gives the keys for a line, strongest first.
func (s *shelf) pairs(line *payout.Line) []KeyPair {
	if line.Kind == payout.Refund {
		return s.refunds
	}
	return s.sales
}

// find gives the documents of a kind, in the line's currency, that a rule finds
// for the line. The slice is good until the next call.
func (s *shelf) find(line *payout.Line, pair KeyPair, kind invoice.Kind) []*document {
	s.found = s.found[:0]
	keys := pair.keys(*line)
	for i, key := range keys {
		if key.Value == "" || slices.Contains(keys[:i], key) {
			continue
		}
		at, ok := s.first[key]
		for ; ok && at != end; at = s.next[at].next {
			d := &s.documents[s.next[at].document]
			if d.Document.Kind == kind && d.Document.Total.Currency() == line.Gross.Currency() {
				s.found = append(s.found, d)
			}
		}
	}
	return s.found
}

// kindFor keeps sales to invoices and refunds to credit invoices, so that
// nothing is ever matched by its absolute amount.
func kindFor(kind payout.Kind) invoice.Kind {
	if kind == payout.Refund {
		return invoice.Credit
	}
	return invoice.Invoice
}

// payable reports whether a line may take from the document. A document of total
// 0 is, so that the difference to the line is shown.
func (d *document) payable() bool {
	return d.Document.Booked && !d.Document.Cancelled && d.open.Sign() == d.Document.Total.Sign()
}

// settleable reports whether the document can be settled in full by a line, alone
// or with others. A credit invoice is only settled whole.
func (d *document) settleable(line *payout.Line) bool {
	return d.payable() && (line.Kind == payout.Sale || d.open.Minor() == d.Document.Total.Minor())
}

// fits reports whether the line settles the document to the last öre.
func (d *document) fits(line *payout.Line) bool {
	return d.open.Minor() == line.Gross.Minor() && d.settleable(line)
}

// take lowers what is open by what a part moves.
func (d *document) take(part Part) {
	left := d.open
	for _, moved := range []money.Amount{part.Amount, part.WriteOff} {
		var err error
		if left, err = left.Sub(moved); err != nil {
			left = money.Zero(d.open.Currency())
		}
	}
	d.open = left
}
