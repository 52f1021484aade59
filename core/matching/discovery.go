package matching

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
)

// shownExamples is how many lines of each sort are shown as examples.
const shownExamples = 3

// Discovery says which references of documents carry which references of a sample
// of lines.
type Discovery struct {
	// Lines are the lines of the sample that need a document and carry a reference,
	// Bare those that need one and carry none: no pair ever finds theirs.
	Lines, Bare int
	// Pairs are those that find anything, best coverage first.
	Pairs []Coverage
	// Proposed are the pairs to match by, best coverage first: of Pairs those that
	// find a line which none before them finds. One of which no document has the
	// amount of its line meets by chance, such as a short order number that is also
	// the number of an invoice, and is not among them.
	Proposed []KeyPair
	// Covered are the lines that the proposed pairs find together.
	Covered int
	// Missed are a few of the lines that they do not find.
	Missed []payout.Line
}

// Coverage is what one pair of references finds.
type Coverage struct {
	Pair KeyPair
	// Found are the lines whose reference stands on a document of the kind that they
	// settle. Of these Agreeing have one of their very amount, Several more than one
	// document, and Shared a reference that other lines of their kind carry as well.
	Found, Agreeing, Several, Shared int
	// Examples are a few of the lines, those of their document's amount first.
	Examples []Example
}

// Example is a line and the first document that carries its reference.
type Example struct {
	Line     payout.Line
	Document invoice.Document
}

// Discover compares every reference of a sample of lines with every reference of
// documents, as Match would with a pair of the two. Coverage counts lines and not
// documents, because only the lines are known to have one: a shop may sell by other
// providers, too. Cancelled documents do not count, and a document that is given
// twice counts once. The order of lines and documents changes no number.
func Discover(lines []payout.Line, documents []invoice.Document) Discovery {
	var d Discovery
	var sample []payout.Line
	for _, l := range lines {
		switch {
		case !NeedsDocument(l) || l.Synthesised:
		case recognisable(l):
			sample = append(sample, l)
		default:
			d.Bare++
		}
	}
	d.Lines = len(sample)
	stand := catalogue(documents)
	missing := make([]bool, len(sample))
	for i := range missing {
		missing[i] = true
	}
	finds := coverages(sample, stand)
	for _, f := range finds {
		d.Pairs = append(d.Pairs, f.Coverage)
		if f.Agreeing == 0 {
			continue
		}
		adds := false
		for _, at := range f.lines {
			adds = adds || missing[at]
			missing[at] = false
		}
		if adds {
			d.Proposed = append(d.Proposed, f.Pair)
		}
	}
	for at, l := range sample {
		switch {
		case !missing[at]:
			d.Covered++
		case len(d.Missed) < shownExamples:
			d.Missed = append(d.Missed, l)
		}
	}
	return d
}

// recognisable reports whether a line carries a reference that rules may name.
func recognisable(l payout.Line) bool {
	return slices.ContainsFunc(payout.References(), func(r payout.Reference) bool { return Normalise(l.References[r]) != "" })
}

// place is a reference of documents of one kind and its value.
type place struct {
	kind invoice.Kind
	key  Key
}

// catalogue gives the documents that are not cancelled by what they carry, each once.
func catalogue(documents []invoice.Document) map[place][]invoice.Document {
	sorted := slices.Clone(documents)
	slices.SortStableFunc(sorted, func(a, b invoice.Document) int { return cmp.Compare(a.Number, b.Number) })
	stand := map[place][]invoice.Document{}
	for i, doc := range sorted {
		if doc.Cancelled || (i > 0 && sorted[i-1].Number == doc.Number) {
			continue
		}
		for _, reference := range invoice.References() {
			if value := Normalise(doc.References[reference]); value != "" {
				at := place{doc.Kind, Key{reference, value}}
				stand[at] = append(stand[at], doc)
			}
		}
	}
	return stand
}

// finding is a coverage with the lines that it counts.
type finding struct {
	Coverage
	lines []int
}

// coverages tries every pair and gives those that find anything, best first: most
// lines, then most agreeing, then fewest that stay ambiguous, then in the order of
// the references.
func coverages(sample []payout.Line, stand map[place][]invoice.Document) []finding {
	var finds []finding
	for _, of := range payout.References() {
		shared := carried(sample, of)
		for _, on := range invoice.References() {
			if f := covered(sample, KeyPair{Line: of, Document: on}, stand, shared); f.Found > 0 {
				finds = append(finds, f)
			}
		}
	}
	slices.SortStableFunc(finds, func(a, b finding) int {
		return cmp.Or(cmp.Compare(b.Found, a.Found), cmp.Compare(b.Agreeing, a.Agreeing), cmp.Compare(a.Several, b.Several))
	})
	return finds
}

// carrier is the value of a reference on lines of one kind.
type carrier struct {
	kind  payout.Kind
	value string
}

// carried counts the lines that carry each value of a reference.
func carried(sample []payout.Line, reference payout.Reference) map[carrier]int {
	count := map[carrier]int{}
	for _, l := range sample {
		count[carrier{l.Kind, Normalise(l.References[reference])}]++
	}
	return count
}

// covered counts what one pair finds.
func covered(sample []payout.Line, pair KeyPair, stand map[place][]invoice.Document, shared map[carrier]int) finding {
	f := finding{Coverage: Coverage{Pair: pair}}
	var others []Example
	for at, l := range sample {
		documents := carrying(l, pair, stand)
		if len(documents) == 0 {
			continue
		}
		f.Found++
		f.lines = append(f.lines, at)
		if len(documents) > 1 {
			f.Several++
		}
		if shared[carrier{l.Kind, Normalise(l.References[pair.Line])}] > 1 {
			f.Shared++
		}
		same := slices.IndexFunc(documents, func(d invoice.Document) bool { return d.Total == l.Gross })
		if same < 0 {
			others = append(others, Example{l, documents[0]})
			continue
		}
		f.Agreeing++
		f.Examples = append(f.Examples, Example{l, documents[same]})
	}
	f.Examples = append(f.Examples, others...)
	f.Examples = f.Examples[:min(len(f.Examples), shownExamples)]
	return f
}

// carrying gives the documents that carry a line's reference under a pair.
func carrying(l payout.Line, pair KeyPair, stand map[place][]invoice.Document) []invoice.Document {
	keys := pair.keys(l)
	var documents []invoice.Document
	for i, key := range keys {
		if key.Value != "" && !slices.Contains(keys[:i], key) {
			documents = append(documents, stand[place{kindFor(l.Kind), key}]...)
		}
	}
	return documents
}

// Covered counts the lines of a sample, as Discover takes it, for which keys find a
// document.
func Covered(lines []payout.Line, documents []invoice.Document, keys []KeyPair) int {
	stand := catalogue(documents)
	count := 0
	for _, l := range lines {
		if !NeedsDocument(l) || l.Synthesised || !recognisable(l) {
			continue
		}
		if slices.ContainsFunc(keys, func(pair KeyPair) bool { return len(carrying(l, pair, stand)) > 0 }) {
			count++
		}
	}
	return count
}
