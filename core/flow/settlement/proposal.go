package settlement

import (
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
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
	// AdoptedOn is the day of the payment by others on the clearing account that was
	// adopted for the line.
	AdoptedOn civil.Date `json:"adopted_on,omitzero"`
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
	records := make(map[string]ports.LineRecord, len(b.lines))
	for _, l := range b.lines {
		records[l.Key] = l
	}
	candidates, documents := make([]matching.Candidate, len(b.documents)), make(map[string]invoice.Document, len(b.documents))
	for i, d := range b.documents {
		candidates[i] = matching.Candidate{Document: d.Document, Claimed: d.Claimed, PaidByKvitt: d.Paid}
		documents[d.Number] = d.Document
	}
	found := make(map[string]proposal, len(b.lines))
	fees := newGroupFees(b.fees)
	for _, d := range w.matchAll(p, b, candidates) {
		l := records[d.Line]
		proposed, err := w.prepare(p, l, documents, d, fees, b.conversion)
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

func (w *work) prepare(p ports.PayoutRecord, l ports.LineRecord, documents map[string]invoice.Document, d matching.Decision, fees groupFees, c *conversion) (proposal, error) {
	proposed := proposal{Decision: d}
	proposed.Fault = w.meeting(d, documents[d.Document])
	var err error
	if proposed.kept, err = json.Marshal(verdict{Rule: d.Rule, Compared: d.Compared, Partial: d.Partial, Parts: d.Parts}); err != nil {
		return proposal{}, err
	}
	if d.State != matching.Matched {
		return proposed, nil
	}
	proposed.payments, err = w.planPayments(p, l, documents, d, fees, c)
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
		WithRemedy("choose the document if the line settles all that is open on it; else settle it in the accounting system at the provider's rate, then adopt the payment")
}

// planPayments plans the payments of a matched line. Those of a line that settles
// several documents go by way of the clearing account whatever the shape, because
// nobody can say what each of them bears of the fee.
func (w *work) planPayments(p ports.PayoutRecord, l ports.LineRecord, documents map[string]invoice.Document, d matching.Decision, fees groupFees, c *conversion) ([]plannedPayment, error) {
	parts := d.Settles()
	settled, err := w.settlements(p, l, parts, documents, c)
	if err != nil {
		return nil, err
	}
	payments := make([]plannedPayment, 0, len(parts))
	for i, x := range settled {
		key := partKey(p, l, i+1)
		x.Late = true
		if len(parts) == 1 {
			own, free := fees.of(l)
			key, x.Fees, x.Late = paymentKey(p, l), own, !free || p.State != payout.Fetched
		}
		payment, err := w.planPayment(p, l, key, x)
		if err != nil {
			return nil, err
		}
		payments = append(payments, payment)
	}
	return payments, nil
}
