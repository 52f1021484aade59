package invoicing

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/abroad"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
)

func (w *work) day(at time.Time) civil.Date { return civil.In(at, w.zone) }

func (w *work) today() civil.Date { return civil.In(w.clock.Now(), w.zone) }

// invoices gives the flow of invoices of the pair, if it is on.
func (w *work) invoices() (merchant.Flow, bool) {
	f, on := w.beside[merchant.Invoices]
	return f, on
}

// holds reports whether a fact whose rows nobody names is left to a person, who has not
// named a document for it yet.
func (p *planner) holds() bool {
	return p.settings.Documents.UnknownRows == booking.HoldRows && !p.takes()
}

// sold gives what the capture at place i consists of, and its day.
func (p *planner) sold(i int) (invoicing.Sold, civil.Date, error) {
	capture := p.record.Purchase.Captures[i]
	sold, err := invoicing.Captured(p.record.Purchase, i)
	if err == nil && sold.Assumed && p.holds() {
		err = rowsUnknown("capture", capture.Amount)
	}
	return sold, p.day(capture.At), err
}

// maker gives what makes the documents of a sale of amount on a day.
func (p *planner) maker(ctx context.Context, amount money.Amount, rows []order.Row, day civil.Date) (invoicing.Maker, error) {
	m := invoicing.Maker{Purchase: p.record.Purchase, Settings: p.settings}
	where := p.destination()
	customer := tax.Customer{Country: where.Country, Postcode: where.Postcode}
	seller := p.settings.Seller()
	crossed := false
	if seller.EUConsumers == tax.ByThreshold && where.Country != p.settings.VAT.Home && tax.EU(where.Country) {
		net, err := netOf(amount, rows)
		if err != nil {
			return m, err
		}
		if crossed, err = abroad.Crossed(ctx, p.tx, p.flow, day.Year, net, p.settings, p.rates); err != nil {
			return m, err
		}
	}
	var err error
	if m.Market, err = tax.Decide(seller, customer, crossed); err != nil {
		return m, err
	}
	return m, p.knownRates(m.Market, rows, day)
}

// destination is where the goods go, as far as the provider says.
func (p *planner) destination() order.Address {
	buyer := p.record.Purchase.Buyer
	return order.Address{
		Country:  cmp.Or(buyer.Delivery.Country, buyer.Billing.Country),
		Postcode: cmp.Or(buyer.Delivery.Postcode, buyer.Billing.Postcode),
	}
}

// netOf is what a sale counts for against the threshold: its amount without VAT.
func netOf(amount money.Amount, rows []order.Row) (money.Amount, error) {
	net := amount
	for _, r := range rows {
		vat := r.VAT
		if vat.Currency() == "" {
			split, err := tax.FromGross(r.Gross, r.Rate)
			if err != nil {
				return net, err
			}
			vat = split.VAT
		}
		var err error
		if net, err = net.Sub(vat); err != nil {
			return net, err
		}
	}
	return net, nil
}

// knownRates refuses rates that the country of taxation had neither on the day nor when
// the order was placed: what was ordered before a change is often charged by the old
// rate (ML 7 kap. 47 §).
func (p *planner) knownRates(market tax.Market, rows []order.Row, day civil.Date) error {
	untaxed := market.Treatment == tax.Export || market.Treatment == tax.EUBusiness
	placed := p.day(p.record.Purchase.PlacedAt)
	for i, r := range rows {
		switch {
		case r.Kind == order.GiftCardRow, untaxed && r.Rate.IsZero():
		case untaxed:
			return rateInvalid(i, "no VAT is charged on "+string(market.Treatment)+" to "+market.Country+", the row carries "+r.Rate.String()+" %")
		case !p.rates.Valid(market.Country, r.Rate, day) && !p.rates.Valid(market.Country, r.Rate, placed):
			return rateInvalid(i, market.Country+" has no rate of "+r.Rate.String()+" % on "+day.String())
		}
	}
	return nil
}

func rateInvalid(row int, reason string) error {
	return fault.New(CodeRateInvalid, fault.Conflict, reason).WithField("rows[" + strconv.Itoa(row) + "].rate").
		WithRemedy("make the document in the accounting system by hand and adopt it, or replace the table of VAT rates if it is out of date")
}

// countAbroad adds a sale to a consumer in another EU country to the running total.
func (p *planner) countAbroad(ctx context.Context, market tax.Market, d invoice.Draft, day civil.Date) error {
	country := p.destination().Country
	consumerAbroad := market.Treatment == tax.OSS || market.Treatment == tax.Domestic && country != p.settings.VAT.Home && tax.EU(country)
	if !consumerAbroad || d.Currency != p.merchant.Currency {
		return nil
	}
	total, err := d.Total()
	if err != nil {
		return err
	}
	rows := make([]order.Row, len(d.Rows))
	for i, r := range d.Rows {
		rows[i] = r.Row
	}
	net, err := netOf(total, rows)
	if err != nil {
		return err
	}
	return abroad.Count(ctx, p.tx, p.flow, day.Year, net)
}
