package pantry

import "github.com/kvitt/kvitt/server/demo/world"

// company has made no invoice yet. It owes 500.00 to the holder of a gift card that it
// sold in March.
func company() world.Fortnox {
	return world.Fortnox{
		ClientID: "havre-honung-demo", ClientSecret: "pantry-secret-of-no-value", TenantID: 4712,
		Company: world.Company{Name: "Havre & Honung AB", OrganizationNumber: "559999-0016", City: "Växby"},
		FinancialYears: []world.FinancialYear{{
			ID: 2, From: "2026-01-01", To: "2026-12-31", AccountingMethod: "ACCRUAL",
			OpeningBalances: map[string]string{"1930": "500.00", "2421": "-500.00"},
		}},
		LockedUntil: "2026-02-28",
		Accounts:    chart(),
		VoucherSeries: []world.VoucherSeries{
			{Code: "A", Description: "Manuella verifikationer", Manual: true},
			{Code: "K", Description: "kvitt", Manual: true},
		},
		ModesOfPayment: []world.Mode{{Code: "KLARNA", Description: "Klarna", Account: 1686}},
		PredefinedAccounts: map[string]int{
			"CUSTCLAIM": 1510, "ROUNDOFF": 3740, "CURRENCYWIN": 3960, "CURRENCYLOSS": 7960, "OUTVAT_MP1": 2611, "OUTVAT_MP2": 2621, "OUTVAT_MP3": 2631,
		},
		Currencies:    []string{"SEK", "EUR"},
		CurrencyRates: map[string]string{"EUR": "11.00"},
	}
}

// chart adds what sales need to the chart of the other merchant.
func chart() []world.Account {
	accounts := world.Chart()
	for _, a := range []world.Account{
		{Number: 3305, Name: "Försäljning tjänster till land utanför EU"},
		{Number: 3308, Name: "Försäljning tjänster till annat EU-land"},
		{Number: 3521, Name: "Fakturerade frakter, EU-land"},
		{Number: 3522, Name: "Fakturerade frakter, export"},
		{Number: 3540, Name: "Faktureringsavgifter"},
		{Number: 3730, Name: "Lämnade rabatter"},
	} {
		a.Active = true
		accounts = append(accounts, a)
	}
	return accounts
}
