package matching

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/payout"
)

// Match decides for every line that needs a document which one it settles.
//
// Lines are considered by moment, then by key, and the decisions come in that
// order; other lines get none. Each is offered what earlier lines left open. The
// first rule under which any document of the right kind and currency stands
// decides. Keys are unique among the lines; of candidates with the same number
// one counts.
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
	shelf := newShelf(candidates, rules)
	decisions := make([]Decision, 0, len(order))
	for _, i := range order {
		decisions = append(decisions, shelf.decide(&lines[i]))
	}
	return decisions
}

// decide finds the document of one line and takes from it what the line settles.
func (s *shelf) decide(line *payout.Line) Decision {
	for _, pair := range s.rules.Keys {
		found := s.find(line, pair)
		if len(found) == 0 {
			continue
		}
		doc := s.choose(line, found)
		if doc == nil {
			return ambiguous(line, pair, found)
		}
		decision := judge(line, pair, doc, s.rules.Tolerance)
		if decision.State == Matched {
			doc.take(decision)
		}
		return decision
	}
	return Decision{Line: line.Key, State: None}
}

// choose gives the one document that the line can mean, or nil if several fit
// equally well: one that is open with the very amount, else one that is open,
// else one that is not cancelled, else one at all.
func (s *shelf) choose(line *payout.Line, found []*document) *document {
	preferences := []func(*document) bool{
		func(d *document) bool { return d.payable() && d.open.Minor() == line.Gross.Minor() },
		(*document).payable,
		func(d *document) bool { return !d.Document.Cancelled },
	}
	for _, preferred := range preferences {
		var chosen *document
		for _, d := range found {
			if !preferred(d) {
				continue
			}
			if chosen != nil {
				return nil
			}
			chosen = d
		}
		if chosen != nil {
			return chosen
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return nil
}
