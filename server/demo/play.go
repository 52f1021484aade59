package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/demo/world"
)

// cast is who plays: the merchant's ids in the hub.
type cast struct {
	merchant string
	klarna   string
	fortnox  string
	flow     string
}

// play onboards the merchant as anybody would, runs the payouts twice and gathers
// the result, all of it over the public API.
func play(ctx context.Context, s *stage, say func(string, ...any)) (Result, error) {
	script, err := world.Read()
	if err != nil {
		return Result{}, err
	}
	say("onboarding %s", script.Fortnox.Company.Name)
	c, err := onboard(ctx, s.client, script)
	if err != nil {
		return Result{}, err
	}
	say("running the payouts (Fortnox allows 25 calls in 5 seconds, so this takes about a minute)")
	first, err := run(ctx, s.client, c.flow, say)
	if err != nil {
		return Result{}, err
	}
	say("running them again")
	second, err := run(ctx, s.client, c.flow, say)
	if err != nil {
		return Result{}, err
	}
	m, err := gather(ctx, s.client, c, script.Fortnox.Company.Name, first, second)
	return Result{Merchants: []Merchant{m}}, err
}

func onboard(ctx context.Context, hub *client.Client, script world.World) (cast, error) {
	var merchant api.Merchant
	err := hub.Post(ctx, "/v1/merchants", map[string]any{
		"name": script.Fortnox.Company.Name, "organisation_number": script.Fortnox.Company.OrganizationNumber,
		"country": "SE", "zone": "Europe/Stockholm", "currency": "SEK",
	}, &merchant)
	if err != nil {
		return cast{}, fmt.Errorf("creating the merchant: %w", err)
	}
	c := cast{merchant: merchant.ID}
	c.klarna, err = connect(ctx, hub, c.merchant, map[string]any{
		"connector": "klarna", "label": "Klarna Sverige",
		"settings":    map[string]any{"region": "eu", "environment": "playground"},
		"credentials": map[string]any{"merchant_id": script.Klarna.MerchantID, "username": script.Klarna.Username, "api_key": script.Klarna.APIKey},
	})
	if err != nil {
		return cast{}, fmt.Errorf("connecting Klarna: %w", err)
	}
	c.fortnox, err = connect(ctx, hub, c.merchant, map[string]any{
		"connector": "fortnox", "label": "Fortnox",
		"settings": map[string]any{"mode_of_payment": "KLARNA"},
		"credentials": map[string]any{
			"client_id": script.Fortnox.ClientID, "client_secret": script.Fortnox.ClientSecret, "tenant_id": fmt.Sprint(script.Fortnox.TenantID),
		},
	})
	if err != nil {
		return cast{}, fmt.Errorf("connecting Fortnox: %w", err)
	}
	var flow api.Flow
	err = hub.Post(ctx, "/v1/merchants/"+url.PathEscape(c.merchant)+"/flows", map[string]any{
		"kind": "payouts", "source": c.klarna, "target": c.fortnox, "since": "2026-03-30T00:00:00Z",
		"settings": map[string]any{"voucher_series": "K"},
	}, &flow)
	if err != nil {
		return cast{}, fmt.Errorf("creating the flow: %w", err)
	}
	c.flow = flow.ID
	if err := hub.Post(ctx, "/v1/flows/"+url.PathEscape(c.flow)+"/enable", nil, nil); err != nil {
		return cast{}, fmt.Errorf("enabling the flow: %w", err)
	}
	return c, nil
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
func run(ctx context.Context, hub *client.Client, flow string, say func(string, ...any)) (api.Run, error) {
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
			say("  %d documents written", shown)
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
