package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/demo/world"
)

// cast is who plays: a merchant's ids in the hub.
type cast struct {
	name     string
	merchant string
	klarna   string
	fortnox  string
	// flow is that of payouts, documents are those that make orders, invoices and
	// credit invoices, in the sequence in which they rest on each other.
	flow      string
	documents []string
}

// play has both merchants act at the same time, as they would, and gathers what came of
// it, all over the public API.
func play(ctx context.Context, s *stage, say func(string, ...any)) (Result, error) {
	parts := []func(context.Context, *stage, func(string, ...any)) (Merchant, error){playPayouts, playSales}
	r := Result{Merchants: make([]Merchant, len(parts))}
	both, ctx := errgroup.WithContext(ctx)
	for i, part := range parts {
		both.Go(func() (err error) {
			r.Merchants[i], err = part(ctx, s, say)
			return err
		})
	}
	return r, both.Wait()
}

// playPayouts plays the merchant whose invoices another system makes: it runs the
// payouts twice.
func playPayouts(ctx context.Context, s *stage, say func(string, ...any)) (Merchant, error) {
	script, err := world.Read()
	if err != nil {
		return Merchant{}, err
	}
	say("onboarding %s", script.Fortnox.Company.Name)
	c, err := enter(ctx, s.client, script.Fortnox, klarnaLogin{script.Klarna.MerchantID, script.Klarna.Username, script.Klarna.APIKey})
	if err != nil {
		return Merchant{}, err
	}
	if c.flow, err = enable(ctx, s.client, c, "payouts", map[string]any{"voucher_series": "K"}); err != nil {
		return Merchant{}, err
	}
	say("%s: running the payouts (Fortnox allows 25 calls in 5 seconds, so this takes about a minute)", c.name)
	first, err := run(ctx, s.client, c, c.flow, say)
	if err != nil {
		return Merchant{}, err
	}
	say("%s: running them again", c.name)
	second, err := run(ctx, s.client, c, c.flow, say)
	if err != nil {
		return Merchant{}, err
	}
	return gather(ctx, s.client, c, []api.Run{first}, []api.Run{second})
}

// klarnaLogin is a merchant's credential at Klarna.
type klarnaLogin struct {
	merchantID, username, apiKey string
}

// enter makes the merchant and connects it, as anybody would.
func enter(ctx context.Context, hub *client.Client, books world.Fortnox, klarna klarnaLogin) (cast, error) {
	var merchant api.Merchant
	err := hub.Post(ctx, "/v1/merchants", map[string]any{
		"name": books.Company.Name, "organisation_number": books.Company.OrganizationNumber,
		"country": "SE", "zone": "Europe/Stockholm", "currency": "SEK",
	}, &merchant)
	if err != nil {
		return cast{}, fmt.Errorf("creating the merchant: %w", err)
	}
	c := cast{name: books.Company.Name, merchant: merchant.ID}
	c.klarna, err = connect(ctx, hub, c.merchant, map[string]any{
		"connector": "klarna", "label": "Klarna Sverige",
		"settings":    map[string]any{"region": "eu", "environment": "playground"},
		"credentials": map[string]any{"merchant_id": klarna.merchantID, "username": klarna.username, "api_key": klarna.apiKey},
	})
	if err != nil {
		return cast{}, fmt.Errorf("connecting Klarna: %w", err)
	}
	c.fortnox, err = connect(ctx, hub, c.merchant, map[string]any{
		"connector": "fortnox", "label": "Fortnox",
		"settings": map[string]any{"mode_of_payment": "KLARNA"},
		"credentials": map[string]any{
			"client_id": books.ClientID, "client_secret": books.ClientSecret, "tenant_id": fmt.Sprint(books.TenantID),
		},
	})
	if err != nil {
		return cast{}, fmt.Errorf("connecting Fortnox: %w", err)
	}
	return c, nil
}

// enable makes a flow and switches it on.
func enable(ctx context.Context, hub *client.Client, c cast, kind string, settings map[string]any) (string, error) {
	var flow api.Flow
	err := hub.Post(ctx, "/v1/merchants/"+url.PathEscape(c.merchant)+"/flows", map[string]any{
		"kind": kind, "source": c.klarna, "target": c.fortnox, "since": "2026-03-30T00:00:00Z", "settings": settings,
	}, &flow)
	if err != nil {
		return "", fmt.Errorf("creating the flow of %s: %w", kind, err)
	}
	if err := hub.Post(ctx, "/v1/flows/"+url.PathEscape(flow.ID)+"/enable", nil, nil); err != nil {
		return "", fmt.Errorf("enabling the flow of %s: %w", kind, err)
	}
	return flow.ID, nil
}

// connect makes a connection and verifies it.
func connect(ctx context.Context, hub *client.Client, merchant string, input map[string]any) (string, error) {
	var made, verified api.Connection
	if err := hub.Post(ctx, "/v1/merchants/"+url.PathEscape(merchant)+"/connections", input, &made); err != nil {
		return "", err
	}
	if err := hub.Post(ctx, "/v1/connections/"+url.PathEscape(made.ID)+"/verify", nil, &verified); err != nil {
		return "", err
	}
	if verified.State != "verified" {
		checks, err := json.Marshal(verified.Checks)
		if err != nil {
			return "", fmt.Errorf("the connection is %s", verified.State)
		}
		return "", fmt.Errorf("the connection is %s: %s", verified.State, checks)
	}
	return made.ID, nil
}

// run starts a run and waits until it is over.
func run(ctx context.Context, hub *client.Client, c cast, flow string, say func(string, ...any)) (api.Run, error) {
	var r api.Run
	if err := hub.Post(ctx, "/v1/flows/"+url.PathEscape(flow)+"/runs", nil, &r); err != nil {
		return r, fmt.Errorf("starting a run: %w", err)
	}
	for shown := int64(-1); r.State == "running"; {
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
		if err := hub.Get(ctx, "/v1/runs/"+url.PathEscape(r.ID), &r); err != nil {
			return r, fmt.Errorf("following the run: %w", err)
		}
		if r.DocumentsWritten/20 != shown/20 && r.DocumentsWritten > 0 {
			shown = r.DocumentsWritten
			say("%s: %d documents written", c.name, shown)
		}
	}
	if r.State != "done" {
		if r.Fault != nil {
			return r, fmt.Errorf("the run failed: %s: %s", r.Fault.Code, r.Fault.Reason)
		}
		return r, fmt.Errorf("the run is %s", r.State)
	}
	return r, nil
}
