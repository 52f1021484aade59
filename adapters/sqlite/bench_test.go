package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// The benchmarks store a payout page by page, each in a unit of work of its own,
// as a flow does: 1000 lines are what a connector gives at most.
const (
	benchLines = 100_000
	benchPage  = 1000
)

// keyShapes: providers' keys may rise or be random.
func keyShapes() map[string]func(i int) string {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	return map[string]func(i int) string{
		"rising keys": func(i int) string { return fmt.Sprintf("capture/%010d/SALE", i) },
		"random keys": func(int) string { return fmt.Sprintf("%016x-%016x/SALE", random.Uint64(), random.Uint64()) },
	}
}

func benchLine(key string, i int) payout.Line {
	l := payout.Line{
		Key: key, Kind: payout.Sale, RawType: "SALE/PURCHASE", Gross: money.New(int64(10000+i%100*100), "SEK"), FeeExVAT: money.New(0, "SEK"),
		FeeVAT: money.New(0, "SEK"), OccurredAt: time.Unix(1_774_857_600+int64(i), 0).UTC(), Group: "o" + fmt.Sprint(i/2),
		References: map[payout.Reference]string{
			payout.MerchantReference1: fmt.Sprintf("M%09d", i/2), payout.OrderID: fmt.Sprintf("f3392f8b-6116-4073-ab96-%012d", i/2),
			payout.ShortOrderID: fmt.Sprintf("K4%06d", i/2), payout.CaptureID: fmt.Sprintf("c-%012d", i/2),
		},
		Raw: payout.Raw{Page: fmt.Sprintf("%064d", i/benchPage), Offset: int64(i%benchPage) * 400, Length: 400},
	}
	if i%2 == 1 {
		l.Kind, l.RawType, l.Gross, l.FeeVATRate = payout.Fee, "FEE/PURCHASE_FEE_FIXED", money.New(0, "SEK"), "25"
		l.FeeExVAT, l.FeeVAT = money.New(359, "SEK"), money.New(90, "SEK")
	}
	return l
}

func benchStore(b *testing.B) *sqlite.Store {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, store.Close()) })
	benchUpdate(b, store, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m"}); err != nil {
			return err
		}
		for _, id := range []string{"psp", "erp"} {
			c := ports.ConnectionRecord{Connection: merchant.Connection{ID: id, MerchantID: "m", Connector: id}}
			if err := tx.Connections().Create(ctx, c); err != nil {
				return err
			}
		}
		if err := tx.Flows().Create(ctx, merchant.Flow{ID: "f", MerchantID: "m", Kind: merchant.Payouts, Source: "psp", Target: "erp"}, "b"); err != nil {
			return err
		}
		p := ports.PayoutRecord{ID: "p", FlowID: "f", MerchantID: "m", ConnectionID: "psp"}
		p.Net = money.New(0, "SEK")
		return tx.Payouts().Create(ctx, p)
	})
	return store
}

func benchUpdate(b *testing.B, store *sqlite.Store, fn func(ctx context.Context, tx ports.Tx) error) {
	b.Helper()
	require.NoError(b, store.Update(b.Context(), fn))
}

func rate(b *testing.B, items int) {
	b.Helper()
	b.ReportMetric(float64(items*b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkAppend(b *testing.B) {
	for name, key := range keyShapes() {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				store := benchStore(b)
				lines := make([]payout.Line, benchLines)
				for i := range lines {
					lines[i] = benchLine(key(i), i)
				}
				b.StartTimer()
				for start := 0; start < len(lines); start += benchPage {
					benchUpdate(b, store, func(ctx context.Context, tx ports.Tx) error {
						_, _, err := tx.Lines().Append(ctx, "p", lines[start:start+benchPage])
						return err
					})
				}
			}
			rate(b, benchLines)
		})
	}
}

// BenchmarkRawInsert inserts the very rows of BenchmarkAppend, which it reads from
// a database that Append has filled, with a prepared statement in transactions of
// the same size: into the same table with its indexes.
func BenchmarkRawInsert(b *testing.B) {
	for name, key := range keyShapes() {
		b.Run(name, func(b *testing.B) {
			source := benchStore(b)
			for start := 0; start < benchLines; start += benchPage {
				page := make([]payout.Line, benchPage)
				for i := range page {
					page[i] = benchLine(key(start+i), start+i)
				}
				benchUpdate(b, source, func(ctx context.Context, tx ports.Tx) error {
					_, _, err := tx.Lines().Append(ctx, "p", page)
					return err
				})
			}
			columns, rows := tableRows(b, source.WriteDB(), "line")
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				target := benchStore(b)
				b.StartTimer()
				rawInsert(b, target.WriteDB(), "line", columns, rows)
			}
			rate(b, benchLines)
		})
	}
}

func tableRows(b *testing.B, db *sql.DB, table string) (columns []string, values [][]any) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), "SELECT * FROM "+table)
	require.NoError(b, err)
	defer func() { _ = rows.Close() }()
	columns, err = rows.Columns()
	require.NoError(b, err)
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		require.NoError(b, rows.Scan(into...))
		values = append(values, row)
	}
	require.NoError(b, rows.Err())
	return columns, values
}

func rawInsert(b *testing.B, db *sql.DB, table string, columns []string, rows [][]any) {
	b.Helper()
	query := "INSERT INTO " + table + " VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	for page := range slices.Chunk(rows, benchPage) {
		require.NoError(b, rawPage(b.Context(), db, query, page))
	}
}

func rawPage(ctx context.Context, db *sql.DB, query string, rows [][]any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	stmt, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// BenchmarkPipeline measures the other bulk paths on a payout of 100 000 lines.
func BenchmarkPipeline(b *testing.B) {
	store := benchStore(b)
	key := keyShapes()["rising keys"]
	for start := 0; start < benchLines; start += benchPage {
		page := make([]payout.Line, benchPage)
		for i := range page {
			page[i] = benchLine(key(start+i), start+i)
		}
		benchUpdate(b, store, func(ctx context.Context, tx ports.Tx) error {
			_, _, err := tx.Lines().Append(ctx, "p", page)
			return err
		})
	}
	stages := []struct {
		name string
		page func(ctx context.Context, tx ports.Tx, start int) error
	}{
		{"upsert documents", func(ctx context.Context, tx ports.Tx, start int) error {
			docs := make([]invoice.Document, benchPage)
			for i := range docs {
				n := start + i
				docs[i] = invoice.Document{
					Number: fmt.Sprint(1_000_000 + n), Kind: invoice.Invoice, Total: money.New(10000, "SEK"), Balance: money.New(10000, "SEK"), Booked: true,
					References: map[invoice.Reference]string{invoice.ExternalReference1: fmt.Sprintf("M%09d", n), invoice.OCR: fmt.Sprintf("%012d", n)},
				}
			}
			return tx.Documents().Upsert(ctx, "erp", docs, strings.ToLower)
		}},
		{"read lines", func(ctx context.Context, tx ports.Tx, start int) error {
			_, err := tx.Lines().After(ctx, "p", int64(start), benchPage)
			return err
		}},
		{"read pending lines", func(ctx context.Context, tx ports.Tx, start int) error {
			_, err := tx.Lines().After(ctx, "p", int64(start), benchPage, ports.LinePending)
			return err
		}},
		{"group fees", func(ctx context.Context, tx ports.Tx, start int) error {
			groups := make([]string, 0, benchPage/2)
			for i := start; i < start+benchPage; i += 2 {
				groups = append(groups, "o"+fmt.Sprint(i/2))
			}
			_, err := tx.Lines().GroupFees(ctx, "p", groups)
			return err
		}},
		{"by keys", func(ctx context.Context, tx ports.Tx, start int) error {
			keys := make([]ports.DocumentKey, benchPage)
			for i := range keys {
				keys[i] = ports.DocumentKey{Reference: invoice.ExternalReference1, Value: fmt.Sprintf("m%09d", start+i)}
			}
			_, err := tx.Documents().ByKeys(ctx, "erp", keys)
			return err
		}},
		{"decide", func(ctx context.Context, tx ports.Tx, start int) error {
			decisions := make([]ports.LineDecision, benchPage)
			for i := range decisions {
				n := int64(start + i + 1)
				decisions[i] = ports.LineDecision{
					LineID: 1<<28 + n, State: ports.LineMatched, Document: fmt.Sprint(1_000_000 + n),
					Decision: json.RawMessage(`{"rule":"merchant_reference1=external_reference_1","compared":{"gross":"SEK 100.00","balance":"SEK 100.00"}}`),
				}
			}
			return tx.Lines().Decide(ctx, decisions)
		}},
		{"claim", func(ctx context.Context, tx ports.Tx, start int) error {
			claims := make([]ports.Claim, benchPage)
			for i := range claims {
				claims[i] = ports.Claim{Number: fmt.Sprint(1_000_000 + start + i), Amount: money.New(10000, "SEK")}
			}
			return tx.Documents().Claim(ctx, "erp", claims)
		}},
		{"plan", func(ctx context.Context, tx ports.Tx, start int) error {
			steps := make([]ports.Step, benchPage)
			for i := range steps {
				n := int64(start + i)
				steps[i] = ports.Step{
					PayoutID: "p", LineID: 1<<28 + n + 1, Kind: ports.StepPayment, Key: fmt.Sprintf("kv:p;%010d", n), State: ports.StepPlanned,
					Content:  json.RawMessage(`{"document":"1000001","kind":"invoice","amount":"SEK 100.00","account":"1686","date":"2026-04-20","text":"Klarna 1000001"}`),
					Document: fmt.Sprint(1_000_000 + n), Amount: money.New(10000, "SEK"),
				}
			}
			return tx.Steps().Plan(ctx, steps)
		}},
		{"sums (per 1000 lines)", nil},
	}
	for _, stage := range stages {
		started := time.Now()
		if stage.page == nil {
			benchUpdate(b, store, func(ctx context.Context, tx ports.Tx) error {
				_, err := tx.Lines().Sums(ctx, "p")
				return err
			})
		} else {
			for start := 0; start < benchLines; start += benchPage {
				benchUpdate(b, store, func(ctx context.Context, tx ports.Tx) error { return stage.page(ctx, tx, start) })
			}
		}
		b.Logf("%-22s %9.0f items/s", stage.name, benchLines/time.Since(started).Seconds())
	}
}
