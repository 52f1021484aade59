package company

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// Customer is a card in the register of customers.
type Customer struct {
	Number             string
	Name               string
	Type               string
	VATType            string
	OrganisationNumber string
	VATNumber          string
	Email, Phone1      string
	Address            Address
	CountryCode        string
	Currency           string
	ExternalReference  string
	Active             bool
	// Discount in percent is what rows get that name none.
	Discount ore.Amount
}

// CustomerChange is what a request says of a new card.
type CustomerChange struct {
	CustomerNumber     *string
	Name               *string
	Type               *string
	VATType            *string
	OrganisationNumber *string
	VATNumber          *string
	Email, Phone1      *string
	Address1, Address2 *string
	ZipCode, City      *string
	CountryCode        *string
	Currency           *string
	ExternalReference  *string
	Active             *bool
	InvoiceDiscount    *ore.Amount
}

const (
	longestZip     = 10
	longestCountry = 2
)

// withoutVAT says whether the card's VAT type keeps VAT off invoices.
func (c *Customer) withoutVAT() bool {
	return slices.Contains([]string{"SEREVERSEDVAT", "EUREVERSEDVAT", "EXPORT"}, c.VATType)
}

// Customers are all cards in the order in which they were made.
func (c *Company) Customers() []*Customer { return c.customerOrder }

// Customer finds a card by its number.
func (c *Company) Customer(number string) (*Customer, *Refusal) {
	card, found := c.customers[number]
	if !found {
		return nil, missing(CodeCustomerNotFound, "Kan inte hitta kunden.")
	}
	return card, nil
}

// CreateCustomer makes a card. Its number may be chosen.
func (c *Company) CreateCustomer(change CustomerChange) (*Customer, *Refusal) {
	card := &Customer{Type: "COMPANY", VATType: "SEVAT", Currency: SEK, Active: true}
	if refusal := write([]field{
		{"CustomerNumber", &card.Number, change.CustomerNumber, longText},
		{"Name", &card.Name, change.Name, longText},
		{"Type", &card.Type, change.Type, longestRef},
		{"VATType", &card.VATType, change.VATType, longestRef},
		{"OrganisationNumber", &card.OrganisationNumber, change.OrganisationNumber, longestRef},
		{"VATNumber", &card.VATNumber, change.VATNumber, longestRef},
		{"Email", &card.Email, change.Email, longText},
		{"Phone1", &card.Phone1, change.Phone1, longText},
		{"Address1", &card.Address.Address1, change.Address1, longText},
		{"Address2", &card.Address.Address2, change.Address2, longText},
		{"ZipCode", &card.Address.ZipCode, change.ZipCode, longestZip},
		{"City", &card.Address.City, change.City, longText},
		{"CountryCode", &card.CountryCode, change.CountryCode, longestCountry},
		{"Currency", &card.Currency, change.Currency, longestRef},
		{"ExternalReference", &card.ExternalReference, change.ExternalReference, longText},
	}); refusal != nil {
		return nil, refusal
	}
	set(&card.Active, change.Active)
	set(&card.Discount, change.InvoiceDiscount)
	if refusal := c.checkCard(card); refusal != nil {
		return nil, refusal
	}
	for card.Number == "" || c.customers[card.Number] != nil {
		c.nextCustomer++
		card.Number = strconv.Itoa(c.nextCustomer)
	}
	c.customers[card.Number] = card
	c.customerOrder = append(c.customerOrder, card)
	return card, nil
}

func (c *Company) checkCard(card *Customer) *Refusal {
	switch {
	case card.Name == "":
		return refuse(CodeMissingField, "Kundens namn saknas.")
	case c.customers[card.Number] != nil:
		return refuse(CodeCustomerTaken, "Kundnumret används redan ("+card.Number+").")
	case !slices.Contains([]string{"PRIVATE", "COMPANY"}, card.Type):
		return refuse(CodeBadChoice, "Ogiltigt värde (Type).")
	case !slices.Contains([]string{"SEVAT", "SEREVERSEDVAT", "EUREVERSEDVAT", "EUVAT", "EXPORT"}, card.VATType):
		return refuse(CodeBadChoice, "Ogiltigt värde (VATType).")
	}
	if _, known := c.Rate(card.Currency); !known {
		return refuse(CodeNoCurrency, "Kan inte hitta valutan ("+card.Currency+").")
	}
	return nil
}

// cardOf says a card of the world as a request would.
func cardOf(w world.Customer) CustomerChange {
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	active, discount := !w.Inactive, w.Discount
	return CustomerChange{
		CustomerNumber: given(w.Number), Name: given(cmp.Or(w.Name, w.Number)), Email: given(w.Email), Type: given(w.Type),
		VATType: given(w.VATType), CountryCode: given(w.CountryCode), Currency: given(w.Currency), Active: &active,
		InvoiceDiscount: &discount,
	}
}
