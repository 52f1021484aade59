package world

import "github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"

// VATCode is a rate of VAT with the account on which it is booked, such as that of
// another country.
type VATCode struct {
	Code string `json:"code"`
	// Rate is in percent.
	Rate    Percent `json:"rate"`
	Account int     `json:"account"`
}

// Article is what rows may name by its number.
type Article struct {
	Number      string `json:"number"`
	Description string `json:"description"`
	// SalesAccount is that of rows which name none.
	SalesAccount int `json:"sales_account"`
}

// Customer is a card in the register of customers. Invoices of the world need none.
type Customer struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	// Type is PRIVATE or COMPANY (default).
	Type string `json:"type"`
	// VATType is SEVAT when it is empty.
	VATType     string `json:"vat_type"`
	CountryCode string `json:"country_code"`
	// Currency is SEK when it is empty.
	Currency string `json:"currency"`
	// Discount is what rows get that name no discount, in percent.
	Discount ore.Amount `json:"discount"`
	Inactive bool       `json:"inactive"`
}
