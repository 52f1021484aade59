package server

import (
	"fmt"
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// voucherBody has the writable fields of a voucher. Year is taken and ignored:
// the published schema demands it, but the year comes from the query.
type voucherBody struct {
	VoucherSeries   string
	TransactionDate string
	Description     string
	Comments        string
	CostCenter      string
	Project         string
	Year            *whole
	VoucherRows     []voucherRowBody
}

type voucherRowBody struct {
	Account                whole
	Debit                  ore.Amount
	Credit                 ore.Amount
	TransactionInformation string
	CostCenter             string
	Project                string
	Quantity               *ore.Amount
}

func createVoucher(c *call) (answer, *company.Refusal) {
	var body voucherBody
	if refusal := c.read("Voucher", &body); refusal != nil {
		return answer{}, refusal
	}
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	date, err := civil.Parse(body.TransactionDate)
	if err != nil {
		return answer{}, badBody(company.CodeMissingField, "Datumet saknas eller är ogiltigt (TransactionDate)")
	}
	order := company.VoucherOrder{
		Year: year.ID, Series: body.VoucherSeries, Date: date, Description: body.Description, Comments: body.Comments,
	}
	for _, row := range body.VoucherRows {
		order.Rows = append(order.Rows, ledger.Row{
			Account: int(row.Account), Debit: row.Debit, Credit: row.Credit, Information: row.TransactionInformation,
		})
	}
	voucher, refusal := c.company.CreateVoucher(order)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("Voucher", voucherJSON(year, voucher))
}

func showVoucher(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	number, err := strconv.Atoi(c.PathValue("number"))
	voucher, found := year.Voucher(c.PathValue("series"), number)
	if err != nil || !found {
		return answer{}, notThere("Kan inte hitta verifikationen.")
	}
	return ok("Voucher", voucherJSON(year, voucher))
}

// listVouchers lists a year, or one series of it, without rows.
func listVouchers(c *call) (answer, *company.Refusal) {
	year, refusal := c.year()
	if refusal != nil {
		return answer{}, refusal
	}
	changed, refusal := c.changedSince()
	if refusal != nil {
		return answer{}, refusal
	}
	dated, refusal := c.between("fromdate", "todate")
	if refusal != nil {
		return answer{}, refusal
	}
	var found []*ledger.Voucher
	for _, v := range year.Vouchers(c.PathValue("series")) {
		if dated(v.Date) && changed(v.Registered) {
			found = append(found, v)
		}
	}
	return page(c.query, "Vouchers", found, func(v *ledger.Voucher) any { return voucherItem(v) })
}

func voucherItem(v *ledger.Voucher) map[string]any {
	return map[string]any{
		"@url":          fmt.Sprintf("%svouchers/%s/%d?financialyear=%d", base, v.Series, v.Number, v.Year),
		"ApprovalState": 0, "Comments": v.Comments, "Description": v.Description, "ReferenceNumber": v.Reference,
		"ReferenceType": v.Origin, "TransactionDate": v.Date, "VoucherNumber": v.Number, "VoucherSeries": v.Series,
		"Year": v.Year,
	}
}

func voucherJSON(year *ledger.Year, v *ledger.Voucher) map[string]any {
	voucher := voucherItem(v)
	rows := []any{}
	for _, row := range v.Rows {
		rows = append(rows, map[string]any{
			"Account": row.Account, "CostCenter": "", "Credit": row.Credit, "Debit": row.Debit,
			"Description": year.Accounts[row.Account].Name, "Project": "", "Quantity": 0, "Removed": false,
			"TransactionInformation": row.Information,
		})
	}
	voucher["CostCenter"], voucher["Project"], voucher["VoucherRows"] = "", "", rows
	return voucher
}
