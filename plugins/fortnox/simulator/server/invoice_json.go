package server

import (
	"maps"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// invoiceItem is an invoice in a list. Order number, references of persons,
// rows and whether it is a credit invoice are not in it.
func (c *call) invoiceItem(i *company.Invoice) map[string]any {
	item := map[string]any{
		"@url":    base + "invoices/" + i.Number,
		"Balance": c.balance(i), "Booked": i.Booked, "Cancelled": i.Cancelled, "CostCenter": "",
		"Currency": i.Currency, "CurrencyRate": i.Rate.String(), "CurrencyUnit": c.company.Unit(i.Currency),
		"CustomerName": i.CustomerName, "CustomerNumber": i.CustomerNumber, "DocumentNumber": i.Number,
		"DueDate": i.Due, "ExternalInvoiceReference1": i.ExternalReference1,
		"ExternalInvoiceReference2": i.ExternalReference2, "FinalPayDate": dateOrNull(i.FinalPayDate),
		"InvoiceDate": i.Date, "InvoiceType": "INVOICE", "NoxFinans": false, "OCR": i.OCR, "Project": "",
		"Sent": i.Sent, "TermsOfPayment": i.Terms, "Total": i.Totals.Total, "WayOfDelivery": "",
	}
	maps.Copy(item, voucherOf(i.Voucher))
	return item
}

// invoiceJSON is a single invoice, with the mixture of numbers, texts for
// numbers, empty texts and nulls that the API was recorded with.
func (c *call) invoiceJSON(i *company.Invoice) map[string]any {
	invoice := c.invoiceItem(i)
	net := i.Totals.Gross - i.Totals.VAT
	maps.Copy(invoice, map[string]any{
		"@urlTaxReductionList": base + "taxreductions?filter=invoices&referencenumber=" + i.Number,
		"AccountingMethod":     c.accountingMethod(i.Date),
		"AdministrationFee":    0, "AdministrationFeeVAT": 0, "BasisTaxReduction": 0,
		"ContractReference": "0", "ContributionPercent": 0, "ContributionValue": 0,
		"Credit": strconv.FormatBool(i.Credits()), "CreditInvoiceReference": orZero(i.CreditedBy),
		"CurrencyRate": i.Rate.InexactFloat64(), "DeliveryDate": nil, "EDIInformation": ediInformation(),
		"EUQuarterlyReport": false, "EmailInformation": emailInformation(), "Freight": 0, "FreightVAT": 0,
		"Gross": i.Totals.Gross, "HouseWork": false, "InvoiceReference": orZero(i.CreditOf),
		"InvoiceRows": invoiceRows(i), "Labels": []any{}, "Language": "SV", "LastRemindDate": nil, "Net": net,
		"NotCompleted": i.NotCompleted, "OfferReference": "0", "OrderReference": orZero(i.Order), "OurReference": i.OurReference,
		"OutboundDate": i.Date, "PriceList": "A", "PrintTemplate": "st", "Reminders": 0, "RoundOff": i.Totals.RoundOff,
		"TaxReduction": nil, "TaxReductionType": "none", "TimeBasisReference": nil, "TotalToPay": i.Totals.Total,
		"TotalVAT": i.Totals.VAT, "VATIncluded": i.VATIncluded, "WarehouseReady": true,
		"YourOrderNumber": i.YourOrderNumber, "YourReference": i.YourReference,
	})
	for _, empty := range []string{
		"InvoicePeriodEnd", "InvoicePeriodStart", "OrganisationNumber", "PaymentWay", "Phone2", "TermsOfDelivery",
	} {
		invoice[empty] = ""
	}
	maps.Copy(invoice, addressee(i.Head))
	return invoice
}

// addressee is whom a document is made out to, and what else is written on it.
func addressee(h company.Head) map[string]any {
	return map[string]any{
		"Address1": h.Address.Address1, "Address2": h.Address.Address2, "ZipCode": h.Address.ZipCode, "City": h.Address.City,
		"Country": h.Address.Country, "DeliveryName": h.DeliveryName, "DeliveryAddress1": h.Delivery.Address1,
		"DeliveryAddress2": h.Delivery.Address2, "DeliveryZipCode": h.Delivery.ZipCode, "DeliveryCity": h.Delivery.City,
		"DeliveryCountry": h.Delivery.Country, "Phone1": h.Phone1, "Comments": h.Comments, "Remarks": h.Remarks,
	}
}

// balance of a foreign invoice is shown in its own currency or in kronor: which
// of them Fortnox does is not documented.
func (c *call) balance(i *company.Invoice) ore.Amount {
	if i.Currency == company.SEK || !c.company.Switches.ForeignBalanceInSEK {
		return i.Balance()
	}
	kronor, err := i.Balance().Times(i.Rate)
	if err != nil {
		return i.Balance()
	}
	return kronor
}

func (c *call) accountingMethod(date civil.Date) string {
	if year, refusal := c.company.YearOf(date); refusal == nil {
		return year.Method
	}
	return "ACCRUAL"
}

// invoiceRows are the rows; quantities are texts.
func invoiceRows(i *company.Invoice) []any {
	rows := []any{}
	for _, row := range i.Rows {
		if shown := rowJSON(row); shown != nil {
			rows = append(rows, shown)
		}
	}
	return rows
}

// rowJSON is a row of an invoice or an order, nil for one that nothing could have been
// made of.
func rowJSON(row company.InvoiceRow) map[string]any {
	gross, vat, err := row.Amounts()
	if err != nil {
		return nil
	}
	net := row.Price
	if !row.Net {
		if net, err = ore.Round(row.Price.Decimal().Div(row.VAT.Shift(-2).Add(decimal.NewFromInt(1)))); err != nil {
			return nil
		}
	}
	total, kind := gross, "PERCENT"
	if row.Net {
		total = gross - vat
	}
	if row.DiscountIsAmount {
		kind = "AMOUNT"
	}
	var account any = row.Account
	if row.Account == 0 {
		account = nil
	}
	return map[string]any{
		"AccountNumber": account, "ArticleNumber": row.Article, "ContributionPercent": "0", "ContributionValue": "0",
		"CostCenter": "", "DeliveredQuantity": row.Quantity.Decimal().String(), "Description": row.Description,
		"Discount": row.Discount, "DiscountType": kind, "HouseWork": false, "HouseWorkHoursToReport": nil,
		"HouseWorkType": nil, "Price": row.Price, "PriceExcludingVAT": net, "Project": "", "RowId": row.ID,
		"StockPointCode": nil, "Total": total, "TotalExcludingVAT": gross - vat, "Unit": row.Unit,
		"VAT": row.VAT.InexactFloat64(),
	}
}

func ediInformation() map[string]any {
	return map[string]any{
		"EDIGlobalLocationNumber": nil, "EDIGlobalLocationNumberDelivery": nil, "EDIInvoiceExtra1": nil,
		"EDIInvoiceExtra2": nil, "EDIOurElectronicReference": nil, "EDIYourElectronicReference": nil, "EDIStatus": "",
	}
}

func emailInformation() map[string]any {
	return map[string]any{
		"EmailAddressFrom": nil, "EmailAddressTo": "", "EmailAddressCC": nil, "EmailAddressBCC": nil,
		"EmailSubject": "Faktura {no} bifogas", "EmailBody": " ",
	}
}

// voucherOf names the voucher of a document; all null until it is booked.
func voucherOf(key *ledger.Key) map[string]any {
	if key == nil {
		return map[string]any{"VoucherSeries": nil, "VoucherNumber": nil, "VoucherYear": nil}
	}
	return map[string]any{"VoucherSeries": key.Series, "VoucherNumber": key.Number, "VoucherYear": key.Year}
}

func dateOrNull(d civil.Date) any {
	if d == "" {
		return nil
	}
	return d
}

// orZero writes a reference to another document; "0" means none.
func orZero(number string) string {
	if number == "" {
		return "0"
	}
	return number
}
