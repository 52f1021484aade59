package dev_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/server/dev"
)

// envAcme has the test binary become the connector of that name, whose provider's
// report is the file that it names.
const envAcme = "KVITT_TEST_ACME"

func TestMain(m *testing.M) {
	if path, ok := os.LookupEnv(envAcme); ok {
		sdk.Main(acme{path})
	}
	os.Exit(m.Run())
}

// acme is a connector that reads one payout from a file of rows, one in a line:
// key, kind, gross. The first row is the payout itself. PID stands for what differs from
// one process to the next. What print.txt holds is printed.
type acme struct{ path string }

// remote is where the provider would be.
const remote = "https://api.acme.example"

func (acme) Describe() ports.Description {
	return ports.Description{
		ID: "acme", Name: "Acme Pay", Version: "1.0.0", Settings: json.RawMessage(`{"type":"object"}`), Credentials: json.RawMessage(`{"type":"object"}`),
		Hosts:      []string{remote},
		Operations: []ports.Operation{{Name: "Verify"}, {Name: "ListPayouts"}, {Name: "ListPayoutLines"}, {Name: "ListOrders"}},
	}
}

func (a acme) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{Checks: []ports.Check{{Name: "credentials", State: ports.CheckOK}}, AccountName: "Acme"}, nil
}

func (a acme) rows() (page ports.RawPage, lines []payout.Line, err error) {
	text, err := os.ReadFile(a.path)
	if err != nil {
		return page, nil, err
	}
	text = bytes.ReplaceAll(text, []byte("PID"), strconv.AppendInt(nil, int64(os.Getpid()), 10))
	sum := sha256.Sum256(text)
	page = ports.RawPage{SHA256: hex.EncodeToString(sum[:]), MediaType: "text/plain", Bytes: text}
	offset := 0
	for row := range bytes.Lines(text) {
		fields := strings.Fields(string(row))
		gross, err := money.Parse(fields[2], "SEK")
		if err != nil {
			return page, nil, err
		}
		lines = append(lines, payout.Line{
			Key: fields[0], Kind: payout.Kind(fields[1]), RawType: strings.ToUpper(fields[1]), Gross: gross, FeeExVAT: money.Zero("SEK"), FeeVAT: money.Zero("SEK"),
			References: map[payout.Reference]string{payout.OrderID: fields[0]},
			Raw:        payout.Raw{Page: page.SHA256, Offset: int64(offset), Length: int64(len(row))},
		})
		offset += len(row)
	}
	return page, lines, nil
}

func (a acme) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	if text, err := os.ReadFile(strings.TrimSuffix(a.path, ".txt") + ".print"); err == nil {
		fmt.Fprintf(os.Stdout, "%s", text)
	}
	page, lines, err := a.rows()
	if err != nil {
		return ports.PayoutPage{}, err
	}
	sdk.Logger(ctx).Info("listing", "key", req.Connection.Credentials["api_key"])
	p := payout.Payout{Reference: lines[0].Key, Net: lines[0].Gross, Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC), Account: "key:" + req.Connection.Credentials["api_key"] + " at " + req.Connection.Hosts[remote], Raw: lines[0].Raw}
	return ports.PayoutPage{Payouts: []payout.Payout{p}, Raw: []ports.RawPage{page}}, nil
}

func (a acme) ListPayoutLines(context.Context, ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	page, lines, err := a.rows()
	if err != nil {
		return ports.LinePage{}, err
	}
	return ports.LinePage{Lines: lines[1:], Raw: []ports.RawPage{page}}, nil
}

// ListOrders gives an order for each sale, paid at once.
func (a acme) ListOrders(context.Context, ports.ListOrdersRequest) (ports.OrderPage, error) {
	page, lines, err := a.rows()
	if err != nil {
		return ports.OrderPage{}, err
	}
	answer := ports.OrderPage{Raw: []ports.RawPage{page}, Watermark: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
	for _, l := range lines[1:] {
		if l.Kind != payout.Sale {
			continue
		}
		answer.Orders = append(answer.Orders, ports.ShopOrder{
			Order: order.Order{Number: l.Key, Country: "SE", Date: civil.Date{Year: 2026, Month: time.April, Day: 1}, Parts: []order.Part{{Rate: tax.Percent(25), Gross: l.Gross}}},
			Events: []ports.ShopEvent{{Raw: l.Raw, Event: payment.Event{
				Kind: payment.Payment, Transaction: "T-" + l.Key, Method: "card", Key: "payment/" + l.Key, Amount: l.Gross, At: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
			}}},
			Raw: l.Raw,
		})
	}
	return answer, nil
}

// sources is the folder of acme's sources, whose build is a shell script.
type sources struct {
	t      *testing.T
	folder string
}

const fine = "P1 payout 90.00\ns1 sale 100.00\nr1 refund -10.00\n"

func newSources(t *testing.T, rows string) sources {
	t.Helper()
	s := sources{t: t, folder: t.TempDir()}
	program, err := os.Executable()
	require.NoError(t, err)
	s.write("rows.txt", rows)
	s.write("build.sh", fmt.Sprintf("cp rows.txt \"$OUT.txt\" && if [ -f print.txt ]; then cp print.txt \"$OUT.print\"; fi && printf '#!/bin/sh\\n%s=%%s exec %s \"$@\"\\n' \"$OUT.txt\" > \"$OUT\" && chmod +x \"$OUT\"\n", envAcme, program))
	return s
}

func (s sources) write(name, text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600))
}

func (s sources) options() dev.Options {
	return dev.Options{Source: s.folder, Build: "sh build.sh", Log: hclog.NewNullLogger()}
}

// screen is what an author sees.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen int
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// await waits for a text that has not been waited for before, and gives everything
// up to the blank line after it.
func (s *screen) await(t *testing.T, text string) string {
	t.Helper()
	const patience = 30 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		shown := s.text.String()[s.seen:]
		if at := strings.Index(shown, text); at >= 0 {
			if end := strings.Index(shown[at:], "\n\n"); end >= 0 {
				s.seen += at + end
				s.mu.Unlock()
				return shown[:at+end]
			}
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %q in %q", text, shown)
		}
	}
}

func readFile(folder, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	return string(text), err
}
