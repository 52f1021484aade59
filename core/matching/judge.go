package matching

import (
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// judge decides whether a line may settle the document that was found for it.
func judge(line *payout.Line, pair KeyPair, d *document, tolerance money.Amount) Decision {
	decision := Decision{
		Line:     line.Key,
		State:    Exception,
		Rule:     pair,
		Document: d.Document.Number,
		Kind:     d.Document.Kind,
		Amount:   line.Gross,
		WriteOff: money.Zero(line.Gross.Currency()),
		Compared: compared(line, pair, d),
	}
	if decision.Fault = obstacle(line, d); decision.Fault != nil {
		return decision
	}
	missing, err := d.open.Sub(line.Gross)
	whole := line.Kind == payout.Sale || d.open.Minor() == d.Document.Total.Minor()
	switch {
	case err == nil && whole && within(missing, line.Gross, tolerance):
		decision.State, decision.WriteOff = Matched, missing
	case err == nil && line.Kind == payout.Sale && missing.Sign() > 0:
		decision.State, decision.Partial = Matched, true
	default:
		decision.Fault = amountDiffers(line, d)
	}
	return decision
}

// within reports whether a difference may be written off.
func within(difference, gross, tolerance money.Amount) bool {
	if difference.IsZero() {
		return true
	}
	return tolerance.Currency() == gross.Currency() && difference.Abs().Minor() <= tolerance.Minor()
}

// obstacle says why nothing can be paid on the document, whatever the amount.
func obstacle(line *payout.Line, d *document) *fault.Error {
	name := describe(d)
	switch {
	case d.Document.Cancelled:
		return fault.New(CodeCancelled, fault.Conflict, name+" is cancelled").
			WithRemedy("make a new document with the same reference, or say where the money belongs")
	case !d.Document.Booked:
		return fault.New(CodeNotBooked, fault.Conflict, name+" is not booked").
			WithRemedy("book it in the accounting system; the line is then matched by itself")
	case d.open.Sign() == d.Document.Total.Sign():
		return nil
	case d.Document.Balance.Sign() == d.Document.Total.Sign(), covers(d.PaidByKvitt, line.Gross), covers(d.PaidByKvitt, d.Document.Total):
		return fault.New(CodeAlreadySettled, fault.Duplicate, name+" is settled by another line").
			WithRemedy("compare the two lines; the provider may have paid the same capture twice")
	case d.Document.Kind == invoice.Credit:
		return fault.New(CodeAlreadyCredited, fault.Conflict, name+" was settled by somebody else").
			WithRemedy("adopt the settlement that stands in the accounting system, or undo it there")
	default:
		return fault.New(CodeAlreadyPaid, fault.Conflict, name+" was paid by somebody else").
			WithRemedy("adopt the payment that stands in the accounting system, or undo it there")
	}
}

// covers reports whether what kvitt paid is at least the amount, with its sign.
func covers(paid, amount money.Amount) bool {
	return paid.Sign() == amount.Sign() && paid.Abs().Minor() >= amount.Abs().Minor()
}

func amountDiffers(line *payout.Line, d *document) *fault.Error {
	return fault.New(CodeAmountDiffers, fault.Conflict,
		"the line is of "+line.Gross.String()+" "+string(line.Gross.Currency())+", and "+d.open.String()+" is open on "+describe(d)).
		WithRemedy("correct the document in the accounting system, or say where the money belongs")
}

// mostShown bounds the documents that an exception lays beside its line: nobody
// reads more, and a careless reference may stand on thousands.
const mostShown = 12

func ambiguous(line *payout.Line, pair KeyPair, found []*document) Decision {
	decision := exception(line, fault.New(CodeAmbiguous, fault.Duplicate,
		strconv.Itoa(len(found))+" documents carry the same reference and fit equally well").
		WithRemedy("name the document that the line settles"))
	decision.Rule = pair
	for _, d := range found[:min(len(found), mostShown)] {
		decision.Compared = append(decision.Compared, compared(line, pair, d)...)
	}
	return decision
}

// summary is the decision on a line that stands for a total. The sales or refunds
// in it may be rows as well, so that matching it could settle them twice.
func summary(line *payout.Line) Decision {
	return exception(line, fault.New(CodeSummary, fault.Conflict,
		"the line is a total of the report and has no sale or refund of its own").
		WithRemedy("see which documents the total stands for; name one only if no other line settles it"))
}

// exception is a decision without a document.
func exception(line *payout.Line, why *fault.Error) Decision {
	return Decision{
		Line: line.Key, State: Exception, Kind: kindFor(line.Kind),
		Amount: line.Gross, WriteOff: money.Zero(line.Gross.Currency()), Fault: why,
	}
}

// compared lists what a person would lay side by side. The pair is empty where no
// reference led to the document.
func compared(line *payout.Line, pair KeyPair, d *document) []Comparison {
	list := make([]Comparison, 0, 4)
	list = append(list, Comparison{"document", line.Key, d.Document.Number})
	if pair != (KeyPair{}) {
		list = append(list, references(line, pair, d))
	}
	list = append(list, Comparison{"open", line.Gross.String(), d.open.String()})
	if d.open != d.Document.Total {
		list = append(list, Comparison{"total", line.Gross.String(), d.Document.Total.String()})
	}
	return list
}

func references(line *payout.Line, pair KeyPair, d *document) Comparison {
	return Comparison{string(pair.Line) + " = " + string(pair.Document), line.References[pair.Line], d.Document.References[pair.Document]}
}

func describe(d *document) string {
	if d.Document.Kind == invoice.Credit {
		return "credit invoice " + d.Document.Number
	}
	return "invoice " + d.Document.Number
}
