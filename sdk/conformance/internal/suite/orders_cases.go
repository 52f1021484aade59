package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

func orderCases() []Case {
	without := lacks(ports.CapabilityOrders)
	return []Case{
		{
			ID: "orders.list", Level: 2, After: []string{"read.evidence"}, unfit: without, run: checkOrders,
			Title: "Orders with events pass order.Order.Validate and events pass payment.Event.Validate; a number, and a key that is unique in its order, has 1 to 80 characters; events leave Order and Origin empty.",
			Why:   "What does not pass is set aside for a person; two events with one key are one event to the hub, and a sale is lost.",
		},
		{
			ID: "orders.again", Level: 2, After: []string{"orders.list"}, unfit: without, run: checkOrdersAgain,
			Title: "An order says the same from whichever moment the list is read: all that was sold, and all that has happened to it so far, under the same keys.",
			Why:   "An order that changes comes again. If it then tells of the latest alone, or under other keys, the rest is lost or booked twice.",
		},
		{
			ID: "orders.watermark", Level: 2, After: []string{"read.again"}, unfit: without, run: checkOrderWatermark,
			Title: "The last page of a list, and only the last, has a watermark, which is never before Since.",
			Why:   "Without a watermark the shop is never read to an end; one before Since would read the same orders for ever.",
		},
	}
}

// longest is how many characters numbers and keys may have.
const longest = 80

func checkOrders(ctx context.Context, st *stage) error {
	pages, err := st.orderPages(ctx, st.since())
	if err != nil {
		return err
	}
	length := map[string]int64{}
	for _, page := range pages {
		for _, raw := range page.Raw {
			length[raw.SHA256] = int64(len(raw.Bytes))
		}
		for _, o := range page.Orders {
			if err := checkOrder(o, length); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkOrder holds an order against what the hub does when it registers it: an order
// without events is not looked into.
func checkOrder(o ports.ShopOrder, length map[string]int64) error {
	call := "order " + o.Number
	if n := utf8.RuneCountInString(o.Number); n < 1 || n > longest {
		return wrong(call, fmt.Sprintf("a number of %d characters", n), "the order's number, of 1 to 80 characters")
	}
	if len(o.Events) == 0 {
		return nil
	}
	if err := o.Validate(); err != nil {
		return wrong(call, err, "an order that order.Order.Validate accepts")
	}
	keys := map[string]bool{}
	for _, e := range o.Events {
		if keys[e.Key] {
			return wrong(describeEvent(o, e), "the key twice", "a key for each event")
		}
		keys[e.Key] = true
		if err := checkEvent(o, e); err != nil {
			return err
		}
		// An event may leave its bytes to its order, but not point to others.
		where := item{key: describeEvent(o, e), from: e.Raw}
		if err := checkPointer(question{method: "ListOrders"}, where, length); err != nil {
			return err
		}
	}
	return nil
}

func checkEvent(o ports.ShopOrder, e ports.ShopEvent) error {
	call := describeEvent(o, e)
	if n := utf8.RuneCountInString(e.Key); n < 1 || n > longest {
		return wrong(call, fmt.Sprintf("a key of %d characters", n), "a key of 1 to 80 characters")
	}
	if e.Order != "" || e.Origin != "" {
		return wrong(call, fmt.Sprintf("the order %q and the origin %q", e.Order, e.Origin), "neither: they follow from where the event stands")
	}
	if e.At.IsZero() {
		return wrong(call, "no moment", "when it happened")
	}
	if err := e.Validate(); err != nil {
		return wrong(call, err, "an event that payment.Event.Validate accepts")
	}
	if err := order.CheckVAT(e.Parts); err != nil {
		return wrong(call, err, "parts with the VAT that they contain")
	}
	return nil
}

// checkOrdersAgain reads from the moment of each event: what changed then comes with
// what happened before.
func checkOrdersAgain(ctx context.Context, st *stage) error {
	whole := map[string]string{}
	moments := map[time.Time]bool{}
	for _, o := range st.known.orders {
		whole[o.Number] = contentOf(o)
		for _, e := range o.Events {
			moments[e.At.UTC()] = true
		}
	}
	since := slices.SortedFunc(maps.Keys(moments), time.Time.Compare)
	const most = 5
	for _, from := range since[max(0, len(since)-most):] {
		pages, err := st.orderPages(ctx, from)
		if err != nil {
			return err
		}
		for _, o := range ordersOf(pages) {
			if before, known := whole[o.Number]; known && contentOf(o) != before {
				return wrong("ListOrders since "+from.String(), contentOf(o), "order "+o.Number+" as in the whole list, "+before)
			}
		}
	}
	return nil
}

// contentOf is what an order says, but for where it was read.
func contentOf(o ports.ShopOrder) string {
	return tellOrders(ports.OrderPage{Orders: []ports.ShopOrder{o}}).items[0].content
}

func checkOrderWatermark(ctx context.Context, st *stage) error {
	if err := st.shrink(ctx); err != nil {
		return err
	}
	for _, since := range []time.Time{st.since(), st.known.ordersUntil} {
		pages, err := st.orderPages(ctx, since)
		if err != nil {
			return err
		}
		for i, page := range pages {
			call := fmt.Sprintf("ListOrders since %s, page %d of %d", since, i+1, len(pages))
			switch {
			case page.Next != "" && !page.Watermark.IsZero():
				return wrong(call, "the watermark "+page.Watermark.String(), "none before the last page")
			case page.Next == "" && page.Watermark.IsZero():
				return wrong(call, "no watermark", "what to pass as Since the next time")
			case page.Next == "" && page.Watermark.Before(since):
				return wrong(call, "the watermark "+page.Watermark.String(), "one that is not before Since")
			}
		}
	}
	return nil
}
