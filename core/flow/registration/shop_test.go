package registration_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

const shopFlow = "flow-shop"

// shop is a merchant whose web shop registers events, on a real store and the real
// service, with an accounting system that is a fake.
type shop struct {
	t       testingT
	books   *fakeBooks
	clock   *fixedClock
	store   ports.Store
	service *registration.Service
}

// testingT is what a test and a property have in common.
type testingT interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// usual books at once, with an account of its own for what Swish owes.
const usual = `{"refunds":"owed","accounts":{"refund_debt":"2490"},"methods":{"swish":{"accounts":{"clearing":{"SEK":"1580"}}}}}`

func newShop(t testingT, folder, settings string) *shop {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(folder, "kvitt.db"), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil }, // the test drives the flow itself
	})
	require.NoError(t, err)
	s := &shop{t: t, books: newFakeBooks(), store: store, clock: &fixedClock{now: time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC)}}
	desk := remote.NewDesk(store, fakeCatalogue{"fakebooks": s.books}, plainSecrets{}, noTokens{}, machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	s.service = registration.New(store, desk, s.clock, time.Now, tax.StandardTable(), hclog.NewNullLogger(), registration.Options{Slice: time.Minute, Attempts: 4})
	s.onboard(settings)
	for _, m := range []payment.Method{
		{ID: "card", Kind: payment.ByProvider, Authorised: true},
		{ID: "swish", Kind: payment.ByProvider},
		{ID: "gift", Kind: payment.ByGiftCard},
		{ID: "invoice", Kind: payment.ByInvoice},
	} {
		m.MerchantID, m.Name = "m-1", m.ID
		_, err := s.service.AddMethod(t.Context(), m, "test")
		require.NoError(t, err)
	}
	return s
}

func (s *shop) onboard(settings string) {
	now := s.clock.Now()
	require.NoError(s.t, s.store.Update(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m-1", Name: "Testbolaget AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: now}); err != nil {
			return err
		}
		target := ports.ConnectionRecord{Connection: merchant.Connection{
			ID: "c-target", MerchantID: "m-1", Connector: "fakebooks", State: merchant.Verified, Settings: json.RawMessage(`{}`), CreatedAt: now, UpdatedAt: now,
		}, Credentials: []byte(`{}`)}
		if err := tx.Connections().Create(ctx, target); err != nil {
			return err
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: shopFlow, MerchantID: "m-1", Kind: merchant.Events, Source: "c-target", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(settings), SettingsVersion: 1, Since: now, CreatedAt: now,
		}, "test")
	}))
}

func shopFor(t *testing.T, settings string) *shop {
	t.Helper()
	s := newShop(t, t.TempDir(), settings)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	return s
}

func (s *shop) close() error { return s.store.(*sqlite.Store).Close() }

func (s *shop) register(facts ...registration.Fact) []ports.EventRecord {
	s.t.Helper()
	records, err := s.service.Register(s.t.Context(), "m-1", facts, "test")
	require.NoError(s.t, err)
	return records
}

func (s *shop) sells(number string, parts ...order.Part) {
	s.t.Helper()
	s.orders(order.Order{Number: number, Country: "SE", Date: civil.Date{Year: 2026, Month: 4, Day: 2}, Parts: parts})
}

func (s *shop) orders(o order.Order) {
	s.t.Helper()
	require.NoError(s.t, s.service.RegisterOrder(s.t.Context(), "m-1", o, "test"))
}

// set gives the flow other settings.
func (s *shop) set(settings string) {
	s.t.Helper()
	require.NoError(s.t, s.store.Update(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, shopFlow, json.RawMessage(settings), s.clock.Now(), "test")
		return err
	}))
}

// post writes what is planned.
func (s *shop) post() {
	s.t.Helper()
	for range 100 {
		done, err := s.service.Advance(s.t.Context(), shopFlow)
		if err == nil && done {
			return
		}
	}
	require.Fail(s.t, "posting must come to an end")
}

func (s *shop) event(key string) ports.EventRecord {
	s.t.Helper()
	var e ports.EventRecord
	require.NoError(s.t, s.store.View(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		e, err = tx.Events().ByKey(ctx, "m-1", key)
		return err
	}))
	return e
}

func (s *shop) vouchers() []registration.Voucher {
	s.t.Helper()
	all, err := s.service.Vouchers(s.t.Context(), shopFlow, 0, 1000)
	require.NoError(s.t, err)
	return all
}

func (s *shop) open() []ports.Exception {
	s.t.Helper()
	var open []ports.Exception
	require.NoError(s.t, s.store.View(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		open, err = tx.Exceptions().List(ctx, "m-1", ports.ExceptionFilter{State: ports.ExceptionOpen}, ports.Page{Limit: 1000})
		return err
	}))
	return open
}

// balances are those of the accounting system in öre, without empty accounts.
func (s *shop) balances() map[ledger.Account]int64 {
	got := map[ledger.Account]int64{}
	for account, balance := range s.books.ledger {
		if balance != 0 {
			got[account] = balance
		}
	}
	return got
}

// planned are the balances that all vouchers but dropped ones come to.
func (s *shop) planned() map[ledger.Account]int64 {
	got := map[ledger.Account]int64{}
	for _, v := range s.vouchers() {
		if v.State == ports.StepDropped {
			continue
		}
		for _, row := range v.Voucher.Rows() {
			got[row.Account] += row.Amount.Minor()
			if got[row.Account] == 0 {
				delete(got, row.Account)
			}
		}
	}
	return got
}

func part(rate uint8, gross int64) order.Part {
	return order.Part{Supply: tax.Goods, Rate: tax.Percent(rate), Gross: sek(gross)}
}

// b6 is the order of the golden vouchers B6 to B11: 443.00 at four rates.
func b6() []order.Part {
	return []order.Part{part(25, 12500), part(12, 11200), part(6, 10600), part(0, 10000)}
}

// fact is an event of transaction "T" + order by card at noon on 2 April 2026; its
// key is kind and moment.
func fact(kind payment.Kind, number string, amount int64) registration.Fact {
	return registration.Fact{Event: payment.Event{
		Kind: kind, Order: number, Transaction: "T" + number, Method: "card", Key: string(kind) + "/" + number,
		Amount: sek(amount), At: time.Date(2026, 4, 2, 10, 0, 0, 0, time.UTC), Reference: "R" + number,
	}}
}

func withFee(f registration.Fact, fee, vat int64) registration.Fact {
	f.Fee, f.FeeVAT = money.New(fee, "SEK"), money.New(vat, "SEK")
	return f
}

func after(f registration.Fact, hours int) registration.Fact {
	f.At = f.At.Add(time.Duration(hours) * time.Hour)
	return f
}

func by(f registration.Fact, method, transaction string) registration.Fact {
	f.Method, f.Transaction, f.Key = method, transaction, f.Key+"/"+transaction
	return f
}
