package registration

import (
	"context"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/abroad"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// sold settles what a payment or refund consists of and where it is taxed.
func (t *trade) sold(ctx context.Context, e *ports.EventRecord) error {
	s := t.deal.shares[e.ID]
	if s.fault != nil {
		return s.fault
	}
	e.Taken = s.taken
	if e.Kind == payment.Refund {
		if f := t.deal.refundable(t, e.Taken); f != nil {
			return f
		}
		e.Market = t.deal.sales(t)[0].Market // a refund is taxed as what it takes back
		return nil
	}
	if e.Bookings == 0 || e.Market.Treatment == "" {
		market, err := t.market(ctx, *e)
		if err != nil {
			return err
		}
		e.Market = market
	}
	return t.knownRates(*e)
}

// sales gives the sales of the order that are booked, those of a transaction first.
func (d *deal) sales(of *trade) []*ports.EventRecord {
	var own, others []*ports.EventRecord
	for _, t := range d.trades {
		for _, e := range t.standing(payment.Payment) {
			switch {
			case !isBooked(e):
			case t == of:
				own = append(own, e)
			default:
				others = append(others, e)
			}
		}
	}
	return append(own, others...)
}

// refundable holds a refund to sales that are booked and to their VAT rates,
// whatever rates apply by now.
func (d *deal) refundable(of *trade, parts []order.Part) *fault.Error {
	sales := d.sales(of)
	if len(sales) == 0 {
		return fault.New(CodeSaleNotBooked, fault.Conflict, "the sale that is refunded is not booked").
			WithRemedy("mend what keeps the sale from being booked; the refund follows by itself")
	}
	for i, p := range parts {
		known := slices.ContainsFunc(sales, func(sale *ports.EventRecord) bool {
			return slices.ContainsFunc(sale.Taken, func(s order.Part) bool { return s.Rate == p.Rate })
		})
		if !known {
			return fault.New(CodeRateNotOriginal, fault.Conflict, "nothing was sold at "+p.Rate.String()+" %").
				WithField("parts[" + strconv.Itoa(i) + "].rate").
				WithRemedy("a refund carries the rate of the sale, also when the rate has changed since")
		}
	}
	return nil
}

// knownRates refuses rates that the country of taxation did not have on the day.
func (t *trade) knownRates(e ports.EventRecord) error {
	untaxed := e.Market.Treatment == tax.Export || e.Market.Treatment == tax.EUBusiness
	for i, p := range e.Taken {
		giftCard := p.Supply == tax.GiftCard && p.Rate.IsZero()
		switch {
		case untaxed && p.Rate.IsZero(), giftCard:
		case untaxed:
			return rateInvalid(i, "no VAT is charged on "+string(e.Market.Treatment)+" to "+e.Market.Country+", the part carries "+p.Rate.String()+" %")
		case !t.rates.Valid(e.Market.Country, p.Rate, t.day(e)) && !t.rates.Valid(e.Market.Country, p.Rate, t.deal.order.Date):
			return rateInvalid(i, e.Market.Country+" has no rate of "+p.Rate.String()+" % on "+t.day(e).String())
		}
	}
	return nil
}

func rateInvalid(part int, reason string) error {
	return fault.New(CodeRateInvalid, fault.Conflict, reason).WithField("parts[" + strconv.Itoa(part) + "].rate").
		WithRemedy("correct the order at its source and register it under a new number, or replace the table of VAT rates if it is out of date")
}

// market decides where a sale is taxed.
func (t *trade) market(ctx context.Context, e ports.EventRecord) (tax.Market, error) {
	settings, o := t.settings.Of(e.Method), t.deal.order
	customer := tax.Customer{Country: o.Country, Postcode: o.Postcode, VATNumberValid: o.VATNumberValid}
	seller := settings.Seller()
	crossed := false
	if seller.EUConsumers == tax.ByThreshold && o.Country != settings.VAT.Home && tax.EU(o.Country) && !o.VATNumberValid {
		net, err := netOf(e)
		if err != nil {
			return tax.Market{}, err
		}
		if crossed, err = abroad.Crossed(ctx, t.tx, t.flow, t.day(e).Year, net, settings, t.rates); err != nil {
			return tax.Market{}, err
		}
	}
	return tax.Decide(seller, customer, crossed)
}

// netOf is what a sale counts for against the threshold: its amount without VAT.
func netOf(e ports.EventRecord) (money.Amount, error) {
	net := e.Amount
	for _, p := range e.Taken {
		whole, err := withVAT(p)
		if err != nil {
			return net, err
		}
		if net, err = net.Sub(whole.VAT); err != nil {
			return net, err
		}
	}
	return net, nil
}

// countAbroad adds a sale to the running total of its year, or takes off (sign −1)
// one that turns out to be none. Refunds take nothing off it, because what is
// crossed stays crossed.
func (t *trade) countAbroad(ctx context.Context, e ports.EventRecord, sign int) error {
	settings, o := t.settings.Of(e.Method), t.deal.order
	consumerAbroad := e.Market.Treatment == tax.OSS || e.Market.Treatment == tax.Domestic && o.Country != settings.VAT.Home && tax.EU(o.Country)
	if e.Kind != payment.Payment || !consumerAbroad || e.Amount.Currency() != t.merchant.Currency {
		return nil
	}
	net, err := netOf(e)
	if err != nil {
		return err
	}
	if sign < 0 {
		net = net.Neg()
	}
	return abroad.Count(ctx, t.tx, t.flow, t.day(e).Year, net)
}
