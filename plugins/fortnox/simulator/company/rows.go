package company

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

// RowChange is what a request says of a row; nil fields stay as they are.
type RowChange struct {
	RowID             *int `json:"RowId"`
	ArticleNumber     *string
	Description       *string
	Unit              *string
	DeliveredQuantity *ore.Amount
	OrderedQuantity   *ore.Amount
	Price             *ore.Amount
	Discount          *ore.Amount
	DiscountType      *string
	VAT               *world.Percent
	AccountNumber     *int
}

const (
	mostInvoiceRows = 500
	longestRowText  = 255
)

// sales is the predefined account of rows that name none.
const sales = "SALES"

func (c *Company) newRow() int {
	c.nextRow++
	return c.nextRow
}

// merged gives the rows that a document has after a change. Without any RowId rows are
// taken in their order; with one, rows without are new. Rows that the change does not
// name are gone, and every row gets a new id.
func (c *Company) merged(rows []OrderRow, changes []RowChange, h Head) ([]OrderRow, *Refusal) {
	if len(changes) > mostInvoiceRows {
		return nil, refuse(CodeTooManyRows, "Dokumentet har för många rader ("+strconv.Itoa(len(changes))+").")
	}
	byID := slices.ContainsFunc(changes, func(r RowChange) bool { return r.RowID != nil })
	var kept []OrderRow
	for i, change := range changes {
		var row OrderRow
		switch {
		case change.RowID != nil:
			at := slices.IndexFunc(rows, func(r OrderRow) bool { return r.ID == *change.RowID })
			if at < 0 {
				return nil, refuse(CodeNoRow, "Kan inte hitta raden ("+strconv.Itoa(*change.RowID)+").")
			}
			row = rows[at]
		case !byID && i < len(rows):
			row = rows[i]
		}
		row, refusal := c.changeRow(row, change, h)
		if refusal != nil {
			return nil, refusal
		}
		kept = append(kept, row)
	}
	return kept, nil
}

func (c *Company) changeRow(row OrderRow, change RowChange, h Head) (OrderRow, *Refusal) {
	fresh := row.ID == 0
	row.ID = c.newRow()
	if refusal := write([]field{
		{"ArticleNumber", &row.Article, change.ArticleNumber, longestRef},
		{"Description", &row.Description, change.Description, longestRowText},
		{"Unit", &row.Unit, change.Unit, longestRef},
	}); refusal != nil {
		return row, refusal
	}
	set(&row.Quantity, change.DeliveredQuantity)
	set(&row.Ordered, change.OrderedQuantity)
	set(&row.Price, change.Price)
	set(&row.Account, change.AccountNumber)
	if change.VAT != nil {
		row.VAT = change.VAT.Decimal
	}
	row.Net = !h.VATIncluded
	if refusal := c.discount(&row.InvoiceRow, change, h, fresh); refusal != nil {
		return row, refusal
	}
	return row, c.checkRow(&row.InvoiceRow, h)
}

func set[T any](at, to *T) {
	if to != nil {
		*at = *to
	}
}

// discount takes what the request says, or for a new row what the customer's card does.
func (c *Company) discount(row *InvoiceRow, change RowChange, h Head, fresh bool) *Refusal {
	card := c.customers[h.CustomerNumber]
	if change.Discount == nil && fresh && card != nil {
		row.Discount = card.Discount
	}
	set(&row.Discount, change.Discount)
	if change.DiscountType == nil {
		return nil
	}
	switch *change.DiscountType {
	case "AMOUNT":
		row.DiscountIsAmount = true
	case "PERCENT":
		row.DiscountIsAmount = false
	default:
		return refuse(CodeBadChoice, "Ogiltigt värde (DiscountType).")
	}
	return nil
}

// checkRow refuses what a row names and the company does not have, and fills in what
// the row leaves open.
func (c *Company) checkRow(row *InvoiceRow, h Head) *Refusal {
	if row.Article != "" {
		article, found := c.articles[row.Article]
		if !found {
			return refuse(CodeNoArticle, "Kan inte hitta artikeln ("+row.Article+").")
		}
		if row.Description == "" {
			row.Description = article.Description
		}
		if row.Account == 0 {
			row.Account = article.SalesAccount
		}
	}
	if row.Quantity == 0 && row.Price == 0 {
		return nil // a row that only says something
	}
	if row.Quantity > 0 && row.Description == "" {
		return refuse(CodeRowWithoutText, "Raden saknar benämning eller artikel.")
	}
	if card := c.customers[h.CustomerNumber]; card != nil && card.withoutVAT() {
		row.VAT = decimal.Zero // inferred: reverse charge and export have no VAT
	}
	if !c.knownRate(row.VAT) {
		return refuse(CodeNoVATRate, "Kunde inte hitta momsen ("+row.VAT.String()+").")
	}
	if row.Account == 0 {
		row.Account = c.salesAccount()
	}
	return c.checkRowAccount(row.Account, h.Date)
}

func (c *Company) salesAccount() int {
	if number := c.Predefined[sales]; number != 0 {
		return number
	}
	const usual = 3001
	return usual
}

func (c *Company) checkRowAccount(number int, date civil.Date) *Refusal {
	year, refusal := c.YearOf(date)
	if refusal != nil {
		return refusal
	}
	account, known := year.Accounts[number]
	switch {
	case !known:
		return refuse(CodeNoRowAccount, "Kan inte hitta kontot på raden ("+strconv.Itoa(number)+").")
	case !account.Active:
		return refuse(CodeInactiveAccount, "Kontot är inte aktivt ("+strconv.Itoa(number)+").")
	}
	return nil
}

// asInvoiceRows takes off what only orders have.
func asInvoiceRows(rows []OrderRow) []InvoiceRow {
	plain := make([]InvoiceRow, len(rows))
	for i, row := range rows {
		plain[i] = row.InvoiceRow
	}
	return plain
}

func asOrderRows(rows []InvoiceRow) []OrderRow {
	full := make([]OrderRow, len(rows))
	for i, row := range rows {
		full[i] = OrderRow{InvoiceRow: row}
	}
	return full
}
