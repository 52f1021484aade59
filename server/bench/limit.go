package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/kvitt/kvitt/adapters/oauth"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/server/bench/trade"
	"github.com/kvitt/kvitt/server/demo/world"
	"github.com/kvitt/kvitt/server/process"
)

// Fortnox's rate limit (developer guide): 25 calls in any 5 seconds.
const (
	limitCalls  = 25
	limitWindow = 5 * time.Second
)

// latency is how long each answer of the simulator is delayed.
const latency = 150 * time.Millisecond

// limited is what booking one payout in Fortnox took.
type limited struct {
	Lines int
	Wall  time.Duration
	// Calls are those that the simulator has counted, Refused those of them that
	// exceeded the limit.
	Calls, Refused int
	// Least is the number of calls that no connector could save.
	Least int
}

// alone is how long the calls take when nothing but the limit holds them up: the
// first window's at once, as many again after each window.
func (l limited) alone() time.Duration {
	return time.Duration((l.Calls-1)/limitCalls) * limitWindow
}

// leastCalls: a payment is registered and booked; the payout has one voucher, and
// its proof is uploaded and connected; invoices are listed 500 at a time.
func leastCalls(lines int) int {
	const perPayment, voucher, proof, perPage = 2, 1, 2, 500
	return perPayment*lines + voucher + proof + (lines+perPage-1)/perPage
}

// measureLimit books a payout of the generator in the Fortnox simulator with the
// real connector.
func measureLimit(ctx context.Context, folder, generator string, lines int) (l limited, err error) {
	connector, err := build(ctx, folder, "plugins/fortnox")
	if err != nil {
		return l, err
	}
	simulator, err := startFortnox(ctx, folder, lines)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, simulator.Stop(time.Second)) }()
	plugins, err := launch(ctx, folder, generator, connector)
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, plugins.host.Stop(context.WithoutCancel(ctx))) }()
	ends, err := intoFortnox(plugins, simulator.URL, lines)
	if err != nil {
		return l, err
	}
	r, err := newRig(ctx, folder, ends, trade.Payday().AddDate(0, 0, 1), func(context.Context) error { return nil })
	if err != nil {
		return l, err
	}
	defer func() { err = errors.Join(err, r.store.Close()) }()
	began := time.Now()
	run, err := r.run(ctx)
	if err != nil {
		return l, err
	}
	l = limited{Lines: lines, Wall: time.Since(began), Least: leastCalls(lines)}
	if p, err := r.payout(ctx); err != nil || p.State != payout.Closed {
		return l, fmt.Errorf("the payout was not closed (%s): %+v: %w", p.State, run.Fault, err)
	}
	return l, l.count(ctx, simulator.URL)
}

func intoFortnox(plugins catalogue, simulator string, lines int) (c connectors, err error) {
	shop, err := world.Read()
	if err != nil {
		return c, err
	}
	c = connectors{
		catalogue: plugins, tokens: oauth.New(http.DefaultTransport, 20*time.Second),
		hosts: map[string]map[string]string{"fortnox": {"https://api.fortnox.se": simulator, "https://apps.fortnox.se": simulator}},
	}
	if c.source, err = connection(sourceID, "generator", map[string]int{"lines": lines}, struct{}{}); err != nil {
		return c, err
	}
	c.target, err = connection(targetID, "fortnox", struct{}{}, map[string]string{
		"client_id": shop.Fortnox.ClientID, "client_secret": shop.Fortnox.ClientSecret, "tenant_id": fmt.Sprint(shop.Fortnox.TenantID),
	})
	return c, err
}

// startFortnox starts the simulator with the demo's company, whose invoices are
// those of the generator, and slows all its answers down.
func startFortnox(ctx context.Context, folder string, lines int) (*process.Process, error) {
	program, err := build(ctx, folder, "plugins/fortnox/simulator")
	if err != nil {
		return nil, err
	}
	shop, err := world.Read()
	if err != nil {
		return nil, err
	}
	shop.Fortnox.Invoices, shop.Fortnox.Payments = fortnoxInvoices(lines), nil
	text, err := world.Encode(shop)
	if err != nil {
		return nil, err
	}
	script := filepath.Join(folder, "world.json")
	if err := os.WriteFile(script, text, 0o600); err != nil {
		return nil, err
	}
	simulator, err := process.Start(ctx, folder, program, "--world", script, "--exit-with-parent")
	if err != nil {
		return nil, err
	}
	slow, err := json.Marshal(map[string]any{"kind": "latency", "delay_ms": latency.Milliseconds(), "times": 0})
	if err == nil {
		err = control(ctx, http.MethodPost, simulator.URL+"/_sim/faults", slow, nil)
	}
	if err != nil {
		return nil, errors.Join(err, simulator.Kill())
	}
	return simulator, nil
}

// fortnoxInvoices are the documents that a payout of so many rows settles.
func fortnoxInvoices(lines int) []world.Invoice {
	var list []world.Invoice
	for _, row := range trade.Documents(0, trade.Positions(lines), lines) {
		d := row.Document()
		in := world.Invoice{
			Number: d.Number, CustomerName: "Kund " + row.OrderNumber(), Date: d.Date.String(), Due: d.DueDate.String(),
			Currency: string(trade.Currency), ExternalReference1: row.OrderNumber(), Booked: true,
			Rows: []world.InvoiceRow{{Description: "Vara", Account: 3001, VAT: 25, Price: d.Total.Abs().String(), Quantity: "1"}},
		}
		if row.Refund {
			in.Rows[0].Quantity, in.CreditOf = "-1", trade.At(row.Order).Document().Number
		}
		list = append(list, in)
	}
	return list
}

// count asks the simulator what it has been asked.
func (l *limited) count(ctx context.Context, simulator string) error {
	var seen struct {
		Total       int `json:"total"`
		RateLimited int `json:"rate_limited"`
		Requests    []struct {
			Path string `json:"path"`
		} `json:"requests"`
	}
	if err := control(ctx, http.MethodGet, simulator+"/_sim/requests", nil, &seen); err != nil {
		return err
	}
	l.Calls, l.Refused = seen.Total, seen.RateLimited
	for _, r := range seen.Requests {
		if r.Path == "/oauth-v1/token" { // another host, outside the limit
			l.Calls--
		}
	}
	return nil
}

// control uses the simulator's own controls, which are no part of Fortnox.
func control(ctx context.Context, method, url string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, url, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
