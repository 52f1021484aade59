package booking

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeAdvance: what is to be an advance is not a part of a sale line.
const CodeAdvance fault.Code = "payment.invalid_advance"

// Exchanged is how a line in the currency of the books settles a document in
// another. Its amounts have the sign of the line's gross.
type Exchanged struct {
	// Original is what the line settles, in the document's currency.
	Original money.Amount
	// Booked is what Original is booked for in the customer ledger, in the currency
	// of the books, at the rate of the document.
	Booked money.Amount
	// Rate is that at which the provider converted Original to the line's gross.
	Rate exchange.Rate
}

// check refuses a line and a document whose currencies do not meet.
func (x Settlement) check() error {
	line, document := x.Line.Gross.Currency(), x.Document.Total.Currency()
	if x.Exchanged == nil {
		if document == "" || document == line {
			return nil
		}
		return originalMissing("the line is in " + string(line) + " and the document in " + string(document))
	}
	e := *x.Exchanged
	switch {
	case e.Original.Currency() != document || e.Original.Sign() != x.Line.Gross.Sign():
		return originalMissing("\"" + string(e.Original.Currency()) + " " + e.Original.String() + "\" is not a part of a document in " + string(document))
	case e.Booked.Currency() != line || e.Booked.Sign() != x.Line.Gross.Sign():
		return fault.New(CodeCombination, fault.Conflict,
			"a line in "+string(line)+" cannot settle what is booked as \""+string(e.Booked.Currency())+" "+e.Booked.String()+"\"").
			WithField("booked").
			WithRemedy("register the payment by hand in the accounting system")
	}
	return e.Rate.Validate()
}

func originalMissing(reason string) *fault.Error {
	return fault.New(CodeOriginal, fault.Conflict, reason).
		WithField("original").
		WithRemedy("state the amount in the document's currency that the line settles")
}

// realise writes off what the settled part was booked for beyond the line's gross:
// a loss if positive, a gain if negative.
func (p *Payment) realise(x Settlement, s Settings) error {
	if x.Exchanged == nil {
		return nil
	}
	difference, err := x.Exchanged.Booked.Sub(x.Line.Gross)
	if err != nil {
		return err
	}
	p.Original, p.Rate = x.Exchanged.Original, x.Exchanged.Rate
	if difference.IsZero() {
		return nil
	}
	row, missing := s.currencyRow(difference)
	if missing != nil {
		return missing
	}
	p.writeOff(row.Account, difference, row.Meaning, s)
	return nil
}

// advance moves the part beyond the document to the account of advances.
func (p *Payment) advance(x Settlement, s Settings) error {
	if x.Advance.IsZero() {
		return nil
	}
	settled, err := x.Line.Gross.Sub(x.Advance)
	if err != nil {
		return err
	}
	if x.Advance.Sign() < 0 || settled.Sign() <= 0 {
		return fault.Invalid(CodeAdvance, "advance",
			"an advance of "+x.Advance.String()+" is not a part of a line of "+x.Line.Gross.String()).
			WithRemedy("name the amount by which the line exceeds what the invoice leaves open")
	}
	if s.Accounts.Advance == "" {
		return missingAccount("accounts.advance", "no account is set for advances")
	}
	p.writeOff(s.Accounts.Advance, x.Advance.Neg(), meaningAdvance, s)
	return nil
}
