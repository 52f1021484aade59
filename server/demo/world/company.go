package world

// Fortnox is the merchant's company in Fortnox and the integration that reaches it.
type Fortnox struct {
	ClientID           string          `json:"client_id"`
	ClientSecret       string          `json:"client_secret"`
	TenantID           int             `json:"tenant_id"`
	Company            Company         `json:"company"`
	RoundToKronor      bool            `json:"round_to_kronor"`
	FinancialYears     []FinancialYear `json:"financial_years"`
	LockedUntil        string          `json:"locked_until"`
	Accounts           []Account       `json:"accounts"`
	VoucherSeries      []VoucherSeries `json:"voucher_series"`
	ModesOfPayment     []Mode          `json:"modes_of_payment"`
	PredefinedAccounts map[string]int  `json:"predefined_accounts"`
	Currencies         []string        `json:"currencies"`
	// CurrencyRates are kronor for one unit.
	CurrencyRates map[string]string `json:"currency_rates,omitempty"`
	Invoices      []Invoice         `json:"invoices"`
	Payments      []Payment         `json:"payments"`
}

// Company is what Fortnox tells about the merchant.
type Company struct {
	Name               string `json:"name"`
	OrganizationNumber string `json:"organization_number"`
	City               string `json:"city"`
}

// FinancialYear has an id of Fortnox's own.
type FinancialYear struct {
	ID               int    `json:"id"`
	From             string `json:"from"`
	To               string `json:"to"`
	AccountingMethod string `json:"accounting_method"`
	// OpeningBalances are debit positive, by account, and sum to zero.
	OpeningBalances map[string]string `json:"opening_balances,omitempty"`
}

// Account is an account of the chart.
type Account struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
}

// VoucherSeries is a series of vouchers.
type VoucherSeries struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	Manual      bool   `json:"manual"`
}

// Mode is a mode of payment.
type Mode struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	Account     int    `json:"account"`
}

func company(b books) Fortnox {
	return Fortnox{
		ClientID: "bjork-blad-demo", ClientSecret: "demo-secret-of-no-value", TenantID: 4711,
		Company:        Company{Name: "Björk & Blad AB", OrganizationNumber: "559999-0008", City: "Växby"},
		FinancialYears: []FinancialYear{{ID: 3, From: "2026-01-01", To: "2026-12-31", AccountingMethod: "ACCRUAL"}},
		LockedUntil:    "2026-02-28",
		Accounts:       Chart(),
		VoucherSeries: []VoucherSeries{
			{Code: "A", Description: "Manuella verifikationer", Manual: true},
			{Code: "K", Description: "kvitt", Manual: true},
		},
		ModesOfPayment: []Mode{
			{Code: "BG", Description: "Bankgiro", Account: 1930},
			{Code: "KLARNA", Description: "Klarna", Account: 1686},
		},
		PredefinedAccounts: map[string]int{"CUSTCLAIM": 1510, "ROUNDOFF": 3740, "CURRENCYWIN": 3960, "CURRENCYLOSS": 7960},
		Currencies:         []string{"SEK", "EUR"},
		Invoices:           b.invoices,
		Payments:           b.payments,
	}
}

// Chart is a part of BAS 2026 that holds every account of the default settings.
func Chart() []Account {
	names := []struct {
		number int
		name   string
	}{
		{1510, "Kundfordringar"},
		{1516, "Tvistiga kundfordringar"},
		{1580, "Fordringar för kontokort och kuponger, reserv"},
		{1686, "Fordringar för kontokort och kuponger"},
		{1689, "Övriga kortfristiga fordringar"},
		{1910, "Kassa"},
		{1930, "Företagskonto/checkkonto/affärskonto"},
		{1979, "Avräkning betaltjänster"},
		{1980, "Valutakonton"},
		{2081, "Aktiekapital"},
		{2420, "Förskott från kunder"},
		{2421, "Ej inlösta presentkort"},
		{2490, "Övriga kortfristiga skulder till kreditinstitut, kunder och leverantörer"},
		{2611, "Utgående moms på försäljning inom Sverige, 25 %"},
		{2614, "Utgående moms, omvänd betalningsskyldighet, 25 %"},
		{2621, "Utgående moms på försäljning inom Sverige, 12 %"},
		{2631, "Utgående moms på försäljning inom Sverige, 6 %"},
		{2641, "Debiterad ingående moms"},
		{2645, "Beräknad ingående moms på förvärv från utlandet"},
		{2650, "Redovisningskonto för moms"},
		{2890, "Övriga kortfristiga skulder"},
		{2999, "OBS-konto"},
		{3001, "Försäljning inom Sverige, 25 % moms"},
		{3002, "Försäljning inom Sverige, 12 % moms"},
		{3003, "Försäljning inom Sverige, 6 % moms"},
		{3004, "Försäljning inom Sverige, momsfri"},
		{3105, "Försäljning varor till land utanför EU"},
		{3106, "Försäljning varor till annat EU-land, momspliktig"},
		{3108, "Försäljning varor till annat EU-land, momsfri"},
		{3520, "Fakturerade frakter"},
		{3740, "Öres- och kronutjämning"},
		{3960, "Valutakursvinster på fordringar och skulder av rörelsekaraktär"},
		{4531, "Inköp av tjänster från ett land utanför EU, 25 % moms"},
		{4535, "Inköp av tjänster från annat EU-land, 25 %"},
		{4598, "Justering, omvänd moms"},
		{6040, "Kontokortsavgifter"},
		{6050, "Försäljningsprovisioner"},
		{6064, "Factoringavgifter"},
		{6351, "Konstaterade förluster på kundfordringar"},
		{6380, "Förluster på övriga kortfristiga fordringar"},
		{6570, "Bankkostnader"},
		{7960, "Valutakursförluster på fordringar och skulder av rörelsekaraktär"},
	}
	accounts := make([]Account, 0, len(names))
	for _, a := range names {
		accounts = append(accounts, Account{Number: a.number, Name: a.name, Active: true})
	}
	return accounts
}

// strangers are invoices of other customers, unpaid and none of Klarna's business.
// Their references contain those of orders, because Fortnox searches for parts.
func strangers() []draft {
	list := []struct {
		customer          string
		day               int
		external, ordered string
		ocr               string
		rows              []InvoiceRow
	}{
		{customer: "Hotell Sjöutsikten i Växby AB", day: 1, ordered: "1231800", rows: []InvoiceRow{
			{"Växtservice, april", 3001, 25, "1875.00", "1"}, {"Kruka, terrakotta 32 cm", 3001, 25, "245.00", "4"},
		}},
		{customer: "Åkerhults församling", day: 3, ordered: "1234-B", rows: []InvoiceRow{
			{"Påskliljor, brätte", 3001, 25, "79.00", "24"},
		}},
		{customer: "Kafé Önskan HB", day: 7, external: "A-12318", rows: []InvoiceRow{
			{"Ätliga blommor, kartong", 3003, 6, "212.00", "3"}, {"Rabarbermarmelad", 3003, 6, "74.00", "6"},
		}},
		{customer: "Förskolan Björnbäret", day: 9, ocr: "trap:TEL-503", rows: []InvoiceRow{
			{"Odlingslåda med jord", 3001, 25, "689.00", "2"},
		}},
		{customer: "Stadsodlarna i Ängby", day: 14, rows: []InvoiceRow{
			{"Kurs: beskära fruktträd, momsfri", 3004, 0, "1200.00", "1"},
		}},
	}
	var drafts []draft
	for _, s := range list {
		dr := draft{moment: moment(4, s.day, 6, 30)}
		dr.Invoice = head(s.customer, dr.moment)
		dr.ExternalReference1, dr.YourOrderNumber, dr.OCR, dr.Rows = s.external, s.ordered, s.ocr, s.rows
		drafts = append(drafts, dr)
	}
	return drafts
}
