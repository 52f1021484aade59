package payment

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of events in their transaction.
const (
	// CodeEventPending: the event waits for one that comes before it.
	CodeEventPending fault.Code = "event.pending"
	// CodeEventOutOfBounds: the event would move more than there is.
	CodeEventOutOfBounds fault.Code = "event.out_of_bounds"
)

// Standing is how an event stands in its transaction. Only what is accepted is
// booked; the others are kept and judged again whenever an event arrives.
type Standing string

// The standings.
const (
	Accepted Standing = "accepted"
	// Pending: what the event builds on has not been heard of.
	Pending Standing = "pending"
	// Flagged: a person must look at it; no amount is ever cut to fit.
	Flagged Standing = "flagged"
)

// Verdict is the standing of one event. Fault says why it is not accepted and is
// nil if it is.
type Verdict struct {
	Event    Event
	Standing Standing
	Fault    *fault.Error
}

// Judge says of each event of one transaction how it stands, in the order given.
// The verdicts follow from the set of events alone: neither the order given nor
// the order of arrival matters, so that an event that comes late is judged, and
// the others with it, as if it had come in time. A verdict may thus change when an
// event arrives, also from accepted to flagged: of two captures of which only one
// fits, the earlier stands.
//
// The bounds: captured ≤ authorised (where the method is Authorised), settled ≤
// captured less the fees stated with captures, refunded ≤ captured, credited ≤
// refunded, cancelled ≤ authorised − captured; all gross, all over accepted
// events. Kind by kind, each after those it builds on, and within a kind by
// moment and key:
//
//   - An event that ValidateFor refuses, or in another currency than the first
//     event, is flagged with that fault and counts for nothing.
//   - An event of gross 0 breaks no bound and is accepted.
//   - An event is pending if nothing it builds on is accepted: a payment or cancel
//     without a prepare, a deposit or refund without a payment, a credit without a
//     refund.
//   - An event that would break its bound, given those of its kind accepted before
//     it, is flagged and counts for nothing; a smaller one after it may still fit.
//
// A capture after the rest was cancelled leaves the cancel flagged rather than the
// capture: the money moved, and a cancel books nothing.
func Judge(method Method, events []Event) []Verdict {
	j := judgement{verdicts: make([]Verdict, len(events)), method: method, sums: map[Kind]money.Amount{}}
	order := canonical(events)
	var candidates []int
	for _, i := range order {
		j.verdicts[i] = Verdict{Event: events[i], Standing: Flagged}
		if j.verdicts[i].Fault = j.refuse(events[i]); j.verdicts[i].Fault == nil {
			candidates = append(candidates, i)
		}
	}
	for _, kind := range []Kind{Prepare, Payment, Cancel, Deposit, Refund, Credit} {
		for _, i := range candidates {
			if events[i].Kind == kind {
				j.judge(&j.verdicts[i])
			}
		}
	}
	return j.verdicts
}

// canonical gives the indices of events by moment and key. The rest only breaks
// ties between events without a key, so that the order given never does.
func canonical(events []Event) []int {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := events[a], events[b]
		return cmp.Or(
			x.At.Compare(y.At), cmp.Compare(x.Key, y.Key), cmp.Compare(x.Reference, y.Reference), cmp.Compare(x.Kind, y.Kind),
			cmp.Compare(x.Origin, y.Origin), cmp.Compare(x.Order, y.Order), cmp.Compare(x.Transaction, y.Transaction), cmp.Compare(x.Method, y.Method),
			cmp.Compare(x.Amount.Currency(), y.Amount.Currency()), cmp.Compare(x.Amount.Minor(), y.Amount.Minor()),
			cmp.Compare(x.Fee.Minor(), y.Fee.Minor()), cmp.Compare(x.FeeVAT.Minor(), y.FeeVAT.Minor()),
		)
	})
	return order
}

// buildsOn names the kind without which an event of a kind cannot be.
var buildsOn = map[Kind]Kind{Payment: Prepare, Cancel: Prepare, Deposit: Payment, Refund: Payment, Credit: Refund}

// sumNames says what the events of a kind add up to.
var sumNames = map[Kind]string{
	Prepare: "authorised", Payment: "captured", Deposit: "settled",
	Refund: "refunded", Credit: "credited", Cancel: "cancelled",
}

// judgement holds what the events accepted so far add up to, gross by kind.
type judgement struct {
	method   Method
	verdicts []Verdict
	currency money.Currency
	sums     map[Kind]money.Amount
	// kept are the fees stated with captures.
	kept money.Amount
}

// refuse gives the fault of an event that cannot count at all, or nil.
func (j *judgement) refuse(e Event) *fault.Error {
	if err := e.ValidateFor(j.method); err != nil {
		return fault.Of(err)
	}
	if j.currency == "" {
		j.currency = e.Amount.Currency()
	}
	if e.Amount.Currency() != j.currency {
		return fault.Invalid(CodeEventOutOfBounds, "amount",
			"the transaction is in "+string(j.currency)+", the "+string(e.Kind)+" in "+string(e.Amount.Currency())).
			WithRemedy("state the event in the currency of the transaction")
	}
	return nil
}

// judge settles the standing of an event, and counts it if it is accepted.
func (j *judgement) judge(v *Verdict) {
	gross, err := v.Event.Gross()
	if err != nil {
		v.Fault = fault.Of(err)
		return
	}
	if v.Standing, v.Fault = j.standing(v.Event.Kind, gross); v.Standing != Accepted {
		return
	}
	sum, err := j.sums[v.Event.Kind].Add(gross)
	if err == nil && v.Event.Kind == Payment {
		j.kept, err = j.kept.Add(v.Event.Fee)
	}
	if err != nil {
		v.Standing, v.Fault = Flagged, fault.Of(err)
		return
	}
	j.sums[v.Event.Kind] = sum
}

// standing judges an event against what is accepted so far.
func (j *judgement) standing(kind Kind, gross money.Amount) (Standing, *fault.Error) {
	base, bounded := buildsOn[kind]
	if !bounded || gross.IsZero() || kind == Payment && !j.method.Authorised {
		return Accepted, nil
	}
	if j.sums[base].IsZero() {
		return Pending, fault.New(CodeEventPending, fault.Conflict,
			"a "+string(kind)+" of "+gross.String()+" waits for a "+string(base)).
			WithRemedy("send the " + string(base) + " if it is not on its way already")
	}
	limit, name, err := j.limit(kind, base)
	if err != nil {
		return Flagged, fault.Of(err)
	}
	sum, err := j.sums[kind].Add(gross)
	if err != nil {
		return Flagged, fault.Of(err)
	}
	if sum.Minor() > limit.Minor() {
		return Flagged, fault.New(CodeEventOutOfBounds, fault.Conflict, sumNames[kind]+" "+sum.String()+" exceeds "+name).
			WithRemedy("compare the transaction with the provider's; send what is missing, or correct the event at its source")
	}
	return Accepted, nil
}

// limit gives what the events of a kind may add up to and says what it is.
func (j *judgement) limit(kind, base Kind) (money.Amount, string, error) {
	limit, name := j.sums[base], sumNames[base]+" "+j.sums[base].String()
	var taken money.Amount
	var what string
	switch kind {
	case Cancel:
		taken, what = j.sums[Payment], "captured"
	case Deposit:
		taken, what = j.kept, "fees stated with captures"
	case Prepare, Payment, Refund, Credit:
	}
	if taken.IsZero() {
		return limit, name, nil
	}
	limit, err := limit.Sub(taken)
	return limit, name + " less " + what + " " + taken.String(), err
}
