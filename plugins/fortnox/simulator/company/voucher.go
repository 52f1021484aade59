package company

import (
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
)

const (
	longestDescription = 200
	longestComments    = 1000
	longestInformation = 100
	fewestRows         = 2
)

// VoucherOrder is a manual voucher that somebody asks to be booked.
type VoucherOrder struct {
	// Year is the id of the financial year, 0 for the preselected one.
	Year        int
	Series      string
	Date        civil.Date
	Description string
	Comments    string
	Rows        []ledger.Row
}

// CreateVoucher books a manual voucher. There is no way to change it later.
func (c *Company) CreateVoucher(order VoucherOrder) (*ledger.Voucher, *Refusal) {
	year, refusal := c.voucherYear(order)
	if refusal != nil {
		return nil, refusal
	}
	series, known := year.Series[order.Series]
	if !known {
		return nil, refuse(CodeNoSeries, "Kan inte hitta verifikationsserien ("+order.Series+").")
	}
	if !series.Manual {
		return nil, refuse(CodeNotManual, "Verifikationsserien tillåter inte manuella verifikationer ("+order.Series+").")
	}
	if refusal := checkVoucherTexts(order); refusal != nil {
		return nil, refusal
	}
	if refusal := c.checkVoucherRows(year, order.Rows); refusal != nil {
		return nil, refusal
	}
	posted, err := c.Books.Post(ledger.Voucher{
		Key: ledger.Key{Series: order.Series}, Date: order.Date, Description: order.Description,
		Comments: order.Comments, Rows: order.Rows, Origin: ledger.Manual, Registered: c.stamp(order.Date),
	})
	if err != nil {
		return nil, refuse(CodeUnbalanced, "Verifikationen kunde inte bokföras: "+err.Error())
	}
	return posted, nil
}

// voucherYear finds the year that the request names, which must be the year of
// the date too.
func (c *Company) voucherYear(order VoucherOrder) (*ledger.Year, *Refusal) {
	id := order.Year
	if id == 0 {
		id = c.preselected
	}
	year, refusal := c.YearByID(id)
	if refusal != nil {
		return nil, refusal
	}
	if _, refusal := c.open(order.Date); refusal != nil {
		return nil, refusal
	}
	if order.Date < year.From || order.Date > year.To {
		return nil, refuse(CodeOutsideYear, "Datumet ligger utanför räkenskapsåret ("+string(order.Date)+").")
	}
	return year, nil
}

func checkVoucherTexts(order VoucherOrder) *Refusal {
	if order.Description == "" {
		return refuse(CodeMissingField, "Verifikationstext saknas.")
	}
	if refusal := checkText("Description", order.Description, longestDescription); refusal != nil {
		return refusal
	}
	if refusal := checkText("Comments", order.Comments, longestComments); refusal != nil {
		return refusal
	}
	for _, row := range order.Rows {
		if refusal := checkText("TransactionInformation", row.Information, longestInformation); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (c *Company) checkVoucherRows(year *ledger.Year, rows []ledger.Row) *Refusal {
	if len(rows) < fewestRows {
		return refuse(CodeTooFewRows, "En verifikation måste ha minst två rader.")
	}
	if len(rows) > c.rowLimit() {
		return refuse(CodeTooManyRows, "Verifikationen har för många rader ("+strconv.Itoa(len(rows))+").")
	}
	for _, row := range rows {
		if refusal := c.usable(year, row.Account); refusal != nil {
			return refusal
		}
		if row.Debit < 0 || row.Credit < 0 {
			return refuse(CodeWrongSign, "Debet och kredit kan inte vara negativa.")
		}
	}
	if !ledger.Balanced(rows) {
		return refuse(CodeUnbalanced, "Verifikationen balanserar inte.")
	}
	return nil
}
