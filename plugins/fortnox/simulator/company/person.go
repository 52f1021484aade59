package company

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// AddInvoice makes an invoice as another system or a person would, and books or
// cancels it when the description says so.
func (c *Company) AddInvoice(w world.Invoice) (*Invoice, error) {
	invoice, err := c.addDraft(w)
	if err != nil {
		return nil, err
	}
	if err := c.link(invoice); err != nil {
		c.removeDraft(invoice)
		return nil, err
	}
	if err := c.finish(invoice, w); err != nil {
		c.removeDraft(invoice)
		return nil, err
	}
	return invoice, nil
}

// addDraft adds an invoice that is not booked and not linked yet.
func (c *Company) addDraft(w world.Invoice) (*Invoice, error) {
	invoice, err := c.invoiceOf(w)
	if err != nil {
		return nil, fmt.Errorf("invoice %q: %w", w.Number, err)
	}
	if _, taken := c.invoices[invoice.Number]; taken {
		return nil, fmt.Errorf("invoice %q: the number is taken", w.Number)
	}
	c.insert(invoice)
	return invoice, nil
}

func (c *Company) insert(invoice *Invoice) {
	c.invoices[invoice.Number] = invoice
	at, _ := slices.BinarySearchFunc(c.invoiceOrder, invoice, byNumber)
	c.invoiceOrder = slices.Insert(c.invoiceOrder, at, invoice)
}

func (c *Company) removeDraft(invoice *Invoice) {
	delete(c.invoices, invoice.Number)
	c.invoiceOrder = slices.DeleteFunc(c.invoiceOrder, func(i *Invoice) bool { return i == invoice })
	if original := c.invoices[invoice.CreditOf]; original != nil && original.CreditedBy == invoice.Number {
		original.CreditedBy = ""
	}
}

func byNumber(a, b *Invoice) int {
	if len(a.Number) != len(b.Number) {
		return cmp.Compare(len(a.Number), len(b.Number))
	}
	return cmp.Compare(a.Number, b.Number)
}

// link ties a credit invoice to its original. Only one can be linked.
func (c *Company) link(invoice *Invoice) error {
	if invoice.CreditOf == "" {
		return nil
	}
	original, found := c.invoices[invoice.CreditOf]
	switch {
	case !found:
		return fmt.Errorf("invoice %s: the credited invoice %q does not exist", invoice.Number, invoice.CreditOf)
	case original.CreditedBy != "":
		return fmt.Errorf("invoice %s: %s is credited by %s already", invoice.Number, original.Number, original.CreditedBy)
	}
	original.CreditedBy = invoice.Number
	original.LastModified = c.stamp(invoice.Date)
	return nil
}

// finish books or cancels an invoice as its description says.
func (c *Company) finish(invoice *Invoice, w world.Invoice) error {
	var refusal *Refusal
	switch {
	case w.Booked && w.Cancelled:
		return fmt.Errorf("invoice %s: booked and cancelled at once", invoice.Number)
	case w.Booked:
		_, refusal = c.BookInvoice(invoice.Number)
	case w.Cancelled:
		_, refusal = c.CancelInvoice(invoice.Number)
	}
	if refusal != nil {
		return fmt.Errorf("invoice %s: %w", invoice.Number, refusal)
	}
	return nil
}

func (c *Company) invoiceOf(w world.Invoice) (*Invoice, error) {
	date, err := civil.Parse(w.Date)
	if err != nil {
		return nil, err
	}
	due, err := dueDate(w.Due, date)
	if err != nil {
		return nil, err
	}
	invoice := &Invoice{
		Number: w.Number, Due: due, OCR: w.OCR, CreditOf: w.CreditOf, LastModified: c.stamp(date),
		Head: Head{
			CustomerNumber: cmp.Or(w.CustomerNumber, "1"), CustomerName: w.CustomerName, Date: date, Currency: cmp.Or(w.Currency, SEK),
			ExternalReference1: w.ExternalReference1, ExternalReference2: w.ExternalReference2,
			YourOrderNumber: w.YourOrderNumber, YourReference: w.YourReference, OurReference: w.OurReference,
			Comments: w.Comments, Terms: usualTerms, VATIncluded: true, NotCompleted: w.NotCompleted,
		},
	}
	if invoice.Rate, err = c.rateOf(invoice.Currency, w.CurrencyRate); err != nil {
		return nil, err
	}
	for _, row := range w.Rows {
		invoice.Rows = append(invoice.Rows, InvoiceRow{
			ID: c.newRow(), Description: row.Description, Account: row.Account, VAT: row.VAT.Decimal,
			Price: row.Price, Quantity: row.Quantity,
		})
	}
	if invoice.Totals, err = c.totals(invoice.Rows, invoice.Currency); err != nil {
		return nil, err
	}
	c.numberInvoice(invoice)
	return invoice, nil
}

func (c *Company) numberInvoice(invoice *Invoice) {
	if invoice.Number == "" {
		c.nextInvoice++
		invoice.Number = strconv.Itoa(c.nextInvoice)
	}
	if n, err := strconv.Atoi(invoice.Number); err == nil && n > c.nextInvoice {
		c.nextInvoice = n
	}
	if invoice.OCR == "" {
		invoice.OCR = paymentReference(invoice.Number)
	}
}

func (c *Company) rateOf(currency, rate string) (decimal.Decimal, error) {
	if rate != "" && currency != SEK {
		return ore.Decimal(rate)
	}
	known, found := c.Rate(currency)
	if !found {
		return decimal.Zero, fmt.Errorf("no rate for currency %q", currency)
	}
	return known, nil
}

const termsDays = 30

func dueDate(due string, date civil.Date) (civil.Date, error) {
	if due != "" {
		return civil.Parse(due)
	}
	day, err := time.Parse(time.DateOnly, string(date))
	if err != nil {
		return "", err
	}
	return civil.Date(day.AddDate(0, 0, termsDays).Format(time.DateOnly)), nil
}

// AddPayment registers a payment by hand and books it unless told otherwise.
func (c *Company) AddPayment(w world.Payment) (*Payment, error) {
	order := PaymentOrder{
		Invoice: w.Invoice, Amount: &w.Amount, AmountCurrency: w.AmountCurrency,
		Date: civil.Date(w.Date), Mode: w.Mode, Account: w.Account, Source: "manual",
	}
	if w.Date != "" {
		if _, err := civil.Parse(w.Date); err != nil {
			return nil, err
		}
	}
	for _, off := range w.WriteOffs {
		order.WriteOffs = append(order.WriteOffs, WriteOff{Account: off.Account, Amount: off.Amount, Information: off.Text})
	}
	if _, taken := c.payments[w.Number]; taken {
		return nil, fmt.Errorf("payment %d: the number is taken", w.Number)
	}
	c.nextPayment = max(c.nextPayment, w.Number)
	payment, refusal := c.createPayment(order, w.Number)
	if refusal != nil {
		return nil, fmt.Errorf("payment of invoice %s: %w", w.Invoice, refusal)
	}
	if w.Booked != nil && !*w.Booked {
		return payment, nil
	}
	if _, refusal := c.BookPayment(strconv.Itoa(payment.Number)); refusal != nil {
		return nil, fmt.Errorf("payment of invoice %s: %w", w.Invoice, refusal)
	}
	return payment, nil
}
