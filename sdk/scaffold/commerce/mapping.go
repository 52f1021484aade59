package main

import (
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/amount"
)

// Faults of orders that SampleShop shows.
const (
	// CodeLine: a line is of a type that nobody has taught the connector.
	CodeLine fault.Code = "sampleshop.line_unknown"
	// CodePayment: a payment is of a kind that nobody has taught the connector.
	CodePayment fault.Code = "sampleshop.payment_unknown"
)

// remoteOrder is an order as SampleShop shows it. Prices include VAT.
type remoteOrder struct {
	Number   string          `json:"number"`
	PlacedOn civil.Date      `json:"placed_on"`
	Currency string          `json:"currency"`
	Country  string          `json:"country"`
	Lines    []remoteLine    `json:"lines"`
	Payments []remotePayment `json:"payments"`
	Test     bool            `json:"test"`
}

type remoteLine struct {
	Type    string `json:"type"`
	VATRate string `json:"vat_rate"`
	Total   string `json:"total"`
}

type remotePayment struct {
	ID          string    `json:"id"`
	Gateway     string    `json:"gateway"`
	Transaction string    `json:"transaction"`
	Kind        string    `json:"kind"`
	Status      string    `json:"status"`
	Amount      string    `json:"amount"`
	At          time.Time `json:"at"`
}

// order turns an order into kvitt's, with what happened to its money. Attempts that
// failed, or are still under way, did not happen.
func (o remoteOrder) order(raw payout.Raw) (ports.ShopOrder, error) {
	at := "orders[" + o.Number + "]"
	currency, err := money.ParseCurrency(o.Currency)
	if err != nil {
		return ports.ShopOrder{}, fault.Of(err).WithField(at + ".currency")
	}
	out := ports.ShopOrder{Order: order.Order{Number: o.Number, Country: o.Country, Date: o.PlacedOn}, Raw: raw}
	for i, line := range o.Lines {
		part, err := line.part(currency)
		if err != nil {
			return ports.ShopOrder{}, fault.Of(err).WithField(at + ".lines[" + strconv.Itoa(i) + "]." + fault.Of(err).Field)
		}
		out.Parts = append(out.Parts, part)
	}
	for _, p := range o.Payments {
		switch p.Status {
		case "success":
		case "failure", "pending":
			continue
		default:
			return ports.ShopOrder{}, fault.Invalid(CodePayment, at+".payments["+p.ID+"].status", "\""+p.Status+"\" is not a status that the connector knows").From(fault.Connector)
		}
		event, err := p.event(currency)
		if err != nil {
			return ports.ShopOrder{}, fault.Of(err).WithField(at + ".payments[" + p.ID + "]." + fault.Of(err).Field)
		}
		out.Events = append(out.Events, ports.ShopEvent{Event: event, Raw: raw})
	}
	return out, nil
}

func (l remoteLine) part(currency money.Currency) (order.Part, error) {
	supplies := map[string]tax.Supply{"goods": tax.Goods, "shipping": tax.Freight, "gift_card": tax.GiftCard}
	supply, known := supplies[l.Type]
	if !known {
		return order.Part{}, fault.Invalid(CodeLine, "type", "\""+l.Type+"\" is not a type of line that the connector knows").From(fault.Connector)
	}
	rate, err := tax.ParseRate(l.VATRate)
	if err != nil {
		return order.Part{}, fault.Of(err).WithField("vat_rate")
	}
	gross, err := amount.Format{}.Parse(l.Total, currency)
	if err != nil {
		return order.Part{}, fault.Of(err).WithField("total")
	}
	return order.Part{Supply: supply, Rate: rate, Gross: gross}, nil
}

// event says what a payment means. Its id never changes, so it is the key: an event
// with another key would be booked again.
func (p remotePayment) event(currency money.Currency) (payment.Event, error) {
	kinds := map[string]payment.Kind{
		"authorization": payment.Prepare, "capture": payment.Payment, "refund": payment.Refund, "void": payment.Cancel,
	}
	kind, known := kinds[p.Kind]
	if !known {
		return payment.Event{}, fault.Invalid(CodePayment, "kind", "\""+p.Kind+"\" is not a kind of payment that the connector knows").From(fault.Connector)
	}
	gross, err := amount.Format{}.Parse(p.Amount, currency)
	if err != nil {
		return payment.Event{}, fault.Of(err).WithField("amount")
	}
	return payment.Event{
		Kind: kind, Key: p.ID, Transaction: p.Transaction, Method: p.Gateway, Amount: gross, At: p.At.UTC(), Reference: p.ID,
	}, nil
}
