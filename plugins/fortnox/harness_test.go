package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

// everything is a connector with all the capabilities of this one.
type everything interface {
	ports.Connector
	ports.DocumentSource
	ports.InvoicePayments
	ports.PaymentSource
	ports.PaymentReleases
	ports.Vouchers
	ports.Attachments
	ports.Choices
	ports.Books
	ports.Invoices
	ports.OrderBook
}

// ways are how a test reaches a connector: as a value, and as the hub does.
var ways = map[string]func(testing.TB, *Connector) everything{
	"direct": func(_ testing.TB, c *Connector) everything { return c },
	"wire":   func(tb testing.TB, c *Connector) everything { return wiretest.Client(tb, c) },
}

// eachWay runs a test over every way, each with a company of its own.
func eachWay(t *testing.T, test func(*testing.T, *remote, everything), options ...Option) {
	t.Helper()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t), way(t, New(options...)))
		})
	}
}

// remote is a simulated Fortnox with one company.
type remote struct {
	tb      testing.TB
	url     string
	token   string
	control *simulator.Control
	hosts   map[string]string
	// settings are those of the connection.
	settings string
}

// exampleWorld is the world of the simulator's testdata, without a rate limit.
func exampleWorld(tb testing.TB) world.Fortnox {
	tb.Helper()
	raw, err := os.ReadFile("simulator/testdata/example-world.json")
	require.NoError(tb, err)
	var file struct{ Fortnox json.RawMessage }
	require.NoError(tb, json.Unmarshal(raw, &file))
	w, err := world.Parse(file.Fortnox)
	require.NoError(tb, err)
	w.RateLimit.Requests = -1
	return w
}

func start(tb testing.TB, changes ...func(*world.Fortnox)) *remote {
	tb.Helper()
	w := exampleWorld(tb)
	for _, change := range changes {
		change(&w)
	}
	control := simulator.New(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	handler, err := server.New(w, control)
	require.NoError(tb, err)
	listening := httptest.NewServer(handler)
	tb.Cleanup(listening.Close)
	r := &remote{tb: tb, url: listening.URL, control: control, hosts: map[string]string{client.Base: listening.URL}, settings: `{}`}
	r.login()
	r.forget()
	return r
}

func (r *remote) login(scope ...string) {
	r.tb.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {strings.Join(append(scopes(), scope...), " ")}}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.url+"/oauth-v1/token", strings.NewReader(form.Encode()))
	require.NoError(r.tb, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("TenantId", "4711")
	request.SetBasicAuth("exampleClient", "exampleSecret")
	var answer struct {
		Token string `json:"access_token"`
	}
	require.NoError(r.tb, json.Unmarshal(r.send(request), &answer))
	r.token = answer.Token
}

func (r *remote) send(request *http.Request) []byte {
	r.tb.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(r.tb, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(r.tb, err)
	require.Less(r.tb, response.StatusCode, 300, "%s %s: %s", request.Method, request.URL.Path, body)
	return body
}

// sim uses the simulator's controls.
func (r *remote) sim(method, path string, body, into any) {
	r.tb.Helper()
	content, err := json.Marshal(body)
	require.NoError(r.tb, err)
	request, err := http.NewRequestWithContext(context.Background(), method, r.url+"/_sim/"+path, bytes.NewReader(content))
	require.NoError(r.tb, err)
	answer := r.send(request)
	if into != nil {
		require.NoError(r.tb, json.Unmarshal(answer, into))
	}
}

func (r *remote) fault(f simulator.Fault) {
	r.tb.Helper()
	r.sim(http.MethodPost, "faults", f, nil)
}

func (r *remote) heal() {
	r.tb.Helper()
	r.sim(http.MethodDelete, "faults", nil, nil)
}

func (r *remote) forget() {
	r.tb.Helper()
	r.sim(http.MethodDelete, "requests", nil, nil)
}

// request is one request as the simulator saw it.
type request struct{ Method, Path, Query string }

func (r *remote) requests() []request {
	r.tb.Helper()
	var log struct{ Requests []request }
	r.sim(http.MethodGet, "requests", nil, &log)
	return log.Requests
}

func (r *remote) counts() map[string]int {
	r.tb.Helper()
	var counts map[string]int
	r.sim(http.MethodGet, "fortnox/counts", nil, &counts)
	return counts
}

// balance is what the books say about an account, debit positive.
func (r *remote) balance(account int) string {
	r.tb.Helper()
	var books struct {
		Accounts []struct {
			Number  int
			Balance string
		}
	}
	r.sim(http.MethodGet, "fortnox/ledger", nil, &books)
	for _, a := range books.Accounts {
		if a.Number == account {
			return a.Balance
		}
	}
	return "0.00"
}

func (r *remote) add(invoice map[string]any) string {
	r.tb.Helper()
	var made struct{ Number string }
	r.sim(http.MethodPost, "fortnox/invoices", invoice, &made)
	return made.Number
}

// sale is an invoice that another system makes.
func sale(total string, more map[string]any) map[string]any {
	quantity := "1"
	if strings.HasPrefix(total, "-") {
		total, quantity = total[1:], "-1"
	}
	invoice := map[string]any{
		"customer_name": "Hedda Hassel", "date": "2026-04-10", "booked": true,
		"rows": []any{map[string]any{"description": "Kofta", "account": 3001, "vat": 25, "price": total, "quantity": quantity}},
	}
	for name, value := range more {
		invoice[name] = value
	}
	return invoice
}

func (r *remote) edit(number string, change map[string]any) {
	r.tb.Helper()
	r.sim(http.MethodPatch, "fortnox/invoices/"+number, change, nil)
}

func (r *remote) pay(number, amount string, account int) {
	r.tb.Helper()
	r.sim(http.MethodPost, "fortnox/payments", map[string]any{
		"invoice": number, "amount": amount, "date": "2026-04-15", "account": account,
	}, nil)
}

// choose changes the settings of the connection.
func (r *remote) choose(settings string) { r.settings = settings }

// call is what the hub sends along with every request.
func (r *remote) call(grant int) ports.Call {
	return ports.Call{Grant: grant, Connection: ports.Connection{
		ID: "c1", Settings: json.RawMessage(r.settings), Credentials: map[string]string{client.AccessToken: r.token}, Hosts: r.hosts,
	}}
}

// granted is a call with what the connector declares for a method and attempt.
func (r *remote) granted(method string, attempt int) ports.Call {
	r.tb.Helper()
	op, ok := New().Describe().Operation(method)
	require.True(r.tb, ok, "%s is not declared", method)
	if attempt > 1 && op.RecoveryCalls > 0 {
		return r.call(op.RecoveryCalls)
	}
	return r.call(op.Calls)
}

func (r *remote) write(method, key string, attempt int) ports.Write {
	return ports.Write{Call: r.granted(method, attempt), Key: key, Attempt: attempt}
}

func sek(text string) money.Amount {
	a, err := money.Parse(text, "SEK")
	if err != nil {
		panic(err)
	}
	return a
}

func on(text string) civil.Date {
	d, err := civil.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// requireFault checks code and class of an error, that it knows what it cost, and
// that it tells no secret.
func (r *remote) requireFault(err error, code fault.Code, class fault.Class) *fault.Error {
	r.tb.Helper()
	require.Error(r.tb, err)
	f := fault.Of(err)
	require.NotNil(r.tb, f, "%v is not a fault", err)
	require.Equal(r.tb, code, f.Code, "%v", err)
	require.Equal(r.tb, class, f.Class, "%v", err)
	_, known := ports.UsageOf(err)
	require.True(r.tb, known, "%v does not know its cost", err)
	require.NotContains(r.tb, err.Error()+f.Remedy, r.token)
	return f
}
