package suite

import (
	"context"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func orders() capability {
	return capability{
		name:    ports.CapabilityOrders,
		reads:   []string{"ListOrders"},
		learn:   learnOrders,
		opening: func(s *Session) []question { return []question{listOrders("", s.since())} },
		questions: func(s *Session, f *facts) []question {
			return []question{listOrders("", s.since()), listOrders("since a watermark", f.ordersUntil)}
		},
		cases: orderCases(),
	}
}

func askOrders(ctx context.Context, c ports.Connector, call ports.Call, since time.Time, cursor string) (ports.OrderPage, error) {
	source, err := as[ports.OrderSource](c)
	if err != nil {
		return ports.OrderPage{}, err
	}
	return source.ListOrders(ctx, ports.ListOrdersRequest{Call: call, Since: since, Cursor: cursor})
}

func listOrders(about string, since time.Time) question {
	return question{method: "ListOrders", about: about, paged: true, kept: true, pointed: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.OrderPage, error) {
			return askOrders(ctx, c, call, since, cursor)
		}, tellOrders)}
}

func tellOrders(page ports.OrderPage) answer {
	a := answer{raw: page.Raw, next: page.Next, usage: page.Usage}
	a.moment("the watermark", page.Watermark)
	for _, o := range page.Orders {
		for _, p := range o.Parts {
			a.amount("a part of order "+o.Number, p.Gross)
		}
		for _, e := range o.Events {
			a.moment("the moment of "+describeEvent(o, e), e.At)
			a.amount("the amount of "+describeEvent(o, e), e.Amount)
		}
		a.entry(o.Number, o.Raw, unread(o))
	}
	return a
}

// unread is an order without where it was read.
func unread(o ports.ShopOrder) ports.ShopOrder {
	o.Raw, o.Events = payout.Raw{}, slices.Clone(o.Events)
	for i := range o.Events {
		o.Events[i].Raw, o.Events[i].At = payout.Raw{}, o.Events[i].At.UTC()
	}
	return o
}

func describeEvent(o ports.ShopOrder, e ports.ShopEvent) string {
	return "event " + e.Key + " of order " + o.Number
}

// orderPages reads a list of orders to its end.
func (st *stage) orderPages(ctx context.Context, since time.Time) ([]ports.OrderPage, error) {
	var pages []ports.OrderPage
	for cursor := ""; len(pages) < mostPages; {
		inner, cancel := st.within(ctx)
		page, err := askOrders(inner, st.c.Connector, st.granted("ListOrders", 1), since, cursor)
		cancel()
		st.listen("ListOrders", err)
		if err != nil {
			return nil, wrong("ListOrders", err, "the orders of the world")
		}
		pages = append(pages, page)
		if page.Next == "" {
			return pages, nil
		}
		cursor = page.Next
	}
	return nil, wrong("ListOrders", "no end", "a list that ends")
}

// ordersOf gives the orders on pages; of a number that comes twice the last counts.
func ordersOf(pages []ports.OrderPage) []ports.ShopOrder {
	var found []ports.ShopOrder
	at := map[string]int{}
	for _, page := range pages {
		for _, o := range page.Orders {
			i, known := at[o.Number]
			if !known {
				i = len(found)
				at[o.Number], found = i, append(found, o)
			}
			found[i] = o
		}
	}
	return found
}

func learnOrders(ctx context.Context, st *stage, f *facts) error {
	pages, err := st.orderPages(ctx, st.since())
	if err != nil {
		return err
	}
	f.orders, f.ordersUntil = ordersOf(pages), pages[len(pages)-1].Watermark
	if len(f.orders) == 0 {
		return wrong("ListOrders", "no order since "+st.setup.Plan.Since.String(), "at least one: the plan's world must have orders")
	}
	return nil
}
