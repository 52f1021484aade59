package world

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

// Invoice is an invoice or credit invoice that stands booked in Fortnox.
type Invoice struct {
	Number             string `json:"number"`
	CustomerName       string `json:"customer_name"`
	Date               string `json:"date"`
	Due                string `json:"due"`
	Currency           string `json:"currency"`
	ExternalReference1 string `json:"external_reference_1"`
	ExternalReference2 string `json:"external_reference_2"`
	YourOrderNumber    string `json:"your_order_number"`
	OCR                string `json:"ocr"`
	Booked             bool   `json:"booked"`
	Cancelled          bool   `json:"cancelled"`
	// CreditOf is the number of the invoice that a credit invoice takes back.
	CreditOf string       `json:"credit_of"`
	Rows     []InvoiceRow `json:"rows"`
}

// InvoiceRow has a price that includes VAT. Rows of credit invoices have a negative
// quantity, except what is charged for the return.
type InvoiceRow struct {
	Description string `json:"description"`
	Account     int    `json:"account"`
	VAT         int    `json:"vat"`
	Price       string `json:"price"`
	Quantity    string `json:"quantity"`
}

// Payment is a payment that somebody registered by hand.
type Payment struct {
	Number  int    `json:"number"`
	Invoice string `json:"invoice"`
	Amount  string `json:"amount"`
	Date    string `json:"date"`
	Account int    `json:"account"`
	Mode    string `json:"mode"`
	Booked  bool   `json:"booked"`
}

// books are the documents of the story.
type books struct {
	invoices []Invoice
	payments []Payment
	// ocr is what the shop wrote into Klarna's merchant_reference2, by order.
	ocr map[string]string
}

// draft is a document before it has its number.
type draft struct {
	Invoice
	moment time.Time
	// order is the order sold, or refunded if credit is true; empty for strangers.
	order  string
	credit bool
}

// keepBooks makes the documents: an invoice for each order but one, a credit invoice
// for each refund, and invoices that have nothing to do with Klarna. Numbers follow
// the time, as in an accounting system.
func keepBooks(d draw.Seed, s story) books {
	drafts := strangers()
	for _, o := range s.orders {
		if o.reference != noInvoice {
			drafts = append(drafts, sold(o))
		}
	}
	for _, r := range s.refunds {
		drafts = append(drafts, credited(s.find(r.order), r))
	}
	slices.SortStableFunc(drafts, func(a, b draft) int { return cmp.Compare(a.moment.Unix(), b.moment.Unix()) })

	b := books{ocr: map[string]string{}}
	numbers := map[string]string{}
	for i, dr := range drafts {
		invoice := dr.Invoice
		invoice.Number = strconv.Itoa(firstNumber + i)
		switch {
		case dr.credit:
			invoice.CreditOf = numbers[dr.order]
		case dr.order != "":
			numbers[dr.order] = invoice.Number
			if s.find(dr.order).channel == phone {
				invoice.OCR = ocr(invoice.Number)
				b.ocr[dr.order] = invoice.OCR
			}
		}
		b.invoices = append(b.invoices, invoice)
	}
	b.trapOCR()
	paid := s.find(byHand)
	b.payments = []Payment{{
		Number: 1, Invoice: numbers[byHand], Amount: paid.total().String(),
		Date: swedishDate(paid.captured.AddDate(0, 0, 1)), Account: 1930, Mode: "BG", Booked: true,
	}}
	return b
}

// firstNumber is the first invoice of the story.
const firstNumber = 1001

// sold makes the invoice of an order, dated on the Swedish date of the capture.
func sold(o order) draft {
	dr := draft{moment: o.captured, order: o.reference, Invoice: head(o.customer, o.captured)}
	dr.refer(o)
	for _, i := range o.basket {
		dr.Rows = append(dr.Rows, row(i, i.quantity, o.captured))
	}
	return dr
}

// credited makes the credit invoice of a refund, at the rates of the sale.
func credited(o order, r refund) draft {
	dr := draft{moment: r.moment, order: o.reference, credit: true, Invoice: head(o.customer, r.moment)}
	dr.refer(o)
	for _, i := range r.returned {
		dr.Rows = append(dr.Rows, row(i, -i.quantity, o.captured))
	}
	for _, i := range r.kept {
		dr.Rows = append(dr.Rows, row(i, i.quantity, o.captured))
	}
	return dr
}

func head(customer string, day time.Time) Invoice {
	return Invoice{
		CustomerName: customer, Date: swedishDate(day), Due: swedishDate(day.AddDate(0, 0, 30)), Currency: "SEK", Booked: true,
	}
}

// refer writes the order's reference where the order's channel writes it.
func (dr *draft) refer(o order) {
	switch o.channel {
	case web:
		dr.ExternalReference1 = o.reference
	case stall:
		dr.YourOrderNumber = o.reference
	case phone: // the OCR follows from the number
	}
}

func row(i item, quantity int, supplied time.Time) InvoiceRow {
	vat := i.taxed.vat(supplied)
	return InvoiceRow{
		Description: i.name, Account: salesAccount(vat), VAT: vat, Price: i.price.String(), Quantity: strconv.Itoa(quantity),
	}
}

// ocr is Fortnox's usual reference for an invoice: its number, a digit for the
// length, and a check digit (Luhn).
func ocr(number string) string {
	digits := number + strconv.Itoa((len(number)+2)%10)
	total := 0
	for i, c := range []byte(digits) {
		n := int(c - '0')
		if (len(digits)-i)%2 == 1 {
			n *= 2
		}
		total += n/10 + n%10
	}
	return digits + strconv.Itoa((10-total%10)%10)
}

// trapOCR gives one of the strangers an OCR that contains that of a phone order,
// because Fortnox searches for parts.
func (b *books) trapOCR() {
	for i := range b.invoices {
		if strings.HasPrefix(b.invoices[i].OCR, "trap:") {
			b.invoices[i].OCR = "88" + b.ocr[strings.TrimPrefix(b.invoices[i].OCR, "trap:")]
		}
	}
}
