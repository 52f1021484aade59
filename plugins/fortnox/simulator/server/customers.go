package server

import (
	"maps"
	"slices"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

// customerFields are the fields that a list of customers can be searched by.
func customerFields() map[string]func(*company.Customer) string {
	none := func(*company.Customer) string { return "" }
	return map[string]func(*company.Customer) string{
		"customernumber":     func(c *company.Customer) string { return c.Number },
		"name":               func(c *company.Customer) string { return c.Name },
		"email":              func(c *company.Customer) string { return c.Email },
		"phone":              func(c *company.Customer) string { return c.Phone1 },
		"organisationnumber": func(c *company.Customer) string { return c.OrganisationNumber },
		"zipcode":            func(c *company.Customer) string { return c.Address.ZipCode },
		"city":               func(c *company.Customer) string { return c.Address.City },
		"gln":                none, "glndelivery": none,
	}
}

func customerSearches() []string { return slices.Sorted(maps.Keys(customerFields())) }

func listCustomers(c *call) (answer, *company.Refusal) {
	filter := c.query.values.Get("filter")
	if !slices.Contains([]string{"", "active", "inactive"}, filter) {
		return answer{}, &company.Refusal{Status: 400, Code: company.CodeBadFilter, Message: "Ett ogiltigt filter har använts."}
	}
	var found []*company.Customer
	for _, card := range c.company.Customers() {
		if filter != "" && card.Active != (filter == "active") {
			continue
		}
		if field := customerFields()[c.query.search]; field == nil || matches(field(card), c.query.values.Get(c.query.search)) {
			found = append(found, card)
		}
	}
	return page(c.query, "Customers", found, func(card *company.Customer) any { return customerItem(card) })
}

func showCustomer(c *call) (answer, *company.Refusal) {
	card, refusal := c.company.Customer(c.PathValue("number"))
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("Customer", customerJSON(card))
}

func createCustomer(c *call) (answer, *company.Refusal) {
	var change company.CustomerChange
	if refusal := c.read("Customer", &change); refusal != nil {
		return answer{}, refusal
	}
	card, refusal := c.company.CreateCustomer(change)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("Customer", customerJSON(card))
}

func customerItem(card *company.Customer) map[string]any {
	return map[string]any{
		"@url": base + "customers/" + card.Number, "Address1": orNull(card.Address.Address1), "Address2": orNull(card.Address.Address2),
		"City": orNull(card.Address.City), "CustomerNumber": card.Number, "Email": orNull(card.Email), "Name": card.Name,
		"OrganisationNumber": orNull(card.OrganisationNumber), "Phone": orNull(card.Phone1), "ZipCode": orNull(card.Address.ZipCode),
	}
}

// customerJSON is a single card: what is not set is null, not empty as in documents.
func customerJSON(card *company.Customer) map[string]any {
	shown := customerItem(card)
	delete(shown, "Phone")
	maps.Copy(shown, map[string]any{
		"Active": card.Active, "Comments": nil, "CountryCode": orNull(card.CountryCode), "Currency": card.Currency,
		"ExternalReference": orNull(card.ExternalReference), "InvoiceDiscount": card.Discount, "Phone1": orNull(card.Phone1),
		"Type": card.Type, "VATNumber": orNull(card.VATNumber), "VATType": card.VATType,
	})
	return shown
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
