package hub_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

const flowID = "flow-1"

// world is one merchant with one flow of payouts between two fakes, on a real
// store and the real flow.
type world struct {
	t        *testing.T
	provider *fakeProvider
	books    *fakeBooks
	clock    *fixedClock
	store    ports.Store
	service  *settlement.Service
}

func newWorld(t *testing.T, provider *fakeProvider, books *fakeBooks) *world {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil }, // the test drives the flow itself
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	w := &world{
		t: t, provider: provider, books: books, store: store,
		clock: &fixedClock{now: time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)},
	}
	w.onboard()
	w.restart()
	return w
}

// restart gives the flow a new service, as after a crash of the hub.
func (w *world) restart() { w.restartOn(time.Now, settlement.DefaultOptions().Slice) }

// restartOn gives it one that works by another clock, in slices of another length.
func (w *world) restartOn(machine func() time.Time, slice time.Duration) {
	catalogue := fakeCatalogue{"fakepay": w.provider, "fakebooks": w.books}
	desk := remote.NewDesk(w.store, catalogue, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	options := settlement.DefaultOptions()
	options.Slice, options.Batch, options.Backoff, options.Attempts = slice, 2, time.Nanosecond, 4
	w.service = settlement.New(w.store, desk, w.clock, machine, pdf.Proofs{}, hclog.NewNullLogger(), options)
}

// target is the accounting system as flows see it.
func (w *world) target() *remote.Account {
	w.t.Helper()
	desk := remote.NewDesk(w.store, fakeCatalogue{"fakebooks": w.books}, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	account, err := desk.Open(w.t.Context(), "c-target")
	require.NoError(w.t, err)
	return account
}

func (w *world) onboard() {
	w.update(func(ctx context.Context, tx ports.Tx) error {
		now := w.clock.Now()
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m-1", Name: "Testbolaget AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: now}); err != nil {
			return err
		}
		for id, connector := range map[string]string{"c-source": "fakepay", "c-target": "fakebooks"} {
			connection := ports.ConnectionRecord{Connection: merchant.Connection{
				ID: id, MerchantID: "m-1", Connector: connector, State: merchant.Verified, Settings: json.RawMessage(`{}`), CreatedAt: now, UpdatedAt: now,
			}, Credentials: []byte(`{}`)}
			if err := tx.Connections().Create(ctx, connection); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: flowID, MerchantID: "m-1", Kind: merchant.Payouts, Source: "c-source", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), CreatedAt: now,
		}, "test")
	})
}

func (w *world) update(fn func(ctx context.Context, tx ports.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(w.t.Context(), fn))
}

func (w *world) view(fn func(ctx context.Context, tx ports.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.store.View(w.t.Context(), fn))
}

// run starts a run and works until it is over.
func (w *world) run() ports.Run {
	w.t.Helper()
	run, err := w.service.Start(w.t.Context(), flowID, "test")
	require.NoError(w.t, err)
	return w.finish(run.ID)
}

func (w *world) finish(id string) ports.Run {
	w.t.Helper()
	for range 1000 {
		next, err := w.service.Advance(w.t.Context(), flowID)
		require.NoError(w.t, err)
		if next.Done {
			break
		}
	}
	var run ports.Run
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		run, err = tx.Runs().Get(ctx, id)
		return err
	})
	require.NotEqual(w.t, ports.RunRunning, run.State, "the run must come to an end")
	return run
}

func (w *world) payout(reference string) ports.PayoutRecord {
	w.t.Helper()
	var record ports.PayoutRecord
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		record, err = tx.Payouts().ByReference(ctx, "c-source", reference)
		return err
	})
	return record
}

func (w *world) lines(reference string) []ports.LineRecord {
	w.t.Helper()
	var lines []ports.LineRecord
	id := w.payout(reference).ID
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		lines, err = tx.Lines().After(ctx, id, 0, 1000)
		return err
	})
	return lines
}

func (w *world) exceptions() []ports.Exception {
	w.t.Helper()
	var open []ports.Exception
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		open, err = tx.Exceptions().List(ctx, "m-1", ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 100})
		return err
	})
	return open
}

// Builders: amounts in öre, all on 2 April 2026.

var payday = time.Date(2026, 4, 2, 7, 45, 0, 0, time.UTC)

func paid(reference string, net int64) payout.Payout {
	return payout.Payout{Reference: reference, Date: payday, Net: sek(net), Account: "M1"}
}

func sale(order string, gross int64) payout.Line {
	return payout.Line{
		Key: "sale/" + order, Kind: payout.Sale, RawType: "SALE", Gross: sek(gross), FeeExVAT: sek(0), FeeVAT: sek(0), OccurredAt: payday,
		References: map[payout.Reference]string{payout.MerchantReference1: order, payout.OrderID: "o-" + order},
	}
}

func refund(order string, gross int64) payout.Line {
	l := sale(order, -gross)
	l.Key, l.Kind, l.RawType = "refund/"+order, payout.Refund, "RETURN"
	return l
}

func fee(order string, exVAT, vat int64) payout.Line {
	return payout.Line{
		Key: "fee/" + order, Kind: payout.Fee, RawType: "FEE", Gross: sek(0), FeeExVAT: sek(exVAT), FeeVAT: sek(vat), OccurredAt: payday,
		References: map[payout.Reference]string{payout.MerchantReference1: order},
	}
}

func invoiced(number, order string, total int64) invoice.Document {
	d := invoice.Document{
		Number: number, Kind: invoice.Invoice, Total: sek(total), Balance: sek(total), Booked: true,
		Date: civil.Date{Year: 2026, Month: time.March, Day: 30}, References: map[invoice.Reference]string{invoice.ExternalReference1: order},
	}
	if total < 0 {
		d.Kind = invoice.Credit
	}
	return d
}

func provider(pageSize int, p payout.Payout, lines ...payout.Line) *fakeProvider {
	return &fakeProvider{pageSize: pageSize, payouts: []payout.Payout{p}, lines: map[string][]payout.Line{p.Reference: lines}}
}
