package dev

import (
	"context"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// orders reads every order of the simulator's world.
func (t *trial) orders(ctx context.Context) {
	raw := rawPages{}
	count, events := 0, 0
	ok := t.pages(ctx, "ListOrders", "ListOrders", func(call ports.Call, cursor string) (string, error) {
		page, err := t.connector.ListOrders(ctx, ports.ListOrdersRequest{Call: call, Cursor: cursor, Since: midnight(t.stage.Plan.Since)})
		raw.keep(page.Raw)
		for _, o := range page.Orders {
			t.order(o, raw)
			count, events = count+1, events+len(o.Events)
		}
		return page.Next, err
	})
	if !ok {
		t.result.unread = append(t.result.unread, "order ")
		return
	}
	t.result.done(fmt.Sprintf("%d order(s) with %d event(s) listed", count, events))
}

func (t *trial) order(o ports.ShopOrder, raw rawPages) {
	where := "order " + o.Number
	shown := t.show(raw.at(o.Raw))
	t.pointer(where, o.Raw, raw)
	sold := o.Order
	sold.Parts = slices.Clone(sold.Parts)
	for i, part := range sold.Parts { // as the hub does: who does not say sells goods
		sold.Parts[i].Supply = part.Supply.OrGoods()
	}
	total, err := sold.Total()
	if err == nil {
		err = sold.Validate()
	}
	if err != nil {
		t.result.wrong(where, shown, err)
	}
	t.result.facts[where] = fact{"total": total.String() + " " + string(total.Currency()), "date": o.Date.String(), "country": o.Country}
	keys := map[string]bool{}
	for _, e := range o.Events {
		if keys[e.Key] {
			t.result.wrong(where, shown, fault.Invalid(order.CodeOrderInvalid, "events.key", "two events of the order have the key \""+e.Key+"\"").
				WithRemedy("make the key of what tells the shop's events apart, the same at every reading"))
		}
		keys[e.Key] = true
		if err := e.Validate(); err != nil {
			t.result.wrong(where+", event "+e.Key, t.show(raw.at(e.Raw)), err)
		}
		t.result.facts[where+", event "+e.Key] = fact{"kind": string(e.Kind), "amount": e.Amount.String() + " " + string(e.Amount.Currency()), "transaction": e.Transaction}
	}
}
