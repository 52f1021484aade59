package company

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Edit is what a person changes on an invoice; nil fields stay as they are.
type Edit struct {
	ExternalReference1 *string     `json:"external_reference_1"`
	ExternalReference2 *string     `json:"external_reference_2"`
	YourOrderNumber    *string     `json:"your_order_number"`
	YourReference      *string     `json:"your_reference"`
	OCR                *string     `json:"ocr"`
	CustomerName       *string     `json:"customer_name"`
	Due                *string     `json:"due"`
	Total              *ore.Amount `json:"total"`
	NotCompleted       *bool       `json:"not_completed"`
	// Booked and Cancelled can only be set, never taken back.
	Booked    bool `json:"booked"`
	Cancelled bool `json:"cancelled"`
}

// EditInvoice changes an invoice as a person would, which moves its time of
// last change. A new total of a booked invoice is booked by taking the old
// voucher back and making a new one.
func (c *Company) EditInvoice(number string, edit Edit) (*Invoice, error) {
	invoice, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	if edit.Due != nil {
		due, err := civil.Parse(*edit.Due)
		if err != nil {
			return nil, err
		}
		invoice.Due = due
	}
	for field, value := range map[*string]*string{
		&invoice.ExternalReference1: edit.ExternalReference1,
		&invoice.ExternalReference2: edit.ExternalReference2,
		&invoice.YourOrderNumber:    edit.YourOrderNumber,
		&invoice.YourReference:      edit.YourReference,
		&invoice.OCR:                edit.OCR,
		&invoice.CustomerName:       edit.CustomerName,
	} {
		if value != nil {
			*field = *value
		}
	}
	if edit.NotCompleted != nil {
		invoice.NotCompleted = *edit.NotCompleted
	}
	if edit.Total != nil {
		if err := c.changeTotal(invoice, *edit.Total); err != nil {
			return nil, err
		}
	}
	invoice.LastModified = c.stamp(invoice.Date)
	return invoice, c.advance(invoice, edit)
}

func (c *Company) advance(invoice *Invoice, edit Edit) error {
	var refusal *Refusal
	if edit.Booked {
		_, refusal = c.BookInvoice(invoice.Number)
	}
	if refusal == nil && edit.Cancelled {
		_, refusal = c.CancelInvoice(invoice.Number)
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// changeTotal replaces the rows by one with the wanted total.
func (c *Company) changeTotal(invoice *Invoice, total ore.Amount) error {
	row := InvoiceRow{Description: "Ändrad", Account: 3001, VAT: decimal.NewFromInt(25)}
	if len(invoice.Rows) > 0 {
		row = invoice.Rows[0]
	}
	row.Price, row.Quantity, row.Discount = total.Abs(), 100, 0
	if total < 0 {
		row.Quantity = -100
	}
	changed := *invoice
	changed.Rows = []InvoiceRow{row}
	var err error
	if changed.Totals, err = c.totals(changed.Rows, changed.Currency); err != nil {
		return err
	}
	if !invoice.Booked {
		*invoice = changed
		return nil
	}
	if err := c.takeBack(invoice); err != nil {
		return err
	}
	if refusal := c.postInvoice(&changed); refusal != nil {
		return refusal
	}
	if !changed.FullyPaid() {
		changed.FinalPayDate = ""
	}
	*invoice = changed
	return nil
}

// takeBack books the reverse of an invoice's voucher.
func (c *Company) takeBack(invoice *Invoice) error {
	rows, err := c.invoicePostings(invoice)
	if err != nil {
		return err
	}
	for i, row := range rows {
		rows[i] = ledger.Signed(row.Account, -row.Amount(), "")
	}
	_, refusal := c.post(ledger.Voucher{
		Key: ledger.Key{Series: InvoiceSeries}, Date: invoice.Date,
		Description: fmt.Sprintf("Ändring av verifikation %s %d", invoice.Voucher.Series, invoice.Voucher.Number),
		Rows:        rows, Origin: ledger.Invoice, Reference: invoice.Number,
	})
	if refusal != nil {
		return refusal
	}
	return nil
}
