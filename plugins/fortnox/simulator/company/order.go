package company

import (
	"strconv"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Order is an order of which one invoice can be made.
type Order struct {
	Number string
	Head
	Rows      []OrderRow
	Totals    Totals
	Cancelled bool
	// Invoice is what was made of it.
	Invoice      string
	LastModified string
}

// OrderRow is a row with what was ordered beside what is delivered. The invoice takes
// the latter.
type OrderRow struct {
	InvoiceRow
	Ordered ore.Amount
}

// OrderChange is what a request says of an order; nil fields stay as they are.
type OrderChange struct {
	HeadChange
	DocumentNumber *string
	OrderDate      *string
	OrderRows      *[]RowChange
}

// Orders are all orders in order of their numbers.
func (c *Company) Orders() []*Order { return c.orderOrder }

// Order finds an order by its number.
func (c *Company) Order(number string) (*Order, *Refusal) {
	order, found := c.orders[number]
	if !found {
		return nil, missing(CodeNoOrder, "Kan inte hitta ordern.")
	}
	return order, nil
}

// CreateOrder makes an order.
func (c *Company) CreateOrder(change OrderChange) (*Order, *Refusal) {
	if change.CustomerNumber == nil || *change.CustomerNumber == "" {
		return nil, refuse(CodeMissingField, "Kundnummer saknas.")
	}
	order := &Order{Head: Head{Date: c.Today(), Terms: usualTerms, Currency: c.currencyOf(*change.CustomerNumber)}}
	if refusal := c.changeOrder(order, change); refusal != nil {
		return nil, refusal
	}
	c.nextOrder++
	order.Number = strconv.Itoa(c.nextOrder)
	order.LastModified = c.stamp(order.Date)
	c.orders[order.Number] = order
	c.orderOrder = append(c.orderOrder, order)
	return order, nil
}

// UpdateOrder changes an order that is open.
func (c *Company) UpdateOrder(number string, change OrderChange) (*Order, *Refusal) {
	order, refusal := c.openOrder(number)
	if refusal != nil {
		return nil, refusal
	}
	changed := *order
	if refusal := c.changeOrder(&changed, change); refusal != nil {
		return nil, refusal
	}
	*order = changed
	order.LastModified = c.stamp(order.Date)
	return order, nil
}

func (c *Company) changeOrder(order *Order, change OrderChange) *Refusal {
	if refusal := changeDate(&order.Date, change.OrderDate, "OrderDate"); refusal != nil {
		return refusal
	}
	if refusal := c.changeHead(&order.Head, change.HeadChange); refusal != nil {
		return refusal
	}
	if change.OrderRows != nil {
		rows, refusal := c.merged(order.Rows, *change.OrderRows, order.Head)
		if refusal != nil {
			return refusal
		}
		order.Rows = rows
	}
	return c.sumUp(&order.Totals, order.orderedRows(), order.Head)
}

// orderedRows are the rows with what was ordered of them, which an order's total is of.
func (o *Order) orderedRows() []InvoiceRow {
	rows := asInvoiceRows(o.Rows)
	for i := range rows {
		rows[i].Quantity = o.Rows[i].Ordered
	}
	return rows
}

func (c *Company) openOrder(number string) (*Order, *Refusal) {
	order, refusal := c.Order(number)
	switch {
	case refusal != nil:
		return nil, refusal
	case order.Cancelled:
		return nil, refuse(CodeOrderClosed, "Ordern är makulerad.")
	case order.Invoice != "":
		return nil, refuse(CodeOrderClosed, "Ordern är redan fakturerad ("+order.Invoice+").")
	}
	return order, nil
}

// CancelOrder cancels an order of which no invoice was made.
func (c *Company) CancelOrder(number string) (*Order, *Refusal) {
	order, refusal := c.openOrder(number)
	if refusal != nil {
		return nil, refusal
	}
	order.Cancelled = true
	order.LastModified = c.stamp(order.Date)
	return order, nil
}

// InvoiceOrder makes an invoice of what is delivered, dated today. That the invoice
// takes over the references of the head is inferred.
func (c *Company) InvoiceOrder(number string) (*Order, *Invoice, *Refusal) {
	order, refusal := c.openOrder(number)
	if refusal != nil {
		return nil, nil, refusal
	}
	invoice := &Invoice{Head: order.Head, Order: order.Number}
	invoice.Date, invoice.Sent = c.Today(), false
	invoice.Due = dueBy(invoice.Date, invoice.Terms)
	for _, row := range asInvoiceRows(order.Rows) {
		row.ID = c.newRow()
		invoice.Rows = append(invoice.Rows, row)
	}
	if refusal := c.sumUp(&invoice.Totals, invoice.Rows, invoice.Head); refusal != nil {
		return nil, nil, refusal
	}
	c.keep(invoice)
	order.Invoice = invoice.Number
	order.LastModified = c.stamp(order.Date)
	return order, invoice, nil
}
