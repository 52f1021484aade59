package server

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// base is how Fortnox writes addresses of resources, whatever host was asked.
const base = "https://api.fortnox.se/3/"

func notThere(message string) *company.Refusal {
	return &company.Refusal{Status: 404, Code: company.CodeNotFound, Message: message}
}

func companyInformation(c *call) (answer, *company.Refusal) {
	p := c.company.Profile
	return ok("CompanyInformation", map[string]any{
		"CompanyName": p.Name, "OrganizationNumber": p.OrganizationNumber, "DatabaseNumber": c.company.TenantID,
		"CountryCode": "SE", "Address": p.Address, "City": p.City, "ZipCode": p.ZipCode,
		"VisitAddress": "", "VisitCity": "", "VisitCountryCode": "SE", "VisitZipCode": "",
	})
}

// companySettings writes the database number as a text, unlike
// companyinformation.
func companySettings(c *call) (answer, *company.Refusal) {
	p := c.company.Profile
	settings := map[string]any{
		"Name": p.Name, "OrganizationNumber": p.OrganizationNumber, "VATNumber": p.VATNumber, "TaxEnabled": true,
		"DatabaseNumber": strconv.Itoa(c.company.TenantID), "Country": "Sverige", "CountryCode": "SE",
		"Address": p.Address, "City": p.City, "ZipCode": p.ZipCode, "Email": p.Email,
	}
	for _, empty := range []string{
		"BG", "BIC", "BranchCode", "ContactFirstName", "ContactLastName", "Domicile", "Fax", "IBAN", "PG", "Phone1",
		"Phone2", "VisitAddress", "VisitCity", "VisitCountry", "VisitCountryCode", "VisitName", "VisitZipCode", "WWW",
	} {
		settings[empty] = ""
	}
	return ok("CompanySettings", settings)
}

func lockedPeriod(c *call) (answer, *company.Refusal) {
	return ok("LockedPeriod", map[string]any{"EndDate": c.company.LockedUntil})
}

func listModes(c *call) (answer, *company.Refusal) {
	return page(c.query, "ModesOfPayments", c.company.Modes, func(m world.ModeOfPayment) any { return modeJSON(m) })
}

func showMode(c *call) (answer, *company.Refusal) {
	mode, found := c.company.Mode(c.PathValue("code"))
	if !found {
		return answer{}, notThere("Kan inte hitta betalningssättet.")
	}
	return ok("ModeOfPayment", modeJSON(mode))
}

func showTerms(c *call) (answer, *company.Refusal) {
	code := c.PathValue("code")
	if !c.company.HasTerms(code) {
		return answer{}, notThere("Kan inte hitta betalningsvillkoret.")
	}
	return ok("TermsOfPayment", map[string]any{"@url": base + "termsofpayments/" + code, "Code": code, "Description": code + " dagar"})
}

// modeJSON writes the account as a text.
func modeJSON(m world.ModeOfPayment) map[string]any {
	return map[string]any{
		"@url": base + "modesofpayments/" + m.Code, "Code": m.Code, "Description": m.Description,
		"AccountNumber": strconv.Itoa(m.Account),
	}
}

func listPredefined(c *call) (answer, *company.Refusal) {
	names := slices.Sorted(maps.Keys(c.company.Predefined))
	return page(c.query, "PreDefinedAccounts", names, func(name string) any { return predefinedJSON(c, name) })
}

func showPredefined(c *call) (answer, *company.Refusal) {
	name := c.PathValue("name")
	if _, found := c.company.Predefined[name]; !found {
		return answer{}, &company.Refusal{Status: 404, Code: 2001403, Message: "Kan inte hitta det fördefinierade kontot."}
	}
	return ok("PreDefinedAccount", predefinedJSON(c, name))
}

func predefinedJSON(c *call, name string) map[string]any {
	return map[string]any{
		"@url": base + "predefinedaccounts/" + name, "Name": name, "Account": c.company.Predefined[name],
	}
}

func listCurrencies(c *call) (answer, *company.Refusal) {
	return page(c.query, "Currencies", c.company.Currencies, func(code string) any { return currencyJSON(c, code) })
}

func showCurrency(c *call) (answer, *company.Refusal) {
	code := c.PathValue("code")
	if _, found := c.company.Rate(code); !found {
		return answer{}, &company.Refusal{Status: 404, Code: company.CodeNoCurrency, Message: "Kan inte hitta valutan."}
	}
	return ok("Currency", currencyJSON(c, code))
}

func currencyJSON(c *call, code string) map[string]any {
	rate, _ := c.company.Rate(code)
	return map[string]any{
		"@url": base + "currencies/" + code, "Code": code, "Description": currencyName(code),
		"BuyRate": rate.InexactFloat64(), "SellRate": rate.InexactFloat64(), "Unit": c.company.Unit(code),
		"Date": c.company.Today(), "IsAutomatic": code != company.SEK,
	}
}

func currencyName(code string) string {
	names := map[string]string{
		"SEK": "Svenska kronor", "EUR": "Euro", "NOK": "Norska kronor", "DKK": "Danska kronor", "USD": "US Dollar",
	}
	return cmp.Or(names[code], code)
}
