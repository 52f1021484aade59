package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// mostFound bounds the payouts that are tried for one reference.
const mostFound = 5

// TryQuery says what is to be tried: one of the two is set.
type TryQuery struct {
	// Payout is the id of a payout, or the provider's reference of it.
	Payout string
	// Reference is a text by which lines are known: an order number, a transaction, or
	// the key of a line. It is looked for in the payouts that are not closed.
	Reference string
}

// TryIn tries payouts of a flow, see Try. Of those that were found by a reference of
// lines the answer has these lines, what would be written for them, and what would be
// for the payout as a whole.
func (s *Service) TryIn(ctx context.Context, flowID string, query TryQuery) ([]Tried, error) {
	if (query.Payout == "") == (query.Reference == "") {
		return nil, fault.Invalid(CodeTryInvalid, "payout", "either a payout or a reference of lines is to be tried")
	}
	found, err := s.whatToTry(ctx, flowID, query)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(CodeNothingFound, fault.NotFound, "no payout of the flow carries it").
			WithRemedy("start a run of the flow, so that the payout is read; in shadow mode that writes nothing")
	}
	var all []Tried
	for _, f := range found {
		tried, err := s.Try(ctx, f.payout)
		if err != nil {
			return nil, err
		}
		if query.Reference != "" {
			tried.narrow(f.lines)
		}
		all = append(all, tried)
	}
	return all, nil
}

// foundLines are the lines of a payout that carry a reference.
type foundLines struct {
	payout string
	lines  map[int64]bool
}

func (s *Service) whatToTry(ctx context.Context, flowID string, query TryQuery) (found []foundLines, err error) {
	err = s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return err
		}
		if query.Reference != "" {
			found, err = linesOf(ctx, tx, flow.ID, query.Reference)
			return err
		}
		p, err := tx.Payouts().ByReference(ctx, flow.Source, query.Payout)
		if fault.CodeOf(err) == ports.CodeNotFound {
			p, err = tx.Payouts().Get(ctx, query.Payout)
		}
		if err == nil && p.FlowID == flow.ID {
			found = []foundLines{{payout: p.ID}}
		}
		return unless(err, ports.CodeNotFound)
	})
	return found, err
}

// linesOf gives the lines of a flow's unfinished payouts that carry a reference.
func linesOf(ctx context.Context, tx ports.Tx, flowID, reference string) (found []foundLines, err error) {
	for after := ""; ; {
		records, err := tx.Payouts().Unfinished(ctx, flowID, ports.Page{After: after, Limit: 1000})
		if err != nil || len(records) == 0 {
			return found, err
		}
		for _, p := range records {
			after = p.ID
			lines, err := carrying(ctx, tx, p.ID, reference)
			if err != nil {
				return nil, err
			}
			if len(lines) > 0 {
				found = append(found, foundLines{p.ID, lines})
			}
			if len(found) == mostFound {
				return found, nil
			}
		}
	}
}

func carrying(ctx context.Context, tx ports.Tx, payoutID, reference string) (map[int64]bool, error) {
	wanted, found := normalise(reference), map[int64]bool{}
	for after := int64(0); ; {
		lines, err := tx.Lines().After(ctx, payoutID, after, 1000)
		if err != nil || len(lines) == 0 {
			return found, err
		}
		for _, l := range lines {
			after = l.Ordinal
			found[l.ID] = l.Key == reference
			for _, value := range l.References {
				found[l.ID] = found[l.ID] || normalise(value) == wanted
			}
			if !found[l.ID] {
				delete(found, l.ID)
			}
		}
	}
}

// narrow leaves what concerns the lines, and what concerns the payout as a whole.
func (t *Tried) narrow(lines map[int64]bool) {
	t.Lines = keep(t.Lines, func(l ports.LineRecord) bool { return lines[l.ID] })
	t.Documents = keep(t.Documents, func(d ports.Step) bool { return d.LineID == 0 || lines[d.LineID] })
	t.Exceptions = keep(t.Exceptions, func(e ports.Exception) bool { return e.LineID == 0 || lines[e.LineID] })
}

func keep[T any](all []T, wanted func(T) bool) []T {
	var kept []T
	for _, one := range all {
		if wanted(one) {
			kept = append(kept, one)
		}
	}
	return kept
}
