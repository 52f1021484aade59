package suite_test

import (
	"bytes"
	"context"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// ReadPurchase gives an order at the payment provider. What oak knows of the buyer's
// birth is taken out of the page before it is named.
func (a *acorn) ReadPurchase(ctx context.Context, req ports.ReadPurchaseRequest) (ports.PurchaseResult, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.PurchaseResult{}, err
	}
	var found oakPurchase
	answer, err := s.get(ctx, "/purchases/"+req.ID, &found)
	if err != nil {
		return ports.PurchaseResult{}, a.lost(s, err)
	}
	if found.ID == "" {
		return ports.PurchaseResult{}, s.missing()
	}
	if a.is("tells the provider that it has read an order") {
		if _, err := s.do(ctx, http.MethodPut, "/purchases/"+req.ID+"/seen", nil, nil); err != nil {
			return ports.PurchaseResult{}, err
		}
	}
	if !a.is("keeps when the buyer was born") {
		answer.Body = bytes.ReplaceAll(answer.Body, []byte(found.Born), nil)
	}
	p := a.purchase(found)
	p.Raw = a.pointer(answer, found.ID)
	return ports.PurchaseResult{Purchase: p, Raw: a.raw(answer), Usage: s.client.Usage()}, nil
}

// lost tells what to do about an order that is not there.
func (a *acorn) lost(s *session, err error) error {
	f := fault.Of(err)
	if f == nil || f.Class != fault.NotFound {
		return err
	}
	changed := *f
	switch a.broken {
	case "takes an unknown order for an outage":
		changed.Class = fault.Temporary
	case "does not say what to do about an unknown order":
		changed.Remedy = ""
	default:
		changed.Remedy = "check that the order is this shop's"
	}
	return s.failed(&changed)
}

func (a *acorn) purchase(o oakPurchase) order.Purchase {
	states := map[string]order.PurchaseState{"DONE": order.PurchaseComplete}
	p := order.Purchase{
		ID: o.ID, State: states[o.State], PlacedAt: a.moment(o.Placed), Method: "oakpay", Buyer: order.Buyer{Name: o.Buyer},
		References: map[payout.Reference]string{payout.OrderID: o.ID},
		Total:      money.New(o.Total, money.Currency(o.Currency)), Rows: a.rows(o.Rows, money.Currency(o.Currency)),
	}
	for _, c := range o.Captures {
		p.Captures = append(p.Captures, order.Capture{ID: c.ID, At: a.moment(c.At), Amount: money.New(c.Amount, p.Total.Currency()), Rows: a.rows(c.Rows, p.Total.Currency())})
	}
	for _, r := range o.Refunds {
		p.Refunds = append(p.Refunds, order.Refund{ID: r.ID, At: a.moment(r.At), Amount: money.New(r.Amount, p.Total.Currency()), Rows: a.rows(r.Rows, p.Total.Currency())})
	}
	a.spoil(&p)
	return p
}

// spoil is what broken connectors make of an order.
func (a *acorn) spoil(p *order.Purchase) {
	switch a.broken {
	case "calls an order by another id":
		p.ID += "0"
	case "names an order as no line of a payout does":
		p.References["number"] = p.ID
	case "gives all captures one id":
		for i := range p.Captures {
			p.Captures[i].ID = "C"
		}
	case "gives a refund of an order a negative amount":
		for i := range p.Refunds {
			p.Refunds[i].Amount, p.Refunds[i].Rows = p.Refunds[i].Amount.Neg(), nil
		}
	case "loses a row of an order":
		p.Rows = p.Rows[1:]
	case "gives a capture the rows of its order":
		for i := range p.Captures {
			p.Captures[i].Rows = p.Rows
		}
	case "gives a capture the total of its order":
		for i := range p.Captures {
			p.Captures[i].Amount, p.Captures[i].Rows = p.Total, nil
		}
	case "refunds what was not captured":
		if len(p.Refunds) > 0 {
			p.Captures = nil
		}
	case "tells a capture in another currency":
		for i := range p.Captures {
			p.Captures[i].Amount, p.Captures[i].Rows = money.New(p.Captures[i].Amount.Minor(), "EUR"), nil
		}
	}
}

func (a *acorn) rows(rows []oakRow, currency money.Currency) []order.Row {
	var all []order.Row
	for _, r := range rows {
		rate, _ := tax.ParseRate(r.Rate)
		row := order.Row{
			Kind: order.RowKind(r.Kind), Name: r.Name, Quantity: decimal.NewFromInt(r.Quantity),
			Gross: money.New(r.Gross, currency), VAT: money.New(r.VAT, currency), Rate: rate,
		}
		switch {
		case row.Kind == order.DiscountRow && a.is("gives a discount the sign of a sale"):
			row.Gross, row.VAT = row.Gross.Abs(), row.VAT.Abs()
		case row.Kind == order.GiftCardRow && a.is("finds VAT in a gift card"):
			row.Rate = tax.Percent(25)
		}
		all = append(all, row)
	}
	return all
}
