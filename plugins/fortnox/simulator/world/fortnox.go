package world

import "github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"

// Fortnox is one company and the integration that may reach it.
type Fortnox struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	// TenantID is the company's database number.
	TenantID int     `json:"tenant_id"`
	Company  Company `json:"company"`

	FinancialYears []FinancialYear `json:"financial_years"`
	// PreselectedYear is the id of the year that is used where a request names
	// none; 0 means the year with the highest id.
	PreselectedYear int `json:"preselected_year"`
	// LockedUntil is the last date of the locked period, empty when nothing is
	// locked.
	LockedUntil string `json:"locked_until"`

	Accounts       []Account       `json:"accounts"`
	VoucherSeries  []VoucherSeries `json:"voucher_series"`
	ModesOfPayment []ModeOfPayment `json:"modes_of_payment"`
	// PredefinedAccounts are given by name, 0 means not set.
	PredefinedAccounts map[string]int `json:"predefined_accounts"`
	// VATAccounts maps a VAT rate in percent ("25", "25.5") to the account of
	// its output VAT, where it is not the usual one.
	VATAccounts map[string]int `json:"vat_accounts"`
	// VATCodes are those of the company's own, as for sales in other countries. A sales
	// account whose VATCode is one of them has its VAT booked on the code's account.
	VATCodes []VATCode `json:"vat_codes"`
	// TermsOfPayment are codes in days; empty means the usual ones.
	TermsOfPayment []string `json:"terms_of_payment"`
	Currencies     []string `json:"currencies"`
	// CurrencyRates are kronor for one unit of a currency, as decimal texts.
	CurrencyRates map[string]string `json:"currency_rates"`
	// CurrencyUnits are for how many units of a currency a rate is shown, where that
	// is not 1. What is booked does not depend on it.
	CurrencyUnits map[string]int `json:"currency_units"`

	Customers []Customer `json:"customers"`
	Articles  []Article  `json:"articles"`
	Invoices  []Invoice  `json:"invoices"`
	Payments  []Payment  `json:"payments"`
	// Vouchers are manual vouchers that stand in the books from the start.
	Vouchers []Voucher `json:"vouchers"`

	Switches
}

// Switches are ways in which companies and installations differ, and ways to be
// refused.
type Switches struct {
	// RoundToKronor rounds the total of every invoice in SEK to whole kronor.
	RoundToKronor bool `json:"round_to_kronor"`
	// SecondCreditSilent answers a second request to credit an invoice with the invoice
	// as it is, instead of refusing.
	SecondCreditSilent bool `json:"second_credit_silent"`
	// CreatedInvoiceShown lets createinvoice answer with the invoice, as the published
	// document says, instead of with the order.
	CreatedInvoiceShown bool `json:"created_invoice_shown"`
	// MissingScopes are scopes that the consent did not give.
	MissingScopes []string `json:"missing_scopes"`
	// NoServiceAccounts says that the integration may not ask for a service account.
	NoServiceAccounts bool `json:"no_service_accounts"`
	// MissingLicences are licences that the company has not bought:
	// integration, bookkeeping, invoicing, archive, or the name of a scope.
	MissingLicences []string `json:"missing_licences"`
	// VoucherRowLimit is the largest number of rows in a voucher; 0 means 500.
	VoucherRowLimit int `json:"voucher_row_limit"`
	// UnpaidIncludesUnbooked lets filter=unpaid return drafts too.
	UnpaidIncludesUnbooked bool `json:"unpaid_includes_unbooked"`
	// LastModifiedExclusive makes lastmodified mean "after" instead of "since".
	LastModifiedExclusive bool `json:"lastmodified_exclusive"`
	// ForeignBalanceInSEK shows Balance of foreign invoices in kronor instead
	// of in the invoice's currency.
	ForeignBalanceInSEK bool `json:"foreign_balance_in_sek"`
	// ConnectedFilesStay leaves a file in the inbox after it was connected to
	// a voucher.
	ConnectedFilesStay bool `json:"connected_files_stay"`
	// RateLimit replaces the limit of 25 requests in 5 seconds.
	RateLimit RateLimit `json:"rate_limit"`
}

// RateLimit is a sliding window. Requests 0 means 25, negative means no limit;
// WindowMS 0 means 5000.
type RateLimit struct {
	Requests int `json:"requests"`
	WindowMS int `json:"window_ms"`
	// CountRejected lets a refused request take a place in the window too.
	CountRejected bool `json:"count_rejected"`
}

// Company is what companyinformation and settings/company tell.
type Company struct {
	Name               string `json:"name"`
	OrganizationNumber string `json:"organization_number"`
	VATNumber          string `json:"vat_number"`
	Address            string `json:"address"`
	ZipCode            string `json:"zip_code"`
	City               string `json:"city"`
	Email              string `json:"email"`
}

// FinancialYear has an id that is a small number, never the calendar year.
type FinancialYear struct {
	ID   int    `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
	// AccountingMethod is ACCRUAL (default) or CASH.
	AccountingMethod string `json:"accounting_method"`
	// OpeningBalances by account number, debit positive, summing to zero. Only
	// the first year has them; later ones take over the balances before them.
	OpeningBalances map[int]ore.Amount `json:"opening_balances"`
}

// Account is one account of the chart.
type Account struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	// Active is true when it is left out.
	Active  *bool  `json:"active"`
	VATCode string `json:"vat_code"`
	SRU     int    `json:"sru"`
	// CostCenterSettings and ProjectSettings are ALLOWED (default), MANDATORY
	// or NOTALLOWED.
	CostCenterSettings string `json:"cost_center_settings"`
	ProjectSettings    string `json:"project_settings"`
	// Years restricts the account to these year ids; empty means all.
	Years []int `json:"years"`
}

// VoucherSeries is one series. B (invoices) and C (payments) always exist.
type VoucherSeries struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	Manual      bool   `json:"manual"`
	// Years restricts the series to these year ids; empty means all.
	Years []int `json:"years"`
}

// ModeOfPayment is a way to be paid and the account that the money goes to.
type ModeOfPayment struct {
	Code        string `json:"code"`
	Description string `json:"description"`
	Account     int    `json:"account"`
}
