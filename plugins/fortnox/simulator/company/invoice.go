package company

import (
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Invoice is a customer invoice; a credit invoice has a negative total.
type Invoice struct {
	Number string
	Head
	Due       civil.Date
	OCR       string
	Rows      []InvoiceRow
	Totals    Totals
	Booked    bool
	Cancelled bool
	// Order is the order that the invoice was made of.
	Order string
	// CreditOf is the invoice that this one credits, CreditedBy the credit
	// invoice that is linked to this one.
	CreditOf   string
	CreditedBy string
	// Paid is what booked payments and their write-offs have settled, in the
	// invoice's currency; PaidSEK is the same in the books.
	Paid    ore.Amount
	PaidSEK ore.Amount
	// FinalPayDate is set when nothing is left to pay.
	FinalPayDate civil.Date
	// Voucher is set when the invoice is booked.
	Voucher *ledger.Key
	// LastModified is Swedish local time, YYYY-MM-DD HH:MM:SS.
	LastModified string
}

// Balance is what is left to pay, in the invoice's currency. A cancelled
// invoice has nothing left.
func (i *Invoice) Balance() ore.Amount {
	if i.Cancelled {
		return 0
	}
	return i.Totals.Total - i.Paid
}

// Credits says whether this is a credit invoice.
func (i *Invoice) Credits() bool { return i.Totals.Total < 0 || i.CreditOf != "" }

// FullyPaid says whether a booked invoice has nothing left to pay.
func (i *Invoice) FullyPaid() bool { return i.Booked && !i.Cancelled && i.Balance() == 0 }

// Invoices are all invoices in order of their numbers.
func (c *Company) Invoices() []*Invoice { return c.invoiceOrder }

// Invoice finds an invoice by its number.
func (c *Company) Invoice(number string) (*Invoice, *Refusal) {
	invoice, found := c.invoices[number]
	if !found {
		return nil, missing(CodeNoInvoice, "Kan inte hitta fakturan.")
	}
	return invoice, nil
}

// BookInvoice books a draft in the invoice series. After that its rows are
// frozen.
func (c *Company) BookInvoice(number string) (*Invoice, *Refusal) {
	invoice, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case invoice.Cancelled:
		return nil, refuse(CodeInvoiceCanceled, "Fakturan är makulerad.")
	case invoice.Booked:
		return nil, refuse(CodeAlreadyBooked, "Fakturan är redan bokförd.")
	case invoice.NotCompleted:
		return nil, refuse(CodeInvoiceIncomplete, "Fakturan måste vara klarmarkerad innan den kan bokföras.")
	}
	// The cash method books revenue when it is paid. What the world brings is history.
	if year, found := c.Books.YearOf(invoice.Date); found && year.Method == methodCash && !c.loading {
		return nil, refuse(CodeCashMethod, "Fakturor bokförs inte enligt kontantmetoden.")
	}
	if refusal := c.postInvoice(invoice); refusal != nil {
		return nil, refusal
	}
	return invoice, nil
}

// CancelInvoice cancels a draft. A booked invoice can only be credited.
func (c *Company) CancelInvoice(number string) (*Invoice, *Refusal) {
	invoice, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case invoice.Booked:
		return nil, refuse(CodeAlreadyBooked, "Fakturan är bokförd och kan inte makuleras.")
	case invoice.Cancelled:
		return nil, refuse(CodeInvoiceCanceled, "Fakturan är redan makulerad.")
	}
	invoice.Cancelled = true
	// That a cancelled draft no longer counts as the credit of its original is inferred.
	if original := c.invoices[invoice.CreditOf]; original != nil && original.CreditedBy == invoice.Number {
		original.CreditedBy = ""
	}
	invoice.LastModified = c.stamp(invoice.Date)
	return invoice, nil
}

func (c *Company) postInvoice(invoice *Invoice) *Refusal {
	year, refusal := c.open(invoice.Date)
	if refusal != nil {
		return refusal
	}
	rows, err := c.invoicePostings(invoice)
	if err != nil {
		return refuse(CodeNoAccount, err.Error())
	}
	for _, row := range rows {
		if refusal := c.usable(year, row.Account); refusal != nil {
			return refusal
		}
	}
	key, refusal := c.post(ledger.Voucher{
		Key:  ledger.Key{Series: InvoiceSeries},
		Date: invoice.Date, Description: "Kundfaktura " + invoice.CustomerName + " (" + invoice.Number + ")",
		Rows: rows, Origin: ledger.Invoice, Reference: invoice.Number,
	})
	if refusal != nil {
		return refusal
	}
	invoice.Booked, invoice.Voucher = true, key
	if invoice.FullyPaid() {
		invoice.FinalPayDate = invoice.Date
	}
	invoice.LastModified = c.stamp(invoice.Date)
	return nil
}

// post books a voucher that was made of a document.
func (c *Company) post(v ledger.Voucher) (*ledger.Key, *Refusal) {
	v.Registered = c.stamp(v.Date)
	posted, err := c.Books.Post(v)
	if err != nil {
		return nil, refuse(CodeUnbalanced, "Verifikationen kunde inte bokföras: "+err.Error())
	}
	return &posted.Key, nil
}

// paymentReference is the number that a customer quotes when paying: the
// invoice number, a length digit and a check digit by Luhn.
func paymentReference(number string) string {
	text := number + strconv.Itoa((len(number)+2)%10)
	sum := 0
	for i := range len(text) {
		digit := int(text[len(text)-1-i]) - '0'
		if digit < 0 || digit > 9 {
			return number
		}
		if i%2 == 0 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return text + strconv.Itoa((10-sum%10)%10)
}
