package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/sdk/jsonpage"
)

// mapOrder turns an order of Klarna's into a purchase, but for its place in the page.
func (c *Connector) mapOrder(o client.Order) (order.Purchase, error) {
	state, err := purchaseState(o.Status, o.FraudStatus)
	if err != nil {
		return order.Purchase{}, err
	}
	placed, err := client.ReadTime(o.CreatedAt)
	if err != nil {
		return order.Purchase{}, client.OrderInvalid("created_at", "\""+o.CreatedAt+"\" is not a moment")
	}
	currency, err := money.ParseCurrency(o.Currency)
	if err != nil {
		return order.Purchase{}, client.OrderInvalid("purchase_currency", "\""+o.Currency+"\" is not a currency")
	}
	m := orderMapper{currency: currency, legal: c.rates.Rates(strings.ToUpper(o.Country), civil.Of(placed))}
	p := order.Purchase{
		ID: o.ID, References: orderReferences(o), State: state, PlacedAt: placed,
		Method: o.Method.Type, Buyer: buyer(o.Billing, o.Shipping),
	}
	if p.Total, p.Rows, err = m.part("order_amount", o.Amount, "order_lines", o.Lines); err != nil {
		return order.Purchase{}, err
	}
	if p.Captures, err = m.captures(o.Captures); err != nil {
		return order.Purchase{}, err
	}
	p.Refunds, err = m.refunds(o.Refunds)
	return p, err
}

// purchaseState reads how far an order has come. Without a fraud status nothing is
// left to decide: only orders in the USA and the United Kingdom are ever pending.
func purchaseState(status, fraudStatus string) (order.PurchaseState, error) {
	var state order.PurchaseState
	switch strings.ToUpper(status) {
	case "AUTHORIZED", "PART_CAPTURED":
		state = order.PurchaseOpen
	case "CAPTURED", "CLOSED":
		state = order.PurchaseComplete
	case "CANCELLED", "EXPIRED":
		return order.PurchaseEnded, nil
	default:
		return "", client.OrderInvalid("status", "kvitt does not know the status \""+status+"\"")
	}
	switch strings.ToUpper(fraudStatus) {
	case "ACCEPTED", "":
		return state, nil
	case "PENDING":
		return order.PurchasePending, nil
	case "REJECTED", "STOPPED":
		return order.PurchaseEnded, nil
	}
	return "", client.OrderInvalid("fraud_status", "kvitt does not know the fraud status \""+fraudStatus+"\"")
}

// orderReferences name the order as the rows of settlements do.
func orderReferences(o client.Order) map[payout.Reference]string {
	return references(client.Transaction{
		OrderID: o.ID, ShortOrderID: o.KlarnaReference,
		MerchantReference1: o.MerchantReference1, MerchantReference2: o.MerchantReference2,
	})
}

func buyer(billing, shipping client.Address) order.Buyer {
	return order.Buyer{
		Name: cmp.Or(person(billing), person(shipping)), Business: billing.Organisation,
		Email: cmp.Or(billing.Email, shipping.Email), Phone: cmp.Or(billing.Phone, shipping.Phone),
		Billing: address(billing), Delivery: address(shipping),
	}
}

func person(a client.Address) string {
	return cmp.Or(strings.TrimSpace(a.GivenName+" "+a.FamilyName), a.Attention)
}

func address(a client.Address) order.Address {
	return order.Address{
		Name: cmp.Or(a.Organisation, person(a)), Street: a.Street, Street2: a.Street2,
		Postcode: a.Postcode, City: a.City, Country: strings.ToUpper(a.Country),
	}
}

// orderMapper is what the rows of an order have in common.
type orderMapper struct {
	currency money.Currency
	// legal are the rates of the country of purchase on the day of the order.
	legal []tax.Rate
}

func (m orderMapper) captures(captures []client.Capture) ([]order.Capture, error) {
	var found []order.Capture
	for i, c := range captures {
		where := fmt.Sprintf("captures[%d]", i)
		at, err := happened(where, "capture_id", c.ID, "captured_at", c.At)
		if err != nil {
			return nil, err
		}
		amount, rows, err := m.part(where+".captured_amount", c.Amount, where+".order_lines", c.Lines)
		if err != nil {
			return nil, err
		}
		found = append(found, order.Capture{ID: c.ID, Reference: c.Reference, At: at, Amount: amount, Rows: rows})
	}
	return found, nil
}

func (m orderMapper) refunds(refunds []client.Refund) ([]order.Refund, error) {
	var found []order.Refund
	for i, r := range refunds {
		where := fmt.Sprintf("refunds[%d]", i)
		at, err := happened(where, "refund_id", r.ID, "refunded_at", r.At)
		if err != nil {
			return nil, err
		}
		amount, rows, err := m.part(where+".refunded_amount", r.Amount, where+".order_lines", r.Lines)
		if err != nil {
			return nil, err
		}
		found = append(found, order.Refund{ID: r.ID, Reference: r.Reference, At: at, Amount: amount, Rows: rows})
	}
	return found, nil
}

// happened checks the id of a capture or a refund and reads its moment.
func happened(where, idField, id, atField, at string) (time.Time, error) {
	if id == "" {
		return time.Time{}, client.OrderInvalid(jsonpage.Join(where, idField), "the id is missing")
	}
	moment, err := client.ReadTime(at)
	if err != nil {
		return time.Time{}, client.OrderInvalid(jsonpage.Join(where, atField), "\""+at+"\" is not a moment")
	}
	return moment, nil
}

// part reads an amount and the rows that come to it. Rows that come to another amount
// do not say what was sold, and are left out: Klarna does not go by them either (its
// guide to the allocation of refunds).
func (m orderMapper) part(amountField string, minor *int64, linesField string, lines []client.OrderLine) (money.Amount, []order.Row, error) {
	if minor == nil || *minor < 0 {
		return money.Amount{}, nil, client.OrderInvalid(amountField, "the amount is missing or negative")
	}
	amount, sum := money.New(*minor, m.currency), money.Zero(m.currency)
	var rows []order.Row
	for i, line := range lines {
		row, err := m.row(line, fmt.Sprintf("%s[%d]", linesField, i))
		if err != nil {
			return money.Amount{}, nil, err
		}
		if sum, err = sum.Add(row.Gross); err != nil {
			return money.Amount{}, nil, client.OrderInvalid(linesField, "the rows come to more than fits in 64 bits")
		}
		rows = append(rows, row)
	}
	if sum != amount {
		rows = nil
	}
	return amount, rows, nil
}

func (m orderMapper) row(l client.OrderLine, where string) (order.Row, error) {
	// All of Klarna's limits lie far below; what is beyond would overflow in sums.
	const most = 1 << 50
	invalid := func(field, reason string) (order.Row, error) {
		return order.Row{}, client.OrderInvalid(jsonpage.Join(where, field), reason)
	}
	switch {
	case l.Total == nil:
		return invalid("total_amount", "a row needs an amount")
	case *l.Total > most || *l.Total < -most:
		return invalid("total_amount", "the amount is larger than any that Klarna takes")
	case l.TotalTax != nil && (*l.TotalTax > most || *l.TotalTax < -most):
		return invalid("total_tax_amount", "the amount is larger than any that Klarna takes")
	case l.Quantity < 0:
		return invalid("quantity", "a quantity is not negative")
	}
	rate, err := tax.ParseRate(decimal.New(l.TaxRate, -2).String())
	if err != nil {
		return invalid("tax_rate", "a rate of VAT lies between 0 and 100 percent")
	}
	row := order.Row{
		Article: l.Reference, Name: l.Name, Quantity: decimal.NewFromInt(l.Quantity), Unit: l.Unit,
		Gross: money.New(*l.Total, m.currency), Rate: rate,
	}
	if l.TotalTax != nil {
		row.VAT = taxOf(row.Gross, *l.TotalTax)
		row.Rate = m.snap(row)
	}
	row.Kind, err = rowKind(l.Type, row)
	if err != nil {
		return invalid("type", "kvitt does not know rows of type \""+l.Type+"\"")
	}
	return row, nil
}
