package server

import (
	"maps"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

// paymentItem is a payment in a list. Its own number is a text, that of the
// invoice a number.
func (c *call) paymentItem(p *company.Payment) map[string]any {
	item := c.paymentHead(p)
	item["WriteOffExist"] = len(p.WriteOffs) > 0
	return item
}

func (c *call) paymentHead(p *company.Payment) map[string]any {
	number := strconv.Itoa(p.Number)
	return map[string]any{
		"@url": base + "invoicepayments/" + number, "Amount": p.Amount, "Booked": p.Booked,
		"Currency": p.Invoice.Currency, "CurrencyRate": p.Rate.InexactFloat64(), "CurrencyUnit": c.company.Unit(p.Invoice.Currency),
		"InvoiceNumber": invoiceNumber(p.Invoice.Number), "Number": number, "PaymentDate": p.Date, "Source": p.Source,
	}
}

func (c *call) paymentJSON(p *company.Payment) map[string]any {
	payment := c.paymentHead(p)
	i := p.Invoice
	maps.Copy(payment, map[string]any{
		"AmountCurrency": p.AmountCurrency, "ExternalInvoiceReference1": i.ExternalReference1,
		"ExternalInvoiceReference2": i.ExternalReference2, "InvoiceCustomerName": i.CustomerName,
		"InvoiceCustomerNumber": i.CustomerNumber, "InvoiceDueDate": i.Due, "InvoiceOCR": i.OCR,
		"InvoiceTotal": i.Totals.Total.Decimal().String(), "ModeOfPayment": p.Mode, "ModeOfPaymentAccount": p.Account,
		"WriteOffs": c.writeOffs(p),
	})
	maps.Copy(payment, voucherOf(p.Voucher))
	return payment
}

func (c *call) writeOffs(p *company.Payment) []any {
	offs := []any{}
	for _, off := range p.WriteOffs {
		name := ""
		if year, refusal := c.company.YearOf(p.Date); refusal == nil {
			name = year.Accounts[off.Account].Name
		}
		offs = append(offs, map[string]any{
			"Amount": off.Amount, "AccountNumber": off.Account, "CostCenter": off.CostCenter, "Currency": company.SEK,
			"Description": name, "TransactionInformation": off.Information, "Project": off.Project,
		})
	}
	return offs
}

// invoiceNumber is a number wherever it can be one.
func invoiceNumber(number string) any {
	if n, err := strconv.Atoi(number); err == nil {
		return n
	}
	return number
}
