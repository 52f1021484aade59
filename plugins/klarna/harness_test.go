package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

const (
	merchantID = "K123456"
	username   = "K123456_abc123"
	apiKey     = "klarna_test_api_SECRET"
)

type object = map[string]any

// far is Klarna in the playground, played by its simulator.
type far struct {
	t   *testing.T
	url string
	now time.Time
}

// simulate starts a simulator whose world has these members beside a credential.
func simulate(t *testing.T, members object) *far {
	t.Helper()
	// Tests read faster than Klarna allows; the limit has a test of its own.
	world := object{"merchant_id": merchantID, "username": username, "api_key": apiKey, "rate_limit": 1_000_000}
	maps.Copy(world, members)
	section, err := json.Marshal(world)
	require.NoError(t, err)
	read, err := server.ReadWorld(section)
	require.NoError(t, err)
	now := time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC)
	s := httptest.NewServer(server.New(read, simulator.New(now)))
	t.Cleanup(s.Close)
	return &far{t: t, url: s.URL, now: now}
}

// control steers the simulator.
func (f *far) control(method, path string, body any) []byte {
	f.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(f.t, err)
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, bytes.NewReader(text))
	require.NoError(f.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	require.Less(f.t, resp.StatusCode, 300, string(answer))
	return answer
}

func (f *far) fail(fault object) { f.control(http.MethodPost, "/_sim/faults", fault) }

// requests gives the paths and queries that have arrived.
func (f *far) requests() []string {
	var log struct {
		Requests []struct{ Path, Query string }
	}
	require.NoError(f.t, json.Unmarshal(f.control(http.MethodGet, "/_sim/requests", nil), &log))
	var all []string
	for _, r := range log.Requests {
		all = append(all, strings.TrimSuffix(r.Path+"?"+r.Query, "?"))
	}
	return all
}

func (f *far) connection() ports.Connection {
	return ports.Connection{
		ID: "connection-1", Settings: json.RawMessage(`{"environment":"playground"}`),
		Credentials: map[string]string{"merchant_id": merchantID, "username": username, "api_key": apiKey},
		Hosts:       map[string]string{"https://api.playground.klarna.com": f.url},
	}
}

func (f *far) call(grant int) ports.Call { return ports.Call{Connection: f.connection(), Grant: grant} }

// connectorWith gives the connector on the day of the simulator, asking for so
// many items at a time.
func (f *far) connectorWith(size int) *Connector {
	c := New()
	c.size, c.today = size, func() time.Time { return f.now }
	return c
}

// bothWays runs a test with the connector itself and with the hub's end of it.
func (f *far) bothWays(t *testing.T, test func(t *testing.T, source ports.PayoutSource)) {
	t.Helper()
	t.Run("directly", func(t *testing.T) { test(t, f.connectorWith(500)) })
	t.Run("over the wire", func(t *testing.T) { test(t, wiretest.Client(t, f.connectorWith(500))) })
}

// reading is what a whole reading of a list gave.
type reading struct {
	lines   []payout.Line
	payouts []payout.Payout
	raw     map[string][]byte
	cursors []string
	calls   int
}

// readLines reads all pages, as the hub does.
func (f *far) readLines(source ports.PayoutSource, reference string) (reading, error) {
	f.t.Helper()
	r := reading{raw: map[string][]byte{}}
	for cursor := ""; ; {
		page, err := source.ListPayoutLines(f.t.Context(), ports.ListPayoutLinesRequest{
			Call: f.call(callsPayoutLines), Reference: reference, Cursor: cursor,
		})
		if err != nil {
			return r, err
		}
		r.lines = append(r.lines, page.Lines...)
		r.take(f.t, page.Raw, page.Usage, callsPayoutLines)
		for _, line := range page.Lines {
			require.NoError(f.t, line.Validate())
			require.Contains(f.t, r.raw, line.Raw.Page, "the page of a line comes with it")
		}
		if page.Next == "" {
			return r, nil
		}
		require.NotEqual(f.t, cursor, page.Next)
		cursor = page.Next
		r.cursors = append(r.cursors, cursor)
		require.Less(f.t, len(r.cursors), 5000, "the list must end")
	}
}

func (r *reading) take(t *testing.T, pages []ports.RawPage, usage ports.Usage, most int) {
	t.Helper()
	for _, page := range pages {
		r.raw[page.SHA256] = page.Bytes
	}
	require.LessOrEqual(t, usage.Calls, most)
	r.calls += usage.Calls
}

// readPayouts reads all pages, as the hub does. Between runs before each further
// page, is told how many payouts have been listed, and may be nil.
func (f *far) readPayouts(source ports.PayoutSource, since time.Time, between func(listed int)) (reading, error) {
	f.t.Helper()
	r := reading{raw: map[string][]byte{}}
	for cursor := ""; ; {
		page, err := source.ListPayouts(f.t.Context(), ports.ListPayoutsRequest{Call: f.call(callsPayouts), Since: since, Cursor: cursor})
		if err != nil {
			return r, err
		}
		r.payouts = append(r.payouts, page.Payouts...)
		r.take(f.t, page.Raw, page.Usage, callsPayouts)
		if page.Next == "" {
			return r, nil
		}
		cursor = page.Next
		r.cursors = append(r.cursors, cursor)
		require.Less(f.t, len(r.cursors), 2000, "the list must end")
		if between != nil {
			between(len(r.payouts))
		}
	}
}

func (r *reading) references() []string {
	var all []string
	for _, p := range r.payouts {
		all = append(all, p.Reference)
	}
	return all
}

func (r *reading) keys() []string {
	var all []string
	for _, l := range r.lines {
		all = append(all, l.Key)
	}
	return all
}

const (
	orderA = "aaaaaaaa-0000-4000-8000-00000000000a"
	orderB = "bbbbbbbb-0000-4000-8000-00000000000b"
	orderC = "cccccccc-0000-4000-8000-00000000000c"
)

// row is a row as the world file writes it.
func row(kind, detailed, order string, amount int, more object) object {
	r := object{
		"type": kind, "detailed_type": detailed, "amount": amount, "order_id": order, "currency_code": "SEK",
		"sale_date": "2026-03-31T09:00:00Z", "capture_date": "2026-04-01T10:00:00Z", "purchase_country": "SE",
	}
	maps.Copy(r, more)
	return r
}

func fee(detailed, order, capture string, amount, vat int) object {
	return row("FEE", detailed, order, amount, object{"capture_id": capture, "vat_rate": 2500, "vat_amount": vat})
}

// paid is a payout as the world file writes it.
func paid(reference string, totals object, rows ...object) object {
	return object{
		"payment_reference": reference, "payout_date": "2026-04-02T07:45:00Z", "currency_code": "SEK",
		"merchant_settlement_type": "NET", "merchant_id": merchantID, "totals": totals, "transactions": rows,
	}
}

func with(o, more object) object {
	c := maps.Clone(o)
	maps.Copy(c, more)
	return c
}

// orderID makes a different order for each number.
func orderID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// sales are n sales of 1.00 in orders of their own, so alike that only their ids
// tell which is missing.
func sales(n int) []object {
	var rows []object
	for i := range n {
		rows = append(rows, row("SALE", "PURCHASE", orderID(i), 100, object{"capture_id": fmt.Sprintf("c%d", i)}))
	}
	return rows
}

func soldFor(minor int) object { return object{"sale_amount": minor, "settlement_amount": minor} }

func listLines(ctx context.Context, source ports.PayoutSource, call ports.Call, reference, cursor string) (ports.LinePage, error) {
	return source.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: reference, Cursor: cursor})
}
