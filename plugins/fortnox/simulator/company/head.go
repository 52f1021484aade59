package company

import (
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
)

// Head is what invoices and orders say above their rows.
type Head struct {
	CustomerNumber     string
	CustomerName       string
	Address            Address
	Delivery           Address
	DeliveryName       string
	Phone1             string
	Date               civil.Date
	Currency           string
	Rate               decimal.Decimal
	ExternalReference1 string
	ExternalReference2 string
	YourOrderNumber    string
	YourReference      string
	OurReference       string
	Comments, Remarks  string
	// Terms is a code of terms of payment, in days.
	Terms        string
	VATIncluded  bool
	NotCompleted bool
	Sent         bool
}

// Address is where somebody is found.
type Address struct{ Address1, Address2, ZipCode, City, Country string }

// HeadChange is what a request says of a head; nil fields stay as they are.
type HeadChange struct {
	CustomerNumber            *string
	CustomerName              *string
	Address1, Address2        *string
	ZipCode, City, Country    *string
	DeliveryName              *string
	DeliveryAddress1          *string
	DeliveryAddress2          *string
	DeliveryZipCode           *string
	DeliveryCity              *string
	DeliveryCountry           *string
	Phone1                    *string
	Currency                  *string
	ExternalInvoiceReference1 *string
	ExternalInvoiceReference2 *string
	YourOrderNumber           *string
	YourReference             *string
	OurReference              *string
	Comments, Remarks         *string
	TermsOfPayment            *string
	VATIncluded, NotCompleted *bool
}

// field is a text of a document, what a request says of it, and its greatest length.
type field struct {
	name    string
	at      *string
	to      *string
	longest int
}

const (
	usualTerms   = "30"
	longText     = 1024
	longestExt   = 80
	longestOrder = 75
	longestRef   = 50
	// clears is what a request says to empty a field.
	clears = "API_BLANK"
)

func (h *Head) fields(change HeadChange) []field {
	return []field{
		{"CustomerNumber", &h.CustomerNumber, change.CustomerNumber, longText},
		{"CustomerName", &h.CustomerName, change.CustomerName, longText},
		{"Address1", &h.Address.Address1, change.Address1, longText},
		{"Address2", &h.Address.Address2, change.Address2, longText},
		{"ZipCode", &h.Address.ZipCode, change.ZipCode, longText},
		{"City", &h.Address.City, change.City, longText},
		{"Country", &h.Address.Country, change.Country, longText},
		{"DeliveryName", &h.DeliveryName, change.DeliveryName, longText},
		{"DeliveryAddress1", &h.Delivery.Address1, change.DeliveryAddress1, longText},
		{"DeliveryAddress2", &h.Delivery.Address2, change.DeliveryAddress2, longText},
		{"DeliveryZipCode", &h.Delivery.ZipCode, change.DeliveryZipCode, longText},
		{"DeliveryCity", &h.Delivery.City, change.DeliveryCity, longText},
		{"DeliveryCountry", &h.Delivery.Country, change.DeliveryCountry, longText},
		{"Phone1", &h.Phone1, change.Phone1, longText},
		{"Currency", &h.Currency, change.Currency, longestRef},
		{"ExternalInvoiceReference1", &h.ExternalReference1, change.ExternalInvoiceReference1, longestExt},
		{"ExternalInvoiceReference2", &h.ExternalReference2, change.ExternalInvoiceReference2, longestExt},
		{"YourOrderNumber", &h.YourOrderNumber, change.YourOrderNumber, longestOrder},
		{"YourReference", &h.YourReference, change.YourReference, longestRef},
		{"OurReference", &h.OurReference, change.OurReference, longestRef},
		{"Comments", &h.Comments, change.Comments, longText},
		{"Remarks", &h.Remarks, change.Remarks, longText},
		{"TermsOfPayment", &h.Terms, change.TermsOfPayment, longestRef},
	}
}

// write puts texts into their fields, or refuses the first that does not fit.
func write(fields []field) *Refusal {
	for _, f := range fields {
		if f.to == nil {
			continue
		}
		if refusal := checkText(f.name, *f.to, f.longest); refusal != nil {
			return refusal
		}
		*f.at = *f.to
		if *f.to == clears {
			*f.at = ""
		}
	}
	return nil
}

// changeHead applies a change and checks what it names.
func (c *Company) changeHead(h *Head, change HeadChange) *Refusal {
	if refusal := write(h.fields(change)); refusal != nil {
		return refusal
	}
	if change.VATIncluded != nil {
		h.VATIncluded = *change.VATIncluded
	}
	if change.NotCompleted != nil {
		h.NotCompleted = *change.NotCompleted
	}
	card, found := c.customers[h.CustomerNumber]
	if change.CustomerNumber != nil {
		if !found {
			return refuse(CodeNoCustomer, "Kan inte hitta kunden ("+h.CustomerNumber+").")
		}
		h.fromCard(card, change)
	}
	if !c.HasTerms(h.Terms) {
		return refuse(CodeNoTerms, "Kan inte hitta betalningsvillkoret ("+h.Terms+").")
	}
	rate, known := c.Rate(h.Currency)
	if !known {
		return refuse(CodeNoCurrency, "Kan inte hitta valutan ("+h.Currency+").")
	}
	if change.Currency != nil || h.Rate.IsZero() {
		h.Rate = rate
	}
	return nil
}

// HasTerms says whether the company has terms of payment of a code.
func (c *Company) HasTerms(code string) bool { return slices.Contains(c.terms, code) }

// fromCard fills in what the request leaves to the customer's card.
func (h *Head) fromCard(card *Customer, change HeadChange) {
	if change.CustomerName == nil {
		h.CustomerName = card.Name
	}
	if change.Address1 == nil && change.City == nil {
		h.Address = card.Address
	}
	if change.Currency == nil && h.Currency == "" {
		h.Currency = card.Currency
	}
}

// dueBy is the day that terms of payment lead to; terms that are no days are due at once.
func dueBy(date civil.Date, terms string) civil.Date {
	days, err := strconv.Atoi(terms)
	day, errDate := time.Parse(time.DateOnly, string(date))
	if err != nil || errDate != nil {
		return date
	}
	return civil.Date(day.AddDate(0, 0, days).Format(time.DateOnly))
}

// changeDate reads a date of a request into its field.
func changeDate(at *civil.Date, to *string, name string) *Refusal {
	if to == nil {
		return nil
	}
	day, err := civil.Parse(*to)
	if err != nil {
		return refuse(CodeNotNumeric, "Ogiltigt datum ("+name+").")
	}
	*at = day
	return nil
}
