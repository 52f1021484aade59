package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/demo"
	"github.com/kvitt/kvitt/server/process"
)

// The demo is played once, at Fortnox's real pace, and everything it says is held
// against what others say: the page that describes its world, the simulator's own
// ledger and log, its SIE file, and two accounting programs that know nothing of
// kvitt.
func TestTheDemoSaysWhatEverybodyElseSays(t *testing.T) {
	t.Parallel()
	result, s := playDemo(t)
	t.Run("sales", func(t *testing.T) {
		played, c := result.Merchants[1], s.whoPlays(result.Merchants[1].Name)
		second := *s
		second.t = t
		second.fortnox = &simulator{name: "fortnox", Process: s.fortnox.Process, world: "worlds/2/"}
		t.Run("the page of its world", func(t *testing.T) { readWorldPage(t, "pantry").salesAgree(t, played) })
		t.Run("the accounting system", func(t *testing.T) { second.salesRemotelyAgree(t, played) })
		t.Run("who told of the orders", func(t *testing.T) { second.learnsOfOrders(t, c) })
		t.Run("clearing", func(t *testing.T) { second.salesClearingAgrees(t, c, played) })
		for _, checker := range checkers() {
			t.Run(checker.name, func(t *testing.T) {
				checker.agrees(t, second.books(c), accountsOf(played))
				second.provesTheSalesJournal(t, c, checker)
			})
		}
		t.Run("the provider's own bytes", func(t *testing.T) { second.evidenceLeadsToTheBytes(t, c) })
	})
	played, c := result.Merchants[0], s.whoPlays(result.Merchants[0].Name)
	page := readWorldPage(t, "world")
	t.Run("the page of its world", func(t *testing.T) { page.agrees(t, played) })
	t.Run("its own sums", func(t *testing.T) { addsUp(t, played) })
	t.Run("the accounting system", func(t *testing.T) { s.remotelyAgrees(t, played) })
	t.Run("the SIE file", func(t *testing.T) {
		balances := map[string]string{}
		for _, b := range s.books(c).Balances(0) {
			balances[string(b.Account)] = b.Amount.String()
		}
		require.Equal(t, accountsOf(played), balances)
	})
	t.Run("the clearing account's explanation", func(t *testing.T) { s.clearingAgrees(t, c, played) })
	for _, checker := range checkers() {
		t.Run(checker.name, func(t *testing.T) {
			checker.agrees(t, s.books(c), accountsOf(played))
			s.provesTheJournal(t, c, checker)
		})
	}
	t.Run("the provider's own bytes", func(t *testing.T) { s.evidenceLeadsToTheBytes(t, c) })
	// It ends with a posting by hand, so that nothing may follow it.
	t.Run("kvitt's own comparison", func(t *testing.T) { s.comparesTheBooks(t, c, played) })
}

// playDemo plays the demo and leaves its hub running until the test is over.
func playDemo(t *testing.T) (demo.Result, *stage) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	folder, progress := t.TempDir(), &narration{}
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := demo.Run(ctx, demo.Options{Bin: bin, Data: folder, Listen: "127.0.0.1:0", JSON: true, Progress: progress}, in)
		in.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	var result demo.Result
	require.NoError(t, json.NewDecoder(out).Decode(&result))
	go io.Copy(io.Discard, out) // nothing else is to come
	require.Len(t, result.Merchants, 2)

	s := &stage{t: t}
	s.until("the hub is shown", func() bool { return strings.Contains(progress.String(), "Press Ctrl-C") })
	hub := regexp.MustCompile(`running at (\S+) `).FindStringSubmatch(progress.String())
	require.NotNil(t, hub, progress.String())
	made, err := filepath.Glob(filepath.Join(folder, "*", "data", "operator.key"))
	require.NoError(t, err)
	require.Len(t, made, 1)
	key, err := os.ReadFile(made[0])
	require.NoError(t, err)
	s.client, s.folder = client.New(hub[1], string(key)), filepath.Dir(filepath.Dir(made[0]))
	settings, err := config.Load(filepath.Join(s.folder, "kvitt.yaml"))
	require.NoError(t, err)
	s.fortnox = &simulator{name: "fortnox", Process: &process.Process{URL: settings.Hosts["fortnox"]["https://api.fortnox.se"]}}
	return result, s
}

// whoPlays finds the ids of a merchant and of its flow of payouts.
func (s *stage) whoPlays(name string) cast {
	s.t.Helper()
	var c cast
	for _, m := range list[api.Merchant](s, "/v1/merchants") {
		if m.Name == name {
			c.merchant = m.ID
		}
	}
	require.NotEmpty(s.t, c.merchant, name)
	for _, f := range list[api.Flow](s, "/v1/merchants/"+c.merchant+"/flows") {
		if f.Kind == "payouts" {
			c.flow, c.klarna, c.fortnox = f.ID, f.Source, f.Target
		}
	}
	require.NotEmpty(s.t, c.flow, name)
	return c
}

func accountsOf(m demo.Merchant) map[string]string {
	balances := map[string]string{}
	for _, a := range m.Accounts {
		balances[a.Number] = a.Balance
	}
	return balances
}

// addsUp holds the result against itself.
func addsUp(t *testing.T, m demo.Merchant) {
	t.Helper()
	var matched int64
	for _, p := range m.Payouts {
		require.Equal(t, "0.00", p.Difference, p.ID)
		require.Equal(t, p.Lines, p.Matched+p.NoDocument+p.Waiting+p.Exceptions, p.ID)
		require.Equal(t, p.Net, sum(t, p.Gross, p.Refunds, p.Fees, p.FeeVAT, p.Reserves, p.Other), p.ID)
		matched += p.Matched
	}
	require.Equal(t, matched, m.ERP.InvoicePayments)
	require.EqualValues(t, len(m.Payouts), m.ERP.Vouchers)
	require.Zero(t, m.ERP.RateLimited)
	require.Zero(t, m.SecondRun.DocumentsWritten)
}

func sum(t *testing.T, amounts ...string) string {
	t.Helper()
	total := money.Zero("SEK")
	for _, text := range amounts {
		amount, err := money.Parse(text, "SEK")
		require.NoError(t, err)
		total, err = total.Add(amount)
		require.NoError(t, err)
	}
	return total.String()
}

// remotelyAgrees compares with the simulator's own ledger, documents and log.
func (s *stage) remotelyAgrees(t *testing.T, m demo.Merchant) {
	t.Helper()
	require.Equal(t, accountsOf(m), s.ledger(t))
	var counts map[string]int64
	s.fortnox.control(t, http.MethodGet, "/_sim/fortnox/counts", nil, &counts)
	byHand := int64(1) // the payment that somebody made, see the world's page
	require.Equal(t, m.ERP.InvoicePayments+byHand, counts["invoice_payments"])
	require.Equal(t, m.ERP.InvoicePayments+byHand, counts["booked_invoice_payments"])
	require.Equal(t, m.ERP.Vouchers, counts["vouchers"])
	require.Equal(t, m.ERP.Vouchers, counts["files"], "each voucher has its proof")
	require.Equal(t, m.ERP.Vouchers, counts["file_connections"])
	var log struct {
		RateLimited int64 `json:"rate_limited"`
	}
	s.fortnox.control(t, http.MethodGet, "/_sim/requests", nil, &log)
	require.Zero(t, log.RateLimited)
}

// clearingAgrees compares the explanation of the clearing account with the books and
// with the exceptions.
func (s *stage) clearingAgrees(t *testing.T, c cast, m demo.Merchant) {
	t.Helper()
	var clearing api.Clearing
	s.get("/v1/flows/"+c.flow+"/clearing", &clearing)
	require.Len(t, clearing.Items, 1)
	account := clearing.Items[0]
	require.Equal(t, accountsOf(m)[account.Account], account.Balance)
	require.Equal(t, account.Balance, account.Open)
	require.Equal(t, "0.00", account.Unexplained)
	var why, amounts, codes []string
	for _, item := range account.Items {
		why, amounts = append(why, item.Code+" "+item.Reference), append(amounts, item.Amount)
	}
	for _, e := range m.Exceptions {
		codes = append(codes, e.Code+" "+e.Reference)
	}
	require.ElementsMatch(t, codes, why)
	require.Equal(t, account.Balance, sum(t, amounts...))
}

// narration is what the demo says while it plays.
type narration struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *narration) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *narration) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}
