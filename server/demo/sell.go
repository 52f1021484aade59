package demo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/demo/pantry"
)

// playSales plays the merchant for whom kvitt makes orders, invoices and credit
// invoices as well. A push tells of most orders; the rest is learned from payouts. One
// order is cancelled once its document is made. Then everything is run again.
func playSales(ctx context.Context, s *stage, say func(string, ...any)) (Merchant, error) {
	script, err := pantry.Read()
	if err != nil {
		return Merchant{}, err
	}
	say("onboarding %s", script.Fortnox.Company.Name)
	c, err := enterShop(ctx, s.client, script)
	if err != nil {
		return Merchant{}, err
	}
	say("%s: orders, invoices, refunds and payouts", c.name)
	if err := push(ctx, s.client, c, script.Pushed); err != nil {
		return Merchant{}, err
	}
	if err := exhaust(ctx, s.client, c, say); err != nil {
		return Merchant{}, err
	}
	say("%s: a customer cancels an order", c.name)
	if err := s.cancel(ctx, script.Regretted); err != nil {
		return Merchant{}, err
	}
	if err := name(ctx, s.client, c, script.Regretted); err != nil { // Klarna tells nobody
		return Merchant{}, err
	}
	if err := exhaust(ctx, s.client, c, say); err != nil {
		return Merchant{}, err
	}
	first, err := runsOf(ctx, s.client, c)
	if err != nil {
		return Merchant{}, err
	}
	say("%s: running everything again", c.name)
	if _, err := round(ctx, s.client, c, say); err != nil {
		return Merchant{}, err
	}
	all, err := runsOf(ctx, s.client, c)
	if err != nil {
		return Merchant{}, err
	}
	return gather(ctx, s.client, c, first, all[:len(all)-len(first)]) // newest first
}

// enterShop onboards the merchant and switches its four flows on.
func enterShop(ctx context.Context, hub *client.Client, script pantry.World) (cast, error) {
	c, err := enter(ctx, hub, script.Fortnox, klarnaLogin{script.Klarna.MerchantID, script.Klarna.Username, script.Klarna.APIKey})
	if err != nil {
		return c, err
	}
	settings := map[string]any{
		"voucher_series": "K",
		"accounts": map[string]any{
			"clearing": map[string]any{"SEK": "1686", "EUR": "1580"}, "bank": map[string]any{"SEK": "1930", "EUR": "1980"},
		},
		"currencies": []any{map[string]any{"invoice": "EUR", "payout": "EUR", "rates": []string{"central_bank"}}},
		// Orders are captured and refunded in parts, whose documents all carry the
		// number of the order; each is told by its own id.
		"match_keys": []any{
			map[string]any{"line": "capture_id", "document": "external_reference_2"},
			map[string]any{"line": "refund_id", "document": "external_reference_2"},
		},
	}
	for _, kind := range []string{"orders", "invoices", "refunds"} {
		flow, err := enable(ctx, hub, c, kind, settings)
		if err != nil {
			return c, err
		}
		c.documents = append(c.documents, flow)
	}
	c.flow, err = enable(ctx, hub, c, "payouts", settings)
	return c, err
}

// push tells of orders as Klarna does, at the address that the shop has given it, and
// waits until all that was told is read.
func push(ctx context.Context, hub *client.Client, c cast, orders []string) error {
	connection := "/v1/connections/" + url.PathEscape(c.klarna)
	var address api.CallbackURL
	if err := hub.Post(ctx, connection+"/callback-url", nil, &address); err != nil {
		return fmt.Errorf("making the address of pushes: %w", err)
	}
	for _, order := range orders {
		if err := post(ctx, address.URL+"?order_id="+url.QueryEscape(order)); err != nil {
			return fmt.Errorf("pushing an order: %w", err)
		}
	}
	for unread := true; unread; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
		waiting, err := client.List[api.Callback](ctx, hub, connection+"/callbacks?state=received")
		if err != nil {
			return fmt.Errorf("reading what was pushed: %w", err)
		}
		unread = len(waiting) > 0
	}
	read, err := client.List[api.Callback](ctx, hub, connection+"/callbacks?state=read")
	if err == nil && len(read) != len(orders) {
		err = fmt.Errorf("%d pushes of %d are read", len(read), len(orders))
	}
	return err
}

// name names an order to the hub, as a person does.
func name(ctx context.Context, hub *client.Client, c cast, order string) error {
	if err := hub.Post(ctx, "/v1/connections/"+url.PathEscape(c.klarna)+"/orders", map[string]any{"ids": []string{order}}, nil); err != nil {
		return fmt.Errorf("naming an order: %w", err)
	}
	return nil
}

// exhaust runs all flows until none finds anything to do.
func exhaust(ctx context.Context, hub *client.Client, c cast, say func(string, ...any)) error {
	for {
		if again, err := round(ctx, hub, c, say); err != nil || !again {
			return err
		}
	}
}

// round runs each flow once, and reports whether any had something to do. What one does
// may give work to those before it.
func round(ctx context.Context, hub *client.Client, c cast, say func(string, ...any)) (busy bool, err error) {
	for _, flow := range append(c.documents[:len(c.documents):len(c.documents)], c.flow) {
		r, err := run(ctx, hub, c, flow, say)
		if err != nil {
			return false, err
		}
		busy = busy || r.DocumentsWritten+r.OrdersSeen+r.PayoutsNew > 0
	}
	return busy, nil
}

// runsOf gives all runs of a merchant, the newest first.
func runsOf(ctx context.Context, hub *client.Client, c cast) ([]api.Run, error) {
	runs, err := client.List[api.Run](ctx, hub, "/v1/merchants/"+url.PathEscape(c.merchant)+"/runs")
	if err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	return runs, nil
}

// cancel cancels an order at Klarna, as the customer does.
func (s *stage) cancel(ctx context.Context, order string) error {
	if err := post(ctx, s.simulators["klarna"].URL+"/_sim/worlds/2/klarna/orders/"+url.PathEscape(order)+"/cancel"); err != nil {
		return fmt.Errorf("cancelling an order: %w", err)
	}
	return nil
}

// post sends nothing but the address itself.
func post(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return nil
}
