package server

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

const (
	fromFinalPayDate = "fromfinalpaydate"
	toFinalPayDate   = "tofinalpaydate"
)

// invoiceFields are the fields that a list of invoices can be searched by.
func invoiceFields() map[string]func(*company.Invoice) string {
	none := func(*company.Invoice) string { return "" }
	return map[string]func(*company.Invoice) string{
		"customername":              func(i *company.Invoice) string { return i.CustomerName },
		"customernumber":            func(i *company.Invoice) string { return i.CustomerNumber },
		"documentnumber":            func(i *company.Invoice) string { return i.Number },
		"ocr":                       func(i *company.Invoice) string { return i.OCR },
		"externalinvoicereference1": func(i *company.Invoice) string { return i.ExternalReference1 },
		"externalinvoicereference2": func(i *company.Invoice) string { return i.ExternalReference2 },
		"yourordernumber":           func(i *company.Invoice) string { return i.YourOrderNumber },
		"yourreference":             func(i *company.Invoice) string { return i.YourReference },
		"ourreference":              func(i *company.Invoice) string { return i.OurReference },
		"currency":                  func(i *company.Invoice) string { return i.Currency },
		"invoicetype":               func(*company.Invoice) string { return "INVOICE" },
		"credit":                    func(i *company.Invoice) string { return strconv.FormatBool(i.Credits()) },
		"notcompleted":              func(i *company.Invoice) string { return strconv.FormatBool(i.NotCompleted) },
		"sent":                      func(i *company.Invoice) string { return strconv.FormatBool(i.Sent) },
		"articledescription": func(i *company.Invoice) string {
			var b strings.Builder
			for _, row := range i.Rows {
				b.WriteString(row.Description + "\n")
			}
			return b.String()
		},
		"articlenumber": func(i *company.Invoice) string {
			var b strings.Builder
			for _, row := range i.Rows {
				b.WriteString(row.Article + "\n")
			}
			return b.String()
		},
		"costcenter": none, "project": none, "label": none,
	}
}

func invoiceSearches() []string {
	return append(slices.Sorted(maps.Keys(invoiceFields())), fromFinalPayDate, toFinalPayDate)
}

func listInvoices(c *call) (answer, *company.Refusal) {
	wanted, refusal := c.invoiceTests()
	if refusal != nil {
		return answer{}, refusal
	}
	var found []*company.Invoice
	for _, invoice := range c.company.Invoices() {
		if !slices.ContainsFunc(wanted, func(test func(*company.Invoice) bool) bool { return !test(invoice) }) {
			found = append(found, invoice)
		}
	}
	found, refusal = sorted(c.query, found, map[string]func(a, b *company.Invoice) int{
		"customername":   func(a, b *company.Invoice) int { return cmp.Compare(a.CustomerName, b.CustomerName) },
		"customernumber": func(a, b *company.Invoice) int { return cmp.Compare(a.CustomerNumber, b.CustomerNumber) },
		"documentnumber": func(*company.Invoice, *company.Invoice) int { return 0 },
		"invoicedate":    func(a, b *company.Invoice) int { return cmp.Compare(a.Date, b.Date) },
		"ocr":            func(a, b *company.Invoice) int { return cmp.Compare(a.OCR, b.OCR) },
		"total":          func(a, b *company.Invoice) int { return cmp.Compare(a.Totals.Total, b.Totals.Total) },
	})
	if refusal != nil {
		return answer{}, refusal
	}
	return page(c.query, "Invoices", found, func(i *company.Invoice) any { return c.invoiceItem(i) })
}

// invoiceTests are what an invoice must pass to be listed.
func (c *call) invoiceTests() ([]func(*company.Invoice) bool, *company.Refusal) {
	var tests []func(*company.Invoice) bool
	changed, refusal := c.changedSince()
	if refusal != nil {
		return nil, refusal
	}
	dated, refusal := c.between("fromdate", "todate")
	if refusal != nil {
		return nil, refusal
	}
	tests = append(tests, func(i *company.Invoice) bool { return changed(i.LastModified) && dated(i.Date) })
	if name := c.query.values.Get("filter"); name != "" {
		filter, refusal := c.invoiceFilter(name)
		if refusal != nil {
			return nil, refusal
		}
		tests = append(tests, filter)
	}
	switch search := c.query.search; search {
	case "":
	case fromFinalPayDate, toFinalPayDate:
		paid, refusal := c.between(fromFinalPayDate, toFinalPayDate)
		if refusal != nil {
			return nil, refusal
		}
		tests = append(tests, func(i *company.Invoice) bool { return i.FinalPayDate != "" && paid(i.FinalPayDate) })
	default:
		field, value := invoiceFields()[search], c.query.values.Get(search)
		tests = append(tests, func(i *company.Invoice) bool { return matches(field(i), value) })
	}
	return tests, nil
}

func (c *call) invoiceFilter(name string) (func(*company.Invoice) bool, *company.Refusal) {
	unpaid := func(i *company.Invoice) bool {
		return !i.Cancelled && i.Balance() != 0 && (i.Booked || c.company.Switches.UnpaidIncludesUnbooked)
	}
	switch name {
	case "cancelled":
		return func(i *company.Invoice) bool { return i.Cancelled }, nil
	case "fullypaid":
		return (*company.Invoice).FullyPaid, nil
	case "unpaid":
		return unpaid, nil
	case "unpaidoverdue":
		today := c.company.Today()
		return func(i *company.Invoice) bool { return unpaid(i) && i.Due < today }, nil
	case "unbooked":
		return func(i *company.Invoice) bool { return !i.Booked && !i.Cancelled }, nil
	default:
		return nil, &company.Refusal{Status: 400, Code: company.CodeBadFilter, Message: "Ett ogiltigt filter har använts."}
	}
}

func showInvoice(c *call) (answer, *company.Refusal) {
	return c.showsInvoice(c.company.Invoice(c.PathValue("number")))
}

func bookInvoice(c *call) (answer, *company.Refusal) {
	return c.showsInvoice(c.company.BookInvoice(c.PathValue("number")))
}

func createInvoice(c *call) (answer, *company.Refusal) {
	var change company.InvoiceChange
	if refusal := c.read("Invoice", &change); refusal != nil {
		return answer{}, refusal
	}
	invoice, refusal := c.company.CreateInvoice(change)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("Invoice", c.invoiceJSON(invoice))
}

func updateInvoice(c *call) (answer, *company.Refusal) {
	var change company.InvoiceChange
	if refusal := c.read("Invoice", &change); refusal != nil {
		return answer{}, refusal
	}
	return c.showsInvoice(c.company.UpdateInvoice(c.PathValue("number"), change))
}

// creditInvoice answers with the original, which then names its credit invoice.
func creditInvoice(c *call) (answer, *company.Refusal) {
	return c.showsInvoice(c.company.CreditInvoice(c.PathValue("number")))
}

func markInvoiceSent(c *call) (answer, *company.Refusal) {
	return c.showsInvoice(c.company.MarkSent(c.PathValue("number")))
}

// warehouseReady is what a company without the warehouse module answers.
func warehouseReady(c *call) (answer, *company.Refusal) {
	if _, refusal := c.company.Invoice(c.PathValue("number")); refusal != nil {
		return answer{}, refusal
	}
	return answer{}, &company.Refusal{Status: 400, Code: company.CodeNoScopeLicence, Message: "Det finns ingen aktiv licens för lager."}
}

func cancelInvoice(c *call) (answer, *company.Refusal) {
	return c.showsInvoice(c.company.CancelInvoice(c.PathValue("number")))
}

func (c *call) showsInvoice(invoice *company.Invoice, refusal *company.Refusal) (answer, *company.Refusal) {
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("Invoice", c.invoiceJSON(invoice))
}
