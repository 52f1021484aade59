package main

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
)

// CodeInvoiceRows: the document has no row, more than Fortnox takes, or one that does not
// fit the others.
const CodeInvoiceRows fault.Code = "erp.invoice_rows"

// The most characters of Fortnox's texts on invoices and orders.
const (
	longestReference    = 80
	longestOrderNumber  = 75
	longestPerson       = 50
	longestLine         = 1024
	longestNote         = 1024
	longestRowText      = 255
	longestZip          = 10
	longestOrganisation = 30
)

// mostInvoiceRows is how many rows an invoice may have.
const mostInvoiceRows = 500

// priceDecimals are those that Fortnox keeps of a price or a quantity.
const priceDecimals = 2

// head says what stands above the rows: the buyer, who shares a card with others, the
// references, and the key in the note. Where no second reference was asked for, the key
// takes its place, as it can be searched by.
func (s *session) head(d invoice.Draft, key string) (client.Head, error) {
	if len(key) > longestReference {
		return client.Head{}, fault.Invalid(CodeKey, "key", "the key is longer than a reference may be").From(fault.Connector)
	}
	head := referencesOf(d, key)
	head.ExternalInvoiceReference2 = cmp.Or(head.ExternalInvoiceReference2, key)
	yes, no := true, false
	head.VATIncluded, head.NotCompleted = &yes, &no
	head.Currency, head.TermsOfPayment = string(d.Currency), s.settings.TermsOfPayment
	address(&head, d.Customer.Buyer)
	return head, nil
}

// referencesOf says what a document is found by, and its note with the key.
func referencesOf(d invoice.Draft, key string) client.Head {
	reference := func(r invoice.Reference, most int) string { return cut(plain(d.References[r]), most) }
	return client.Head{
		ExternalInvoiceReference1: reference(invoice.ExternalReference1, longestReference),
		ExternalInvoiceReference2: reference(invoice.ExternalReference2, longestReference),
		YourOrderNumber:           reference(invoice.OrderNumber, longestOrderNumber),
		Comments:                  withKey(d.Note, key, longestNote),
	}
}

// address writes the buyer on the document. The country is left to the customer's card:
// how Fortnox wants its name spelt is not documented.
func address(head *client.Head, b order.Buyer) {
	line := func(text string) string { return cut(plain(text), longestLine) }
	head.CustomerName = line(buyerName(b))
	head.Address1, head.Address2, head.ZipCode, head.City = line(b.Billing.Street), line(b.Billing.Street2), line(b.Billing.Postcode), line(b.Billing.City)
	head.Phone1 = line(b.Phone)
	if b.Business != "" {
		head.YourReference = cut(plain(b.Name), longestPerson)
	}
	if b.Delivery != b.Billing {
		head.DeliveryName, head.DeliveryAddress1, head.DeliveryAddress2 = line(b.Delivery.Name), line(b.Delivery.Street), line(b.Delivery.Street2)
		head.DeliveryZipCode, head.DeliveryCity = line(b.Delivery.Postcode), line(b.Delivery.City)
	}
}

func buyerName(b order.Buyer) string { return cmp.Or(b.Business, b.Name, b.Billing.Name) }

// rows says the rows of a document. Prices are positive and include VAT; the quantity has
// the sign, so that what reduces an invoice, and what is sold on a credit invoice, is a
// negative number of pieces.
func (s *session) rows(d invoice.Draft) ([]client.InvoiceRow, error) {
	if len(d.Rows) == 0 || len(d.Rows) > mostInvoiceRows {
		return nil, fault.Invalid(CodeInvoiceRows, "draft.rows",
			"a document has from 1 to "+strconv.Itoa(mostInvoiceRows)+" rows, not "+strconv.Itoa(len(d.Rows))).From(fault.Connector)
	}
	if d.Currency.Exponent() > priceDecimals {
		return nil, fault.Invalid(CodeCurrency, "draft.currency", "Fortnox keeps two decimals of a price, and "+string(d.Currency)+" has more").
			From(fault.Connector).WithRemedy("make the document in Fortnox by hand")
	}
	rows := make([]client.InvoiceRow, 0, len(d.Rows))
	for i, r := range d.Rows {
		row, err := s.row("draft.rows["+strconv.Itoa(i)+"].", r, d.Currency)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *session) row(field string, r invoice.Row, currency money.Currency) (client.InvoiceRow, error) {
	if r.Gross.Currency() != currency {
		return client.InvoiceRow{}, fault.Invalid(CodeInvoiceRows, field+"gross",
			"the row is in \""+string(r.Gross.Currency())+"\" and the document in "+string(currency)).From(fault.Connector)
	}
	if r.Quantity.IsZero() && r.Gross.IsZero() {
		return client.InvoiceRow{Description: cut(rowText(r.Row), longestRowText)}, nil
	}
	account, err := accountNumber(field+"account", r.Account)
	if err != nil {
		return client.InvoiceRow{}, err
	}
	quantity, price, inText := s.pieces(r)
	if r.Gross.Sign() < 0 {
		quantity = quantity.Neg()
	}
	return client.InvoiceRow{
		Description: cut(inText+rowText(r.Row), longestRowText), DeliveredQuantity: quantity.String(), Price: json.Number(price.String()),
		Discount: "0", VAT: json.Number(r.Rate.String()), AccountNumber: account,
	}, nil
}

// pieces gives the quantity of a row without sign, the price of one, and what to say of
// the real quantity in the text. Fortnox keeps two decimals of quantities and prices; a
// price that has more would change the total.
func (s *session) pieces(r invoice.Row) (quantity, price decimal.Decimal, inText string) {
	one, whole := decimal.NewFromInt(1), r.Gross.Abs().Decimal()
	if r.Quantity.IsZero() || r.Quantity.Equal(one) {
		return one, whole, ""
	}
	if s.settings.RowQuantity == quantityReal && reasonable(r.Quantity) && r.Quantity.Equal(r.Quantity.Round(priceDecimals)) {
		if each := whole.DivRound(r.Quantity, priceDecimals); each.Mul(r.Quantity).Equal(whole) {
			return r.Quantity, each, ""
		}
	}
	text := strings.ReplaceAll(r.Quantity.String(), ".", ",")
	return one, whole, strings.TrimSpace(text+" "+cmp.Or(plain(r.Unit), "st")) + " "
}

// rowText gives what a row says; Fortnox refuses rows without a text.
func rowText(r order.Row) string {
	if text := plain(r.Name); text != "" {
		return text
	}
	switch r.Kind {
	case order.FreightRow:
		return "Frakt"
	case order.FeeRow:
		return "Avgift"
	case order.DiscountRow:
		return "Rabatt"
	case order.GiftCardRow:
		return "Presentkort"
	case order.ReturnFeeRow:
		return "Returavgift"
	case order.TaxRow:
		return "Skatt"
	case order.GoodsRow, order.SummaryRow:
	}
	return "Varor"
}
