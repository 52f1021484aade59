package registration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// sold settles what a payment or refund consists of and where it is taxed.
func (t *trade) sold(ctx context.Context, e *ports.EventRecord) error {
	o, found, err := t.ledger.order(ctx, t.order)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(CodeOrderUnknown, fault.Conflict, "nothing says what was sold: order \""+t.order+"\" is not registered").
			WithField("order").WithRemedy("register the order with its country and its parts by VAT rate")
	}
	booked, err := t.bookedOf(ctx, *e)
	if err != nil {
		return err
	}
	if e.Kind == payment.Refund {
		e.Market, err = originalMarket(booked.sales)
	} else {
		e.Market, err = t.market(ctx, *e, o)
	}
	if err != nil {
		return err
	}
	if e.Taken, err = taken(*e, o, booked); err != nil {
		return err
	}
	if e.Kind == payment.Refund {
		return originalRates(e.Taken, booked.sales)
	}
	return t.knownRates(*e, o)
}

// bookedOf gives the events of the order whose parts are settled: its sales, and
// those of the kind of e other than e itself.
type bookedEvents struct{ sales, alike []ports.EventRecord }

func (t *trade) bookedOf(ctx context.Context, e ports.EventRecord) (bookedEvents, error) {
	var b bookedEvents
	events, err := t.tx.Events().List(ctx, t.merchant.ID, ports.EventFilter{Order: t.order}, 0, ports.MaxBatch)
	if err != nil {
		return b, err
	}
	for _, own := range t.events { // an event that names no order belongs to that of its transaction
		if own.Order == "" {
			events = append(events, own)
		}
	}
	for _, other := range events {
		if other.Taken == nil || other.ID == e.ID || other.State != ports.EventBooked && other.State != ports.EventDue {
			continue
		}
		if other.Kind == payment.Payment {
			b.sales = append(b.sales, other)
		}
		if other.Kind == e.Kind {
			b.alike = append(b.alike, other)
		}
	}
	return b, nil
}

// taken gives the parts of an event: those stated, or its share of what the events
// before it have left of the order, so that the last one takes the remainder of
// the amount and of the VAT by rate.
func taken(e ports.EventRecord, o order.Order, booked bookedEvents) ([]order.Part, error) {
	if e.Parts != nil {
		return e.Parts, nil
	}
	left := slices.Clone(o.Parts)
	before := money.Zero(e.Amount.Currency())
	var err error
	for _, other := range booked.alike {
		if other.Parts == nil {
			if before, err = before.Add(other.Amount); err != nil {
				return nil, err
			}
			continue
		}
		if left, err = less(left, other.Parts); err != nil {
			return nil, err
		}
	}
	return order.Take(left, before, e.Amount)
}

// less takes stated parts away from those of the same supply and rate.
func less(from, parts []order.Part) ([]order.Part, error) {
	for _, p := range parts {
		at := slices.IndexFunc(from, func(f order.Part) bool { return f.Supply.OrGoods() == p.Supply.OrGoods() && f.Rate == p.Rate })
		if at < 0 {
			continue // a price reduction takes nothing back
		}
		whole, err := withVAT(from[at])
		if err != nil {
			return nil, err
		}
		part, err := withVAT(p)
		if err != nil {
			return nil, err
		}
		if whole.Gross, err = whole.Gross.Sub(part.Gross); err != nil {
			return nil, err
		}
		if whole.VAT, err = whole.VAT.Sub(part.VAT); err != nil {
			return nil, err
		}
		from[at] = whole
	}
	return slices.DeleteFunc(from, func(p order.Part) bool { return p.Gross.IsZero() }), nil
}

func withVAT(p order.Part) (order.Part, error) {
	if p.VAT.Currency() != "" {
		return p, nil
	}
	split, err := tax.FromGross(p.Gross, p.Rate)
	p.VAT = split.VAT
	return p, err
}

// originalMarket is that of the sale: a refund is taxed as what it takes back.
func originalMarket(sales []ports.EventRecord) (tax.Market, error) {
	if len(sales) == 0 {
		return tax.Market{}, fault.New(CodeSaleNotBooked, fault.Conflict, "the sale that is refunded is not booked").
			WithRemedy("mend what keeps the sale from being booked; the refund follows by itself")
	}
	return sales[0].Market, nil
}

// originalRates holds a refund to the VAT rates of the sale, whatever rates apply
// by now.
func originalRates(parts []order.Part, sales []ports.EventRecord) error {
	for i, p := range parts {
		known := slices.ContainsFunc(sales, func(sale ports.EventRecord) bool {
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
func (t *trade) knownRates(e ports.EventRecord, o order.Order) error {
	untaxed := e.Market.Treatment == tax.Export || e.Market.Treatment == tax.EUBusiness
	for i, p := range e.Taken {
		giftCard := p.Supply == tax.GiftCard && p.Rate.IsZero()
		switch {
		case untaxed && p.Rate.IsZero(), giftCard:
		case untaxed:
			return rateInvalid(i, "no VAT is charged on "+string(e.Market.Treatment)+" to "+e.Market.Country+", the part carries "+p.Rate.String()+" %")
		case !t.rates.Valid(e.Market.Country, p.Rate, t.day(e)) && !t.rates.Valid(e.Market.Country, p.Rate, o.Date):
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
func (t *trade) market(ctx context.Context, e ports.EventRecord, o order.Order) (tax.Market, error) {
	settings := t.settings.Of(e.Method)
	customer := tax.Customer{Country: o.Country, Postcode: o.Postcode, VATNumberValid: o.VATNumberValid}
	seller := settings.Seller()
	crossed := false
	if seller.EUConsumers == tax.ByThreshold {
		net, err := netOf(e, o)
		if err != nil {
			return tax.Market{}, err
		}
		if crossed, err = t.crossed(ctx, t.day(e).Year, net, settings); err != nil {
			return tax.Market{}, err
		}
	}
	return tax.Decide(seller, customer, crossed)
}

// netOf is what a sale counts for against the threshold: its amount without VAT, by
// the parts of the order.
func netOf(e ports.EventRecord, o order.Order) (money.Amount, error) {
	parts := e.Parts
	if parts == nil {
		var err error
		if parts, err = order.Take(o.Parts, money.Zero(e.Amount.Currency()), e.Amount); err != nil {
			return money.Amount{}, err
		}
	}
	net := money.Zero(e.Amount.Currency())
	for _, p := range parts {
		whole, err := withVAT(p)
		if err != nil {
			return net, err
		}
		if net, err = net.Add(whole.Gross); err != nil {
			return net, err
		}
		if net, err = net.Sub(whole.VAT); err != nil {
			return net, err
		}
	}
	return net, nil
}

// crossed reports whether a sale is taxed at its destination because the sales to
// consumers in other EU countries, counted as they are booked, exceed the limit,
// or because the merchant chose so.
func (t *trade) crossed(ctx context.Context, year int, net money.Amount, s booking.Settings) (bool, error) {
	if since := s.VAT.DestinationSince; since != 0 && year >= since && year <= since+2 {
		return true, nil
	}
	threshold, err := t.rates.Threshold(s.VAT.Home)
	if err != nil {
		return false, err
	}
	last, err := t.abroad(ctx, year-1)
	if err != nil {
		return false, err
	}
	before, err := t.abroad(ctx, year)
	if err != nil {
		return false, err
	}
	return threshold.Crossed(last, before, net)
}

func abroadStream(flow string, year int) string {
	return fmt.Sprintf("sales_to_eu_consumers/%s/%d", flow, year)
}

// abroad gives the sales of a year to consumers in other EU countries, without VAT.
func (l *ledger) abroad(ctx context.Context, year int) (money.Amount, error) {
	stored, err := l.tx.Cursors().Get(ctx, l.flow.Target, abroadStream(l.flow.ID, year))
	if err != nil || stored == "" {
		return money.Zero(l.merchant.Currency), err
	}
	var sum money.Amount
	return sum, json.Unmarshal([]byte(stored), &sum)
}

// countAbroad adds a sale to the running total of its year. Credits take nothing
// off it, because what is crossed stays crossed.
func (t *trade) countAbroad(ctx context.Context, e ports.EventRecord, h booking.Happening) error {
	if e.Kind != payment.Payment || e.Bookings > 0 {
		return nil
	}
	o, found, err := t.ledger.order(ctx, t.order)
	if err != nil || !found {
		return err
	}
	home := t.settings.Of(e.Method).VAT.Home
	consumerAbroad := h.Market.Treatment == tax.OSS || h.Market.Treatment == tax.Domestic && o.Country != home && tax.EU(o.Country)
	if !consumerAbroad || e.Amount.Currency() != t.merchant.Currency {
		return nil
	}
	sum, err := t.abroad(ctx, h.Date.Year)
	if err != nil {
		return err
	}
	for _, p := range e.Taken {
		whole, err := withVAT(p)
		if err != nil {
			return err
		}
		if sum, err = sum.Add(whole.Gross); err != nil {
			return err
		}
		if sum, err = sum.Sub(whole.VAT); err != nil {
			return err
		}
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	return t.tx.Cursors().Set(ctx, t.flow.Target, abroadStream(t.flow.ID, h.Date.Year), string(text))
}
