package company

// InvoiceChange is what a request says of an invoice; nil fields stay as they are.
type InvoiceChange struct {
	HeadChange
	DocumentNumber       *string
	InvoiceDate, DueDate *string
	OCR                  *string
	InvoiceType          *string
	InvoiceRows          *[]RowChange
}

// CreateInvoice makes a draft.
func (c *Company) CreateInvoice(change InvoiceChange) (*Invoice, *Refusal) {
	if change.CustomerNumber == nil || *change.CustomerNumber == "" {
		return nil, refuse(CodeMissingField, "Kundnummer saknas.")
	}
	invoice := &Invoice{Head: Head{Date: c.Today(), Terms: usualTerms, Currency: c.currencyOf(*change.CustomerNumber)}}
	set(&invoice.Number, change.DocumentNumber)
	if _, taken := c.invoices[invoice.Number]; taken {
		return nil, refuse(CodeBadChoice, "Dokumentnumret används redan ("+invoice.Number+").")
	}
	if refusal := c.changeInvoice(invoice, change); refusal != nil {
		return nil, refusal
	}
	c.keep(invoice)
	return invoice, nil
}

// UpdateInvoice changes a draft. What is booked or cancelled is frozen.
func (c *Company) UpdateInvoice(number string, change InvoiceChange) (*Invoice, *Refusal) {
	invoice, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case invoice.Booked:
		return nil, refuse(CodeAlreadyBooked, "Fakturan är bokförd och kan inte ändras.")
	case invoice.Cancelled:
		return nil, refuse(CodeInvoiceCanceled, "Fakturan är makulerad.")
	}
	changed := *invoice
	if refusal := c.changeInvoice(&changed, change); refusal != nil {
		return nil, refusal
	}
	*invoice = changed
	invoice.LastModified = c.stamp(invoice.Date)
	return invoice, nil
}

func (c *Company) changeInvoice(invoice *Invoice, change InvoiceChange) *Refusal {
	before := invoice.Date
	if refusal := changeDate(&invoice.Date, change.InvoiceDate, "InvoiceDate"); refusal != nil {
		return refusal
	}
	if refusal := c.changeHead(&invoice.Head, change.HeadChange); refusal != nil {
		return refusal
	}
	if change.DueDate == nil && (invoice.Due == "" || invoice.Date != before || change.TermsOfPayment != nil) {
		invoice.Due = dueBy(invoice.Date, invoice.Terms)
	}
	if refusal := changeDate(&invoice.Due, change.DueDate, "DueDate"); refusal != nil {
		return refusal
	}
	if refusal := write([]field{{"OCR", &invoice.OCR, change.OCR, longestRef}}); refusal != nil {
		return refusal
	}
	if change.InvoiceType != nil && *change.InvoiceType != "INVOICE" {
		return refuse(CodeBadChoice, "Ogiltigt värde (InvoiceType).")
	}
	if change.InvoiceRows != nil {
		rows, refusal := c.merged(asOrderRows(invoice.Rows), *change.InvoiceRows, invoice.Head)
		if refusal != nil {
			return refusal
		}
		invoice.Rows = asInvoiceRows(rows)
	}
	return c.sumUp(&invoice.Totals, invoice.Rows, invoice.Head)
}

func (c *Company) sumUp(totals *Totals, rows []InvoiceRow, h Head) *Refusal {
	sums, err := c.totals(rows, h.Currency)
	if err != nil {
		return refuse(CodeNotNumeric, "Värdet måste vara numeriskt (Price)")
	}
	*totals = sums
	return nil
}

func (c *Company) currencyOf(customer string) string {
	if card := c.customers[customer]; card != nil {
		return card.Currency
	}
	return SEK
}

// keep numbers a new draft and puts it among the others.
func (c *Company) keep(invoice *Invoice) {
	c.numberInvoice(invoice)
	invoice.LastModified = c.stamp(invoice.Date)
	c.insert(invoice)
}

// CreditInvoice makes a draft that takes all rows of a booked invoice back and is
// linked to it; an invoice can have one. The original is what Fortnox answers with.
func (c *Company) CreditInvoice(number string) (*Invoice, *Refusal) {
	original, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case !original.Booked:
		return nil, refuse(CodeInvoiceUnbooked, "Fakturan måste bokföras innan den kan krediteras.")
	case original.Credits():
		return nil, refuse(CodeCredited, "En kreditfaktura kan inte krediteras.")
	case original.CreditedBy != "" && c.Switches.SecondCreditSilent:
		return original, nil
	case original.CreditedBy != "":
		return nil, refuse(CodeCredited, "Fakturan är redan krediterad ("+original.CreditedBy+").")
	}
	credit := &Invoice{Head: original.Head, CreditOf: original.Number}
	credit.Date, credit.Sent = c.Today(), false
	credit.Due = dueBy(credit.Date, credit.Terms)
	for _, row := range original.Rows {
		row.ID, row.Quantity = c.newRow(), -row.Quantity
		if row.DiscountIsAmount {
			row.Discount = -row.Discount
		}
		credit.Rows = append(credit.Rows, row)
	}
	if refusal := c.sumUp(&credit.Totals, credit.Rows, credit.Head); refusal != nil {
		return nil, refusal
	}
	c.keep(credit)
	original.CreditedBy = credit.Number
	original.LastModified = c.stamp(original.Date)
	return original, nil
}

// MarkSent notes that a document was sent by other means.
func (c *Company) MarkSent(number string) (*Invoice, *Refusal) {
	invoice, refusal := c.Invoice(number)
	if refusal != nil {
		return nil, refusal
	}
	invoice.Sent = true
	invoice.LastModified = c.stamp(invoice.Date)
	return invoice, nil
}
