package company

import (
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// BookPayment books a payment: the money and the write-offs in debit, the
// receivable in credit.
func (c *Company) BookPayment(number string) (*Payment, *Refusal) {
	payment, refusal := c.Payment(number)
	if refusal != nil {
		return nil, refusal
	}
	if payment.Booked {
		return nil, refuse(CodeAlreadyBooked, "Inbetalningen är redan bokförd.")
	}
	// The world may have moved since the payment was registered.
	if refusal := c.checkPayment(payment); refusal != nil {
		return nil, refusal
	}
	settled, err := payment.settles()
	if err != nil {
		return nil, refuse(CodeNotNumeric, "Värdet måste vara numeriskt (Amount)")
	}
	claim, err := claimSettled(payment.Invoice, settled)
	if err != nil {
		return nil, refuse(CodeNotNumeric, "Värdet måste vara numeriskt (Amount)")
	}
	invoice := payment.Invoice
	key, refusal := c.post(ledger.Voucher{
		Key:  ledger.Key{Series: PaymentSeries},
		Date: payment.Date, Description: "Kundbet " + invoice.CustomerName + " (" + strconv.Itoa(payment.Number) + ")",
		Rows: c.paymentPostings(payment, claim), Origin: ledger.InvoicePayment,
		Reference: strconv.Itoa(payment.Number),
	})
	if refusal != nil {
		return nil, refusal
	}
	payment.Booked, payment.Voucher = true, key
	payment.LastModified = c.stamp(payment.Date)
	invoice.Paid += settled
	invoice.PaidSEK += claim
	invoice.FinalPayDate = ""
	if invoice.FullyPaid() {
		invoice.FinalPayDate = payment.Date
	}
	invoice.LastModified = c.stamp(payment.Date)
	return payment, nil
}

// checkPayment applies every rule that a payment must obey both when it is
// registered and when it is booked.
func (c *Company) checkPayment(payment *Payment) *Refusal {
	invoice := payment.Invoice
	switch {
	case invoice.Cancelled:
		return refuse(CodeInvoiceCanceled, "Fakturan är makulerad.")
	case !invoice.Booked:
		return refuse(CodeInvoiceUnbooked, "Fakturan måste bokföras innan den kan betalas.")
	case payment.Date < invoice.Date:
		return refuse(CodeBeforeInvoice, "Betalningsdatum kan inte vara tidigare än fakturadatum.")
	}
	year, refusal := c.open(payment.Date)
	if refusal != nil {
		return refusal
	}
	if refusal := c.usable(year, payment.Account); refusal != nil {
		return refusal
	}
	for _, off := range payment.WriteOffs {
		if refusal := c.usable(year, off.Account); refusal != nil {
			return refusal
		}
		if refusal := checkText("TransactionInformation", off.Information, longestInformation); refusal != nil {
			return refusal
		}
	}
	return payment.checkAmounts()
}

// claimSettled is the part of the receivable in the books that a payment
// closes. The last payment takes what is left, so that no rounding stays.
func claimSettled(invoice *Invoice, settled ore.Amount) (ore.Amount, error) {
	if -settled == invoice.Paid {
		return -invoice.PaidSEK, nil
	}
	if settled != invoice.Balance() {
		return settled.Times(invoice.Rate)
	}
	claim, err := invoice.Totals.Total.Times(invoice.Rate)
	return claim - invoice.PaidSEK, err
}

// paymentPostings are the rows of a payment's voucher. A difference between the
// rate of the payment and that of the invoice is a currency gain or loss.
func (c *Company) paymentPostings(payment *Payment, claim ore.Amount) []ledger.Row {
	var rows []ledger.Row
	add := func(account int, amount ore.Amount, information string) {
		if amount != 0 {
			rows = append(rows, ledger.Signed(account, amount, information))
		}
	}
	add(payment.Account, payment.Amount, "")
	for _, off := range payment.WriteOffs {
		add(off.Account, off.Amount, off.Information)
	}
	add(c.predefined(receivable), -claim, "")
	gain := payment.Amount + payment.writtenOff() - claim
	if gain > 0 {
		add(c.predefined(currencyGain), -gain, "")
	} else {
		add(c.predefined(currencyLoss), -gain, "")
	}
	return rows
}
