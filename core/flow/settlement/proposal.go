package settlement

import (
	"encoding/json"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// verdict is what is kept with a line of how it was matched.
type verdict struct {
	Rule     matching.KeyPair      `json:"rule,omitzero"`
	Compared []matching.Comparison `json:"compared,omitempty"`
	Partial  bool                  `json:"partial,omitempty"`
	By       string                `json:"by,omitempty"`
}

// proposal is the decision on a line with all that it would change, worked out
// before anything of it is stored. A line that is matched and has a fault all the
// same is one whose payment cannot be made.
type proposal struct {
	matching.Decision
	kept json.RawMessage
	plannedPayment
}

// propose matches a batch of lines, each by its key, and prepares their payments.
func (w *work) propose(p ports.PayoutRecord, b batch) (map[string]proposal, error) {
	bare, records := make([]payout.Line, len(b.lines)), make(map[string]ports.LineRecord, len(b.lines))
	for i, l := range b.lines {
		bare[i], records[l.Key] = l.Line, l
	}
	candidates, documents := make([]matching.Candidate, len(b.documents)), make(map[string]invoice.Document, len(b.documents))
	for i, d := range b.documents {
		candidates[i] = matching.Candidate{Document: d.Document, Claimed: d.Claimed, PaidByKvitt: d.Paid}
		documents[d.Number] = d.Document
	}
	found := make(map[string]proposal, len(b.lines))
	fees := newGroupFees(b.fees)
	for _, d := range matching.Match(bare, candidates, w.settings.MatchingRules(p.Net.Currency())) {
		l := records[d.Line]
		proposed, err := w.prepare(p, l, documents[d.Document], d, fees)
		if err != nil {
			return nil, err
		}
		if proposed.direct {
			fees.take(l)
		}
		found[d.Line] = proposed
	}
	return found, nil
}

func (w *work) prepare(p ports.PayoutRecord, l ports.LineRecord, document invoice.Document, d matching.Decision, fees groupFees) (proposal, error) {
	proposed := proposal{Decision: d}
	var err error
	if proposed.kept, err = json.Marshal(verdict{Rule: d.Rule, Compared: d.Compared, Partial: d.Partial}); err != nil {
		return proposal{}, err
	}
	if d.State != matching.Matched {
		return proposed, nil
	}
	own, free := fees.of(l)
	proposed.plannedPayment, err = w.planPayment(p, l, booking.Settlement{
		Line: l.Line, Fees: own, Document: document, WriteOff: d.WriteOff, Late: !free || p.State != payout.Fetched,
	})
	if f := fault.Of(err); f != nil {
		proposed.Fault, err = f, nil
	}
	return proposed, err
}
