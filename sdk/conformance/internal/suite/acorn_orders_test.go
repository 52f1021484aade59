package suite_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// ListOrders gives the orders that changed since a moment. What changes while they
// are read is read the next time, as the watermark is oak's time of the last page
// less an hour.
func (a *acorn) ListOrders(ctx context.Context, req ports.ListOrdersRequest) (ports.OrderPage, error) {
	s, err := a.open(ctx, req.Call, true)
	if err != nil {
		return ports.OrderPage{}, err
	}
	offset, err := a.offset("ListOrders "+req.Since.String(), req.Cursor)
	if err != nil {
		return ports.OrderPage{}, err
	}
	var list struct {
		Orders []oakOrder
		Total  *int
		Now    time.Time
	}
	since := req.Since.UTC().Format(time.RFC3339)
	answer, err := s.get(ctx, fmt.Sprintf("/orders?since=%s&offset=%d&limit=%d", since, offset, a.size), &list)
	if err != nil {
		return ports.OrderPage{}, err
	}
	if list.Total == nil {
		return ports.OrderPage{}, s.missing()
	}
	page := ports.OrderPage{Raw: a.raw(answer), Usage: s.client.Usage(), Next: a.next(offset, len(list.Orders), *list.Total)}
	page.Watermark = a.watermark(page.Next == "", req.Since, list.Now)
	for i, o := range list.Orders {
		page.Orders = append(page.Orders, a.order(o, offset+i, req.Since, a.pointer(answer, o.ID)))
	}
	return page, nil
}

func (a *acorn) watermark(last bool, since, now time.Time) time.Time {
	const margin = time.Hour
	mark := now.Add(-margin)
	if mark.Before(since) {
		mark = since.UTC()
	}
	switch {
	case a.is("has no watermark of orders"), !last && !a.is("has a watermark on every page of orders"):
		return time.Time{}
	case a.is("sets the watermark of orders back"):
		return since.UTC().Add(-margin)
	}
	return mark
}

func (a *acorn) order(o oakOrder, place int, since time.Time, raw payout.Raw) ports.ShopOrder {
	rate, _ := tax.ParseRate(o.VATRate)
	currency := money.Currency(o.Currency)
	day, _, _ := strings.Cut(o.Changed, "T")
	date, _ := civil.Parse(day)
	out := ports.ShopOrder{Raw: raw, Order: order.Order{
		Number: o.ID, Country: "SE", Date: date, Parts: []order.Part{{Supply: tax.Goods, Rate: rate, Gross: money.New(o.Total, currency)}},
	}}
	switch a.broken {
	case "tells an order of another country than there is":
		out.Country = "Sweden"
	case "gives an order too long a number":
		out.Number += strings.Repeat("0", 80)
	}
	for i, e := range o.Events {
		event := a.event(o, e, out.Parts, raw)
		if a.is("numbers events from where it reads") {
			event.Key = fmt.Sprintf("%d/%d", place, i)
		}
		if event.At.Before(since) && a.is("tells of the events since then alone") {
			continue
		}
		out.Events = append(out.Events, event)
	}
	return out
}

func (a *acorn) event(o oakOrder, e oakEvent, parts []order.Part, raw payout.Raw) ports.ShopEvent {
	kinds := map[string]payment.Kind{"AUTHORISED": payment.Prepare, "CAPTURED": payment.Payment, "REFUNDED": payment.Refund}
	event := ports.ShopEvent{Raw: raw, Event: payment.Event{
		Kind: kinds[e.Type], Key: "event/" + e.ID, Transaction: "T-" + o.ID, Method: "oakpay", At: a.moment(e.At), Reference: e.ID,
		Amount: money.New(e.Amount, money.Currency(o.Currency)).Abs(),
	}}
	switch a.broken {
	case "gives all events one key":
		event.Key = "event"
	case "gives an event no key":
		event.Key = ""
	case "gives a refund of an order the wrong sign":
		event.Amount = money.New(e.Amount, money.Currency(o.Currency))
	case "names the order in its events":
		event.Order = o.ID
	case "does not know when events happened":
		event.At = time.Time{}
	case "states VAT that parts of an event do not contain":
		event.Parts = slices.Clone(parts)
		event.Parts[0].VAT = event.Parts[0].Gross
	case "points beyond the page with events":
		event.Raw.Offset += 1 << 20
	}
	return event
}
