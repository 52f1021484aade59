package server

import (
	"maps"
	"slices"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
)

// orderFields are the fields that a list of orders can be searched by.
func orderFields() map[string]func(*company.Order) string {
	none := func(*company.Order) string { return "" }
	return map[string]func(*company.Order) string{
		"customername":              func(o *company.Order) string { return o.CustomerName },
		"customernumber":            func(o *company.Order) string { return o.CustomerNumber },
		"documentnumber":            func(o *company.Order) string { return o.Number },
		"externalinvoicereference1": func(o *company.Order) string { return o.ExternalReference1 },
		"externalinvoicereference2": func(o *company.Order) string { return o.ExternalReference2 },
		"ourreference":              func(o *company.Order) string { return o.OurReference },
		"yourreference":             func(o *company.Order) string { return o.YourReference },
		"ordertype":                 func(*company.Order) string { return orderType },
		"costcenter":                none, "project": none, "label": none,
	}
}

const orderType = "Order"

func orderSearches() []string { return slices.Sorted(maps.Keys(orderFields())) }

func listOrders(c *call) (answer, *company.Refusal) {
	changed, refusal := c.changedSince()
	if refusal != nil {
		return answer{}, refusal
	}
	dated, refusal := c.between("fromdate", "todate")
	if refusal != nil {
		return answer{}, refusal
	}
	chosen, refusal := orderFilter(c.query.values.Get("filter"))
	if refusal != nil {
		return answer{}, refusal
	}
	var found []*company.Order
	for _, o := range c.company.Orders() {
		if field := orderFields()[c.query.search]; field != nil && !matches(field(o), c.query.values.Get(c.query.search)) {
			continue
		}
		if changed(o.LastModified) && dated(o.Date) && chosen(o) {
			found = append(found, o)
		}
	}
	found, refusal = sorted(c.query, found, map[string]func(a, b *company.Order) int{
		"documentnumber": func(*company.Order, *company.Order) int { return 0 },
	})
	if refusal != nil {
		return answer{}, refusal
	}
	return page(c.query, "Orders", found, func(o *company.Order) any { return orderItem(o) })
}

func orderFilter(name string) (func(*company.Order) bool, *company.Refusal) {
	switch name {
	case "":
		return func(*company.Order) bool { return true }, nil
	case "cancelled":
		return func(o *company.Order) bool { return o.Cancelled }, nil
	case "expired":
		return func(*company.Order) bool { return false }, nil
	case "invoicecreated":
		return func(o *company.Order) bool { return o.Invoice != "" }, nil
	case "invoicenotcreated":
		return func(o *company.Order) bool { return o.Invoice == "" && !o.Cancelled }, nil
	default:
		return nil, &company.Refusal{Status: 400, Code: company.CodeBadFilter, Message: "Ett ogiltigt filter har använts."}
	}
}

func showOrder(c *call) (answer, *company.Refusal) {
	return c.showsOrder(c.company.Order(c.PathValue("number")))
}

func createOrder(c *call) (answer, *company.Refusal) {
	var change company.OrderChange
	if refusal := c.read("Order", &change); refusal != nil {
		return answer{}, refusal
	}
	order, refusal := c.company.CreateOrder(change)
	if refusal != nil {
		return answer{}, refusal
	}
	return created("Order", c.orderJSON(order))
}

func updateOrder(c *call) (answer, *company.Refusal) {
	var change company.OrderChange
	if refusal := c.read("Order", &change); refusal != nil {
		return answer{}, refusal
	}
	return c.showsOrder(c.company.UpdateOrder(c.PathValue("number"), change))
}

func cancelOrder(c *call) (answer, *company.Refusal) {
	return c.showsOrder(c.company.CancelOrder(c.PathValue("number")))
}

// invoiceOrder answers with the order, as clients were seen to read, or with the
// invoice, as the published document says.
func invoiceOrder(c *call) (answer, *company.Refusal) {
	order, invoice, refusal := c.company.InvoiceOrder(c.PathValue("number"))
	if refusal != nil {
		return answer{}, refusal
	}
	if c.company.Switches.CreatedInvoiceShown {
		return ok("Invoice", c.invoiceJSON(invoice))
	}
	return ok("Order", c.orderJSON(order))
}

func (c *call) showsOrder(order *company.Order, refusal *company.Refusal) (answer, *company.Refusal) {
	if refusal != nil {
		return answer{}, refusal
	}
	return ok("Order", c.orderJSON(order))
}

// orderItem is an order in a list. Order number of the customer, rows and the invoice
// that was made of it are not in it.
func orderItem(o *company.Order) map[string]any {
	return map[string]any{
		"@url": base + "orders/" + o.Number, "Cancelled": o.Cancelled, "Currency": o.Currency, "CustomerName": o.CustomerName,
		"CustomerNumber": o.CustomerNumber, "DeliveryDate": nil, "DocumentNumber": o.Number,
		"ExternalInvoiceReference1": o.ExternalReference1, "ExternalInvoiceReference2": o.ExternalReference2,
		"OrderDate": o.Date, "OrderType": orderType, "Project": "", "Sent": o.Sent, "Total": o.Totals.Total,
	}
}

func (c *call) orderJSON(o *company.Order) map[string]any {
	order := orderItem(o)
	rows := []any{}
	for _, row := range o.Rows {
		shown := rowJSON(row.InvoiceRow)
		if shown == nil {
			continue
		}
		delete(shown, "PriceExcludingVAT")
		delete(shown, "TotalExcludingVAT")
		shown["OrderedQuantity"], shown["ReservedQuantity"] = row.Ordered.Decimal().String(), "0"
		rows = append(rows, shown)
	}
	maps.Copy(order, map[string]any{
		"AdministrationFee": 0, "AdministrationFeeVAT": 0, "CopyRemarks": true, "CostCenter": "",
		"CurrencyRate": o.Rate.InexactFloat64(), "CurrencyUnit": c.company.Unit(o.Currency), "DeliveryState": "delivery",
		"Freight": 0, "FreightVAT": 0, "Gross": o.Totals.Gross, "HouseWork": false, "InvoiceReference": orZero(o.Invoice),
		"Labels": []any{}, "Language": "SV", "Net": o.Totals.Gross - o.Totals.VAT, "NotCompleted": o.NotCompleted,
		"OfferReference": "0", "OrderRows": rows, "OrganisationNumber": "", "OurReference": o.OurReference,
		"PriceList": "A", "PrintTemplate": "oc", "RoundOff": o.Totals.RoundOff, "TaxReductionType": "none",
		"TermsOfDelivery": "", "TermsOfPayment": o.Terms, "TotalToPay": o.Totals.Total, "TotalVAT": o.Totals.VAT,
		"VATIncluded": o.VATIncluded, "WarehouseReady": true, "WayOfDelivery": "", "YourOrderNumber": o.YourOrderNumber,
		"YourReference": o.YourReference, "Phone2": "",
	})
	maps.Copy(order, addressee(o.Head))
	return order
}
