package settlement

import (
	"encoding/json"
	"strings"

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
	Parts    []matching.Part       `json:"parts,omitempty"`
	By       string                `json:"by,omitempty"`
	// Events are the keys of the shop's events that settle the line.
	Events []string `json:"events,omitempty"`
}

// proposal is the decision on a line with all that it would change, worked out
// before anything of it is stored. A line that is matched and has a fault all the
// same is one whose payment cannot be made.
type proposal struct {
	matching.Decision
	kept json.RawMessage
	// payments are one for each document that the line settles.
	payments []plannedPayment
	// events settle the line, which then needs no document (sold).
	events []string
}

// direct says that the line's money reaches the bank account by its payment.
func (x proposal) direct() bool { return len(x.payments) == 1 && x.payments[0].direct }

// documents names what the line settles.
func (x proposal) documents() string {
	var numbers []string
	for _, part := range x.Settles() {
		numbers = append(numbers, part.Document)
	}
	return strings.Join(numbers, ", ")
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
	for _, d := range matching.Match(bare, candidates, w.rules(p.Net.Currency())) {
		l := records[d.Line]
		proposed, err := w.prepare(p, l, documents, d, fees)
		if err != nil {
			return nil, err
		}
		if proposed.direct() {
			fees.take(l)
		}
		found[d.Line] = proposed
	}
	return found, nil
}

func (w *work) prepare(p ports.PayoutRecord, l ports.LineRecord, documents map[string]invoice.Document, d matching.Decision, fees groupFees) (proposal, error) {
	proposed := proposal{Decision: d}
	proposed.Fault = w.meeting(d, documents[d.Document])
	var err error
	if proposed.kept, err = json.Marshal(verdict{Rule: d.Rule, Compared: d.Compared, Partial: d.Partial, Parts: d.Parts}); err != nil {
		return proposal{}, err
	}
	if d.State != matching.Matched {
		return proposed, nil
	}
	if len(d.Parts) > 0 {
		proposed.payments, err = w.planParts(p, l, documents, d.Parts)
	} else {
		own, free := fees.of(l)
		var whole plannedPayment
		whole, err = w.planPayment(p, l, paymentKey(p, l), booking.Settlement{
			Line: l.Line, Fees: own, Document: documents[d.Document], WriteOff: d.WriteOff, Late: !free || p.State != payout.Fetched,
		})
		proposed.payments = []plannedPayment{whole}
	}
	if f := fault.Of(err); f != nil {
		proposed.Fault, proposed.payments, err = f, nil, nil
	}
	return proposed, err
}

// meeting gives the fault of a decision. Where the merchant has said that the
// currencies of a line and of its document may meet, what is missing is how much
// of the document the line settles, which only the provider can say.
func (w *work) meeting(d matching.Decision, document invoice.Document) *fault.Error {
	if d.Fault == nil || d.Fault.Code != matching.CodeCombination {
		return d.Fault
	}
	if _, err := w.settings.Pair(document.Total.Currency(), d.Amount.Currency(), w.merchant.Currency); err != nil {
		return d.Fault
	}
	return fault.New(booking.CodeOriginal, fault.Conflict, "the provider does not say how much of invoice "+document.Number+" in "+
		string(document.Total.Currency())+" the line settles").
		WithRemedy("settle the document in the accounting system at the provider's rate, then adopt the payment")
}

// planParts plans the payments of a line that settles several documents. They go
// by way of the clearing account whatever the shape, because nobody can say what
// each of them bears of the fee.
func (w *work) planParts(p ports.PayoutRecord, l ports.LineRecord, documents map[string]invoice.Document, parts []matching.Part) ([]plannedPayment, error) {
	payments := make([]plannedPayment, 0, len(parts))
	for i, part := range parts {
		share := l.Line
		share.Gross = part.Amount
		payment, err := w.planPayment(p, l, partKey(p, l, i+1), booking.Settlement{
			Line: share, Document: documents[part.Document], WriteOff: part.WriteOff, Late: true,
		})
		if err != nil {
			return nil, err
		}
		payments = append(payments, payment)
	}
	return payments, nil
}
