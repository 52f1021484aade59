package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompany(t *testing.T) {
	t.Parallel()
	s := start(t)
	information := s.do("GET", "/3/companyinformation", "", "CompanyInformation")
	require.EqualValues(t, 4711, information["DatabaseNumber"])
	require.Equal(t, "Exempelbutiken Åsön AB", information["CompanyName"])
	settings := s.do("GET", "/3/settings/company", "", "CompanySettings")
	require.Equal(t, "4711", settings["DatabaseNumber"], "a text here, a number there")
	require.Equal(t, "556000-0001", settings["OrganizationNumber"])
}

func TestLockedPeriod(t *testing.T) {
	t.Parallel()
	s := start(t)
	require.Equal(t, "2026-02-28", s.do("GET", "/3/settings/lockedperiod", "", "LockedPeriod")["EndDate"])
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":"2026-03-31"}`)
	require.Equal(t, "2026-03-31", s.do("GET", "/3/settings/lockedperiod", "", "LockedPeriod")["EndDate"])
	_, _ = s.call("PUT", "/_sim/fortnox/lock", `{"until":""}`)
	require.Equal(t, "", s.do("GET", "/3/settings/lockedperiod", "", "LockedPeriod")["EndDate"])
}

func TestFinancialYears(t *testing.T) {
	t.Parallel()
	s := start(t)
	for date, ids := range map[string][]any{
		"2025-12-31": {2.0}, "2026-01-01": {3.0}, "2027-01-01": {}, "2024-12-31": {},
	} {
		years, _ := s.list("/3/financialyears?date="+date, "FinancialYears")
		require.Equal(t, ids, numbers(years, "Id"), date)
	}
	require.Equal(t, "ACCRUAL", s.do("GET", "/3/financialyears/3", "", "FinancialYear")["AccountingMethod"])
}

func TestAccountsBelongToAYear(t *testing.T) {
	t.Parallel()
	s := start(t)
	accounts, meta := s.list("/3/accounts?financialyear=3&limit=5&page=2", "Accounts")
	require.Equal(t, object{"@TotalResources": 25.0, "@TotalPages": 5.0, "@CurrentPage": 2.0}, meta)
	require.Equal(t, []any{1689.0, 1930.0, 2081.0, 2099.0, 2421.0}, numbers(accounts, "Number"))
	old := s.do("GET", "/3/accounts/1585?financialyear=3", "", "Account")
	require.Equal(t, false, old["Active"])
	require.EqualValues(t, 3, old["Year"])

	bank := s.do("GET", "/3/accounts/1930?financialyear=2", "", "Account")
	require.EqualValues(t, 50000, bank["BalanceBroughtForward"])
	require.EqualValues(t, 49900, bank["BalanceCarriedForward"])
	bank = s.do("GET", "/3/accounts/1930?financialyeardate=2026-05-01", "", "Account")
	require.EqualValues(t, 49900, bank["BalanceBroughtForward"], "taken over from the year before")
	require.EqualValues(t, 50149, bank["BalanceCarriedForward"])
	result := s.do("GET", "/3/accounts/2099", "", "Account")
	require.EqualValues(t, 100, result["BalanceBroughtForward"], "the loss of the year before")
	s.refused("GET", "/3/accounts/9999", "", http.StatusNotFound, 2000423)
	s.refused("GET", "/3/accounts?financialyear=7", "", http.StatusBadRequest, 2999002)
}

func TestVoucherSeriesBelongToAYear(t *testing.T) {
	t.Parallel()
	s := start(t)
	series, _ := s.list("/3/voucherseries?financialyear=2", "VoucherSeriesCollection")
	require.Equal(t, []any{"A", "B", "C", "D"}, numbers(series, "Code"))
	series, _ = s.list("/3/voucherseries?financialyear=3", "VoucherSeriesCollection")
	require.Equal(t, []any{"A", "B", "C", "D", "K"}, numbers(series, "Code"))
	require.Equal(t, []any{true, false, false, false, true}, numbers(series, "Manual"))
	require.EqualValues(t, 7, s.do("GET", "/3/voucherseries/B?financialyear=3", "", "VoucherSeries")["NextVoucherNumber"])
	s.refused("GET", "/3/voucherseries/Q", "", http.StatusNotFound, 2999001)
}

func TestModesOfPaymentAndPredefinedAccounts(t *testing.T) {
	t.Parallel()
	s := start(t)
	modes, _ := s.list("/3/modesofpayments", "ModesOfPayments")
	require.Equal(t, []any{"BG", "KLARNA"}, numbers(modes, "Code"))
	require.Equal(t, "1686", s.do("GET", "/3/modesofpayments/KLARNA", "", "ModeOfPayment")["AccountNumber"], "a text")
	s.refused("GET", "/3/modesofpayments/SWISH", "", http.StatusNotFound, 2999001)

	accounts, _ := s.list("/3/predefinedaccounts", "PreDefinedAccounts")
	require.Len(t, accounts, 5)
	require.EqualValues(t, 3740, s.do("GET", "/3/predefinedaccounts/ROUNDOFF", "", "PreDefinedAccount")["Account"], "a number")
	require.EqualValues(t, 0, s.do("GET", "/3/predefinedaccounts/PG", "", "PreDefinedAccount")["Account"], "not set")
}

func TestCurrencies(t *testing.T) {
	t.Parallel()
	s := start(t)
	currencies, _ := s.list("/3/currencies", "Currencies")
	require.Equal(t, []any{"SEK", "EUR"}, numbers(currencies, "Code"))
	require.EqualValues(t, 11.2, s.do("GET", "/3/currencies/EUR", "", "Currency")["BuyRate"])
	s.refused("GET", "/3/currencies/NOK", "", http.StatusNotFound, 2000427)
}
