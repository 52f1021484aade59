package main

import (
	"context"
	"regexp"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// inPath is what may stand in the path of a request; Klarna's ids are UUIDs.
var inPath = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// ReadPurchase gives one order with its captures and refunds. Klarna has no list of
// orders: their ids come from the shop, from callbacks and from settlements.
func (c *Connector) ReadPurchase(ctx context.Context, req ports.ReadPurchaseRequest) (ports.PurchaseResult, error) {
	return upstream.Serve(c.open(req.Call), func(remote *client.Client) (ports.PurchaseResult, error) {
		if !inPath.MatchString(req.ID) {
			return ports.PurchaseResult{}, fault.Invalid(CodeOrderID, "id", "this cannot be the id of an order").From(fault.Connector).
				WithRemedy("use Klarna's order_id, a UUID, and not the number that the shop shows")
		}
		item, page, err := remote.Order(ctx, req.ID)
		if err != nil {
			return ports.PurchaseResult{}, err
		}
		if !strings.EqualFold(item.Value.ID, req.ID) {
			return ports.PurchaseResult{}, client.OrderInvalid("order_id", "Klarna answered with another order than it was asked for")
		}
		purchase, err := c.mapOrder(item.Value)
		purchase.Raw = item.Raw(page)
		return ports.PurchaseResult{Purchase: purchase, Raw: []ports.RawPage{page}}, err
	})
}
