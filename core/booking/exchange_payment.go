package booking

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeAdvance: what is to be an advance is not a part of a sale line.
const CodeAdvance fault.Code = "payment.invalid_advance"

// Exchanged is how a line settles a document in another currency than its own, or a
// document in another currency than the books. Its amounts have the sign of the
// line's gross.
type Exchanged struct {
	// Original is what the line settles, in the document's currency.
	Original money.Amount
	// Booked is what Original is booked for in the customer ledger, in the currency
	// of the books, at the rate of the document.
	Booked money.Amount
	// Rate is that at which Original was settled, from the document's currency to that
	// of the books; not set where they are the same.
	Rate exchange.Rate
}

// Converted is how a line in another currency than the books came into them.
type Converted struct {
	// Rate is that of the payout, from its currency to that of the books.
	Rate exchange.Rate
	// Gross is the line's share of what the payout's gross comes to at Rate: what it
	// puts on the clearing account.
	Gross money.Amount
}

// gross is that of the line in the currency of the books.
func (x Settlement) gross() money.Amount {
	if x.Converted != nil {
		return x.Converted.Gross
	}
	return x.Line.Gross
}

// check refuses a line and a document whose currencies do not meet.
func (x Settlement) check() error {
	line, books, document := x.Line.Gross.Currency(), x.gross().Currency(), x.Document.Total.Currency()
	if x.Exchanged == nil {
		if document == "" || document == line && line == books {
			return nil
		}
		return originalMissing("the line is in " + string(line) + " and the document in " + string(document))
	}
	e := *x.Exchanged
	switch {
	case e.Original.Currency() != document || e.Original.Sign() != x.Line.Gross.Sign() || document == books && line == books:
		return originalMissing("\"" + string(e.Original.Currency()) + " " + e.Original.String() + "\" is not a part of a document in " + string(document))
	case e.Booked.Currency() != books || e.Booked.Sign() != x.Line.Gross.Sign():
		return fault.New(CodeCombination, fault.Conflict,
			"a line in "+string(line)+" cannot settle what is booked as \""+string(e.Booked.Currency())+" "+e.Booked.String()+"\"").
			WithField("booked").
			WithRemedy("register the payment by hand in the accounting system")
	case document == books:
		return nil
	}
	return e.Rate.Validate()
}

func originalMissing(reason string) *fault.Error {
	return fault.New(CodeOriginal, fault.Conflict, reason).
		WithField("original").
		WithRemedy("state the amount in the document's currency that the line settles")
}

// realise takes what the settled part was booked for beyond what came of it: a loss
// if positive, a gain if negative. An accounting system that keeps the document in
// its own currency posts it by itself (Payment.Difference); on a document in the
// currency of the books it is written off.
func (p *Payment) realise(x Settlement, s Settings) error {
	if x.Exchanged == nil {
		return nil
	}
	difference, err := x.Exchanged.Booked.Sub(x.gross())
	if err == nil {
		difference, err = difference.Sub(x.WriteOff)
	}
	if err != nil {
		return err
	}
	inBooks := x.Exchanged.Original.Currency() == x.gross().Currency()
	if !inBooks {
		p.Original, p.Rate = x.Exchanged.Original, x.Exchanged.Rate
	}
	if difference.IsZero() {
		return nil
	}
	row, missing := s.currencyRow(difference)
	if missing != nil {
		return missing
	}
	if inBooks {
		p.writeOff(row.Account, difference, row.Meaning, s)
		return nil
	}
	p.Difference = WriteOff{Account: row.Account, Amount: difference, Reason: s.WriteOffReason, Text: text(row.Meaning)}
	return nil
}

// even writes off what stated VAT and rounding leave between the gross of a
// converted line and the net and fees that it consists of.
func (p *Payment) even(x Settlement, s Settings) error {
	rest, err := x.gross().Sub(p.Amount)
	for _, off := range p.WriteOffs {
		if err == nil {
			rest, err = rest.Sub(off.Amount)
		}
	}
	if err != nil || rest.IsZero() {
		return err
	}
	row, missing := s.currencyRow(rest)
	if missing != nil {
		return missing
	}
	p.writeOff(row.Account, rest, row.Meaning, s)
	return nil
}

// advance moves the part beyond the document to the account of advances.
func (p *Payment) advance(x Settlement, s Settings) error {
	if x.Advance.IsZero() {
		return nil
	}
	if x.Exchanged != nil {
		return fault.Invalid(CodeAdvance, "advance", "an advance is booked of lines and documents in the currency of the books only").
			WithRemedy("resolve the exception without an advance, or register the payment by hand in the accounting system")
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
