package discovery

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// search asks the accounting system for references of lines without a document: for
// a few lines every pair is tried, for the others those pairs that have found
// anything by then.
func (s *Service) search(ctx context.Context, m *sample) error {
	missed := m.missed()
	if len(missed) == 0 {
		return nil
	}
	account, source, err := s.documents(ctx, m)
	if err != nil {
		return err
	}
	q := &searching{sample: m, account: account, source: source, asked: map[ports.DocumentKey]bool{}}
	tried := missed[:min(len(missed), triedLines)]
	if err := q.each(ctx, tried, everyPair()); err != nil {
		return err
	}
	var fruitful []matching.KeyPair
	for _, c := range matching.Discover(m.lines, m.documents).Pairs {
		fruitful = append(fruitful, c.Pair)
	}
	return q.each(ctx, missed, fruitful)
}

// missed are the lines of which no document at hand carries a reference. That an
// invoice's own number is one says little.
func (m *sample) missed() []payout.Line {
	stand := map[ports.DocumentKey]bool{}
	for _, d := range m.documents {
		for on, value := range d.References {
			stand[ports.DocumentKey{Reference: on, Value: matching.Normalise(value)}] = true
		}
	}
	var missed []payout.Line
	for _, l := range m.lines {
		hit := false
		for _, k := range everywhere([]payout.Line{l}) {
			hit = hit || (stand[k] && k.Reference != invoice.Number)
		}
		if !hit {
			missed = append(missed, l)
		}
	}
	return missed
}

// everyPair gives the pairs worth a search. A document's own number is none that a
// provider is told before the document is made.
func everyPair() []matching.KeyPair {
	var pairs []matching.KeyPair
	for _, on := range invoice.References() {
		for _, of := range payout.References() {
			if on != invoice.Number {
				pairs = append(pairs, matching.KeyPair{Line: of, Document: on})
			}
		}
	}
	return pairs
}

// searching asks for each key once, and for no more than allowed.
type searching struct {
	*sample
	account *remote.Account
	source  ports.DocumentSource
	asked   map[ports.DocumentKey]bool
}

// each searches for lines by pairs, the first of each line that finds something being
// enough.
func (q *searching) each(ctx context.Context, lines []payout.Line, pairs []matching.KeyPair) error {
	for _, l := range lines {
		for _, pair := range pairs {
			key := ports.DocumentKey{Reference: pair.Document, Value: matching.Normalise(l.References[pair.Line])}
			if key.Value == "" || q.asked[key] {
				continue
			}
			if q.found.Searches == mostSearches {
				return nil
			}
			hit, err := q.ask(ctx, key)
			if err != nil {
				return err
			}
			if hit {
				break
			}
		}
	}
	return nil
}

func (q *searching) ask(ctx context.Context, key ports.DocumentKey) (bool, error) {
	q.asked[key] = true
	q.found.Searches++
	var page ports.DocumentPage
	err := q.account.Do(ctx, "FindDocuments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = q.source.FindDocuments(ctx, ports.FindDocumentsRequest{Call: call, Reference: key.Reference, Value: key.Value})
		return page.Usage, err
	})
	if err != nil {
		return false, err
	}
	q.documents = append(q.documents, page.Documents...)
	for _, d := range page.Documents {
		if matching.Normalise(d.References[key.Reference]) == key.Value {
			return true, nil
		}
	}
	return false, nil
}
