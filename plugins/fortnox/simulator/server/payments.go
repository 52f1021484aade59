package server

import (
	"cmp"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// paymentBody has the writable fields of a payment. Currency, unit, number and
// Booked are not among them.
type paymentBody struct {
	InvoiceNumber        text
	Amount               *ore.Amount
	AmountCurrency       *ore.Amount
	CurrencyRate         *rate
	PaymentDate          string
	ModeOfPayment        string
	ModeOfPaymentAccount whole
	WriteOffs            []writeOffBody
}

type writeOffBody struct {
	Amount                 ore.Amount
	AccountNumber          whole
	CostCenter             string
	Project                string
	TransactionInformation string
}

func createPayment(c *call) (answer, *company.Refusal) {
	var body paymentBody
	if refusal := c.read("InvoicePayment", &body); refusal != nil {
		return answer{}, refusal
	}
	if body.InvoiceNumber == "" {
		return answer{}, badBody(company.CodeMissingField, "Fakturanummer saknas.")
	}
	if _, err := strconv.Atoi(string(body.InvoiceNumber)); err != nil {
		return answer{}, badBody(company.CodeNotNumeric, "Värdet måste vara numeriskt (InvoiceNumber)")
	}
	order := company.PaymentOrder{
		Invoice: string(body.InvoiceNumber), Amount: body.Amount, AmountCurrency: body.AmountCurrency,
		Date: civil.Date(body.PaymentDate), Mode: body.ModeOfPayment,
		Account: int(body.ModeOfPaymentAccount), Source: "direct",
	}
	if body.CurrencyRate != nil {
		order.Rate = &body.CurrencyRate.Decimal
	}
	if body.PaymentDate != "" {
		if _, err := civil.Parse(body.PaymentDate); err != nil {
			return answer{}, badParameter()
		}
	}
	for _, off := range body.WriteOffs {
		order.WriteOffs = append(order.WriteOffs, company.WriteOff{
			Account: int(off.AccountNumber), Amount: off.Amount, CostCenter: off.CostCenter, Project: off.Project,
			Information: off.TransactionInformation,
		})
	}
	payment, refusal := c.company.CreatePayment(order)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("InvoicePayment", c.paymentJSON(payment))
}

func listPayments(c *call) (answer, *company.Refusal) {
	changed, refusal := c.changedSince()
	if refusal != nil {
		return answer{}, refusal
	}
	var found []*company.Payment
	for _, p := range c.company.Payments() {
		if changed(p.LastModified) && (c.query.search == "" || matches(p.Invoice.Number, c.query.values.Get(c.query.search))) {
			found = append(found, p)
		}
	}
	found, refusal = sorted(c.query, found, map[string]func(a, b *company.Payment) int{
		"paymentdate": func(a, b *company.Payment) int { return cmp.Compare(a.Date, b.Date) },
	})
	if refusal != nil {
		return answer{}, refusal
	}
	return page(c.query, "InvoicePayments", found, func(p *company.Payment) any { return c.paymentItem(p) })
}

func showPayment(c *call) (answer, *company.Refusal) {
	payment, refusal := c.company.Payment(c.PathValue("number"))
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("InvoicePayment", c.paymentJSON(payment))
}

func bookPayment(c *call) (answer, *company.Refusal) {
	payment, refusal := c.company.BookPayment(c.PathValue("number"))
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("InvoicePayment", c.paymentJSON(payment))
}

func deletePayment(c *call) (answer, *company.Refusal) {
	if refusal := c.company.DeletePayment(c.PathValue("number")); refusal != nil {
		return answer{}, refusal
	}
	return deleted()
}
