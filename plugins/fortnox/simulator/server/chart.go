package server

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
)

// listYears shows all years, or the one that holds a date; none is an empty
// list.
func listYears(c *call) (answer, *company.Refusal) {
	years := c.company.Books.Years()
	date, given, refusal := c.query.date("date")
	if refusal != nil {
		return answer{}, refusal
	}
	if given {
		years = slices.DeleteFunc(slices.Clone(years), func(y *ledger.Year) bool { return date < y.From || date > y.To })
	}
	return page(c.query, "FinancialYears", years, func(y *ledger.Year) any { return yearJSON(y) })
}

func showYear(c *call) (answer, *company.Refusal) {
	id, err := strconv.Atoi(c.PathValue("id"))
	year, found := c.company.Books.Year(id)
	if err != nil || !found {
		return answer{}, notThere("Kan inte hitta räkenskapsåret.")
	}
	return ok("FinancialYear", yearJSON(year))
}

func yearJSON(y *ledger.Year) map[string]any {
	return map[string]any{
		"@url": base + "financialyears/" + strconv.Itoa(y.ID), "Id": y.ID, "FromDate": y.From, "ToDate": y.To,
		"AccountChartType": "BAS 2026", "AccountingMethod": y.Method,
	}
}

func listAccounts(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	balances := c.company.Books.Balances(year.ID)
	if c.query.search == "sru" {
		balances = slices.DeleteFunc(balances, func(b ledger.Balance) bool {
			return !matches(strconv.Itoa(b.Account.SRU), c.query.values.Get("sru"))
		})
	}
	return page(c.query, "Accounts", balances, func(b ledger.Balance) any { return accountJSON(b, year) })
}

func showAccount(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	for _, b := range c.company.Books.Balances(year.ID) {
		if strconv.Itoa(b.Account.Number) != c.PathValue("number") {
			continue
		}
		account := accountJSON(b, year)
		maps.Copy(account, map[string]any{
			"BalanceCarriedForward": b.Closing(), "OpeningQuantities": nil, "QuantitySettings": "ALLOWED",
			"QuantityUnit": nil, "TransactionInformation": nil, "TransactionInformationSettings": "ALLOWED",
		})
		return ok("Account", account)
	}
	return answer{}, &company.Refusal{Status: 404, Code: company.CodeNoAccount, Message: "Kan inte hitta kontot."}
}

func accountJSON(b ledger.Balance, year *ledger.Year) map[string]any {
	a := b.Account
	number := strconv.Itoa(a.Number)
	return map[string]any{
		"@url":   base + "accounts/" + number + "?financialyear=" + strconv.Itoa(year.ID),
		"Active": a.Active, "BalanceBroughtForward": b.Opening, "CostCenter": nil, "CostCenterSettings": a.CostCenter,
		"Description": a.Name, "Number": a.Number, "Project": "", "ProjectSettings": a.Project, "SRU": a.SRU,
		"VATCode": a.VATCode, "Year": year.ID,
	}
}

func listSeries(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	codes := slices.Sorted(maps.Keys(year.Series))
	return page(c.query, "VoucherSeriesCollection", codes, func(code string) any { return seriesJSON(year, code) })
}

func showSeries(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	code := c.PathValue("code")
	if _, found := year.Series[code]; !found {
		return answer{}, notThere("Kan inte hitta verifikationsserien.")
	}
	series := seriesJSON(year, code)
	series["NextVoucherNumber"] = year.NextNumber(code)
	return ok("VoucherSeries", series)
}

func seriesJSON(year *ledger.Year, code string) map[string]any {
	series := year.Series[code]
	return map[string]any{
		"@url": base + "voucherseries/" + code + "?financialyear=" + strconv.Itoa(year.ID),
		"Code": series.Code, "Description": series.Description, "Manual": series.Manual, "Year": year.ID, "Approver": nil,
	}
}
