package amount

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeSigns: the columns of a row contradict each other about which way it goes.
const CodeSigns fault.Code = "amount.signs_differ"

// Effect is what a row of a type does to the merchant's money.
type Effect int

// The effects.
const (
	// AsSigned: the amount's own sign is the effect.
	AsSigned Effect = 0
	// Adds: the merchant gets the amount, whatever its sign.
	Adds Effect = +1
	// Takes: the merchant pays the amount, whatever its sign.
	Takes Effect = -1
	// Reversed: the sign is the opposite of the effect, as in the provider's own
	// books.
	Reversed Effect = -2
)

// Of gives the effect of an amount on the merchant's money.
func (e Effect) Of(a money.Amount) money.Amount {
	switch e {
	case Adds:
		return a.Abs()
	case Takes:
		return a.Abs().Neg()
	case Reversed:
		return a.Neg()
	case AsSigned:
	}
	return a
}

// OfUnsigned gives the effect of an amount of a provider whose amounts have no sign.
// One that is negative all the same is a fault with CodeSigns: nobody knows what the
// provider means by it.
func (e Effect) OfUnsigned(a money.Amount) (money.Amount, error) {
	if a.Sign() < 0 && (e == Adds || e == Takes) {
		return money.Amount{}, fault.Invalid(CodeSigns, "amount", a.String()+" has a sign where the type of the row tells the direction").From(fault.Upstream)
	}
	return e.Of(a), nil
}

// Like gives part the sign of whole, as for the VAT in an amount: the two always
// go the same way. Beside a whole of 0 it stays as it is.
func Like(whole, part money.Amount) money.Amount {
	switch whole.Sign() {
	case +1:
		return part.Abs()
	case -1:
		return part.Abs().Neg()
	}
	return part
}

// DebitCredit gives the effect of a row that has its amount in one of two columns:
// a credit is the merchant's gain. Both columns filled, or a negative number in
// either, is a fault with CodeSigns, because nobody knows what the row means.
func DebitCredit(debit, credit money.Amount) (money.Amount, error) {
	if debit.Sign() < 0 || credit.Sign() < 0 || debit.Sign() > 0 && credit.Sign() > 0 {
		return money.Amount{}, fault.Invalid(CodeSigns, "amount",
			"debit "+debit.String()+" and credit "+credit.String()+" do not tell which way the amount goes").From(fault.Upstream)
	}
	return credit.Sub(debit)
}
