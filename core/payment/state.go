package payment

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// State is what accepted events add up to. An amount is zero in the currency of
// the transaction, and not set if there is no event.
type State struct {
	Authorised money.Amount
	// Captured is gross, as are Refunded, Settled and Credited.
	Captured  money.Amount
	Settled   money.Amount
	Refunded  money.Amount
	Credited  money.Amount
	Cancelled money.Amount
	// Fee is the sum of all fees, of which FeeVAT is VAT: positive when the provider
	// keeps it.
	Fee    money.Amount
	FeeVAT money.Amount
	// OpenAtProvider is what the provider has still to account for: captured less
	// the fees stated with captures, less settled. Of a gift card it says nothing,
	// because nobody owes what was used.
	OpenAtProvider money.Amount
	// RefundDebt is what the merchant still owes for refunds: refunded less credited.
	RefundDebt money.Amount
	// Bank is the effect on the bank account: deposits less credits, net.
	Bank money.Amount
}

// StateOf adds up the accepted events of one transaction, in any order. It fails
// with money.CodeMixed if they are in several currencies, with
// money.CodeOverflow, and with CodeEventInvalid on an unknown kind.
func StateOf(events []Event) (State, error) {
	if len(events) == 0 {
		return State{}, nil
	}
	zero := money.Zero(events[0].Amount.Currency())
	s := State{
		Authorised: zero, Captured: zero, Settled: zero, Refunded: zero, Credited: zero, Cancelled: zero,
		Fee: zero, FeeVAT: zero, OpenAtProvider: zero, RefundDebt: zero, Bank: zero,
	}
	for _, e := range events {
		if err := s.add(e); err != nil {
			return State{}, err
		}
	}
	return s, nil
}

// add counts one event into every sum that it moves.
func (s *State) add(e Event) error {
	gross, err := e.Gross()
	if err != nil {
		return err
	}
	type move struct {
		sum    *money.Amount
		amount money.Amount
	}
	moves := []move{{&s.Fee, e.Fee}, {&s.FeeVAT, e.FeeVAT}}
	switch e.Kind {
	case Prepare:
		moves = append(moves, move{&s.Authorised, gross})
	case Payment:
		moves = append(moves, move{&s.Captured, gross}, move{&s.OpenAtProvider, gross}, move{&s.OpenAtProvider, e.Fee.Neg()})
	case Deposit:
		moves = append(moves, move{&s.Settled, gross}, move{&s.OpenAtProvider, gross.Neg()}, move{&s.Bank, e.Amount})
	case Refund:
		moves = append(moves, move{&s.Refunded, gross}, move{&s.RefundDebt, gross})
	case Credit:
		moves = append(moves, move{&s.Credited, gross}, move{&s.RefundDebt, gross.Neg()}, move{&s.Bank, e.Amount.Neg()})
	case Cancel:
		moves = append(moves, move{&s.Cancelled, gross})
	default:
		return fault.Invalid(CodeEventInvalid, "kind", "\""+string(e.Kind)+"\" is not a kind of event")
	}
	for _, m := range moves {
		if *m.sum, err = m.sum.Add(m.amount); err != nil {
			return err
		}
	}
	return nil
}
