package company

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// setAmounts fills in amounts in kronor and in the invoice's currency and
// refuses those that contradict each other.
func setAmounts(payment *Payment, order PaymentOrder) *Refusal {
	payment.Rate = payment.Invoice.Rate
	if payment.Invoice.Currency == SEK {
		return setKronor(payment, order)
	}
	if order.AmountCurrency == nil {
		return refuse(CodeMissingField, "Beloppet i fakturans valuta saknas.")
	}
	if order.Rate != nil {
		payment.Rate = *order.Rate
	}
	if !payment.Rate.IsPositive() {
		return refuse(CodeAmountMismatch, "Valutakursen är ogiltig.")
	}
	payment.AmountCurrency = *order.AmountCurrency
	worth, err := payment.AmountCurrency.Times(payment.Rate)
	if err != nil {
		return refuse(CodeNotNumeric, "Värdet måste vara numeriskt (AmountCurrency)")
	}
	payment.Amount = worth
	if order.Amount != nil {
		payment.Amount = *order.Amount
	}
	if (payment.Amount - worth).Abs() > 1 {
		return refuse(CodeAmountMismatch, "Beloppet stämmer inte med beloppet i valuta och kursen.")
	}
	return nil
}

func setKronor(payment *Payment, order PaymentOrder) *Refusal {
	payment.Rate = decimal.NewFromInt(1)
	if order.Rate != nil && !order.Rate.Equal(payment.Rate) {
		return refuse(CodeAmountMismatch, "Valutakursen för SEK måste vara 1.")
	}
	switch {
	case order.Amount != nil:
		payment.Amount = *order.Amount
	case order.AmountCurrency != nil:
		payment.Amount = *order.AmountCurrency
	default:
		return refuse(CodeMissingField, "Beloppet saknas.")
	}
	payment.AmountCurrency = payment.Amount
	if order.AmountCurrency != nil && *order.AmountCurrency != payment.Amount {
		return refuse(CodeAmountMismatch, "Beloppet stämmer inte med beloppet i valuta.")
	}
	return nil
}

// writtenOff is the sum of all write-offs in kronor.
func (p *Payment) writtenOff() ore.Amount {
	var sum ore.Amount
	for _, w := range p.WriteOffs {
		sum += w.Amount
	}
	return sum
}

// settles is how much of the invoice this payment closes, in the invoice's
// currency: the money and the write-offs.
func (p *Payment) settles() (ore.Amount, error) {
	off := p.writtenOff()
	if p.Invoice.Currency == SEK {
		return p.Amount + off, nil
	}
	inCurrency, err := ore.Round(off.Decimal().DivRound(p.Rate, 6))
	return p.AmountCurrency + inCurrency, err
}

// takesBack says whether the payment has the opposite sign of the invoice, so that
// it opens again what earlier payments have closed. That this is allowed is inferred
// from credit invoices, which are settled by negative payments.
func (p *Payment) takesBack(settled ore.Amount) bool {
	total := p.Invoice.Totals.Total
	return (total > 0 && settled < 0 && p.Amount <= 0) || (total < 0 && settled > 0 && p.Amount >= 0)
}

// checkAmounts refuses a payment with the wrong sign, with nothing in it, or
// above what is left to pay. One that takes another back may be as large as what
// has been paid.
func (p *Payment) checkAmounts() *Refusal {
	settled, err := p.settles()
	if err != nil {
		return refuse(CodeNotNumeric, "Värdet måste vara numeriskt (Amount)")
	}
	if p.takesBack(settled) {
		if settled.Abs() > p.Invoice.Paid.Abs() {
			return refuse(CodeWrongSign, "Beloppet har fel tecken för fakturan.")
		}
		return nil
	}
	left := p.Invoice.Balance()
	if left == 0 {
		return refuse(CodeFullyPaid, "Fakturan är redan slutbetald.")
	}
	money := p.Amount
	if left < 0 {
		settled, left, money = -settled, -left, -money
	}
	switch {
	case money < 0 || settled <= 0:
		return refuse(CodeWrongSign, "Beloppet har fel tecken för fakturan.")
	case settled > left:
		return refuse(CodeExceedsBalance, "Beloppet är större än fakturans restbelopp.")
	}
	return nil
}
