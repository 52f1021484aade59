package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/kvitt/kvitt/core/civil"
)

// Company is what Fortnox tells of the company behind a token.
type Company struct {
	CompanyName        Text
	OrganizationNumber Text
	// DatabaseNumber is the tenant id.
	DatabaseNumber Text
}

// Company reads whom the token belongs to.
func (c *Client) Company(ctx context.Context) (Company, error) {
	var found Company
	err := c.get(ctx, address(nil, "companyinformation"), "CompanyInformation", &found)
	return found, err
}

// Year is a financial year. Its id is a small number of the company's own.
type Year struct {
	ID               Int `json:"Id"`
	FromDate, ToDate Date
	// AccountingMethod is ACCRUAL or CASH.
	AccountingMethod string
}

// Holds reports whether a date lies in the year.
func (y Year) Holds(on civil.Date) bool { return !on.Before(y.FromDate.Date) && !y.ToDate.Before(on) }

// YearOf finds the financial year of a date; ok is false if there is none.
func (c *Client) YearOf(ctx context.Context, on civil.Date) (year Year, ok bool, err error) {
	query := Window{}.into(url.Values{"date": {on.String()}})
	page, err := list[Year](ctx, c, address(query, "financialyears"), "FinancialYears")
	if err != nil {
		return Year{}, false, err
	}
	for _, y := range page.Items {
		if y.Holds(on) {
			return y, true, nil
		}
	}
	return Year{}, false, nil
}

// LockedUntil reads the last day that is closed for postings, or none.
func (c *Client) LockedUntil(ctx context.Context) (civil.Date, error) {
	var period struct{ EndDate Date }
	err := c.get(ctx, address(nil, "settings", "lockedperiod"), "LockedPeriod", &period)
	return period.EndDate.Date, err
}

// Account is an account in the chart of one financial year.
type Account struct {
	Number      Text
	Description Text
	Active      Bool
	// CostCenterSettings and ProjectSettings are ALLOWED, MANDATORY or NOTALLOWED.
	CostCenterSettings, ProjectSettings Text
}

// Accounts lists the chart of a financial year.
func (c *Client) Accounts(ctx context.Context, year int, w Window) (Page[Account], error) {
	return list[Account](ctx, c, address(w.into(inYear(year, nil)), "accounts"), "Accounts")
}

// Series is a series of vouchers in one financial year.
type Series struct {
	Code, Description Text
	// Manual says that vouchers may be booked in it by hand or through the API.
	Manual Bool
}

// Series lists the series of a financial year.
func (c *Client) Series(ctx context.Context, year int, w Window) (Page[Series], error) {
	return list[Series](ctx, c, address(w.into(inYear(year, nil)), "voucherseries"), "VoucherSeriesCollection")
}

// Mode is a mode of payment.
type Mode struct {
	Code, Description, AccountNumber Text
}

// Modes lists the modes of payment.
func (c *Client) Modes(ctx context.Context, w Window) (Page[Mode], error) {
	return list[Mode](ctx, c, address(w.into(nil), "modesofpayments"), "ModesOfPayments")
}

// Terms reads terms of payment, to see that they are there.
func (c *Client) Terms(ctx context.Context, code string) error {
	var found struct{ Code Text }
	return c.get(ctx, address(nil, "termsofpayments", code), "TermsOfPayment", &found)
}

// Predefined is the account that Fortnox itself uses for a purpose, "0" if none
// was chosen.
type Predefined struct {
	Name, Account Text
}

// Predefined lists the accounts by purpose.
func (c *Client) Predefined(ctx context.Context) (Page[Predefined], error) {
	return list[Predefined](ctx, c, address(Window{}.into(nil), "predefinedaccounts"), "PreDefinedAccounts")
}

// Currency is a currency that the company has added.
type Currency struct{ Code Text }

// Currencies lists the currencies of the company.
func (c *Client) Currencies(ctx context.Context) (Page[Currency], error) {
	return list[Currency](ctx, c, address(Window{}.into(nil), "currencies"), "Currencies")
}

// SIE downloads the books of a financial year as a SIE file of type 4.
func (c *Client) SIE(ctx context.Context, year int) ([]byte, error) {
	return c.download(ctx, address(url.Values{"financialyear": {strconv.Itoa(year)}}, "sie", "4"))
}
