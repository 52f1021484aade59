package registration

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/purchase"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// giftCardMethod is what the setting shop_methods calls a gift card that pays a part of
// a provider's order. What the provider itself pays is called by its connector's id.
const giftCardMethod = "gift_card"

// ordersAtOnce is how many orders of a provider are read at a time.
const ordersAtOnce = 20

// readPurchases reads the next orders of a provider that are due, and reports whether
// none is left. A provider's order is told as a shop's is.
func (in *intake) readPurchases(ctx context.Context) (done bool, err error) {
	methods, err := booking.ParseByMethod(in.flow.Settings)
	if err != nil {
		return false, err
	}
	settings := methods.Of("")
	reader := purchase.Reader{
		Store: in.store, Desk: in.desk, Clock: in.clock, Log: in.log, Keeper: bought{in, settings}, Source: in.flow.Source,
		Watch: time.Duration(settings.Documents.WatchDays) * 24 * time.Hour, Attempts: in.options.Attempts,
	}
	more, err := reader.Next(remote.WithTally(ctx, in.run.Tally), ordersAtOnce)
	if err != nil || more {
		return false, err
	}
	after := in.progress
	after.Read, after.Failures = true, 0
	return true, in.update(ctx, after, ports.RunReport{}, func(context.Context, ports.Tx) error { return nil })
}

// bought takes what follows from an order of a provider that was read, or could not be.
type bought struct {
	*intake
	settings booking.Settings
}

// Keep tells of the order as a shop would. What cannot be told yet, because the provider
// still decides or nothing was captured, is told when there is more.
func (b bought) Keep(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord) error {
	r.Unplanned = nil // no flow of documents reads beside a flow of events
	if err := tx.Purchases().Save(ctx, r); err != nil {
		return err
	}
	if err := tx.Runs().Add(ctx, b.run.ID, ports.RunReport{OrdersSeen: 1}); err != nil || len(r.Purchase.Captures) == 0 {
		return err
	}
	owner, err := tx.Merchants().Get(ctx, b.flow.MerchantID)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(owner.Zone)
	if err != nil {
		return fault.Invalid("merchant.zone_unknown", "zone", "\""+owner.Zone+"\" is not an IANA time zone").Wrap(err)
	}
	told, err := b.told(r.Purchase, zone)
	if f := fault.Of(err); f != nil {
		return b.GiveUp(ctx, tx, r, f)
	}
	if err != nil {
		return err
	}
	if err := tx.Exceptions().ResolveOrder(ctx, b.flow.MerchantID, r.ID, "the order was read", "kvitt", b.clock.Now().UTC()); err != nil {
		return err
	}
	return tx.ShopOrders().Tell(ctx, b.flow.Source, []ports.ShopOrder{told}, b.clock.Now().UTC())
}

// GiveUp raises an exception about an order that cannot be told.
func (b bought) GiveUp(ctx context.Context, tx ports.Tx, r ports.PurchaseRecord, why *fault.Error) error {
	return tx.Exceptions().Raise(ctx, ports.Exception{
		ID: identify("ex-", b.flow.Source, r.ID, string(why.Code)), MerchantID: b.flow.MerchantID, Order: r.ID, Code: why.Code, Reference: r.ID,
		Reason: why.Reason, Remedy: why.Remedy, State: ports.ExceptionOpen, RaisedAt: b.clock.Now().UTC(),
	})
}

// told gives an order of a provider as a shop tells one: the parts sold, and an event
// for each capture and refund.
func (b bought) told(p order.Purchase, zone *time.Location) (ports.ShopOrder, error) {
	number, err := invoicing.Number(b.settings.Documents.OrderNumber, p)
	if err != nil {
		return ports.ShopOrder{}, err
	}
	told := ports.ShopOrder{Order: order.Order{
		Number: number, Country: p.Buyer.Delivery.Country, Postcode: p.Buyer.Delivery.Postcode, Date: civil.In(p.PlacedAt, zone), Parts: b.parts(p.Rows),
	}, Raw: p.Raw}
	if told.Country == "" {
		told.Country, told.Postcode = p.Buyer.Billing.Country, p.Buyer.Billing.Postcode
	}
	told.Events = append(told.Events, b.event(p, payment.Prepare, "order", p.Total, p.PlacedAt, ""))
	for i, c := range p.Captures {
		events, err := b.captured(p, i, c)
		if err != nil {
			return told, err
		}
		told.Events = append(told.Events, events...)
	}
	for _, r := range p.Refunds {
		e := b.event(p, payment.Refund, "refund/"+r.ID, r.Amount, r.At, r.Reference)
		if makes(r.Rows, r.Amount) {
			e.Parts = b.parts(r.Rows)
		}
		told.Events = append(told.Events, e)
	}
	return told, nil
}

// captured gives the events of a capture: what the provider pays and, if a gift card
// pays a part of it, that.
func (b bought) captured(p order.Purchase, i int, c order.Capture) ([]ports.ShopEvent, error) {
	paid := b.event(p, payment.Payment, "capture/"+c.ID, c.Amount, c.At, c.Reference)
	sold, err := invoicing.Captured(p, i)
	if err != nil {
		return nil, err
	}
	card := money.Zero(c.Amount.Currency())
	for _, r := range sold.Rows {
		if r.Kind != order.GiftCardRow {
			continue
		}
		if card, err = card.Sub(r.Gross); err != nil {
			return nil, err
		}
	}
	if card.Sign() <= 0 {
		if !sold.Assumed {
			paid.Parts = b.parts(sold.Rows)
		}
		return []ports.ShopEvent{paid}, nil
	}
	byCard := b.event(p, payment.Payment, "capture/"+c.ID+"/"+giftCardMethod, card, c.At, c.Reference)
	byCard.Transaction, byCard.Method = p.ID+"/"+giftCardMethod, giftCardMethod
	return []ports.ShopEvent{byCard, paid}, nil
}

func (b bought) event(p order.Purchase, kind payment.Kind, key string, amount money.Amount, at time.Time, reference string) ports.ShopEvent {
	return ports.ShopEvent{Event: payment.Event{
		Kind: kind, Transaction: p.ID, Method: b.source.Record().Connector, Key: key, Amount: amount, At: at, Reference: reference,
	}, Raw: p.Raw}
}

// parts gives rows as parts of an order. A gift card that pays is none.
func (b bought) parts(rows []order.Row) []order.Part {
	var parts []order.Part
	for _, r := range rows {
		if r.Kind == order.GiftCardRow || r.Gross.IsZero() {
			continue
		}
		supply := invoicing.SupplyOf(r.Kind, b.settings.Documents.ReturnFee)
		parts = append(parts, order.Part{Supply: supply.OrGoods(), Rate: r.Rate, Gross: r.Gross, VAT: r.VAT})
	}
	return parts
}

// makes reports whether rows add up to an amount.
func makes(rows []order.Row, amount money.Amount) bool {
	sum := money.Zero(amount.Currency())
	for _, r := range rows {
		var err error
		if sum, err = sum.Add(r.Gross); err != nil {
			return false
		}
	}
	return len(rows) > 0 && sum == amount
}

// readAgain reads an order of a provider anew that could not be read, or not be told.
func (l *ledger) readAgain(ctx context.Context, e ports.Exception, by string) error {
	now := l.clock.Now().UTC()
	if _, err := l.tx.Purchases().Get(ctx, l.flow.Source, e.Order); err != nil {
		return err
	}
	if _, err := l.tx.Purchases().Learn(ctx, l.flow.Source, e.Order, ports.LearnedByPerson, now); err != nil {
		return err
	}
	if err := l.tx.Exceptions().Resolve(ctx, e.ID, "retried", by, now); err != nil {
		return err
	}
	_, _, err := start.Run(ctx, l.tx, l.flow, ports.TriggerAPI, l.machine())
	return err
}
